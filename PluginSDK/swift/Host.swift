// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin

/// The gateway's side: log, configuration, folders, timers. A small value, to be copied at will.
public struct Host: Sendable {
    let table: HostTable

    /// Writes one line to the gateway's log under the plug-in's id. From any thread.
    public func log(_ level: LogLevel, _ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            _ = table.pointer.pointee.log(table.pointer, level.rawValue, utf8.characters, UInt64(utf8.count))
        }
    }

    /// The plug-in's `config` from the owner's config.json, as JSON text; `{}` if there is none. From any thread.
    public var configuration: String { table.text(table.pointer.pointee.config) }

    /// The path of a folder of the plug-in's own, which only it can read, kept across updates. From any thread.
    public var dataDirectory: String { table.text(table.pointer.pointee.data_directory) }

    /// The path of the folder in which the library was found, if it has one of its own; else empty. From any thread.
    public var resourceDirectory: String { table.text(table.pointer.pointee.resource_directory) }

    /// Calls `action` after `delay`, and then, if there is an `interval`, again and again until the timer or the
    /// plug-in is stopped. Resolution: milliseconds.
    ///
    /// - Throws: ``Status/full`` beyond 1,024 timers, ``Status/closed`` once the plug-in is stopped.
    @PluginActor @discardableResult
    public func startTimer(
        after delay: Duration, every interval: Duration? = nil, _ action: @escaping @PluginActor () -> Void
    ) throws -> PluginTimer {
        let milliseconds = interval.map { max(1, $0.milliseconds) } ?? 0
        let owned = Unmanaged.passRetained(TimerAction(isRepeated: milliseconds > 0, action))
        var handle: UInt64 = 0
        let status = Status(
            rawValue: table.pointer.pointee.start_timer(
                table.pointer, delay.milliseconds, milliseconds, owned.toOpaque(), &handle))
        guard status == .ok else {
            owned.release()
            throw status
        }
        // From here on `owned` is the timer's: its last call (PluginExport, on_timer) releases it.
        return PluginTimer(table: table, handle: handle)
    }

    /// Says that the services are no longer what they were; the gateway then asks a ``ServiceDiscovering`` plug-in.
    /// From any thread.
    public func servicesChanged() { _ = table.pointer.pointee.services_changed(table.pointer) }
}

/// How much a line of the log matters.
public enum LogLevel: UInt32, Sendable {
    case trace = 0
    case debug = 1
    case info = 2
    case notice = 3
    case warning = 4
    case error = 5
    case critical = 6
}

/// A timer. It runs on, whatever becomes of this value.
public struct PluginTimer: Sendable {
    let table: HostTable
    let handle: UInt64

    /// Its closure is not called again.
    @PluginActor public func stop() { _ = table.pointer.pointee.stop_timer(table.pointer, handle) }
}

/// What a timer's `user` pointer points to.
final class TimerAction: Sendable {
    let isRepeated: Bool
    let action: @PluginActor () -> Void

    init(isRepeated: Bool, _ action: @escaping @PluginActor () -> Void) {
        self.isRepeated = isRepeated
        self.action = action
    }
}

/// The table of the gateway's functions.
///
/// `@unchecked Sendable`: the table stays as it is until the process ends, and its functions check their thread
/// themselves (gotapi_plugin.h, "What the host gives").
struct HostTable: @unchecked Sendable {
    let pointer: UnsafePointer<gotapi_host>

    typealias TextFunction = (
        UnsafePointer<gotapi_host>, UnsafeMutablePointer<UnsafePointer<CChar>?>, UnsafeMutablePointer<UInt64>
    ) -> Int32

    /// A copy of a text that the host hands out.
    func text(_ function: TextFunction) -> String {
        copy { function(pointer, $0, $1) } ?? ""
    }

    /// A copy of the text that `read` finds, or `nil` where its status is not OK.
    func copy(
        _ read: (UnsafeMutablePointer<UnsafePointer<CChar>?>, UnsafeMutablePointer<UInt64>) -> Int32
    ) -> String? {
        var bytes: UnsafePointer<CChar>?
        var length: UInt64 = 0
        guard Status(rawValue: read(&bytes, &length)) == .ok else { return nil }
        // The host's text is borrowed; nothing of it is kept behind this line.
        return String(
            decoding: UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : Int(length)), as: UTF8.self)
    }

    /// Hands JSON to a function that takes it as pointer and length.
    func send(_ members: Members, _ function: (UnsafePointer<CChar>?, UInt64) -> Int32) -> Status {
        var bytes: [UInt8] = []
        members.append(to: &bytes)
        return bytes.withUnsafeBufferPointer { Status(rawValue: function($0.characters, UInt64($0.count))) }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// The same bytes as C's `const char *`.
    var characters: UnsafePointer<CChar>? { UnsafeRawPointer(baseAddress)?.assumingMemoryBound(to: CChar.self) }
}

extension Duration {
    /// Rounded down; 0 where negative.
    fileprivate var milliseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return UInt64(seconds) * 1_000 + UInt64(attoseconds / 1_000_000_000_000_000)
    }
}
