// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import Glibc
package import GotAPICore
import NIOConcurrencyHelpers

/// The private copies of libraries: `<state_path>/libraries/<this process>/<number>/…` (plugin-abi.md, "Loading", step
/// 2).
///
/// No path is ever used again: dlopen(3) of a path that was loaded before returns the old code even after the file was
/// replaced. A process's folder is locked while the process lives, so that the next one knows what is left over.
package final class LibraryStore: Sendable {
    /// What a plug-in may bring, in bytes: its library, and those beside it where it has a folder of its own.
    static let maximumSize = 64 << 20
    static let maximumCompanions = 256

    /// A copied library.
    struct Copy: Sendable, Equatable {
        /// The folder that holds nothing else.
        let folder: String
        /// The library in it.
        let library: String
        let content: LibraryContent

        /// SHA-256 of the library, in lower-case hexadecimal digits.
        var sha256: String { content.sha256 }
        /// The names of the libraries that came along, sorted; symbolic links are not among them.
        var companions: [String] {
            content.companions.filter { if case .library = $0.value { true } else { false } }.keys.sorted()
        }
    }

    private let path: String
    /// Holds the lock until the store ends.
    private let folder: FileDescriptor
    private let lastNumber = NIOLockedValueBox(0)

    /// Makes this process's folder and removes those of dead processes.
    ///
    /// - Throws: ``LoadFailure`` with `COPY_FAILED` or `UNSAFE_PERMISSIONS`.
    package init(statePath: String) throws(LoadFailure) {
        let libraries = statePath + "/libraries"
        let parent = try PrivateFolder.make(libraries)
        var status = statvfs()
        // fstatvfs(3); ST_NOEXEC, which is 8, is not imported.
        if fstatvfs(parent.number, &status) == 0, status.f_flag & 8 != 0 {
            throw LoadFailure(
                .copyFailed,
                "\(statePath.printable) is on a file system that is mounted noexec, so that libraries in it cannot be "
                    + "loaded; set state_path to a folder on another one")
        }
        Self.removeLeftovers(in: parent)
        var generator = SystemRandomNumberGenerator()
        let name = "\(getpid())-" + String(generator.next(), radix: 16)
        path = libraries + "/" + name
        let folder = try PrivateFolder.make(path)
        // flock(2): gone with the process, however it ends.
        guard flock(folder.number, LOCK_EX | LOCK_NB) == 0 else { throw .unreadable(path, SystemError()) }
        self.folder = folder
    }

    /// Copies that are still in use, in process for example, stay; the next start removes them.
    deinit { rmdir(path) }

    /// Copies a library, and what lies beside it where it has a folder of its own, hashing what is copied.
    ///
    /// - Throws: ``LoadFailure`` with `COPY_FAILED` or what ``LibrarySource`` throws; nothing is left behind then.
    func copy(_ file: LibraryFile, from source: LibrarySource) throws(LoadFailure) -> Copy {
        try copy(try source.open(file), of: file, from: source)
    }

    /// Copies what was opened before.
    func copy(
        _ opened: consuming LibrarySource.Opened, of file: LibraryFile, from source: LibrarySource
    ) throws(LoadFailure) -> Copy {
        let number = lastNumber.withLockedValue {
            $0 += 1
            return $0
        }
        let path = self.path + "/\(number)"
        let target = try PrivateFolder.make(path)
        do throws(LoadFailure) {
            var budget = Self.maximumSize
            let digest = try Self.copy(opened.library, as: file.name, into: target, budget: &budget)
            try opened.checkDescription(sha256: digest, named: file.name)
            let companions = try Self.copyCompanions(of: file, opened, from: source, into: target, budget: &budget)
            return Copy(
                folder: path, library: path + "/" + file.name,
                content: LibraryContent(
                    sha256: digest, companions: companions,
                    systemLibrary: try SystemLibrary(
                        of: opened.description, beside: companions, in: source.systemFolders)))
        } catch {
            FolderRemoval.remove("\(number)", in: folder)
            throw error
        }
    }

    /// Removes a copy that no process uses any more.
    func remove(_ copy: Copy) {
        let name = copy.folder.split(separator: "/").last.map(String.init) ?? ""
        FolderRemoval.remove(name, in: folder)
    }

    /// - Returns: as ``LibraryContent/companions``.
    private static func copyCompanions(
        of file: LibraryFile, _ opened: borrowing LibrarySource.Opened, from source: LibrarySource,
        into target: borrowing FileDescriptor, budget: inout Int
    ) throws(LoadFailure) -> [String: LibraryContent.Companion] {
        var copied: [String: LibraryContent.Companion] = [:]
        for name in try source.companionNames(of: file, opened: opened) {
            switch try source.openCompanion(name, of: file, in: opened.folder) {
            case .library(let companion):
                copied[name] = .library(sha256: try copy(companion, as: name, into: target, budget: &budget))
            case .link(let destination):
                // symlinkat(2). The destination is a name in the copy, or it leads nowhere.
                guard symlinkat(destination, target.number, name) == 0 else { throw .notCopied(name, SystemError()) }
                copied[name] = .link(to: destination)
            case .other: continue
            }
        }
        return copied
    }

    /// - Parameter budget: how many bytes may still be copied.
    /// - Returns: SHA-256 in lower-case hexadecimal digits.
    private static func copy(
        _ file: borrowing FileDescriptor, as name: String, into folder: borrowing FileDescriptor, budget: inout Int
    ) throws(LoadFailure) -> String {
        var hash = SHA256()
        do throws(SystemError) {
            let before = try file.status()
            let copy = try FileDescriptor(
                opening: name, in: folder, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: S_IRUSR | S_IWUSR)
            try file.forEachChunk(budget: &budget) { chunk throws(SystemError) in
                hash.update(bufferPointer: chunk)
                try copy.write(chunk)
            }
            let after = try file.status()
            guard
                before.st_size == after.st_size, before.st_mtim.tv_sec == after.st_mtim.tv_sec,
                before.st_mtim.tv_nsec == after.st_mtim.tv_nsec
            else { throw SystemError(ETXTBSY) }
            guard fchmod(copy.number, S_IRUSR) == 0 else { throw SystemError() }
        } catch {
            throw .notCopied(name, error, isTooLarge: budget < 0)
        }
        return hexadecimal(hash.finalize())
    }

    /// Folders whose process is gone: their lock is free.
    private static func removeLeftovers(in parent: borrowing FileDescriptor) {
        // What cannot be listed or opened cannot be removed either; it costs disk space only, and the next start tries
        // again.
        for name in (try? parent.names()) ?? [] {
            guard let folder = try? FileDescriptor(opening: name, in: parent, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
            else {
                continue
            }
            if flock(folder.number, LOCK_EX | LOCK_NB) == 0 { FolderRemoval.remove(name, in: parent) }
        }
    }
}

extension LoadFailure {
    static func notCopied(_ name: String, _ error: SystemError, isTooLarge: Bool = false) -> LoadFailure {
        switch error.number {
        case EFBIG where isTooLarge:
            LoadFailure(
                .copyFailed,
                "is larger than \(LibraryStore.maximumSize >> 20) MiB, together with the libraries in its folder if it has "
                    + "one of its own; leave out what it does not need")
        case ETXTBSY:
            LoadFailure(
                .badELF,
                "\(name.printable) was being written while it was copied; replace files by renaming, then reload")
        default: LoadFailure(.copyFailed, "\(name.printable) cannot be copied into the state folder: \(error)")
        }
    }
}
