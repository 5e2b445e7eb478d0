// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// Whom the owner trusts to sign plug-ins: the PEM certificates in `plugins.trust_path`.
///
/// Whoever can write there can sign, so that the folder and its files are held to the rule for libraries (``TrustRule``).
struct TrustFolder: Sendable, Equatable {
    /// Far more than any owner needs.
    static let maximumFiles = 256
    static let maximumCertificates = 256
    /// In bytes.
    static let maximumFileSize = 256 << 10
    /// Others are not read, so that an editor's copy of a file that was taken away does not go on being trusted.
    private static let endings = [".pem", ".crt", ".cer"]

    /// Without symbolic links.
    let path: String
    /// In the order of the files' names, each once.
    private(set) var certificates: [Certificate] = []
    /// Files that are left out, each with its name, the reason and the remedy; printable.
    private(set) var problems: [String] = []

    /// Reads the folder. Blocks on files.
    ///
    /// - Throws: ``LoadFailure`` with `UNTRUSTED` where it is not there or cannot be read, or with `UNSAFE_PERMISSIONS`.
    init(path: String) throws(LoadFailure) {
        // realpath(3) allocates the text, which is freed here.
        guard let resolved = realpath(path, nil) else { throw .unreadableTrust(path, SystemError()) }
        defer { free(resolved) }
        let path = String(cString: resolved)
        self.path = path
        let rule = TrustRule()
        try rule.checkFolders(above: path, of: "the trust folder")
        let folder = try Self.reading(path) { () throws(SystemError) in
            try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        }
        try rule.check(try Self.reading(path) { () throws(SystemError) in try folder.status() }, path: path)
        let names = try Self.reading(path) { () throws(SystemError) in try folder.names() }
            .filter { !$0.hasPrefix(".") }.sorted()
        for name in names.prefix(Self.maximumFiles) {
            do throws(UnusableFile) {
                for certificate in try Self.read(name, in: folder, path: path + "/" + name, by: rule)
                where !certificates.contains(certificate) {
                    guard certificates.count < Self.maximumCertificates else {
                        throw UnusableFile("is one too many: \(Self.maximumCertificates) certificates are read")
                    }
                    certificates.append(certificate)
                }
            } catch {
                problems.append("\(name.printable) \(error.words)")
            }
        }
        if names.count > Self.maximumFiles {
            problems.append("\(names.count - Self.maximumFiles) files are too many: \(Self.maximumFiles) are read")
        }
    }

    private static func reading<Result: ~Copyable>(
        _ path: String, _ body: () throws(SystemError) -> Result
    ) throws(LoadFailure) -> Result {
        do throws(SystemError) { return try body() } catch { throw .unreadableTrust(path, error) }
    }

    /// Why a file is left out, in words that follow its name.
    private struct UnusableFile: Error {
        let words: String

        init(_ words: String) { self.words = words }
    }

    private static func read(
        _ name: String, in folder: borrowing FileDescriptor, path: String, by rule: TrustRule
    ) throws(UnusableFile) -> [Certificate] {
        guard endings.contains(where: name.hasSuffix) else {
            throw UnusableFile("is not read: the name of a certificate ends in \(endings.joined(separator: ", "))")
        }
        let status: stat
        let bytes: [UInt8]
        do throws(SystemError) {
            let file = try FileDescriptor(opening: name, in: folder, LibrarySource.fileFlags)
            status = try file.status()
            bytes = status.isRegularFile ? try file.readAll(limit: maximumFileSize) : []
        } catch {
            switch error.number {
            case ELOOP: throw UnusableFile("is a symbolic link; put the file itself there")
            case EFBIG: throw UnusableFile("is larger than \(maximumFileSize >> 10) KiB")
            default: throw UnusableFile("cannot be read: \(error)")
            }
        }
        guard status.isRegularFile else { throw UnusableFile("is no regular file") }
        do throws(LoadFailure) { try rule.check(status, path: path) } catch {
            throw UnusableFile("is not read: \(error.reason)")
        }
        do throws(Certificate.UnusableFile) {
            return try Certificate.read(pem: bytes)
        } catch {
            throw UnusableFile(error.words)
        }
    }
}

extension LoadFailure {
    fileprivate static func unreadableTrust(_ path: String, _ error: SystemError) -> LoadFailure {
        LoadFailure(
            .untrusted,
            "the trust folder \(path.printable) cannot be read (\(error)); make it and put the signers' PEM certificates "
                + "there, or name another plugins.trust_path")
    }
}
