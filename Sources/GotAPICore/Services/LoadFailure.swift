// Swift GotAPI · SPDX-License-Identifier: MIT

/// Why a plug-in's file is not served: plugin-abi.md, "Loading".
package struct LoadFailure: Error, Sendable, Equatable {
    /// Stable names, for people and for scripts.
    package enum Code: String, Sendable, CaseIterable {
        case copyFailed = "COPY_FAILED"
        case notAPlugin = "NOT_A_PLUGIN"
        case wrongArchitecture = "WRONG_ARCHITECTURE"
        case abiMajor = "ABI_MAJOR"
        case badELF = "BAD_ELF"
        case unsafePermissions = "UNSAFE_PERMISSIONS"
        case untrusted = "UNTRUSTED"
        case missingLibrary = "MISSING_LIBRARY"
        case uniqueSymbols = "UNIQUE_SYMBOLS"
        case entryRefused = "ENTRY_REFUSED"
        case badDescriptor = "BAD_DESCRIPTOR"
        case badDescription = "BAD_DESCRIPTION"
        case duplicateID = "DUPLICATE_ID"
        case duplicateService = "DUPLICATE_SERVICE"
        case startFailed = "START_FAILED"
        case startTimeout = "START_TIMEOUT"
        case crashed = "CRASHED"
    }

    package let code: Code
    /// The cause and the remedy, in words.
    package let reason: String

    package init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}

extension LoadFailure: CustomStringConvertible {
    package var description: String { "\(code.rawValue): \(reason)" }
}
