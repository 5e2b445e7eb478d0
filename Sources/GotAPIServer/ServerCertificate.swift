// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPIWeb
import Logging
import NIOConcurrencyHelpers
import NIOPosix

/// The certificate that the gateway serves with: the owner's, or its own, which it keeps valid.
final class ServerCertificate: Sendable {
    /// What the files held when they were read.
    private struct Served: Sendable {
        var source: CertificateSource
        var certificate: ServedCertificate
        var digest: [UInt8]
    }

    /// What TLS connections use, or `nil` without TLS.
    let context: TLSContextBox?

    /// `nil` without TLS.
    private let served: NIOLockedValueBox<Served?>
    private let logger: Logger

    /// Reads the certificate; makes one where the owner named none and none is there.
    ///
    /// - Throws: ``StartFailure``.
    init(_ configuration: Configuration, logger: Logger) throws(StartFailure) {
        self.logger = logger
        guard configuration.isTLSEnabled else {
            context = nil
            served = NIOLockedValueBox(nil)
            return
        }
        do {
            let served = try Self.read(CertificateSource(configuration))
            context = try TLSContextBox(served.source.identity)
            self.served = NIOLockedValueBox(served)
            logger.info("serving with a certificate", metadata: Self.metadata(served))
        } catch { throw StartFailure(error) }
    }

    /// Reads what there is; makes or renews our own where it has to be. Blocks.
    private static func read(_ source: CertificateSource) throws -> Served {
        if case .own(let folder) = source { _ = try folder.ensure(names: .ofThisHost(), now: time(nil)) }
        let digest = try source.identity.digest()
        return Served(
            source: source, certificate: try ServedCertificate(file: source.identity.certificateFile), digest: digest)
    }

    private static func metadata(_ served: Served) -> Logger.Metadata {
        [
            "file": "\(served.source.identity.certificateFile)",
            "key_sha256": "\(hexadecimal(served.certificate.keyFingerprint))",
        ]
    }

    /// Every name and address under which pages of this server may be asked for.
    var hosts: [String] {
        let names = current?.names ?? .ofThisHost()
        return names.dnsNames + names.addresses.map(\.description)
    }

    /// The one that is served now; `nil` without TLS.
    var current: ServedCertificate? { served.withLockedValue(\.self)?.certificate }

    /// Takes the files that the configuration names, where they are others than before or hold something else. Connections
    /// that exist keep what they have; where the files cannot be used, so do new ones.
    func reload(_ configuration: Configuration) async -> ReloadReport.Certificate {
        guard context != nil else { return .kept }
        return await replace(from: CertificateSource(configuration))
    }

    /// Issues our own certificate again when it has to be, until the task is cancelled; an owner's is left alone.
    ///
    /// - Parameter changed: called after a new one is in use.
    func keepValid(changed: () -> Void) async {
        // An hour: addresses come and go by DHCP, and no renewal is more urgent than that.
        while (try? await Task.sleep(for: .seconds(3_600))) != nil {
            guard let source = served.withLockedValue(\.self)?.source, case .own = source else { continue }
            switch await replace(from: source) {
            case .kept: ()
            case .replaced: changed()
            case .refused(let reason): logger.error("the certificate could not be issued again: \(reason)")
            }
        }
    }

    private func replace(from source: CertificateSource) async -> ReloadReport.Certificate {
        do {
            return try await NIOThreadPool.singleton.runIfActive { [self] in
                let new = try Self.read(source)
                guard new.digest != served.withLockedValue(\.self)?.digest else {
                    // Whose they are counts all the same: ours are renewed.
                    served.withLockedValue { $0?.source = source }
                    return .kept
                }
                try context?.replace(with: source.identity)
                served.withLockedValue { $0 = new }
                logger.notice("serving with another certificate", metadata: Self.metadata(new))
                return .replaced
            }
        } catch { return .refused("\(error)") }
    }
}
