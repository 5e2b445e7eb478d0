// Swift GotAPI · SPDX-License-Identifier: MIT

import COpenSSL

extension Certificate {
    /// Why a file of certificates cannot be used, in words that follow the file's name.
    struct UnusableFile: Error, Equatable {
        let words: String
    }

    /// Reads all certificates of a PEM file. Other blocks in it, keys for example, are passed over.
    static func read(pem: [UInt8]) throws(UnusableFile) -> [Certificate] {
        defer { ERR_clear_error() }
        if pem.first == 0x30 {
            throw UnusableFile(words: "is not PEM; run: openssl x509 -inform DER -in FILE -out FILE.pem")
        }
        // BIO_new_mem_buf(3) reads where the bytes lie; it is freed before they are.
        return try pem.withUnsafeBufferPointer { bytes throws(UnusableFile) -> [Certificate] in
            guard let source = OpenSSLObject(BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)), { BIO_free($0) })
            else { return [] }
            var certificates: [Certificate] = []
            while let block = try nextBlock(of: source) {
                guard block.name != PEM_STRING_X509_TRUSTED else {
                    throw UnusableFile(words: "holds a TRUSTED CERTIFICATE; run: openssl x509 -in FILE -out FILE.pem")
                }
                guard block.name == PEM_STRING_X509 || block.name == PEM_STRING_X509_OLD else { continue }
                let certificate = Certificate(der: block.bytes)
                guard let stack = CertificateStack(), stack.append(certificate) else {
                    throw UnusableFile(words: "holds a damaged certificate")
                }
                certificates.append(certificate)
            }
            guard !certificates.isEmpty else {
                throw UnusableFile(words: "holds no certificate (-----BEGIN CERTIFICATE-----)")
            }
            return certificates
        }
    }

    /// PEM_read_bio(3)
    private static func nextBlock(
        of source: borrowing OpenSSLObject
    ) throws(UnusableFile) -> (name: String, bytes: [UInt8])? {
        var name: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var data: UnsafeMutablePointer<UInt8>?
        var count = 0
        ERR_clear_error()
        guard PEM_read_bio(source.pointer, &name, &header, &data, &count) == 1 else {
            guard COpenSSL_error_reason(ERR_peek_last_error()) == PEM_R_NO_START_LINE else {
                throw UnusableFile(words: "is damaged: a PEM block in it cannot be read")
            }
            return nil
        }
        // All three are allocated for the caller.
        defer {
            CRYPTO_free(name, nil, 0)
            CRYPTO_free(header, nil, 0)
            CRYPTO_free(data, nil, 0)
        }
        guard let name, let data, count > 0 else { return ("", []) }
        return (String(cString: name), Array(UnsafeBufferPointer(start: data, count: count)))
    }
}
