// Swift GotAPI · SPDX-License-Identifier: MIT

/// What makes a plug-in of a library that has no GotAPI code: `libgotapi-plugin-NAME.json`,
/// PluginSDK/descriptions/README.md.
package struct LibraryDescription: Sendable, Equatable {
    /// The longest description, in bytes.
    package static let maximumSize = 256 << 10
    package static let maximumFunctions = 256

    /// A C function as an attribute of the services.
    package struct Function: Sendable, Equatable {
        package let profile: String
        /// Empty for the profile itself.
        package let attribute: String
        /// In lower case.
        package let method: String
        package let symbol: String
        package let signature: FunctionSignature
        package let errors: [CallError]
    }

    /// What a number that the function returns means.
    package struct CallError: Sendable, Equatable {
        /// What is returned, in digits; `null` for a text that is none.
        package let returned: String
        package let statusCode: Int
        /// Above 0.
        package let errorCode: Int
        package let errorMessage: String
    }

    /// Why a text is no description.
    package struct Defect: Error, Sendable, Equatable {
        /// Where: line, member and, in a signature, column.
        package let place: String
        /// What is wrong, and what to write instead.
        package let reason: String
    }

    package let id: String
    package let name: String
    package let version: String
    package let vendor: String
    /// A file's name, without a folder.
    package let library: String
    /// An array of service objects, as JSON.
    package let services: [UInt8]
    package let functions: [Function]

    /// Reads a description.
    package init(_ text: [UInt8]) throws(Defect) {
        var reader = DescriptionReader(text: text)
        self = try reader.read()
    }

    init(
        id: String, name: String, version: String, vendor: String, library: String, services: [UInt8],
        functions: [Function]
    ) {
        self.id = id
        self.name = name
        self.version = version
        self.vendor = vendor
        self.library = library
        self.services = services
        self.functions = functions
    }
}

extension LoadFailure {
    package init(_ defect: LibraryDescription.Defect) {
        self.init(.badDescription, Printable.text("\(defect.place): \(defect.reason)"))
    }
}
