// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// A request's parameters: query and body together, the body winning, no name twice
/// (gotapi-wire.md, "GotAPI-1 request", rule 5).
struct Parameters: Sendable, Equatable {
    /// More parameters are refused, so that a body of 1 MiB cannot become a hundred times as much memory.
    static let maximumCount = 4_096

    struct Malformed: Error, Equatable, Sendable {
        let reason: String
    }

    private(set) var all: [PluginMessage.Parameter] = []
    /// Where each name is, as soon as there are too many to compare them one by one.
    private var positions: [String: Int] = [:]

    init() {}

    subscript(name: String) -> String? {
        if positions.isEmpty { return all.first { $0.name == name }?.value }
        return positions[name].map { all[$0].value }
    }

    /// Adds the parameters of an `application/x-www-form-urlencoded` text.
    mutating func add(_ encoded: UnsafeBufferPointer<UInt8>) throws(Malformed) {
        var start = 0
        while start < encoded.count {
            var end = start
            var equals: Int?
            while end < encoded.count, encoded[end] != UInt8(ascii: "&") {
                if encoded[end] == UInt8(ascii: "="), equals == nil { equals = end }
                end += 1
            }
            if end > start {
                let name = try Self.decode(encoded, start..<(equals ?? end))
                let value = try equals.map { equals throws(Malformed) in try Self.decode(encoded, equals + 1..<end) }
                try set(name, to: value ?? "")
            }
            start = end + 1
        }
    }

    private mutating func set(_ name: String, to value: String) throws(Malformed) {
        let parameter = PluginMessage.Parameter(name: name, value: value)
        let known = positions.isEmpty ? all.firstIndex { $0.name == name } : positions[name]
        if let known {
            all[known] = parameter
            return
        }
        guard all.count < Self.maximumCount else {
            throw Malformed(reason: "There are more than \(Self.maximumCount) parameters.")
        }
        all.append(parameter)
        if !positions.isEmpty {
            positions[name] = all.count - 1
        } else if all.count == 16 {
            positions = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1.name, $0) })
        }
    }

    private static func decode(_ encoded: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) throws(Malformed) -> String {
        let part = UnsafeBufferPointer(rebasing: encoded[range])
        guard let text = decodePercentEncoding(part, plusIsSpace: true) else {
            throw Malformed(reason: "The parameters could not be decoded.")
        }
        return text
    }
}

/// As ``PercentEncoding/decode(_:plusIsSpace:)``; text without anything to decode, nearly all of it, is copied as a block.
func decodePercentEncoding(_ text: UnsafeBufferPointer<UInt8>, plusIsSpace: Bool) -> String? {
    let isPlain = text.allSatisfy { byte in
        byte != UInt8(ascii: "%") && byte != UInt8(ascii: "+") && 0x01..<0x80 ~= byte
    }
    return isPlain ? String(decoding: text, as: UTF8.self) : PercentEncoding.decode(text, plusIsSpace: plusIsSpace)
}
