// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import Glibc
package import GotAPICore

/// A library that passed everything that can be checked without running it: plugin-abi.md, "Loading", steps 1 to 4.
struct PreparedLibrary: Sendable {
    let file: LibraryFile
    let copy: LibraryStore.Copy
    let image: LibraryImage
    /// What dlopen(3) is given: the private copy, or the library that the description describes.
    let loadedPath: String
    /// The description's text; empty for a library that is a plug-in itself.
    let description: String
    /// The plug-in's own folder as an absolute path, or empty.
    let resourcePath: String
    /// `nil` where the owner asks for no signatures.
    let signature: SignatureVerdict?

    /// Copies and checks a library. Blocks on files.
    ///
    /// - Parameter signatures: `nil` where the owner asks for none.
    init(
        _ file: LibraryFile, from source: LibrarySource, into store: LibraryStore, signatures: SignatureVerifier? = nil
    ) throws(LoadFailure) {
        self.file = file
        resourcePath = source.resourcePath(of: file)
        copy = try store.copy(file, from: source)
        do throws(LoadFailure) {
            if file.isDescription {
                let described = try DescribedLibrary(copy)
                image = described.image
                loadedPath = described.path
                description = described.text
            } else {
                image = try LibraryImage(mapping: copy.library)
                loadedPath = copy.library
                description = ""
            }
            signature = try signatures?.verify(copy, of: file, from: source)
        } catch {
            store.remove(copy)
            throw error
        }
    }
}

extension LibraryImage {
    /// Checks a private copy. Nobody but us writes there, so that the mapping cannot lose its pages (SIGBUS).
    init(mapping path: String) throws(LoadFailure) {
        self = try Self.mapping(path) { bytes throws(LoadFailure) in try LibraryImage(checking: bytes) }
    }

    /// Maps a private copy for the length of a closure.
    static func mapping<Result>(
        _ path: String, _ body: (UnsafeRawBufferPointer) throws(LoadFailure) -> Result
    ) throws(LoadFailure) -> Result {
        let file = try LoadFailure.describing(path) { () throws(SystemError) in
            try FileDescriptor(opening: path, O_RDONLY | O_NOFOLLOW)
        }
        let size = try LoadFailure.describing(path) { () throws(SystemError) in Int(try file.status().st_size) }
        // An empty file cannot be mapped (mmap(2)).
        guard size > 0 else {
            return try body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, file.number, 0), address != MAP_FAILED else {
            throw .unreadable(path, SystemError())
        }
        defer { munmap(address, size) }
        return try body(UnsafeRawBufferPointer(start: address, count: size))
    }

    /// Checks a library wherever it lies, whoever may write to it: for its author. It is read whole into memory.
    package init(file path: String) throws(LoadFailure) {
        let file = try LoadFailure.describing(path) { () throws(SystemError) in
            try FileDescriptor(opening: path, O_RDONLY)
        }
        let bytes = try LoadFailure.describing(path) { () throws(SystemError) in
            try file.readAll(limit: LibraryStore.maximumSize)
        }
        let outcome = bytes.withUnsafeBytes { buffer -> Result<LibraryImage, LoadFailure> in
            do throws(LoadFailure) { return .success(try LibraryImage(checking: buffer)) } catch {
                return .failure(error)
            }
        }
        self = try outcome.get()
    }

    /// Checks a library where it lies, without a copy: for reports. It is read whole into memory.
    ///
    /// - Returns: the image and the file's SHA-256.
    static func inspect(
        _ file: LibraryFile, from source: LibrarySource
    ) throws(LoadFailure) -> (sha256: String, outcome: Result<LibraryImage, LoadFailure>) {
        let opened = try source.open(file)
        if opened.description != nil { return try DescribedLibrary.inspect(file, opened, from: source) }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try opened.library.readAll(limit: LibraryStore.maximumSize)
        } catch { throw .unreadable(file.path, error) }
        let digest = hexadecimal(SHA256.hash(data: bytes))
        let outcome = bytes.withUnsafeBytes { buffer -> Result<LibraryImage, LoadFailure> in
            do throws(LoadFailure) { return .success(try LibraryImage(checking: buffer)) } catch {
                return .failure(error)
            }
        }
        return (digest, outcome)
    }
}
