// Swift GotAPI · SPDX-License-Identifier: MIT

import COpenSSL

/// X.509 certificates in libcrypto's form, freed when they go out of scope.
struct CertificateStack: ~Copyable {
    /// `STACK_OF(X509) *`
    let pointer: OpaquePointer

    /// An empty one.
    init?() {
        guard let pointer = COpenSSL_certificates_new() else { return nil }
        self.pointer = pointer
    }

    /// Takes a stack over, with what is in it.
    init?(owning pointer: OpaquePointer?) {
        guard let pointer else { return nil }
        self.pointer = pointer
    }

    deinit { COpenSSL_certificates_free(pointer) }

    var count: Int32 { COpenSSL_certificates_count(pointer) }

    /// It belongs to the stack. `nil` beyond the end.
    subscript(index: Int32) -> OpaquePointer? { COpenSSL_certificates_at(pointer, index) }

    /// Reads a certificate from its whole DER form and adds it.
    ///
    /// - Returns: false where it is none.
    func append(_ certificate: Certificate) -> Bool {
        let parsed = certificate.der.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var position = bytes.baseAddress
            // d2i_X509(3) moves the position to behind what it has read.
            guard let parsed = d2i_X509(nil, &position, bytes.count) else { return nil }
            guard position == bytes.baseAddress?.advanced(by: bytes.count) else {
                X509_free(parsed)
                return nil
            }
            return parsed
        }
        guard let parsed else { return false }
        guard COpenSSL_certificates_push(pointer, parsed) > 0 else {
            X509_free(parsed)
            return false
        }
        return true
    }
}
