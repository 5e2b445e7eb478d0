// Swift GotAPI · SPDX-License-Identifier: MIT

public import CGotAPIPlugin
import GotAPIPlugin

/// The one function that the library exports. Its name is the header's.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c(gotapi_plugin_entry) @implementation
public func gotapi_plugin_entry(_ hostMajor: UInt32, _ hostMinor: UInt32) -> UnsafePointer<gotapi_plugin>? {
    PluginExport.plugin(SimpleClock.self, hostMajor: hostMajor)
}

// Says what the file is before any of its code runs. It must be numbers: the compiler writes them into the file as they
// stand here. The id's bytes: printf com.example.thermo | od -An -v -tx1
@section(".note.gotapi") @used
private let note: PluginNote = (
    7, 80, 1, (0x47, 0x6f, 0x74, 0x41, 0x50, 0x49, 0, 0),  // the owner "GotAPI", type 1
    1, 0, 2, 0,  // ABI 1.0, the flag "replayable", reserved
    [
        0x63, 0x6f, 0x6d, 0x2e, 0x67, 0x69, 0x74, 0x68,  // com.gith
        0x75, 0x62, 0x2e, 0x66, 0x75, 0x74, 0x6f, 0x6d,  // ub.futom
        0x69, 0x2e, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x2d,  // i.hello-
        0x63, 0x6c, 0x6f, 0x63, 0x6b, 0, 0, 0,  // clock
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]
)
