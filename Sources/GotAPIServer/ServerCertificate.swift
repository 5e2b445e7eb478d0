// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPIWeb
import Logging
import NIOConcurrencyHelpers

/// The certificate that the gateway serves with: the owner's, or its own, which it keeps valid.
final class ServerCertificate: Sendable {
    /// What TLS connections use, or `nil` without TLS.
    let context: TLSContextBox?

    private let folder: CertificateFolder?
    /// `nil` without TLS.
    private let served: NIOLockedValueBox<ServedCertificate?>
    private let logger: Logger

    /// Reads the certificate; makes one where the owner named none and none is there.
    ///
    /// - Throws: ``StartFailure``.
    init(_ configuration: Configuration, logger: Logger) throws(StartFailure) {
        self.logger = logger
        guard configuration.isTLSEnabled else {
            context = nil
            folder = nil
            served = NIOLockedValueBox(nil)
            return
        }
        let identity: TLSIdentity
        if let certificateFile = configuration.tlsCertificateFile, let keyFile = configuration.tlsKeyFile {
            folder = nil
            identity = TLSIdentity(
                certificateFile: certificateFile, keyFile: keyFile, chainFile: configuration.tlsChainFile)
        } else {
            let folder = CertificateFolder(path: configuration.certificateFolder)
            try StartFailure.wrapping { () throws(CertificateFailure) in
                _ = try folder.ensure(names: .ofThisHost(), now: time(nil))
            }
            self.folder = folder
            identity = folder.identity
        }
        let served = try StartFailure.wrapping { () throws(CertificateFailure) in
            try ServedCertificate(file: identity.certificateFile)
        }
        self.served = NIOLockedValueBox(served)
        context = try StartFailure.wrapping { () throws(TLSFailure) in try TLSContextBox(identity) }
        logger.info(
            "serving with a certificate",
            metadata: [
                "file": "\(identity.certificateFile)", "key_sha256": "\(hexadecimal(served.keyFingerprint))",
            ])
    }

    /// Every name and address under which pages of this server may be asked for.
    var hosts: [String] {
        let names = current?.names ?? .ofThisHost()
        return names.dnsNames + names.addresses.map(\.description)
    }

    /// The one that is served now; `nil` without TLS.
    var current: ServedCertificate? { served.withLockedValue { $0 } }

    /// Issues our own certificate again when it has to be, until the task is cancelled; an owner's is left alone.
    ///
    /// - Parameter changed: called after a new one is in use.
    func keepValid(changed: () -> Void) async {
        guard let folder, let context else { return }
        // An hour: addresses come and go by DHCP, and no renewal is more urgent than that.
        while (try? await Task.sleep(for: .seconds(3_600))) != nil {
            do {
                let (certificate, outcome) = try folder.ensure(names: .ofThisHost(), now: time(nil))
                guard outcome != .kept else { continue }
                try context.replace(with: folder.identity)
                served.withLockedValue { $0 = certificate }
                logger.notice("the certificate was issued again, with the same key")
                changed()
            } catch {
                logger.error("the certificate could not be issued again: \(error)")
            }
        }
    }
}
