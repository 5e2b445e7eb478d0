// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// A file that has a plug-in's name.
package struct LibraryFile: Sendable, Equatable {
    /// `libgotapi-plugin-NAME.so`, or `ANY/libgotapi-plugin-NAME.so`: its path in the plug-ins' folder. `.json` instead of
    /// `.so` where it describes a library that has no GotAPI code.
    package let path: String

    var isDescription: Bool { path.hasSuffix(".json") }

    /// The plug-in's own folder inside the plug-ins' folder, or `nil`.
    var folder: String? {
        path.lastIndex(of: "/").map { String(path[..<$0]) }
    }

    var name: String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }
}

/// The folder into which owners drop libraries (`plugin_root_path`): plugin-abi.md, "On disk".
package struct PluginFolder {
    /// What a scan found.
    struct Content: Equatable {
        /// By path, byte by byte.
        var libraries: [LibraryFile] = []
        /// Files that look like plug-ins but whose NAME is not allowed, for a warning.
        var misnamed: [String] = []
        /// Folders that could not be looked into, by name, with the reason.
        var unreadable: [String: SystemError] = [:]
    }

    let path: String

    /// Looks for libraries in the folder and in its folders.
    func scan() throws(SystemError) -> Content {
        let root = try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY)
        var content = Content()
        for name in try root.names() {
            Self.classify(name, at: name, into: &content)
            do throws(SystemError) {
                // A folder that is a symbolic link is looked into, too: its libraries are then refused with the reason.
                let folder = try FileDescriptor(opening: name, in: root, O_RDONLY | O_DIRECTORY | O_NONBLOCK)
                for inner in try folder.names() { Self.classify(inner, at: name + "/" + inner, into: &content) }
            } catch  where error.number == ENOTDIR || error.number == ENOENT || error.number == ELOOP {
                continue  // No folder, or gone again: nothing to look into.
            } catch {
                content.unreadable[name] = error
            }
        }
        content.libraries.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        content.misnamed.sort()
        return content
    }

    private static func classify(_ name: String, at path: String, into content: inout Content) {
        guard name.hasPrefix("libgotapi-plugin-"), endings.contains(where: name.hasSuffix) else { return }
        if isLibraryName(name) {
            content.libraries.append(LibraryFile(path: path))
        } else {
            content.misnamed.append(path)
        }
    }

    /// Of libraries, and of descriptions of libraries.
    private static let endings = [".so", ".json"]

    /// `libgotapi-plugin-NAME.so` or `….json`; NAME: letters, digits, `-`, `_`, beginning with a letter.
    package static func isLibraryName(_ file: String) -> Bool {
        guard file.hasPrefix("libgotapi-plugin-"), let ending = endings.first(where: file.hasSuffix) else {
            return false
        }
        let name = file.utf8.dropFirst("libgotapi-plugin-".utf8.count).dropLast(ending.utf8.count)
        func isLetter(_ byte: UInt8) -> Bool { 0x41...0x5a ~= byte || 0x61...0x7a ~= byte }
        guard let first = name.first, isLetter(first) else { return false }
        return name.allSatisfy { isLetter($0) || 0x30...0x39 ~= $0 || $0 == 0x2d || $0 == 0x5f }
    }
}
