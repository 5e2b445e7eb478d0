// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import Glibc
import GotAPICore

/// A library of the system that a description names by its file's name, as `libm.so.6`.
///
/// It is root's, and so are the folders and symbolic links that lead to it: nobody else can exchange it between the check and
/// dlopen(3). It is not copied: the C library, and others that a process can have only once, would be there twice.
struct SystemLibrary: Sendable, Equatable {
    /// Without symbolic links.
    let path: String
    /// In lower-case hexadecimal digits.
    let sha256: String

    /// Of one that can be described, in bytes: it is read whole into memory for its check.
    static let maximumSize = 256 << 20

    /// Where libraries are looked for, in this order. What lies in the first is of no package of the system.
    static let folders = ["/usr/local/lib"] + foldersOfPackages

    /// Where packages of the system have theirs.
    static let foldersOfPackages: [String] = {
        #if arch(x86_64)
        let machine = "x86_64-linux-gnu"
        #elseif arch(arm64)
        let machine = "aarch64-linux-gnu"
        #elseif arch(riscv64)
        let machine = "riscv64-linux-gnu"
        #else
        #error("Say what Debian calls this architecture")
        #endif
        return ["/usr/lib/\(machine)", "/lib/\(machine)", "/usr/lib64", "/lib64", "/usr/lib", "/lib"]
    }()

    /// The library that a description names, where none of that name lies beside it.
    ///
    /// - Returns: `nil` where one does, and where there is no description.
    init?(
        of description: LibraryDescription?, beside companions: [String: LibraryContent.Companion], in folders: [String]
    ) throws(LoadFailure) {
        guard let description, companions[description.library] == nil else { return nil }
        try self.init(named: description.library, in: folders)
    }

    /// Looks for a library, checks whose it is, and reads it.
    ///
    /// - Throws: ``LoadFailure`` with `MISSING_LIBRARY`, `UNSAFE_PERMISSIONS` or `COPY_FAILED`.
    init(named name: String, in folders: [String] = Self.folders, owner: uid_t = 0) throws(LoadFailure) {
        let opened = try Self.open(name, in: folders, owner: owner)
        path = opened.path
        var hash = SHA256()
        var budget = Self.maximumSize
        do throws(SystemError) {
            try opened.file.forEachChunk(budget: &budget) { chunk throws(SystemError) in
                hash.update(bufferPointer: chunk)
            }
        } catch { throw Self.failure(path, error) }
        sha256 = hexadecimal(hash.finalize())
    }

    /// The library's bytes, of which ``sha256`` is.
    ///
    /// - Throws: ``LoadFailure`` with `COPY_FAILED`, or with `BAD_ELF` where the file is another one by now.
    func read() throws(LoadFailure) -> [UInt8] {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try FileDescriptor(opening: path, LibrarySource.fileFlags).readAll(limit: Self.maximumSize)
        } catch { throw Self.failure(path, error) }
        guard hexadecimal(SHA256.hash(data: bytes)) == sha256 else {
            throw LoadFailure(.badELF, "its library \(path.printable) was replaced while it was checked; reload")
        }
        return bytes
    }

    private static func failure(_ path: String, _ error: SystemError) -> LoadFailure {
        guard error.number == EFBIG else { return .unreadable(path, error) }
        return LoadFailure(
            .copyFailed,
            "its library \(path.printable) is larger than \(maximumSize >> 20) MiB, more than is read of one of the system's"
        )
    }

    private struct Opened: ~Copyable {
        let path: String
        let file: FileDescriptor
    }

    private static func open(_ name: String, in folders: [String], owner: uid_t) throws(LoadFailure) -> Opened {
        for folder in folders {
            // access(2). A link that leads nowhere is none.
            guard access(folder + "/" + name, F_OK) == 0 else { continue }
            // Root's alone: a private group is nothing that root needs.
            let rule = TrustRule(user: owner, privateGroup: nil)
            let path = try SystemPath(following: folder + "/" + name, rule: rule).resolved
            let file = try LoadFailure.describing(path) { () throws(SystemError) in
                try FileDescriptor(opening: path, LibrarySource.fileFlags)
            }
            let status = try LoadFailure.describing(path) { () throws(SystemError) in try file.status() }
            guard status.isRegularFile else {
                throw LoadFailure(.missingLibrary, "\(path.printable) is no regular file")
            }
            try rule.check(status, path: path)
            guard status.st_size <= maximumSize else { throw failure(path, SystemError(EFBIG)) }
            return Opened(path: path, file: file)
        }
        throw LoadFailure(
            .missingLibrary,
            "\(name.printable) lies neither beside the description nor in \(folders.joined(separator: ", ")); put it "
                + "beside the description, or install the package that has it")
    }
}
