// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// All texts of one message in one block of memory that stays where it is, each with a NUL behind it: plug-ins get
/// pointers into it.
///
/// ```text
/// │ (offset, length) of text 0 │ … of text n-1 │ bytes of text 0 │ 0 │ bytes of text 1 │ 0 │ …
/// ```
/// Text 0 is the method, 1 to 7 are the fields by their `GOTAPI_FIELD_…` plus 1, then come the parameters' names and values
/// in turn.
struct MessageTexts: ~Copyable {
    typealias Text = UnsafeBufferPointer<CChar>

    private struct Entry {
        let offset: UInt32
        let length: UInt32
    }

    /// The method and the fields.
    private static let headCount = 8

    private let memory: UnsafeMutableRawPointer
    let parameterCount: Int
    /// Bytes of memory.
    let size: Int

    /// Copies the texts of a frame, in the order above; `ranges` are counted from the beginning of `source` and lie inside it.
    init(_ ranges: [Range<Int>], of source: ArraySlice<UInt8>) {
        let tableSize = ranges.count * MemoryLayout<Entry>.stride
        size = ranges.reduce(tableSize) { $0 + $1.count + 1 }
        memory = .allocate(byteCount: size, alignment: MemoryLayout<Entry>.alignment)
        parameterCount = (ranges.count - Self.headCount) / 2
        var offset = tableSize
        for (index, range) in ranges.enumerated() {
            // A frame has at most 8 MiB (``FrameBuffer/maximumLength``), so everything fits in 32 bits.
            memory.storeBytes(
                of: Entry(offset: UInt32(offset), length: UInt32(range.count)),
                toByteOffset: index * MemoryLayout<Entry>.stride, as: Entry.self)
            source.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(start: memory + offset, count: range.count)
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
            }
            memory.storeBytes(of: 0, toByteOffset: offset + range.count, as: UInt8.self)
            offset += range.count + 1
        }
    }

    /// Copies the texts of a message that comes without a frame.
    init(_ message: PluginMessage) {
        parameterCount = message.parameters.count
        let tableSize = (Self.headCount + 2 * parameterCount) * MemoryLayout<Entry>.stride
        var size = tableSize
        Self.forEachText(of: message) { size += $0.utf8.count + 1 }
        self.size = size
        memory = .allocate(byteCount: size, alignment: MemoryLayout<Entry>.alignment)
        var cursor = Cursor(memory: memory, offset: tableSize)
        Self.forEachText(of: message) { cursor.write($0) }
    }

    /// In the order above. Without an array of them, which would cost as much as all the rest.
    @inline(__always)
    private static func forEachText(of message: PluginMessage, _ body: (String) -> Void) {
        body(message.method)
        body(message.serviceID)
        body(message.profile)
        body(message.attribute)
        body(message.package)
        body(message.clientID)
        body(message.accessToken)
        body(message.receiver)
        for parameter in message.parameters {
            body(parameter.name)
            body(parameter.value)
        }
    }

    /// Writes one text after another into memory that was measured for them.
    private struct Cursor {
        let memory: UnsafeMutableRawPointer
        var offset: Int
        private var index = 0

        init(memory: UnsafeMutableRawPointer, offset: Int) {
            self.memory = memory
            self.offset = offset
        }

        mutating func write(_ text: String) {
            var text = text
            text.withUTF8 { utf8 in
                // A request has at most 2 MiB, so everything fits in 32 bits.
                memory.storeBytes(
                    of: Entry(offset: UInt32(offset), length: UInt32(utf8.count)),
                    toByteOffset: index * MemoryLayout<Entry>.stride, as: Entry.self)
                UnsafeMutableRawBufferPointer(start: memory + offset, count: utf8.count)
                    .copyMemory(from: UnsafeRawBufferPointer(utf8))
                memory.storeBytes(of: 0, toByteOffset: offset + utf8.count, as: UInt8.self)
                offset += utf8.count + 1
            }
            index += 1
        }
    }

    deinit { memory.deallocate() }

    private func text(_ index: Int) -> Text {
        let entry = memory.load(fromByteOffset: index * MemoryLayout<Entry>.stride, as: Entry.self)
        let start = (memory + Int(entry.offset)).assumingMemoryBound(to: CChar.self)
        return Text(start: start, count: Int(entry.length))
    }

    var method: Text { text(0) }

    /// One of `GOTAPI_FIELD_…`, or `nil`.
    func field(_ number: UInt32) -> Text? {
        number < UInt32(Self.headCount - 1) ? text(Int(number) + 1) : nil
    }

    func parameter(_ index: UInt64) -> (name: Text, value: Text)? {
        guard index < UInt64(parameterCount) else { return nil }
        let first = Self.headCount + 2 * Int(index)
        return (text(first), text(first + 1))
    }

    func parameter(named name: UnsafeRawBufferPointer) -> Text? {
        for index in 0..<parameterCount {
            let candidate = text(Self.headCount + 2 * index)
            if candidate.count == name.count, UnsafeRawBufferPointer(candidate).elementsEqual(name) {
                return text(Self.headCount + 2 * index + 1)
            }
        }
        return nil
    }

    /// The whole message as a JSON object (gotapi_plugin.h, `request_json`).
    func json() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size + 160)
        let names = [
            "method", "serviceId", "profile", "attribute", "package", "clientId", "accessToken", "receiver",
        ]
        for (index, name) in names.enumerated() {
            bytes.append(UInt8(ascii: index == 0 ? "{" : ","))
            Self.appendMember(name, text(index), to: &bytes)
        }
        bytes += Array(",\"params\":{".utf8)
        for index in 0..<parameterCount {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            let first = Self.headCount + 2 * index
            Self.appendMember(Self.string(text(first)), text(first + 1), to: &bytes)
        }
        bytes += Array("}}".utf8)
        return bytes
    }

    private static func appendMember(_ name: String, _ value: Text, to bytes: inout [UInt8]) {
        JSONText.append(name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        JSONText.append(string(value), to: &bytes)
    }

    private static func string(_ text: Text) -> String {
        String(decoding: UnsafeRawBufferPointer(text), as: UTF8.self)
    }
}
