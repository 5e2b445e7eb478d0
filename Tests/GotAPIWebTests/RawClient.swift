// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import NIOCore
import NIOPosix

/// A client that sends exactly the bytes that it is told to, over a socket that blocks for at most half a minute.
final class RawClient {
    struct Failure: Error {
        let reason: String
    }

    struct Response: Equatable {
        let status: Int
        /// Names in lower case.
        let headers: [String: String]
        let body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    struct Frame: Equatable {
        var fin = true
        let opcode: UInt8
        let payload: [UInt8]
        var text: String { String(decoding: payload, as: UTF8.self) }
        /// The code of a close frame.
        var code: Int? { payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil }
    }

    private var descriptor: CInt
    private var received: [UInt8] = []

    init(port: Int, address: String = "127.0.0.1", receiveBuffer: CInt? = nil) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(reason: "socket: \(errno)") }
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout.size(ofValue: size)))
        }
        var timeout = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout.size(ofValue: timeout)))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout.size(ofValue: timeout)))
        let address = try SocketAddress(ipAddress: address, port: port)
        let result = address.withSockAddr { Glibc.connect(descriptor, $0, socklen_t($1)) }
        guard result == 0 else { throw Failure(reason: "connect: \(errno)") }
    }

    deinit { close() }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            guard sent > 0 else { throw Failure(reason: "send: \(errno)") }
            rest = rest.dropFirst(sent)
        }
    }

    func shutdownOutput() { shutdown(descriptor, CInt(SHUT_WR)) }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Closes so that the peer gets a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout.size(ofValue: option)))
        close()
    }

    /// - Returns: false at the end of what the server sends.
    private func receiveMore() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else {
            if errno == ECONNRESET { return false }
            throw Failure(reason: "recv: \(errno)")
        }
        received += buffer[..<count]
        return count > 0
    }

    /// Takes `count` bytes.
    func take(_ count: Int) throws -> [UInt8] {
        while received.count < count {
            guard try receiveMore() else { throw Failure(reason: "end after \(received.count) of \(count) bytes") }
        }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    /// Everything until the server closes.
    func takeAll() throws -> [UInt8] {
        while try receiveMore() {}
        defer { received = [] }
        return received
    }

    /// Whether the server closes without sending anything more.
    func isClosed() throws -> Bool { try takeAll().isEmpty }

    /// The next answer. `hasBody` is false for an answer to HEAD.
    func response(hasBody: Bool = true) throws -> Response {
        var end = 0
        while true {
            if let found = (end..<max(end, received.count - 3)).first(where: {
                received[$0..<$0 + 4] == [13, 10, 13, 10]
            }) {
                end = found
                break
            }
            end = max(0, received.count - 3)
            guard try receiveMore() else {
                throw Failure(reason: "no answer but \(String(decoding: received, as: UTF8.self))")
            }
        }
        let lines = String(decoding: try take(end + 4), as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        guard let status = Int(lines[0].dropFirst(9).prefix(3)) else { throw Failure(reason: String(lines[0])) }
        let length = Int(headers["content-length"] ?? "0") ?? 0
        return Response(status: status, headers: headers, body: hasBody ? try take(length) : [])
    }

    /// Sends a request without a body and takes its answer.
    func get(_ path: String, _ fields: [String] = [], method: String = "GET") throws -> Response {
        try send("\(method) \(path) HTTP/1.1\r\nHost: test\r\n\(fields.map { $0 + "\r\n" }.joined())\r\n")
        return try response(hasBody: method != "HEAD")
    }

    // MARK: - WebSocket

    func upgrade(_ path: String = "/gotapi/websocket") throws {
        let response = try get(path, RawClient.upgradeFields)
        guard response.status == 101 else { throw Failure(reason: "\(response.status)") }
    }

    static let upgradeFields = [
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]

    func sendFrame(_ opcode: UInt8, _ payload: [UInt8] = [], fin: Bool = true, masked: Bool = true) throws {
        var bytes = [(fin ? 0x80 : 0) | opcode]
        let mask: UInt8 = masked ? 0x80 : 0
        switch payload.count {
        case ...125: bytes.append(mask | UInt8(payload.count))
        case ...65_535: bytes += [mask | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default: bytes += [mask | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        let key: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        if masked { bytes += key }
        bytes += payload.enumerated().map { masked ? $1 ^ key[$0 % 4] : $1 }
        try send(bytes)
    }

    func sendText(_ text: String) throws { try sendFrame(1, Array(text.utf8)) }

    func frame() throws -> Frame {
        let start = try take(2)
        var length = Int(start[1] & 0x7f)
        if length == 126 { length = try take(2).reduce(0) { $0 << 8 | Int($1) } }
        if length == 127 { length = try take(8).reduce(0) { $0 << 8 | Int($1) } }
        return Frame(fin: start[0] & 0x80 != 0, opcode: start[0] & 15, payload: try take(length))
    }
}
