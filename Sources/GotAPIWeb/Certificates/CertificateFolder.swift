// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import FoundationEssentials
import GotAPICore
import SwiftASN1
import X509

/// The folder with the gateway's self-signed certificate, `server.crt`, and its key, `server.key` (gotapi-wire.md, "Ports,
/// TLS, listeners").
///
/// The key is made once; the certificate is issued again with the same key when it has to be, so whoever trusts the key
/// need not do so again. Files that are broken are never overwritten.
package struct CertificateFolder: Sendable {
    /// What ``ensure(names:now:)`` did.
    package enum Outcome: Sendable, Equatable {
        case kept
        case madeNew
        case issuedAgain(ServedCertificate.RenewalReason)
        /// There was a key and no certificate.
        case issuedForKey
    }

    package let identity: TLSIdentity
    private let path: String

    package init(path: String) {
        self.path = path
        identity = TLSIdentity(certificateFile: path + "/server.crt", keyFile: path + "/server.key")
    }

    /// Whether the certificate has been made.
    package var hasCertificate: Bool { SmallFile.exists(identity.certificateFile) }

    /// Makes what is missing or no longer good. Blocks.
    ///
    /// - Parameters:
    ///   - names: what the certificate has to hold for.
    ///   - now: seconds since 1970, UTC.
    package func ensure(
        names: CertificateNames, now: Int
    ) throws(CertificateFailure) -> (certificate: ServedCertificate, outcome: Outcome) {
        let hasCertificate = hasCertificate
        guard SmallFile.exists(identity.keyFile) else {
            guard !hasCertificate else {
                throw CertificateFailure(path: identity.certificateFile, reason: "is there without its key, server.key")
            }
            try makeFolder()
            let key = P256.Signing.PrivateKey()
            try write(key.pemRepresentation + "\n", to: identity.keyFile, mode: 0o600)
            return (try issue(with: key, names: names, now: now), .madeNew)
        }
        let key = try readKey()
        guard hasCertificate else { return (try issue(with: key, names: names, now: now), .issuedForKey) }
        let certificate = try ServedCertificate(file: identity.certificateFile)
        let fingerprint = try? ServedCertificate.fingerprint(of: Certificate.PublicKey(key.publicKey))
        guard certificate.keyFingerprint == fingerprint else {
            throw CertificateFailure(
                path: identity.certificateFile, reason: "is not for the key in \(identity.keyFile)")
        }
        guard let reason = certificate.renewalReason(names: names, now: now) else { return (certificate, .kept) }
        return (try issue(with: key, names: names, now: now), .issuedAgain(reason))
    }

    private func issue(
        with key: P256.Signing.PrivateKey, names: CertificateNames, now: Int
    ) throws(CertificateFailure) -> ServedCertificate {
        let certificate: ServedCertificate
        do {
            certificate = try ServedCertificate(try Self.makeCertificate(key: key, names: names, now: now))
        } catch {
            throw CertificateFailure(path: identity.certificateFile, reason: "cannot be made: \(error)")
        }
        try write(certificate.pem, to: identity.certificateFile, mode: 0o644)
        return certificate
    }

    /// Valid from a day ago, since clocks differ, for 397 days, the longest that browsers accept.
    ///
    /// It is no certificate authority (`CA:FALSE`): systems and browsers can import it as trusted all the same, and then it
    /// vouches for this server alone. As an authority its key, if stolen, could sign for every site; and Firefox refuses
    /// an authority's certificate from a server. It has no key usage extension either: without `keyCertSign`, which only
    /// authorities may have, BoringSSL does not accept it as its own issuer (OpenSSL does); the extended key usage says
    /// what it is for.
    private static func makeCertificate(
        key: P256.Signing.PrivateKey, names: CertificateNames, now: Int
    ) throws -> Certificate {
        let subject = try DistinguishedName { CommonName("Swift GotAPI") }
        let publicKey = Certificate.PublicKey(key.publicKey)
        let extensions = try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            try ExtendedKeyUsage([.serverAuth])
            SubjectKeyIdentifier(hash: publicKey)
            SubjectAlternativeNames(
                names.dnsNames.map { .dnsName($0) }
                    + names.addresses.map { .ipAddress(ASN1OctetString(contentBytes: $0.bytes[...])) })
        }
        return try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: Date(timeIntervalSince1970: Double(now - 86_400)),
            notValidAfter: Date(timeIntervalSince1970: Double(now + 396 * 86_400)), issuer: subject, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions, issuerPrivateKey: .init(key))
    }

    private func readKey() throws(CertificateFailure) -> P256.Signing.PrivateKey {
        let bytes: [UInt8]
        do {
            bytes = try SmallFile.read(identity.keyFile)
        } catch {
            throw CertificateFailure(path: identity.keyFile, reason: "cannot be read: \(error.reason)")
        }
        do {
            return try P256.Signing.PrivateKey(pemRepresentation: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw CertificateFailure(path: identity.keyFile, reason: "holds no P-256 key in PEM form")
        }
    }

    private func makeFolder() throws(CertificateFailure) {
        do {
            try SmallFile.makeFolder(path)
        } catch {
            throw CertificateFailure(path: path, reason: "cannot be made: \(error.reason)")
        }
    }

    private func write(_ text: String, to file: String, mode: UInt32) throws(CertificateFailure) {
        do {
            try SmallFile.write(Array(text.utf8), to: file, mode: mode)
        } catch {
            throw CertificateFailure(path: file, reason: "cannot be written: \(error.reason)")
        }
    }
}
