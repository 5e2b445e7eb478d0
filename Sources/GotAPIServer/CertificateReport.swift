// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore
import GotAPIWeb

/// What `gotapi certificate` says of the certificate that the gateway proves itself with.
package struct CertificateReport: Sendable {
    /// Why there is nothing to report. The description is for the owner.
    package enum Failure: Error, Sendable, CustomStringConvertible {
        case switchedOff
        case notYetMade(file: String)
        case unusable(String)

        package var description: String {
            switch self {
            case .switchedOff: "TLS is switched off (ssl_engine), so no certificate is in use"
            case .notYetMade(let file): "\(file) is not there yet: the gateway makes it on its first start"
            case .unusable(let reason): reason
            }
        }
    }

    private let file: String
    private let certificate: ServedCertificate

    /// Reads the certificate's file; makes none. Blocks.
    package init(_ configuration: Configuration) throws(Failure) {
        guard configuration.isTLSEnabled else { throw .switchedOff }
        let source = CertificateSource(configuration)
        file = source.identity.certificateFile
        if case .own(let folder) = source, !folder.hasCertificate { throw .notYetMade(file: file) }
        do {
            certificate = try ServedCertificate(file: file)
        } catch {
            throw .unusable("\(error)")
        }
    }

    /// The certificate alone, ended by a line feed.
    package var pem: String { certificate.pem }

    /// Lines for people.
    package var text: String {
        """
        file     \(file)
        names    \(names.joined(separator: ", "))
        valid    \(Timestamp.format(certificate.notBefore)) to \(Timestamp.format(certificate.notAfter))
        key      SHA-256 \(fingerprint)

        The key stays the same when the certificate is issued again: give its SHA-256 to whoever has to recognize this
        gateway. The certificate itself is served as /server.crt.

        """
    }

    /// The same for programs. Times are seconds since 1970, UTC.
    package var json: JSONNode {
        [
            "file": JSONNode(.text(file)), "names": JSONNode(.array(names.map { JSONNode(.text($0)) })),
            "notBefore": JSONNode(integerLiteral: certificate.notBefore),
            "notAfter": JSONNode(integerLiteral: certificate.notAfter),
            "keySHA256": JSONNode(.text(fingerprint)),
        ]
    }

    private var names: [String] { certificate.names.dnsNames + certificate.names.addresses.map(\.description) }

    private var fingerprint: String { hexadecimal(certificate.keyFingerprint) }
}
