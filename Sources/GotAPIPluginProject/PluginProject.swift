// Swift GotAPI · SPDX-License-Identifier: MIT

/// A new plug-in's project: what `gotapi plugin new` writes (PluginSDK/README.md, "Your first plug-in in five minutes").
package struct PluginProject: Sendable, Equatable {
    /// Why there is no such project, or why it was not written, in words for people.
    package struct Failure: Error, CustomStringConvertible, Equatable {
        package let description: String
    }

    /// A file of the project.
    package struct File: Sendable, Equatable {
        /// Below the project's folder, without `.` and `..`.
        package let path: String
        package let text: String
    }

    /// plugin-abi.md, "On disk": letters, digits, `-`, `_`, beginning with a letter.
    package let name: String
    /// The plug-in's identity, a reverse domain name.
    package let id: String
    package let language: PluginLanguage

    /// What the gateway answers itself below `/gotapi`: no plug-in is asked there.
    private static let gatewayProfiles = [
        "authorization", "availability", "networkServiceDiscovery", "serviceDiscovery", "servicediscovery",
    ]

    /// - Parameter id: `com.example.NAME` where it is `nil`.
    package init(name: String, id: String? = nil, language: PluginLanguage) throws(Failure) {
        guard Self.isWord(name, with: "-_"), name.utf8.count <= 64 else {
            throw Failure(
                description: "a plug-in's name has 1 to 64 letters, digits, - and _, and begins with a letter: \(name)")
        }
        guard !Self.gatewayProfiles.contains(name) else {
            throw Failure(description: "\(name) cannot be the name: the gateway answers /gotapi/\(name) itself")
        }
        let id = id ?? "com.example.\(name)"
        guard Self.isWord(id, with: ".-_"), id.utf8.count <= 63 else {
            throw Failure(
                description: "a plug-in's id has 1 to 63 letters, digits, ., - and _, and begins with a letter: \(id)")
        }
        self.name = name
        self.id = id
        self.language = language
    }

    package var library: String { "libgotapi-plugin-\(name).so" }

    /// The name of a type: `my-thermo` gives `MyThermoDevice`.
    var typeName: String {
        name.split { $0 == "-" || $0 == "_" }.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() + "Device"
    }

    /// What stands in the templates' texts and paths, and what takes its place. None is the beginning of another.
    package var placeholders: [(placeholder: String, value: String)] {
        [("TEMPLATENAME", name), ("TEMPLATETYPE", typeName), ("TEMPLATEID", id), ("TEMPLATEBYTES", idBytes)]
    }

    /// The id as the note has it, padded with 0 to 64 bytes: four lines of a Swift array.
    private var idBytes: String {
        let bytes = id.utf8.map { "0x" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        let padded = bytes + Array(repeating: "0", count: 64 - bytes.count)
        return stride(from: 0, to: 64, by: 16).map { padded[$0..<$0 + 16].joined(separator: ", ") + "," }
            .joined(separator: "\n        ")
    }

    /// The project's files. Templates have their placeholders replaced; what belongs to the SDK goes along as it is.
    package func files(of embedded: [EmbeddedFile]) -> [File] {
        embedded.map { File(path: filled($0.path), text: $0.isTemplate ? filled($0.text) : $0.text) }
    }

    package var files: [File] { files(of: EmbeddedFile.all(for: language)) }

    /// Replaces in one pass, so that a name which contains a placeholder stays what it is.
    func filled(_ template: String) -> String {
        var result = ""
        var rest = template[...]
        while let start = rest.firstRange(of: "TEMPLATE")?.lowerBound {
            result += rest[..<start]
            rest = rest[start...]
            if let found = placeholders.first(where: { rest.hasPrefix($0.placeholder) }) {
                result += found.value
                rest = rest.dropFirst(found.placeholder.count)
            } else {
                result.append(rest.removeFirst())
            }
        }
        return result + rest
    }

    private static func isWord(_ text: String, with more: String) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        }
        guard let first = text.utf8.first, isLetter(first) else { return false }
        return text.utf8.allSatisfy {
            isLetter($0) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || more.utf8.contains($0)
        }
    }
}
