// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin
import Glibc
import GotAPICore
import GotAPIDescribed

/// A library that was loaded: what its `gotapi_plugin` struct says, as Swift values, and its functions.
///
/// The library is never unloaded (`RTLD_NODELETE`; plugin-abi.md, "Where it runs"), so the functions stay callable.
struct PluginLibrary {
    let descriptor: PluginDescriptor
    let features: RuntimeState.Features
    let functions: Functions

    /// The callbacks, with `context`, as the struct has them.
    struct Functions {
        let context: UnsafeMutableRawPointer?
        let start: StartFunction
        let stop: @convention(c) (UnsafeMutableRawPointer?) -> Void
        let onServiceDiscovery: MessageFunction?
        let onClientID: MessageFunction?
        let onAccessToken: MessageFunction?
        let onMessage: MessageFunction
        let onUnsubscribed: (@convention(c) (UnsafeMutableRawPointer?, gotapi_subscription, UInt32) -> Void)?
        let onMessageExpired: MessageFunction?
        let onTimer: TimerFunction?
        let onCall: (@convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, gotapi_status) -> Void)?
    }

    typealias StartFunction =
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafePointer<gotapi_host>, UnsafeMutablePointer<UnsafeMutableRawPointer?>
        ) -> gotapi_status
    typealias TimerFunction =
        @convention(c) (
            UnsafeMutableRawPointer?, gotapi_timer, UnsafeMutableRawPointer?, gotapi_status
        ) -> Void
    typealias MessageFunction = @convention(c) (UnsafeMutableRawPointer?, gotapi_message) -> Void
    /// The longest name, version or vendor, in bytes.
    private static let shortText: UInt64 = 256

    /// Loads a library and checks what it says of itself. Runs its code: on the plug-in's thread only.
    ///
    /// - Parameter entry: a plug-in that is a part of this program; then no library is loaded.
    init(_ instruction: LoadInstruction, entry: TestControl.Entry?) throws(LoadFailure) {
        let plugin: UnsafePointer<gotapi_plugin>
        if let entry {
            plugin = try Self.enter(entry)
        } else {
            let image = try Self.open(instruction.library)
            plugin =
                instruction.description.isEmpty
                ? try Self.enter(Self.entry(of: image)) : try DescribedPlugin.entry(instruction.description, of: image)
        }
        guard UInt(bitPattern: plugin) % UInt(MemoryLayout<gotapi_plugin>.alignment) == 0 else {
            throw LoadFailure(.badDescriptor, "gotapi_plugin_entry returned an address that is not aligned")
        }
        // The size first, since it says whether the rest is what we take it for.
        let size = UnsafeRawPointer(plugin).load(as: UInt32.self)
        guard Int(size) == MemoryLayout<gotapi_plugin>.size else {
            throw LoadFailure(
                .abiMajor,
                "gotapi_plugin has \(size) bytes, in ABI \(GOTAPI_ABI_MAJOR) it has \(MemoryLayout<gotapi_plugin>.size):"
                    + " set its size to sizeof(gotapi_plugin) and build it against this major version's header")
        }
        (descriptor, features) = try Self.describe(plugin.pointee, id: instruction.id)
        functions = try Self.functions(of: plugin.pointee)
    }

    /// dlopen(3)
    private static func open(_ path: String) throws(LoadFailure) -> UnsafeMutableRawPointer {
        guard path.utf8.first == UInt8(ascii: "/"), !path.utf8.contains(0) else {
            throw LoadFailure(.copyFailed, "\"\(LogLine.make(path.utf8))\" is no absolute path")
        }
        // NOW: a symbol that is missing is noticed here, not in the middle of a request. LOCAL: plug-ins do not see each
        // other's symbols. NODELETE: code that threads or the Swift runtime point to stays.
        guard let image = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
            throw failure(from: dlerror().map { String(cString: $0) } ?? "no reason", path: path)
        }
        return image
    }

    /// dlsym(3), in a library that is a plug-in itself.
    private static func entry(of image: UnsafeMutableRawPointer) throws(LoadFailure) -> TestControl.Entry {
        guard let symbol = dlsym(image, "gotapi_plugin_entry") else {
            throw LoadFailure(
                .notAPlugin, "the library does not export gotapi_plugin_entry: define it and mark it GOTAPI_EXPORT")
        }
        return unsafeBitCast(symbol, to: TestControl.Entry.self)  // The header's promise about a symbol of this name.
    }

    private static func enter(_ entry: TestControl.Entry) throws(LoadFailure) -> UnsafePointer<gotapi_plugin> {
        guard let plugin = entry(UInt32(GOTAPI_ABI_MAJOR), UInt32(GOTAPI_ABI_MINOR)) else {
            throw LoadFailure(
                .entryRefused,
                "gotapi_plugin_entry returned NULL: the plug-in refuses a gateway with ABI"
                    + " \(GOTAPI_ABI_MAJOR).\(GOTAPI_ABI_MINOR); ask its vendor for a version for this one")
        }
        return plugin
    }

    private static func describe(
        _ plugin: gotapi_plugin, id expectedID: String
    ) throws(LoadFailure) -> (PluginDescriptor, RuntimeState.Features) {
        let known: PluginDescriptor.Flags = [.exclusive, .replayable, .inline]
        guard plugin.flags & ~known.rawValue == 0 else {
            throw LoadFailure(
                .badDescriptor, "flags \(plugin.flags) has bits that ABI \(GOTAPI_ABI_MAJOR) does not know: clear them")
        }
        let id = try text(plugin.id, plugin.id_length, of: "id", limit: 63)
        guard PluginID.isValid(id.utf8) else {
            throw LoadFailure(
                .badDescriptor,
                "id \"\(LogLine.make(id.utf8))\" is not 1 to 63 letters, digits, '.', '-' and '_', beginning with a"
                    + " letter")
        }
        // Empty where nobody has read the file's note.
        guard expectedID.isEmpty || id == expectedID else {
            throw LoadFailure(
                .badDescriptor,
                "id is \"\(id)\", the file's note says \"\(LogLine.make(expectedID.utf8))\": give both the same")
        }
        let services = Array(
            try bytes(plugin.services, plugin.services_length, of: "services", limit: UInt64(Limits.pluginMembers)))
        let answer = Array("{\"services\":".utf8) + services + Array("}".utf8)
        let defects: [Service.Defect]
        do throws(Service.Defect) { defects = try Service.list(services).defects } catch { defects = [error] }
        if let defect = defects.first {
            throw LoadFailure(.badDescriptor, "services is no array of service objects: \(defect.reason)")
        }
        // What applications get where the plug-in has no on_service_discovery: it has to be a valid answer.
        if let (_, reason) = MembersCheck.defect(of: answer) {
            throw LoadFailure(.badDescriptor, "services make no valid answer: \(reason)")
        }
        let descriptor = PluginDescriptor(
            id: id, name: try label(plugin.name, plugin.name_length, of: "name"),
            version: try label(plugin.version, plugin.version_length, of: "version"),
            vendor: try label(plugin.vendor, plugin.vendor_length, of: "vendor"), flags: .init(rawValue: plugin.flags),
            services: services)
        let features = RuntimeState.Features(
            hasServiceDiscovery: plugin.on_service_discovery != nil, hasClientID: plugin.on_client_id != nil,
            hasAccessToken: plugin.on_access_token != nil, hasTimer: plugin.on_timer != nil,
            hasCall: plugin.on_call != nil,
            servicesAnswer: answer)
        return (descriptor, features)
    }

    private static func functions(of plugin: gotapi_plugin) throws(LoadFailure) -> Functions {
        guard let start = plugin.start, let stop = plugin.stop, let onMessage = plugin.on_message else {
            throw LoadFailure(.badDescriptor, "start, stop and on_message are required; at least one of them is NULL")
        }
        return Functions(
            context: plugin.context, start: start, stop: stop, onServiceDiscovery: plugin.on_service_discovery,
            onClientID: plugin.on_client_id, onAccessToken: plugin.on_access_token, onMessage: onMessage,
            onUnsubscribed: plugin.on_unsubscribed, onMessageExpired: plugin.on_message_expired,
            onTimer: plugin.on_timer,
            onCall: plugin.on_call)
    }

    // MARK: - Texts of the descriptor

    private static func bytes(
        _ start: UnsafePointer<CChar>?, _ length: UInt64, of member: String, limit: UInt64
    ) throws(LoadFailure) -> UnsafeRawBufferPointer {
        guard length <= limit else {
            throw LoadFailure(.badDescriptor, "\(member) has \(length) bytes; at most \(limit) are allowed")
        }
        guard length == 0 || start != nil else {
            throw LoadFailure(.badDescriptor, "\(member) is NULL, but its length is \(length)")
        }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(length))
        guard isUTF8(bytes) else { throw LoadFailure(.badDescriptor, "\(member) is not UTF-8") }
        return bytes
    }

    private static func text(
        _ start: UnsafePointer<CChar>?, _ length: UInt64, of member: String, limit: UInt64
    ) throws(LoadFailure) -> String {
        String(decoding: try bytes(start, length, of: member, limit: limit), as: UTF8.self)
    }

    /// Text that people read, also in terminals.
    private static func label(
        _ start: UnsafePointer<CChar>?, _ length: UInt64, of member: String
    ) throws(LoadFailure) -> String {
        let label = try text(start, length, of: member, limit: shortText)
        guard !label.unicodeScalars.contains(where: LogLine.isControl) else {
            throw LoadFailure(.badDescriptor, "\(member) contains a control character")
        }
        return label
    }

    // MARK: - Why dlopen failed

    /// The dynamic linker says why in words only; these are glibc's, which it says in English where no locale is set.
    static func failure(from message: String, path: String) -> LoadFailure {
        let words = LogLine.make(message.utf8)
        if message.includes("cannot open shared object file") {
            if message.hasPrefix(path + ":") {
                return LoadFailure(.copyFailed, "the library cannot be opened: \(words)")
            }
            return LoadFailure(
                .missingLibrary,
                "the library needs another one: \(words); install it, or put it beside the plug-in in a folder of its own,"
                    + " with $ORIGIN in the plug-in's run path")
        }
        if message.includes("undefined symbol") || message.includes("not found (required by") {
            return LoadFailure(
                .missingLibrary,
                "the library needs what the libraries here do not have: \(words); install newer ones, or link what is"
                    + " missing")
        }
        return LoadFailure(.badELF, "the dynamic linker refuses the library: \(words); build it again")
    }
}
