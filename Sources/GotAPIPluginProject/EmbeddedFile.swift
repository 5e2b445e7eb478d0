// Swift GotAPI · SPDX-License-Identifier: MIT

import CPluginTemplates

/// A file of PluginSDK that the program carries, to write it into new projects.
package struct EmbeddedFile: Sendable, Equatable {
    /// Where it goes in the project, with placeholders (``PluginProject/placeholders``).
    package let path: String
    /// Where it comes from, below PluginSDK.
    package let source: String
    /// What is in it, with placeholders if it is a template.
    package let text: String

    package var isTemplate: Bool { source.hasPrefix("templates/") }

    /// The files of a language's projects, in the table's order.
    package static func all(for language: PluginLanguage) -> [EmbeddedFile] {
        var files: [EmbeddedFile] = []
        var index: UInt64 = 0
        // The table and its texts are constants of the program.
        while let file = plugin_template_file_at(index)?.pointee {
            index += 1
            guard String(cString: file.language) == language.rawValue else { continue }
            files.append(
                EmbeddedFile(
                    path: String(cString: file.path), source: String(cString: file.source),
                    text: String(cString: file.text)))
        }
        return files
    }
}
