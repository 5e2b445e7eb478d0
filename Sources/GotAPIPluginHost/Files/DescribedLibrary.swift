// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import Glibc
package import GotAPICore

/// A description and the library that it describes, checked as far as that is possible without running it: the same steps that
/// a library goes through which is a plug-in itself (plugin-abi.md, "Loading").
package struct DescribedLibrary {
    /// What the library's file is, and what the description says of it.
    let image: LibraryImage
    /// What dlopen(3) is given.
    let path: String
    /// The description's text.
    let text: String

    /// Checks private copies.
    init(_ copy: LibraryStore.Copy) throws(LoadFailure) {
        let file = try LoadFailure.describing(copy.library) { () throws(SystemError) in
            try FileDescriptor(opening: copy.library, O_RDONLY | O_NOFOLLOW)
        }
        let bytes = try Self.content(of: file, path: copy.library)
        let description = try LibraryDescription(parsing: bytes)
        text = String(decoding: bytes, as: UTF8.self)
        if let library = copy.content.systemLibrary {
            path = library.path
            // It is the same file in every generation, and never loaded a second time: nothing in it is there twice.
            image = try Self.check(try library.read(), by: description).withoutUniqueSymbols
        } else {
            let path = copy.folder + "/" + (try Self.target(of: description.library, in: copy.content.companions))
            self.path = path
            image = try LibraryImage.mapping(path) { bytes throws(LoadFailure) in
                try Self.check(bytes, by: description)
            }
        }
    }

    /// Checks a description, and the library that it describes, where they lie, without copies: for reports.
    ///
    /// - Returns: as ``LibraryImage/inspect(_:from:)``.
    static func inspect(
        _ file: LibraryFile, _ opened: borrowing LibrarySource.Opened, from source: LibrarySource
    ) throws(LoadFailure) -> (sha256: String, outcome: Result<LibraryImage, LoadFailure>) {
        let bytes = try content(of: opened.library, path: file.path)
        let digest = hexadecimal(SHA256.hash(data: bytes))
        do throws(LoadFailure) {
            let description = try LibraryDescription(parsing: bytes)
            let content = try LibraryContent(of: file, from: source)
            if let library = content.systemLibrary {
                return (digest, .success(try check(try library.read(), by: description).withoutUniqueSymbols))
            }
            let name = try target(of: description.library, in: content.companions)
            guard case .library(let library) = try source.openCompanion(name, of: file, in: opened.folder) else {
                throw LoadFailure(.missingLibrary, "\(name.printable) is no regular file")
            }
            let image = try LoadFailure.describing(name) { () throws(SystemError) in
                try library.readAll(limit: LibraryStore.maximumSize)
            }
            return (digest, .success(try check(image, by: description)))
        } catch {
            return (digest, .failure(error))
        }
    }

    /// What a description makes a plug-in of, where both lie: for an author's own check. Whose the files are is not looked at.
    package struct Located: Sendable {
        package let description: LibraryDescription
        /// What dlopen(3) is given.
        package let library: String
        /// With what the description says instead of the file's note.
        package let image: LibraryImage
    }

    /// Reads a description and checks the library that it names, beside it or in the system's folders.
    package static func locate(_ path: String) throws(LoadFailure) -> Located {
        let file = try LoadFailure.describing(path) { () throws(SystemError) in
            try FileDescriptor(opening: path, O_RDONLY | O_CLOEXEC)
        }
        let description = try LibraryDescription(reading: file, path: path)
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let beside = "\(folder)/\(description.library)"
        // realpath(3) allocates the text, which is freed here.
        if let resolved = realpath(beside, nil) {
            defer { free(resolved) }
            let library = String(cString: resolved)
            // Its author may be writing it: read, and not mapped.
            let bytes = try LoadFailure.describing(library) { () throws(SystemError) in
                try FileDescriptor(opening: library, LibrarySource.fileFlags).readAll(limit: LibraryStore.maximumSize)
            }
            return Located(description: description, library: library, image: try check(bytes, by: description))
        }
        let library = try SystemLibrary(named: description.library)
        let image = try check(try library.read(), by: description).withoutUniqueSymbols
        return Located(description: description, library: library.path, image: image)
    }

    /// A description's bytes. The file stands at its beginning afterwards, so that it can be copied.
    static func content(of file: borrowing FileDescriptor, path: String) throws(LoadFailure) -> [UInt8] {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try file.readAll(limit: LibraryDescription.maximumSize) } catch {
            guard error.number == EFBIG else { throw .unreadable(path, error) }
            throw LoadFailure(
                .badDescription,
                "has more than \(LibraryDescription.maximumSize >> 10) KiB; split it: each description is a plug-in of its own"
            )
        }
        // lseek(2)
        guard lseek(file.number, 0, SEEK_SET) == 0 else { throw .unreadable(path, SystemError()) }
        return bytes
    }

    /// The name of the file that a name in the copy leads to.
    private static func target(
        of name: String, in companions: [String: LibraryContent.Companion]
    ) throws(LoadFailure) -> String {
        var name = name
        // Links may lead to each other.
        for _ in 0...8 {
            switch companions[name] {
            case .library: return name
            case .link(let destination): name = destination
            case nil:
                throw LoadFailure(.missingLibrary, "\(name.printable) is not beside the description; put it there")
            }
        }
        throw LoadFailure(.missingLibrary, "\(name.printable) leads nowhere: its symbolic links lead to each other")
    }

    private static func check(_ bytes: [UInt8], by description: LibraryDescription) throws(LoadFailure) -> LibraryImage
    {
        let outcome = bytes.withUnsafeBytes { buffer -> Result<LibraryImage, LoadFailure> in
            do throws(LoadFailure) { return .success(try check(buffer, by: description)) } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    private static func check(
        _ bytes: UnsafeRawBufferPointer, by description: LibraryDescription
    ) throws(LoadFailure) -> LibraryImage {
        let image: LibraryImage
        let missing: Set<String>
        do throws(LoadFailure) {
            (image, missing) = try LibraryImage.check(
                bytes, describedBy: LibraryNote(describing: description.id),
                functions: Set(description.functions.map(\.symbol)))
        } catch {
            // The failure is said of the plug-in's file, which here is the description.
            let hint =
                error.code == .notAPlugin
                ? " (a name without a version, such as libm.so, may be a script for the linker: name the library itself, "
                    + "libm.so.6)" : ""
            throw LoadFailure(error.code, "its library \(description.library) \(error.reason)\(hint)")
        }
        if let index = description.functions.firstIndex(where: { missing.contains($0.symbol) }) {
            let symbol = description.functions[index].symbol
            throw LoadFailure(
                .badDescription,
                "functions[\(index)].symbol: \(description.library) exports no function \(symbol); nm -D --defined-only "
                    + "shows those that it does (T, W or i)")
        }
        return image
    }
}

extension LibraryImage {
    fileprivate var withoutUniqueSymbols: LibraryImage { LibraryImage(note: note, uniqueSymbols: []) }
}

extension LibraryDescription {
    /// Reads a description where it lies.
    init(reading file: borrowing FileDescriptor, path: String) throws(LoadFailure) {
        try self.init(parsing: DescribedLibrary.content(of: file, path: path))
    }

    init(parsing bytes: [UInt8]) throws(LoadFailure) {
        do throws(Defect) { try self.init(bytes) } catch { throw LoadFailure(error) }
    }
}
