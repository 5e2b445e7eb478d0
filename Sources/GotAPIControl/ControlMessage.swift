// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// What the command asks a running gateway over the control socket: one JSON object on one line,
/// `{"command": "plugin list", "arguments": {…}}`.
package struct ControlRequest: Sendable, Equatable {
    /// The longest line, in bytes, without its end.
    static let maximumLength = 64 << 10

    /// The command's words, for example `plugin list`.
    package let command: String
    /// An object; empty where the command has none.
    package let arguments: JSONNode

    package init(command: String, arguments: JSONNode = [:]) {
        self.command = command
        self.arguments = arguments
    }

    init(line: [UInt8]) throws(ControlError) {
        let message = try parseObject(line)
        guard let command = message["command"]?.text, !command.isEmpty else {
            throw .invalidMessage("\"command\" is not a text")
        }
        let arguments = message["arguments"] ?? [:]
        guard arguments.object != nil else { throw .invalidMessage("\"arguments\" is no object") }
        self.init(command: command, arguments: arguments)
    }

    /// The message with the end of its line.
    var line: [UInt8] {
        let message: JSONNode = ["command": JSONNode(.text(command)), "arguments": arguments]
        return message.bytes + [UInt8(ascii: "\n")]
    }
}

/// What the gateway answers over the control socket: one JSON object on one line, `{"ok": true, "result": …}` or
/// `{"ok": false, "error": "words for the operator"}`.
package enum ControlResponse: Sendable, Equatable {
    /// The longest line, in bytes, without its end.
    static let maximumLength = 16 << 20

    case success(JSONNode)
    case failure(String)

    init(line: [UInt8]) throws(ControlError) {
        let message = try parseObject(line)
        switch message["ok"]?.boolean {
        case true: self = .success(message["result"] ?? nil)
        case false: self = .failure(message["error"]?.text ?? "")
        case nil: throw .invalidMessage("\"ok\" is neither true nor false")
        }
    }

    /// The message with the end of its line.
    var line: [UInt8] {
        let message: JSONNode =
            switch self {
            case .success(let result): ["ok": true, "result": result]
            case .failure(let words): ["ok": false, "error": JSONNode(.text(words))]
            }
        let bytes = message.bytes
        guard bytes.count <= Self.maximumLength else {
            return ControlResponse.failure("the answer is longer than \(Self.maximumLength) bytes").line
        }
        return bytes + [UInt8(ascii: "\n")]
    }
}

private func parseObject(_ line: [UInt8]) throws(ControlError) -> JSONNode {
    do {
        let message = try JSONNode(parsing: line)
        guard message.object != nil else { throw ControlError.invalidMessage("no JSON object") }
        return message
    } catch let error as JSONScanner.SyntaxError {
        throw .invalidMessage("no valid JSON at byte \(error.offset): \(error.reason)")
    } catch let error as ControlError {
        throw error
    } catch {
        throw .invalidMessage("\(error)")
    }
}
