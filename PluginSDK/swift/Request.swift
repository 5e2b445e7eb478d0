// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin

/// A request to a service of the plug-in's, or a client that wants to become one. May be kept and read from any thread.
public struct Request: Sendable {
    let reference: MessageReference

    /// The HTTP method.
    public enum Method: String, Sendable {
        case get
        case post
        case put
        case delete
    }

    /// How the service is asked.
    public var method: Method { Method(rawValue: reference.method) ?? .get }
    public var serviceID: String { reference.field(0) }
    public var profile: String { reference.field(1) }
    /// The path's second part, or empty.
    public var attribute: String { reference.field(2) }
    /// The application's origin, for example `https://localhost:4036`, or empty where it has none.
    public var origin: String { reference.field(3) }
    /// The same for all requests of one client, as long as it is approved; no other client's.
    public var clientID: String { reference.field(4) }
    /// Is the request repeated to create a subscription again? Then start the events, but repeat no command.
    public var isReplay: Bool { reference.isReplay }
    /// How long an answer still counts.
    public var timeLeft: Duration { .milliseconds(reference.timeLeft) }

    /// A parameter, or `nil` where the request has none of that name, which is not the same as an empty one.
    public subscript(parameter: String) -> String? { reference.parameter(parameter) }

    /// A parameter that must be there, or else is the default.
    ///
    /// - Throws: ``Failure`` 400, which names it.
    public func text(_ parameter: String, default: String? = nil) throws(Failure) -> String {
        guard let text = self[parameter] ?? `default` else {
            throw Failure(400, "The parameter `\(parameter)` is required.")
        }
        return text
    }

    /// A parameter that must be a decimal integer in `range`.
    ///
    /// - Throws: ``Failure`` 400, which names the parameter and what is allowed.
    public func integer(
        _ parameter: String, in range: ClosedRange<Int>, default: Int? = nil
    ) throws(Failure) -> Int {
        try value(parameter, default: `default`, "an integer from \(range.lowerBound) to \(range.upperBound)") { text in
            guard let value = Int(text), range.contains(value), text.utf8.first != UInt8(ascii: "+") else { return nil }
            return value
        }
    }

    /// A parameter that must be a number in `range`, as JSON writes numbers.
    ///
    /// - Throws: ``Failure`` 400, which names the parameter and what is allowed.
    public func number(
        _ parameter: String, in range: ClosedRange<Double>, default: Double? = nil
    ) throws(Failure) -> Double {
        try value(parameter, default: `default`, "a number from \(range.lowerBound) to \(range.upperBound)") { text in
            let isNumber = text.utf8.allSatisfy { (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }
            guard isNumber, text.utf8.first != UInt8(ascii: "+"), let value = Double(text), range.contains(value)
            else { return nil }
            return value
        }
    }

    /// A parameter that must be `true` or `false`.
    ///
    /// - Throws: ``Failure`` 400, which names the parameter and what is allowed.
    public func boolean(_ parameter: String, default: Bool? = nil) throws(Failure) -> Bool {
        try value(parameter, default: `default`, "true or false") { Bool($0) }
    }

    /// A parameter that must be one of an enumeration's values.
    ///
    /// - Throws: ``Failure`` 400, which names the parameter and what is allowed.
    public func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ parameter: String, of type: Value.Type = Value.self, default: Value? = nil
    ) throws(Failure) -> Value {
        let names = type.allCases.map(\.rawValue).joined(separator: ", ")
        return try value(parameter, default: `default`, "one of \(names)") { Value(rawValue: $0) }
    }

    private func value<Value>(
        _ parameter: String, default: Value?, _ allowed: String, _ read: (String) -> Value?
    ) throws(Failure) -> Value {
        if let `default`, self[parameter] == nil { return `default` }
        guard let value = read(try text(parameter)) else {
            throw Failure(400, "The parameter `\(parameter)` must be \(allowed).")
        }
        return value
    }

    /// From now on this request's client can be pushed to in its name. Only before the answer.
    ///
    /// - Throws: ``Status``, for example ``Status/closed`` where the client is gone.
    public func subscribe() throws -> Subscription {
        var handle: UInt64 = 0
        let table = reference.table
        try Status(rawValue: table.pointer.pointee.subscribe(table.pointer, reference.handle, &handle)).orThrow()
        return Subscription(table: table, handle: handle)
    }
}

/// One reference to a message: retained when made, released with its last copy. If it has no answer by then the
/// application gets an error.
final class MessageReference: Sendable {
    let table: HostTable
    let handle: UInt64

    /// Inside the callback that the message was passed to.
    init(retaining handle: UInt64, _ table: HostTable) throws {
        try Status(rawValue: table.pointer.pointee.retain(table.pointer, handle)).orThrow()
        self.table = table
        self.handle = handle
    }

    deinit { _ = table.pointer.pointee.release(table.pointer, handle) }

    var method: String {
        table.copy { table.pointer.pointee.method(table.pointer, handle, $0, $1) } ?? ""
    }

    func field(_ number: UInt32) -> String {
        table.copy { table.pointer.pointee.field(table.pointer, handle, number, $0, $1) } ?? ""
    }

    func parameter(_ name: String) -> String? {
        var name = name
        return name.withUTF8 { name in
            table.copy {
                table.pointer.pointee.parameter(
                    table.pointer, handle, name.characters, UInt64(name.count), $0, $1)
            }
        }
    }

    var isReplay: Bool {
        var isReplay: UInt32 = 0
        let status = table.pointer.pointee.is_replay(table.pointer, handle, &isReplay)
        return Status(rawValue: status) == .ok && isReplay != 0
    }

    var timeLeft: UInt64 {
        var milliseconds: UInt64 = 0
        let status = table.pointer.pointee.time_left(table.pointer, handle, &milliseconds)
        return Status(rawValue: status) == .ok ? milliseconds : 0
    }

    @discardableResult
    func answer(_ members: Members) -> Status {
        table.send(members) { table.pointer.pointee.return_message(table.pointer, handle, $0, $1) }
    }
}
