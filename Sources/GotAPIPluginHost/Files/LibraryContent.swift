// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import GotAPICore

/// What is in a plug-in's file, and in the libraries beside it where it has a folder of its own: two equal ones are the
/// same plug-in, whatever the files' times say.
struct LibraryContent: Sendable, Equatable {
    /// SHA-256 of the library, in lower-case hexadecimal digits.
    let sha256: String
    let companions: [String: Companion]
    /// The library of the system that a description names.
    let systemLibrary: SystemLibrary?

    /// What lies beside a library.
    enum Companion: Sendable, Equatable {
        case library(sha256: String)
        case link(to: String)
    }

    init(sha256: String, companions: [String: Companion], systemLibrary: SystemLibrary? = nil) {
        self.sha256 = sha256
        self.companions = companions
        self.systemLibrary = systemLibrary
    }

    /// The folder of the system's library: a symbolic link may lead out of the folders that are open to every plug-in.
    var systemFolders: [String] {
        guard let path = systemLibrary?.path, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
            return []
        }
        return [String(path[..<slash])]
    }

    /// All of the code in one text of 64 hexadecimal digits: two equal ones are the same plug-in. A library by itself has its
    /// own SHA-256; a description has another one as soon as the library that it describes is another one.
    var fingerprint: String {
        guard !companions.isEmpty || systemLibrary != nil else { return sha256 }
        var hash = SHA256()
        func add(_ text: String) { hash.update(data: Array(text.utf8) + [0]) }
        add(sha256)
        // Names have neither NUL nor '/', with which the system library's path begins: no two contents give the same texts.
        for (name, companion) in companions.sorted(by: { $0.key < $1.key }) {
            add(name)
            switch companion {
            case .library(let sha256): add("=" + sha256)
            case .link(let destination): add("@" + destination)
            }
        }
        if let systemLibrary {
            add(systemLibrary.path)
            add(systemLibrary.sha256)
        }
        return hexadecimal(hash.finalize())
    }

    /// Reads the files where they lie. Blocks.
    ///
    /// - Throws: ``LoadFailure`` as ``LibraryStore/copy(_:from:)`` does: what cannot be copied cannot be compared.
    init(of file: LibraryFile, from source: LibrarySource) throws(LoadFailure) {
        let opened = try source.open(file)
        var budget = LibraryStore.maximumSize
        let sha256 = try Self.digest(of: opened.library, named: file.name, budget: &budget)
        try opened.checkDescription(sha256: sha256, named: file.name)
        var companions: [String: Companion] = [:]
        for name in try source.companionNames(of: file, opened: opened) {
            switch try source.openCompanion(name, of: file, in: opened.folder) {
            case .library(let library):
                companions[name] = .library(sha256: try Self.digest(of: library, named: name, budget: &budget))
            case .link(let destination): companions[name] = .link(to: destination)
            case .other: continue
            }
        }
        self.init(
            sha256: sha256, companions: companions,
            systemLibrary: try SystemLibrary(of: opened.description, beside: companions, in: source.systemFolders))
    }

    static func digest(
        of file: borrowing FileDescriptor, named name: String, budget: inout Int
    ) throws(LoadFailure) -> String {
        var hash = SHA256()
        do throws(SystemError) {
            try file.forEachChunk(budget: &budget) { chunk throws(SystemError) in hash.update(bufferPointer: chunk) }
        } catch { throw .notCopied(name, error, isTooLarge: budget < 0) }
        return hexadecimal(hash.finalize())
    }
}
