// Swift GotAPI · SPDX-License-Identifier: MIT

import COpenSSL

/// An object of libcrypto that is ours, freed when it goes out of scope.
///
/// This folder is the only one that touches libcrypto. Why its use of pointers is right:
/// - What a function's name says decides who owns its result (<https://docs.openssl.org/3.0/man7/crypto/>): `get1`,
///   `new` and `d2i` give an object that is ours, which goes into one of these at once; `get0` and a stack's elements
///   belong to the object that they come from. Such a borrowed pointer stays in the function that got it, within a
///   `withExtendedLifetime` or a borrow of the owner.
/// - Nothing is kept between two calls and no pointer leaves this folder, so no object is used by two threads.
/// - Lengths that go in are those of Swift arrays, at most some hundred KiB; lengths that come out belong to the pointer
///   that came with them, and are copied before its owner ends.
struct OpenSSLObject: ~Copyable {
    let pointer: OpaquePointer
    private let release: (OpaquePointer) -> Void

    /// - Parameters:
    ///   - pointer: `nil` where libcrypto could not make the object.
    ///   - release: frees it.
    init?(_ pointer: OpaquePointer?, _ release: @escaping (OpaquePointer) -> Void) {
        guard let pointer else { return nil }
        self.pointer = pointer
        self.release = release
    }

    deinit { release(pointer) }
}

/// Texts that libcrypto writes, at most 64 KiB long.
func textWritten(_ write: (OpaquePointer) -> Void) -> String {
    guard let buffer = OpenSSLObject(BIO_new(BIO_s_mem()), { BIO_free($0) }) else { return "" }
    write(buffer.pointer)
    var bytes: UnsafeMutablePointer<CChar>?
    let count = COpenSSL_bio_memory(buffer.pointer, &bytes)
    // The bytes belong to the buffer, which lives until this function returns.
    let text = UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : min(max(count, 0), 64 << 10))
    return String(decoding: text, as: UTF8.self)
}
