// Swift GotAPI · SPDX-License-Identifier: MIT

import COpenSSL

/// SHA-256 over what a signature is to cover, in the form that CMS_SignerInfo_verify_content(3) takes: a BIO that hashes
/// what goes through it, in front of one that forgets it.
///
/// It is made here and not by CMS_dataInit(3): that hashes once for each algorithm that the signature file names, and a
/// hostile one names thousands.
struct ContentDigest: ~Copyable {
    private let chain: OpenSSLObject

    init?() {
        guard let hash = BIO_new(BIO_f_md()) else { return nil }
        guard COpenSSL_bio_set_digest(hash, EVP_sha256()) == 1, let sink = BIO_new(BIO_s_null()) else {
            BIO_free(hash)
            return nil
        }
        // The chain is freed from its first part on.
        guard let chain = OpenSSLObject(BIO_push(hash, sink), { BIO_free_all($0) }) else { return nil }
        self.chain = chain
    }

    /// `BIO *`
    var pointer: OpaquePointer { chain.pointer }

    /// - Returns: false where libcrypto failed; the digest is of no use then.
    func update(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.isEmpty || BIO_write(chain.pointer, bytes.baseAddress, Int32(bytes.count)) == Int32(bytes.count)
    }
}
