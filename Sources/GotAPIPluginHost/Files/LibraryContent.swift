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

    /// Reads the files where they lie. Blocks.
    ///
    /// - Throws: ``LoadFailure`` as ``LibraryStore/copy(_:from:)`` does: what cannot be copied cannot be compared.
    init(of file: LibraryFile, from source: LibrarySource) throws(LoadFailure) {
        let opened = try source.open(file)
        var budget = LibraryStore.maximumSize
        let sha256 = try Self.digest(of: opened.library, named: file.name, budget: &budget)
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
            systemLibrary: try SystemLibrary(of: opened.description, beside: companions))
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
