// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin
import Glibc
import GotAPIPlugin

/// versions.c with the Swift layer.
final class Versions: Plugin {
    #if VERSION_2
    private nonisolated static let version: Int64 = 2
    #else
    private nonisolated static let version: Int64 = 1
    #endif

    nonisolated static let information = PluginInformation(
        id: "com.example.versions-swift", name: "versions-swift", version: "\(version)", vendor: "example",
        flags: .replayable,
        services: [["serviceId": "versions-swift", "name": "versions-swift", "online": true, "scopes": ["t"]]])

    private let host: Host
    private let instance: Int64

    init(host: Host) {
        self.host = host
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        instance = Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec / 1_000)
    }

    func answer(_ request: Request) throws -> Answer {
        if let command = request["command"] { try execute(command) }
        if request.method == .put {
            let interval = request["every"] == nil ? 5 : try request.integer("every", in: 1...1_000)
            try push(to: request.subscribe(), every: .milliseconds(interval))
            return .success(members)
        }
        guard request["delay"] != nil else { return .success(members) }
        let delay = Duration.milliseconds(try request.integer("delay", in: 0...60_000))
        return .later { [self] in
            await withCheckedContinuation { continuation in
                do { try host.startTimer(after: delay) { continuation.resume() } } catch { continuation.resume() }
            }
            return .success(members)
        }
    }

    private var members: Members { ["data": .integer(Self.version), "instance": .integer(instance)] }

    private func push(to subscription: Subscription, every interval: Duration) throws {
        let pushes = Pushes()
        pushes.timer = try host.startTimer(after: .zero, every: interval) { [self] in
            var members = members
            members["number"] = .integer(pushes.number)
            switch subscription.push(members) {
            case .ok: pushes.number += 1
            case .closed: pushes.timer?.stop()
            default: ()
            }
        }
    }

    @PluginActor private final class Pushes {
        var timer: PluginTimer?
        var number: Int64 = 0
    }

    private func execute(_ command: String) throws {
        let file = open(host.dataDirectory + "/commands", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Failure(1, "commands: error \(errno)") }
        defer { close(file) }
        let line = Array("\(command)\n".utf8)
        guard write(file, line, line.count) == line.count else { throw Failure(1, "commands: error \(errno)") }
    }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
@c(gotapi_plugin_entry) @implementation
public func gotapi_plugin_entry(_ hostMajor: UInt32, _ hostMinor: UInt32) -> UnsafePointer<gotapi_plugin>? {
    PluginExport.plugin(Versions.self, hostMajor: hostMajor)
}

@section(".note.gotapi") @used
private let note: PluginNote = (
    7, 80, 1, (0x47, 0x6f, 0x74, 0x41, 0x50, 0x49, 0, 0), 1, 0, 2, 0,
    [
        0x63, 0x6f, 0x6d, 0x2e, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e, 0x76, 0x65, 0x72, 0x73,
        0x69, 0x6f, 0x6e, 0x73, 0x2d, 0x73, 0x77, 0x69, 0x66, 0x74, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]
)
