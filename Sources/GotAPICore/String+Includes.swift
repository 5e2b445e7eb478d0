// Swift GotAPI · SPDX-License-Identifier: MIT

extension String {
    /// Whether `text` stands in it somewhere, byte for byte.
    ///
    /// `contains(_:)` for strings is in `_StringProcessing`; a plug-in's process that has one use of it holds all of regular
    /// expressions, 0.9 MB resident.
    package func includes(_ text: StaticString) -> Bool {
        text.withUTF8Buffer { part in
            var rest = Substring(self).utf8
            while !rest.starts(with: part) {
                guard rest.popFirst() != nil else { return false }
            }
            return true
        }
    }
}
