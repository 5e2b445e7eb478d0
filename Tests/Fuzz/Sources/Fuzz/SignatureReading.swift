// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// Reads signature files and files of certificates. The environment's `GOTAPI_FUZZ_TRUST` names a PEM file with the
/// certificates that are trusted; the seeds are signatures by them over ``content``.
struct SignatureReading {
    private static let content = Array("the library".utf8)

    private static let trusted: [Certificate] = {
        guard let path = getenv("GOTAPI_FUZZ_TRUST"), let file = fopen(path, "r") else {
            fatalError("GOTAPI_FUZZ_TRUST must name a PEM file")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        return try! Certificate.read(pem: bytes)
    }()

    /// Whatever the bytes are, a signature is accepted for its content only, and from those only who are trusted.
    static func read(_ bytes: [UInt8]) {
        if let certificates = try? Certificate.read(pem: bytes) { precondition(!certificates.isEmpty) }
        _ = verify(bytes, content, trusted, time: nil)
        _ = verify(bytes, content, trusted, time: 2_000_000_000)
        precondition(verify(bytes, content + [0], trusted, time: nil) == nil, "accepted for other content")
        precondition(verify(bytes, content, [], time: nil) == nil, "accepted from nobody")
    }

    private static func verify(
        _ signature: [UInt8], _ content: [UInt8], _ trusted: [Certificate], time: Int?
    ) -> CMSVerifier.Signer? {
        guard let digest = ContentDigest(), content.withUnsafeBytes({ digest.update($0) }) else {
            fatalError("libcrypto has no SHA-256")
        }
        return try? CMSVerifier(trusted: trusted, time: time).verify(signature, of: digest)
    }
}
