public import CGotAPIPlugin
import GotAPIPlugin

/// The one function that the library exports. Its name is the header's.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c(gotapi_plugin_entry) @implementation
public func gotapi_plugin_entry(_ hostMajor: UInt32, _ hostMinor: UInt32) -> UnsafePointer<gotapi_plugin>? {
    PluginExport.plugin(TEMPLATETYPE.self, hostMajor: hostMajor)
}

// Says what the file is before any of its code runs. It must be numbers: the compiler writes them into the file as they
// stand here. The last 64 are the id, TEMPLATEID.
@section(".note.gotapi") @used
private let note: PluginNote = (
    7, 80, 1, (0x47, 0x6f, 0x74, 0x41, 0x50, 0x49, 0, 0),  // the owner "GotAPI", type 1
    1, 0, 0, 0,  // ABI 1.0, the flags (as in PluginInformation), reserved
    [
        TEMPLATEBYTES
    ]
)
