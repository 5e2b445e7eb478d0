// Swift GotAPI · SPDX-License-Identifier: MIT

/// Turns offsets in a text into lines and columns.
struct TextLines: Equatable {
    private let text: [UInt8]
    /// Where each line begins.
    private let starts: [Int]

    init(_ text: [UInt8]) {
        self.text = text
        starts = [0] + text.indices.filter { text[$0] == UInt8(ascii: "\n") }.map { $0 + 1 }
    }

    /// Line and column of a byte, both counted from 1, the column in characters.
    func position(of offset: Int) -> (line: Int, column: Int) {
        let offset = min(offset, text.count)
        let index = (starts.firstIndex { $0 > offset } ?? starts.count) - 1
        return (index + 1, String(decoding: text[starts[index]..<offset], as: UTF8.self).count + 1)
    }
}
