// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin
import GotAPIPlugin

/// Attribute `trap`: force-unwraps nil, which ends a Swift process.
final class Traps: Plugin {
    nonisolated static let information = PluginInformation(
        id: "com.example.traps", name: "traps", version: "1.0", vendor: "example",
        services: [["serviceId": "traps", "name": "traps", "online": true, "scopes": ["t"]]])

    private var nothing: Int64?

    init(host: Host) {}

    func answer(_ request: Request) throws -> Answer {
        request.attribute == "trap" ? .success(["data": .integer(nothing!)]) : .success()
    }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
@c(gotapi_plugin_entry) @implementation
public func gotapi_plugin_entry(_ hostMajor: UInt32, _ hostMinor: UInt32) -> UnsafePointer<gotapi_plugin>? {
    PluginExport.plugin(Traps.self, hostMajor: hostMajor)
}

@section(".note.gotapi") @used
private let note: PluginNote = (
    7, 80, 1, (0x47, 0x6f, 0x74, 0x41, 0x50, 0x49, 0, 0), 1, 0, 0, 0,
    [
        0x63, 0x6f, 0x6d, 0x2e, 0x65, 0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x2e, 0x74, 0x72, 0x61, 0x70,
        0x73, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]
)
