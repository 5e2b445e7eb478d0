// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPITesting

/// A fenced block of a page in the repository.
struct PageBlock {
    let language: String
    /// Its lines, each ended by a line feed.
    let text: String

    /// - Parameters:
    ///   - page: the path in the repository.
    ///   - chapter: the second-order heading that the blocks stand under; `nil` for the whole page.
    static func all(of page: String, chapter: String? = nil) async throws -> [PageBlock] {
        let outcome = try await TestProcess.run("/bin/cat", ["\(TestBuild.root)/\(page)"])
        var blocks: [PageBlock] = []
        var current: (language: String, lines: [Substring])?
        var isWanted = chapter == nil
        for line in outcome.output.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                if let block = current {
                    let text = block.lines.joined(separator: "\n") + "\n"
                    if isWanted { blocks.append(PageBlock(language: block.language, text: text)) }
                    current = nil
                } else {
                    current = (String(line.dropFirst(3)), [])
                }
            } else if current != nil {
                current?.lines.append(line)
            } else if let chapter, line.hasPrefix("## ") {
                isWanted = line.dropFirst(3) == chapter
            }
        }
        return blocks
    }
}
