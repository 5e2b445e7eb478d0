// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// What the checker's children look at.
package struct ProbeSubject: Sendable, Equatable {
    /// What is loaded.
    package var library: String
    /// The file of the description that makes a plug-in of the library; empty for a library that is one itself.
    package var description: String
    /// What the file's note says, or the description.
    package var id: String
    package var flags: UInt32

    package init(library: String, description: String = "", id: String, flags: UInt32) {
        self.library = library
        self.description = description
        self.id = id
        self.flags = flags
    }

    /// As a child's arguments.
    var arguments: [String] { [library, description, id, String(flags)] }

    /// `nil` where they are none.
    init?(arguments: some Collection<String>) {
        let words = Array(arguments)
        guard words.count == 4, let flags = UInt32(words[3]) else { return nil }
        self.init(library: words[0], description: words[1], id: words[2], flags: flags)
    }

    /// Empty where there is no description, or where it is gone.
    var descriptionText: String {
        guard !description.isEmpty, let file = fopen(description, "re") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: LibraryDescription.maximumSize)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    var described: LibraryDescription? { try? LibraryDescription(Array(descriptionText.utf8)) }
}
