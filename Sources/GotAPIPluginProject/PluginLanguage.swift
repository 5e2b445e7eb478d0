// Swift GotAPI · SPDX-License-Identifier: MIT

/// A language that there is a template for (PluginSDK/templates).
package enum PluginLanguage: String, CaseIterable, Sendable {
    case c
    case cpp
    case swift
    case rust

    /// For people.
    package var title: String {
        switch self {
        case .c: "C"
        case .cpp: "C++"
        case .swift: "Swift"
        case .rust: "Rust"
        }
    }
}
