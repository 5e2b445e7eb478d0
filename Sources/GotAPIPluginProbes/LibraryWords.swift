// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// Words in a library that may be names of its attributes and parameters, as a fuzzer takes its dictionary from the program.
enum LibraryWords {
    private static let limit = 400
    /// What devices are often asked for.
    private static let usual = [
        "value", "state", "status", "on", "off", "start", "stop", "set", "get", "name", "level", "count", "data", "ok",
        "all", "reset", "null", "id",
    ]

    /// Those of the services' texts first, then the usual ones, then a description's names, or runs of 3 to 24 letters and digits in the file that
    /// begin with a small letter, spread over the file.
    static func find(in subject: ProbeSubject, services: [Service]) -> [String] {
        var words: [String] = []
        var known: Set<String> = []
        func add(_ word: String) {
            if known.insert(word).inserted { words.append(word) }
        }
        for service in services {
            for text in [service.serviceID, service.name] + service.scopes {
                for word in text.split(whereSeparator: { !$0.isLetter && !$0.isNumber }) { add(word.lowercased()) }
            }
        }
        usual.forEach(add)
        let found = subject.described.map(names) ?? runs(in: subject.library)
        let step = max(1, found.count / limit)
        for index in stride(from: 0, to: found.count, by: step) { add(found[index]) }
        return words
    }

    private static func names(in description: LibraryDescription) -> [String] {
        description.functions.flatMap { [$0.attribute] + $0.signature.parameters.map(\.name) }.filter { !$0.isEmpty }
    }

    private static func runs(in path: String) -> [String] {
        guard let file = fopen(path, "re") else { return [] }
        defer { fclose(file) }
        var runs: [String] = []
        var seen: Set<String> = []
        var run: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while runs.count < 20_000 {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            for byte in buffer.prefix(count) {
                let isLetter = UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 && byte < 0x80
                if isLetter || !run.isEmpty && UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte {
                    run.append(byte)
                    continue
                }
                // Only whole texts: a NUL, or what stands between texts, follows.
                if byte == 0, 3...24 ~= run.count, run[0] >= UInt8(ascii: "a") {
                    let word = String(decoding: run, as: UTF8.self)
                    if seen.insert(word).inserted { runs.append(word) }
                }
                run.removeAll(keepingCapacity: true)
            }
        }
        return runs
    }
}
