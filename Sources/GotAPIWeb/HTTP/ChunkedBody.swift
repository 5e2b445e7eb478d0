// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOCore

/// Reads a body sent in chunks (RFC 9112, section 7.1). Extensions and trailer fields are read over.
struct ChunkedBody {
    enum Step: Equatable {
        case needsMore
        case whole
        case tooLarge
    }

    private enum State {
        case size
        case data(remaining: Int)
        case dataEnd
        case trailer
    }

    private(set) var bytes: [UInt8] = []
    private var state = State.size
    /// Bytes read of the current size line, or of all trailer lines.
    private var lineBytes = 0
    private let limit: Int
    /// The longest size line, its extensions included.
    private static let sizeLineLimit = 256

    init(limit: Int = Limits.requestBody) { self.limit = limit }

    /// Reads on. What follows the body stays in `buffer`.
    mutating func read(from buffer: inout ByteBuffer) throws(RequestHead.Refusal) -> Step {
        while true {
            switch state {
            case .size:
                guard let line = try readLine(from: &buffer, limit: Self.sizeLineLimit) else { return .needsMore }
                let digits = line.prefix { hexadecimalValue(of: $0) != nil }
                let rest = line.dropFirst(digits.count).drop(while: Byte.isBlank)
                guard !digits.isEmpty, rest.isEmpty || rest.first == UInt8(ascii: ";") else { throw .init(status: 400) }
                // Leading zeros aside, eight digits are far more than the limit and do not overflow.
                let significant = digits.drop { $0 == UInt8(ascii: "0") }
                guard significant.count <= 8 else { return .tooLarge }
                let size = significant.reduce(0) { $0 << 4 | Int(hexadecimalValue(of: $1) ?? 0) }
                guard size <= limit - bytes.count else { return .tooLarge }
                lineBytes = 0
                state = size == 0 ? .trailer : .data(remaining: size)
            case .data(let remaining):
                let count = min(remaining, buffer.readableBytes)
                guard count > 0 else { return .needsMore }
                if let part = buffer.readSlice(length: count) { bytes.append(contentsOf: part.readableBytesView) }
                state = count == remaining ? .dataEnd : .data(remaining: remaining - count)
            case .dataEnd:
                guard buffer.readableBytes >= 2 else { return .needsMore }
                guard buffer.readInteger(as: UInt16.self) == 0x0d0a else { throw .init(status: 400) }
                state = .size
            case .trailer:
                guard let line = try readLine(from: &buffer, limit: Limits.requestHead) else { return .needsMore }
                guard !line.isEmpty else { return .whole }
                lineBytes += line.count + 2
                guard lineBytes <= Limits.requestHead else { throw .init(status: 431) }
            }
        }
    }

    private func readLine(from buffer: inout ByteBuffer, limit: Int) throws(RequestHead.Refusal) -> [UInt8]? {
        let view = buffer.readableBytesView
        guard let end = view.prefix(limit + 2).firstIndex(of: Byte.lineFeed) else {
            guard view.count < limit + 2 else { throw .init(status: 400) }
            return nil
        }
        guard var line = buffer.readBytes(length: end - view.startIndex + 1), line.count >= 2 else {
            throw .init(status: 400)
        }
        line.removeLast()
        guard line.removeLast() == Byte.carriageReturn, !line.contains(where: { $0 < Byte.space && $0 != Byte.tab })
        else { throw .init(status: 400) }
        return line
    }
}
