// Swift GotAPI · SPDX-License-Identifier: MIT

public import CGotAPIPlugin

/// Makes a ``Plugin`` the one that a library exports:
///
/// ```swift
/// @c(gotapi_plugin_entry) @implementation
/// public func gotapi_plugin_entry(_ hostMajor: UInt32, _ hostMinor: UInt32) -> UnsafePointer<gotapi_plugin>? {
///     PluginExport.plugin(Echo.self, hostMajor: hostMajor)
/// }
/// ```
public enum PluginExport {
    /// What `gotapi_plugin_entry` returns; `nil` where the gateway's ABI has another major version. Call it there only.
    public static func plugin(_ type: any Plugin.Type, hostMajor: UInt32) -> UnsafePointer<gotapi_plugin>? {
        guard hostMajor == UInt32(GOTAPI_ABI_MAJOR) else { return nil }
        let information = type.information
        // This memory, the texts' and the context's are the library's, and stay until the process ends.
        let size = MemoryLayout<gotapi_plugin>.size
        let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 8)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        let plugin = memory.assumingMemoryBound(to: gotapi_plugin.self)
        plugin.pointee.size = UInt32(size)
        plugin.pointee.flags = information.flags.rawValue
        (plugin.pointee.id, plugin.pointee.id_length) = permanent(information.id)
        (plugin.pointee.name, plugin.pointee.name_length) = permanent(information.name)
        (plugin.pointee.version, plugin.pointee.version_length) = permanent(information.version)
        (plugin.pointee.vendor, plugin.pointee.vendor_length) = permanent(information.vendor)
        (plugin.pointee.services, plugin.pointee.services_length) = permanent(
            JSON.array(information.services).encoded)
        plugin.pointee.context = Unmanaged.passRetained(PluginClass(type)).toOpaque()
        setCallbacks(of: plugin, for: type)
        return UnsafePointer(plugin)
    }

    private static func permanent(_ text: String) -> (UnsafePointer<CChar>?, UInt64) {
        let bytes = UnsafeMutableBufferPointer<CChar>.allocate(capacity: max(1, text.utf8.count))
        for (index, byte) in text.utf8.enumerated() { bytes[index] = CChar(bitPattern: byte) }
        return (UnsafePointer(bytes.baseAddress), UInt64(text.utf8.count))
    }

    // The gateway calls all of these on the plug-in thread (gotapi_plugin.h), which is what assumeIsolated checks.
    private static func setCallbacks(of plugin: UnsafeMutablePointer<gotapi_plugin>, for type: any Plugin.Type) {
        plugin.pointee.start = { context, host, owner in
            guard let context, host.pointee.size == UInt32(MemoryLayout<gotapi_host>.size) else {
                return Status.unsupported.rawValue
            }
            let type = Unmanaged<PluginClass>.fromOpaque(context).takeUnretainedValue().type
            let table = HostTable(pointer: host)
            PluginActor.shared.executor.open(table)
            do {
                // Released by stop, the last call.
                owner.pointee = try PluginActor.assumeIsolated {
                    Unmanaged.passRetained(PluginInstance(try type.init(host: Host(table: table)), table)).toOpaque()
                }
                return Status.ok.rawValue
            } catch {
                Host(table: table).log(.error, "start: \(error)")
                PluginActor.shared.executor.close()
                return Status.failed.rawValue
            }
        }
        plugin.pointee.stop = { owner in
            guard let owner else { return }
            let instance = Unmanaged<PluginInstance>.fromOpaque(owner)
            PluginActor.assumeIsolated { instance.takeUnretainedValue().stop() }
            instance.release()
            PluginActor.shared.executor.close()
        }
        plugin.pointee.on_message = { owner, message in
            PluginInstance.run(owner) { $0.answer(message) }
        }
        plugin.pointee.on_unsubscribed = { owner, subscription, reason in
            PluginInstance.run(owner) {
                $0.plugin.subscriptionEnded(
                    Subscription.ID(handle: subscription), reason: UnsubscribeReason(rawValue: reason))
            }
        }
        plugin.pointee.on_message_expired = { owner, message in
            PluginInstance.run(owner) { $0.expire(message) }
        }
        plugin.pointee.on_timer = { _, _, user, status in
            guard let user else { return }
            let owned = Unmanaged<TimerAction>.fromOpaque(user)
            let timer = owned.takeUnretainedValue()
            let isRunning = Status(rawValue: status) == .ok
            if isRunning { PluginActor.assumeIsolated { timer.action() } }
            // The timer's last call: retained in Host.startTimer.
            if !isRunning || !timer.isRepeated { owned.release() }
        }
        plugin.pointee.on_call = { _, _, _ in PluginActor.shared.executor.run() }
        if type is any ServiceDiscovering.Type {
            plugin.pointee.on_service_discovery = { owner, message in
                PluginInstance.run(owner) { $0.discover(message) }
            }
        }
        if type is any ClientChoosing.Type {
            plugin.pointee.on_client_id = { owner, message in
                PluginInstance.run(owner) { $0.accept(message) }
            }
        }
    }
}

/// What `gotapi_plugin.context` points to.
private final class PluginClass: Sendable {
    let type: any Plugin.Type

    init(_ type: any Plugin.Type) { self.type = type }
}
