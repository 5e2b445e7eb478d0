// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin
import GotAPIPlugin

/// Its handler awaits.
final class AsyncLayer: AsyncPlugin {
    nonisolated static let information = PluginInformation(
        id: "com.example.asynclayer", name: "asynclayer", version: "1.0", vendor: "example",
        services: [["serviceId": "asynclayer", "name": "asynclayer", "online": true, "scopes": ["t"]]])

    private struct NotOurs: Error {}

    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(host: Host) throws {}

    func answer(_ request: Request) async throws -> Answer {
        switch request.attribute {
        case "elsewhere":
            await Self.elsewhere()
            return .success(["data": .text(request.attribute)])
        case "failure":
            await Self.elsewhere()
            throw Failure(7, "by throwing")
        case "throw": throw NotOurs()
        case "wait":
            // Until another request comes, which is served meanwhile.
            await withCheckedContinuation { waiting.append($0) }
            return .success(["data": "woken"])
        case "wake":
            for continuation in waiting { continuation.resume() }
            waiting = []
            return .success()
        default: return .later { .failure(404, "Unknown attribute") }
        }
    }

    func stop() { for continuation in waiting { continuation.resume() } }

    /// On another thread, Swift's own.
    @concurrent private static func elsewhere() async {}
}

// swift-format-ignore: AlwaysUseLowerCamelCase
@c(gotapi_plugin_entry) @implementation
public func gotapi_plugin_entry(_ hostMajor: UInt32, _ hostMinor: UInt32) -> UnsafePointer<gotapi_plugin>? {
    PluginExport.plugin(AsyncLayer.self, hostMajor: hostMajor)
}

@section(".note.gotapi") @used
private let note: PluginNote = (
    7, 80, 1, (0x47, 0x6f, 0x74, 0x41, 0x50, 0x49, 0, 0), 1, 0, 0, 0,
    [
        0x63, 0x6f, 0x6d, 0x2e, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e, 0x61, 0x73, 0x79, 0x6e,
        0x63, 0x6c, 0x61, 0x79, 0x65, 0x72, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]
)
