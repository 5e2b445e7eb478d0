// Swift GotAPI · SPDX-License-Identifier: MIT

/// What an implementation calls itself: 1 to 128 printable characters, compared without regard to case.
package struct ThingUUID: Sendable, Hashable {
    /// In lower case.
    package let key: String
    /// As it was sent.
    package let shown: String

    package init?(_ text: String?) {
        guard let text, 1...128 ~= text.unicodeScalars.count, text.isPrintable else { return nil }
        shown = text
        key = text.lowercased()
    }

    package static func == (left: Self, right: Self) -> Bool { left.key == right.key }
    package func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

extension String {
    /// Whether all of it can be seen, so that it does nothing to a terminal.
    var isPrintable: Bool {
        unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
    }
}
