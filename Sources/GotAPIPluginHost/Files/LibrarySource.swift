// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import Glibc
import GotAPICore

/// Opens libraries in the plug-ins' folder by descriptor, and only those that nobody else can exchange: plugin-abi.md,
/// "Loading", step 1.
struct LibrarySource: Sendable {
    /// Without symbolic links.
    let rootPath: String
    /// Where libraries of the system are looked for.
    let systemFolders: [String]

    /// - Parameter requiresSignatures: whether somebody has to vouch for each library, also for those of the system.
    /// - Throws: ``SystemError`` where the folder is not there.
    init(rootPath: String, requiresSignatures: Bool = false) throws(SystemError) {
        systemFolders = requiresSignatures ? SystemLibrary.foldersOfPackages : SystemLibrary.folders
        // realpath(3) allocates the text, which is freed here.
        guard let resolved = realpath(rootPath, nil) else { throw SystemError() }
        defer { free(resolved) }
        self.rootPath = String(cString: resolved)
    }

    /// A library, or a description, and the folder that it lies in, both checked.
    struct Opened: ~Copyable {
        let library: FileDescriptor
        let folder: FileDescriptor
        /// `nil` for a library that is a plug-in itself.
        let description: LibraryDescription?
        /// SHA-256 of the bytes that ``description`` was read from, in lower-case hexadecimal digits.
        let descriptionSHA256: String?

        /// Makes sure that a description's file still has the bytes that ``description`` was read from.
        ///
        /// - Throws: ``LoadFailure`` with `BAD_ELF`, as where a file is written while it is copied.
        func checkDescription(sha256: String, named name: String) throws(LoadFailure) {
            guard let descriptionSHA256, descriptionSHA256 != sha256 else { return }
            throw .notCopied(name, SystemError(ETXTBSY))
        }
    }

    /// What lies beside a library in its own folder.
    enum Companion: ~Copyable {
        /// A library that comes along, checked.
        case library(FileDescriptor)
        /// A symbolic link to another name in the same folder.
        case link(to: String)
        /// Nothing that comes along.
        case other
    }

    /// The plug-in's own folder as an absolute path, or empty.
    func resourcePath(of file: LibraryFile) -> String { file.folder.map { rootPath + "/" + $0 } ?? "" }

    /// - Throws: ``LoadFailure`` with `UNSAFE_PERMISSIONS`, `NOT_A_PLUGIN`, `COPY_FAILED` or `BAD_DESCRIPTION`.
    func open(_ file: LibraryFile) throws(LoadFailure) -> Opened {
        let rule = TrustRule()
        let folder = try openFolder(of: file, rule: rule)
        let library = try openLibrary(file.name, in: folder, path: folderPath(of: file), rule: rule)
        guard file.isDescription else {
            return Opened(library: library, folder: folder, description: nil, descriptionSHA256: nil)
        }
        let bytes = try DescribedLibrary.content(of: library, path: file.path)
        return Opened(
            library: library, folder: folder, description: try LibraryDescription(parsing: bytes),
            descriptionSHA256: hexadecimal(SHA256.hash(data: bytes)))
    }

    /// Reads the signature file of a library, `….so.p7s` beside it, held to the same rule.
    ///
    /// - Parameters:
    ///   - name: the library's: the plug-in's own, or that of one that came along.
    ///   - file: the plug-in's.
    /// - Returns: `nil` where there is none.
    /// - Throws: ``LoadFailure`` with `UNSAFE_PERMISSIONS`, `COPY_FAILED`, or with `UNTRUSTED` where it is larger than
    ///   `limit`, in bytes, or no regular file.
    func readSignature(of name: String, for file: LibraryFile, limit: Int) throws(LoadFailure) -> [UInt8]? {
        let rule = TrustRule()
        let folder = try openFolder(of: file, rule: rule)
        let name = name + ".p7s"
        let path = folderPath(of: file) + "/" + name
        var status = stat()
        // fstatat(2): only for the words, like isSymbolicLink.
        guard fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT else { return nil }
        if try isSymbolicLink(name, in: folder, path: path) { throw .symbolicLink(path) }
        let signature = try LoadFailure.describing(path) { () throws(SystemError) in
            try FileDescriptor(opening: name, in: folder, Self.fileFlags)
        }
        status = try self.status(of: signature, path: path)
        guard status.isRegularFile else { throw LoadFailure(.untrusted, "\(path.printable) is no regular file") }
        try rule.check(status, path: path)
        do throws(SystemError) {
            return try signature.readAll(limit: limit)
        } catch {
            guard error.number == EFBIG else { throw .unreadable(path, error) }
            throw LoadFailure(
                .untrusted,
                "\(path.printable) is larger than \(limit >> 10) KiB, so it is no signature; get it from the library's "
                    + "vendor again")
        }
    }

    /// The path of the folder that a plug-in's file lies in.
    private func folderPath(of file: LibraryFile) -> String { file.folder.map { rootPath + "/" + $0 } ?? rootPath }

    /// Opens and checks the folder that a plug-in's file lies in: its own, or the plug-ins' folder.
    private func openFolder(of file: LibraryFile, rule: TrustRule) throws(LoadFailure) -> FileDescriptor {
        try rule.checkFolders(above: rootPath)
        let root = try LoadFailure.describing(rootPath) { () throws(SystemError) in
            try FileDescriptor(opening: rootPath, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        }
        try rule.check(try status(of: root, path: rootPath), path: rootPath)
        guard let name = file.folder else { return root }
        let path = rootPath + "/" + name
        if try isSymbolicLink(name, in: root, path: path) { throw .symbolicLink(path) }
        let folder = try LoadFailure.describing(path) { () throws(SystemError) in
            try FileDescriptor(opening: name, in: root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        }
        try rule.check(try status(of: folder, path: path), path: path)
        return folder
    }

    /// The names of what comes along with a library that has a folder of its own: what has `.so` in it, but no signatures. And
    /// with a description: the library beside it, if it lies there.
    ///
    /// - Throws: ``LoadFailure`` with `COPY_FAILED` where there are more than ``LibraryStore/maximumCompanions``.
    func companionNames(
        of file: LibraryFile, opened: borrowing Opened
    ) throws(LoadFailure) -> [String] {
        let folder = opened.folder.number
        guard file.folder != nil else {
            guard let library = opened.description?.library else { return [] }
            // fstatat(2): whatever it is, it is looked at again when it is opened.
            var status = stat()
            return fstatat(folder, library, &status, AT_SYMLINK_NOFOLLOW) == 0 ? [library] : []
        }
        let names: [String]
        do throws(SystemError) { names = try opened.folder.names() } catch {
            throw .unreadable(resourcePath(of: file), error)
        }
        let companions = names.filter { $0 != file.name && Self.isCompanionName($0) }.sorted()
        guard companions.count <= LibraryStore.maximumCompanions else {
            throw LoadFailure(
                .copyFailed, "has more than \(LibraryStore.maximumCompanions) libraries beside it in its folder")
        }
        return companions
    }

    /// Opens what lies beside a library in its own folder.
    ///
    /// - Parameter name: one of ``companionNames(of:opened:)``.
    func openCompanion(
        _ name: String, of file: LibraryFile, in folder: borrowing FileDescriptor
    ) throws(LoadFailure) -> Companion {
        let filePath = folderPath(of: file) + "/" + name
        if try isSymbolicLink(name, in: folder, path: filePath) {
            // What it leads to would stay behind.
            guard file.folder != nil else { throw .symbolicLink(filePath) }
            let target = try linkTarget(name, in: folder, path: filePath)
            guard Self.isCompanionName(target) else {
                throw LoadFailure(
                    .unsafePermissions,
                    "\(filePath.printable) is a symbolic link that leads elsewhere (\(target.printable)); put the file "
                        + "itself there")
            }
            return .link(to: target)
        }
        let file = try LoadFailure.describing(filePath) { () throws(SystemError) in
            try FileDescriptor(opening: name, in: folder, Self.fileFlags)
        }
        let status = try status(of: file, path: filePath)
        guard status.isRegularFile else { return .other }
        try TrustRule().check(status, path: filePath)
        return .library(file)
    }

    /// A plain name in the same folder, like `libfoo.so.1`.
    private static func isCompanionName(_ name: String) -> Bool {
        !name.hasPrefix(".") && !name.contains("/") && name.contains(".so") && !name.hasSuffix(".p7s")
    }

    /// Not to wait where the name is a pipe, not to take a terminal over.
    static var fileFlags: Int32 { O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY }

    /// Opens a plug-in's library in a checked folder, whose path is `path`.
    private func openLibrary(
        _ name: String, in folder: borrowing FileDescriptor, path: String, rule: TrustRule
    ) throws(LoadFailure) -> FileDescriptor {
        let path = path + "/" + name
        if try isSymbolicLink(name, in: folder, path: path) { throw .symbolicLink(path) }
        let library = try LoadFailure.describing(path) { () throws(SystemError) in
            try FileDescriptor(opening: name, in: folder, Self.fileFlags)
        }
        let status = try status(of: library, path: path)
        guard status.isRegularFile else { throw LoadFailure(.notAPlugin, "is no regular file") }
        try rule.check(status, path: path)
        return library
    }

    private func status(of file: borrowing FileDescriptor, path: String) throws(LoadFailure) -> stat {
        do throws(SystemError) { return try file.status() } catch { throw .unreadable(path, error) }
    }

    /// Only for the words: whoever exchanges the name afterwards meets `O_NOFOLLOW` (fstatat(2)).
    private func isSymbolicLink(
        _ name: String, in folder: borrowing FileDescriptor, path: String
    ) throws(LoadFailure) -> Bool {
        var status = stat()
        guard fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .unreadable(path, SystemError())
        }
        return status.isSymbolicLink
    }

    /// readlinkat(2)
    private func linkTarget(
        _ name: String, in folder: borrowing FileDescriptor, path: String
    ) throws(LoadFailure) -> String {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlinkat(folder.number, name, &bytes, bytes.count)
        guard count >= 0 else { throw .unreadable(path, SystemError()) }
        return String(decoding: bytes.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension LoadFailure {
    static func unreadable(_ path: String, _ error: SystemError) -> LoadFailure {
        LoadFailure(.copyFailed, "\(path.printable) cannot be read: \(error)")
    }

    static func symbolicLink(_ path: String) -> LoadFailure {
        LoadFailure(.unsafePermissions, "\(path.printable) is a symbolic link; put the file or folder itself there")
    }

    /// Says which path a system call failed for.
    static func describing<Result: ~Copyable>(
        _ path: String, _ body: () throws(SystemError) -> Result
    ) throws(LoadFailure) -> Result {
        do throws(SystemError) { return try body() } catch { throw .unreadable(path, error) }
    }
}
