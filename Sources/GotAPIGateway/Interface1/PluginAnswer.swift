// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// What a plug-in returned, brought into the shape of an answer or a push: gotapi-wire.md, "A plug-in request".
///
/// The members are scanned once and then copied; nothing is decoded but names and the four control members.
struct PluginAnswer {
    /// The JSON object as the plug-in gave it.
    let members: [UInt8]
    /// Set where the plug-in is at fault; nothing else counts then.
    let fault: GatewayError?
    /// 0 for success.
    let result: Int
    /// The HTTP status of the answer.
    let status: Int

    private let control: ControlMembers
    private let data: [JSONScanner.Member]

    /// - Parameter members: what a plug-in returned; hostile.
    init(_ members: [UInt8]) {
        self.init(members, isPush: false)
    }

    /// A push instead of an answer: its `statusCode` is only what the plug-in set.
    ///
    /// - Returns: `nil` for what is not sent: no JSON object, too long, or a `result` that is no number.
    init?(push members: [UInt8]) {
        self.init(members, isPush: true)
        if fault != nil { return nil }
    }

    private init(_ members: [UInt8], isPush: Bool) {
        var control = ControlMembers()
        var data: [JSONScanner.Member] = []
        var scanned: [JSONScanner.Member]?
        if members.count <= Limits.pluginMembers {
            do throws(JSONScanner.SyntaxError) { scanned = try JSONScanner.members(of: members) } catch {
                scanned = nil
            }
        }
        for member in scanned ?? [] {
            if member.name == "data" {
                // The most usual of all, before it is compared with those that are not.
                data.append(member)
            } else if let name = ControlMembers.Name(rawValue: member.name) {
                control.set(name, to: member)
            } else if !Self.isProhibited(member.name) {
                data.append(member)
            }
        }
        let result = ControlNumber(control.result, of: members)
        let status = ControlNumber(control.statusCode, of: members)

        self.members = members
        self.control = control
        self.data = data
        switch result {
        case .absent: self.result = 0
        case .integer(let value) where value >= 0: self.result = value
        default: self.result = 1
        }
        if isPush {
            if case .integer(let code) = status { self.status = code } else { self.status = 0 }
        } else {
            self.status = Self.status(status, isSuccess: self.result == 0)
        }

        let isResultGood =
            switch result {
            case .absent: true
            case .integer(let value): value >= 0
            case .fraction, .other: false
            }
        if scanned == nil {
            fault = .unanswered
        } else if !isResultGood {
            fault = GatewayError(.error, "The plug-in's result is not an integer of at least 0.")
        } else if !isPush, HTTPStatus.reasonPhrase(of: self.status) == nil {
            fault = GatewayError(.error, "The plug-in's statusCode is not a registered HTTP status.")
        } else {
            fault = nil
        }
    }

    /// Adds `result`, `statusCode` and on an error its description, then the plug-in's own members.
    func write(to writer: inout JSONObjectWriter) {
        writer.add("result", result)
        writer.add("statusCode", status)
        writeError(to: &writer)
        for member in data { writer.splice(member, of: members) }
    }

    /// As ``write(to:)`` for a push, which has a `statusCode` only where the plug-in set one.
    func writePush(to writer: inout JSONObjectWriter) {
        writer.add("result", result)
        if status != 0 { writer.add("statusCode", status) }
        writeError(to: &writer)
        for member in data { writer.splice(member, of: members) }
    }

    private func writeError(to writer: inout JSONObjectWriter) {
        guard result > 0 else { return }
        let reason = HTTPStatus.reasonPhrase(of: status) ?? ""
        writeText(control.errorCode, as: "errorCode", default: "\(result)", to: &writer)
        writer.add("errorText", reason)
        writeText(control.errorMessage, as: "errorMessage", default: reason, to: &writer)
    }

    /// A text as the plug-in wrote it; another value becomes its JSON text; absent or `null`: the default.
    private func writeText(
        _ member: JSONScanner.Member?, as name: StaticString, default text: String, to writer: inout JSONObjectWriter
    ) {
        guard let value = member.map({ members[$0.value] }), !value.elementsEqual("null".utf8) else {
            writer.add(name, text)
            return
        }
        if value.first == UInt8(ascii: "\"") {
            writer.add(name, json: value)
        } else {
            writer.add(name, String(decoding: value, as: UTF8.self))
        }
    }

    // MARK: - Rules

    /// 0, which no registry has, where it is no number.
    private static func status(_ number: ControlNumber, isSuccess: Bool) -> Int {
        switch number {
        case .absent: return isSuccess ? 200 : 400
        case .other: return 0
        case .integer(let code):
            if isSuccess { return 200..<300 ~= code && code != 204 && code != 205 ? code : 200 }
            return 400..<600 ~= code ? code : 400
        case .fraction(let code):
            if isSuccess { return 200..<300 ~= code ? 0 : 200 }
            return 400..<600 ~= code ? 0 : 400
        }
    }

    /// The README's "Prohibited property names for response", and what is the server's own.
    private static func isProhibited(_ name: String) -> Bool {
        name.utf8.first == UInt8(ascii: "_") || prohibited.contains(name)
    }

    private static let prohibited: Set<String> = [
        "if_type", "request_id", "request_url", "params", "package", "api", "profile", "attribute", "method",
        "receiver",
        "requestCode", "clientId", "accessToken", "action", "errorText", "product", "version", "hmac", "serviceId",
    ]
}

/// The members with which a plug-in says how its answer is meant.
private struct ControlMembers {
    enum Name: String {
        case result
        case statusCode
        case errorCode
        case errorMessage
    }

    private(set) var result: JSONScanner.Member?
    private(set) var statusCode: JSONScanner.Member?
    private(set) var errorCode: JSONScanner.Member?
    private(set) var errorMessage: JSONScanner.Member?

    mutating func set(_ name: Name, to member: JSONScanner.Member) {
        switch name {
        case .result: result = member
        case .statusCode: statusCode = member
        case .errorCode: errorCode = member
        case .errorMessage: errorMessage = member
        }
    }
}

/// A control member that should be a number, or text of digits.
private enum ControlNumber: Equatable {
    case absent
    case integer(Int)
    /// A number that is no integer, or too large for one.
    case fraction(Double)
    /// Something else.
    case other

    init(_ member: JSONScanner.Member?, of object: [UInt8]) {
        guard let member else {
            self = .absent
            return
        }
        let value = object[member.value]
        switch value.first ?? 0 {
        case UInt8(ascii: "\""):
            let digits = value.dropFirst().dropLast()
            let isNumber = !digits.isEmpty && digits.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
            self = isNumber ? Self.number(digits) : .other
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): self = Self.number(value)
        default: self = .other
        }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> ControlNumber {
        if digits.count == 1, let digit = digits.first { return .integer(Int(digit) - 0x30) }
        let text = String(decoding: digits, as: UTF8.self)
        if let integer = Int(text) { return .integer(integer) }
        guard let number = Double(text) else { return .other }
        // `1e2` and `100.0` are the number 100.
        return Int(exactly: number).map { .integer($0) } ?? .fraction(number)
    }
}
