// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import FoundationEssentials
import GotAPICore
import SwiftASN1
import X509

/// What there is to know of a server's certificate, its own or an owner's.
package struct ServedCertificate: Sendable, Equatable {
    /// All names and addresses that it holds for; the common name only where there are no others.
    package let names: CertificateNames
    /// Seconds since 1970, UTC.
    package let notBefore: Int
    /// Seconds since 1970, UTC.
    package let notAfter: Int
    /// SHA-256 of the public key (its SubjectPublicKeyInfo), which stays the same when the certificate is issued again.
    package let keyFingerprint: [UInt8]
    /// The certificate itself, PEM with a line feed at its end: what whoever wants to trust it imports. Nothing else of its
    /// file is in it, which may hold the key too.
    package let pem: String

    package init(
        names: CertificateNames, notBefore: Int, notAfter: Int, keyFingerprint: [UInt8], pem: String = ""
    ) {
        self.names = names
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.keyFingerprint = keyFingerprint
        self.pem = pem
    }

    /// Reads the first certificate of a PEM file. Blocks.
    package init(file: String) throws(CertificateFailure) {
        let bytes: [UInt8]
        do {
            bytes = try SmallFile.read(file)
        } catch {
            throw CertificateFailure(path: file, reason: "cannot be read: \(error.reason)")
        }
        do {
            let documents = try PEMDocument.parseMultiple(pemString: String(decoding: bytes, as: UTF8.self))
            // Some keep the key in the same file, before the certificate or behind it.
            guard let document = documents.first(where: { $0.discriminator == Certificate.defaultPEMDiscriminator })
            else { throw ASN1Error.invalidPEMDocument(reason: "no certificate") }
            try self.init(try Certificate(pemDocument: document))
        } catch {
            throw CertificateFailure(path: file, reason: "holds no certificate in PEM form")
        }
    }

    init(_ certificate: Certificate) throws {
        var names = CertificateNames(dnsNames: [], addresses: [])
        for name in (try? certificate.extensions.subjectAlternativeNames) ?? SubjectAlternativeNames() {
            switch name {
            case .dnsName(let text): names.dnsNames.append(text.lowercased())
            case .ipAddress(let octets): IPAddress(bytes: octets.bytes).map { names.addresses.append($0) }
            default: break
            }
        }
        if names.dnsNames.isEmpty, names.addresses.isEmpty {
            for attribute in certificate.subject.flatMap({ $0 })
            where attribute.type == .RDNAttributeType.commonName {
                if let name = String(attribute.value) { names.dnsNames.append(name.lowercased()) }
            }
        }
        self.names = names
        notBefore = Int(certificate.notValidBefore.timeIntervalSince1970)
        notAfter = Int(certificate.notValidAfter.timeIntervalSince1970)
        keyFingerprint = try Self.fingerprint(of: certificate.publicKey)
        pem = try certificate.serializeAsPEM().pemString + "\n"
    }

    /// SHA-256 of the SubjectPublicKeyInfo as it stands in a certificate: the algorithm and the key, which is what
    /// `curl --pinnedpubkey` and others hash too.
    static func fingerprint(of key: Certificate.PublicKey) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(key)
        return Array(SHA256.hash(data: serializer.serializedBytes))
    }

    /// Why the gateway's own certificate has to be issued again, or `nil` where it has not.
    ///
    /// - Parameters:
    ///   - names: what it has to hold for.
    ///   - now: seconds since 1970, UTC.
    package func renewalReason(names required: CertificateNames, now: Int) -> RenewalReason? {
        if now < notBefore { return .notYetValid }
        if now >= notAfter - Self.renewalMargin { return .expires }
        return names.contain(required) ? nil : .missesName
    }

    package enum RenewalReason: Sendable, Equatable {
        /// It was issued by a clock that went wrong, or this one does.
        case notYetValid
        /// It has expired, or will within 30 days.
        case expires
        case missesName
    }

    private static let renewalMargin = 30 * 86_400
}

/// Why the gateway has no certificate.
package struct CertificateFailure: Error, Equatable, CustomStringConvertible {
    package let path: String
    /// What is wrong, as the end of a sentence that begins with the path.
    package let reason: String

    package var description: String {
        "\(path) \(reason). Mend or restore it, or move it away: a file that is missing is made anew."
    }
}
