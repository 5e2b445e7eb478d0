// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import NIOConcurrencyHelpers
import NIOCore
import NIOSSL

/// The files that a TLS server proves itself with.
package struct TLSIdentity: Sendable, Equatable {
    /// PEM: the server's certificate, further ones of its chain behind it.
    package var certificateFile: String
    /// PEM: the private key.
    package var keyFile: String
    /// PEM: more of the chain, sent to clients behind the certificate.
    package var chainFile: String?

    package init(certificateFile: String, keyFile: String, chainFile: String? = nil) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.chainFile = chainFile
    }

    /// TLS 1.2 and 1.3, no client certificates (gotapi-wire.md, "Ports, TLS, listeners").
    func makeContext() throws(TLSFailure) -> NIOSSLContext {
        var chain = try certificates(in: certificateFile)
        if let chainFile { chain += try certificates(in: chainFile) }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(bytes: try bytes(of: keyFile), format: .pem)
        } catch let failure as TLSFailure {
            throw failure
        } catch {
            throw TLSFailure(file: keyFile, reason: "is not a private key in PEM form without a passphrase")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        configuration.shutdownTimeout = .seconds(2)
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw TLSFailure(file: keyFile, reason: "is not the key of the certificate in \(certificateFile)")
        }
    }

    /// SHA-256 over what the files hold: two equal ones mean that nothing has changed. Blocks.
    package func digest() throws(TLSFailure) -> [UInt8] {
        var hash = SHA256()
        for file in [certificateFile, keyFile, chainFile].compactMap(\.self) {
            hash.update(data: SHA256.hash(data: try bytes(of: file)).map { $0 })
        }
        return Array(hash.finalize())
    }

    private func certificates(in file: String) throws(TLSFailure) -> [NIOSSLCertificate] {
        let pem = try bytes(of: file)
        if let certificates = try? NIOSSLCertificate.fromPEMBytes(pem), !certificates.isEmpty { return certificates }
        throw TLSFailure(file: file, reason: "holds no certificate in PEM form")
    }

    private func bytes(of file: String) throws(TLSFailure) -> [UInt8] {
        do {
            return try SmallFile.read(file)
        } catch {
            throw TLSFailure(file: file, reason: "cannot be read: \(error.reason)")
        }
    }
}

/// Why a server cannot prove itself with its files.
package struct TLSFailure: Error, Equatable, CustomStringConvertible {
    package let file: String
    /// What is wrong with the file, as the end of a sentence that begins with its name.
    package let reason: String

    package var description: String {
        "\(file) \(reason). Mend the file, or name another one as ssl_crt_file, ssl_key_file and ssl_ca_file."
    }
}

/// A TLS identity that can be replaced while the server runs; connections that exist keep the old one.
package final class TLSContextBox: Sendable {
    private let context: NIOLockedValueBox<NIOSSLContext>

    package init(_ identity: TLSIdentity) throws(TLSFailure) { context = NIOLockedValueBox(try identity.makeContext()) }

    /// Reads the files; where that fails, the old identity stays. Blocks. [any thread]
    package func replace(with identity: TLSIdentity) throws(TLSFailure) {
        let new = try identity.makeContext()
        context.withLockedValue { $0 = new }
    }

    var current: NIOSSLContext { context.withLockedValue { $0 } }
}
