// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin
import GotAPICore

/// The table `gotapi_host` that a plug-in gets: it leads from C to the runtime and back.
///
/// Lifetime. A plug-in's threads may call a host function at any time until the process ends, also late or by mistake after
/// `stop`; then they get `CLOSED`. So the table is never freed, and the runtime's core that `context` leads to is retained
/// once, here, and never released: it is a few hundred bytes beside a library that stays mapped as well. A core whose library
/// was refused has no table and is freed with its owner.
///
/// Types. The header says of most pointers that they are not NULL, so Swift imports them without `Optional`. A plug-in may
/// break its word; so the functions here take `Optional` pointers, look, and answer `INVALID_ARGUMENT`. `unsafeBitCast`
/// between the two function types is right because on C's side they are one and the same: a pointer is a pointer.
enum HostTable {
    typealias Host = UnsafePointer<gotapi_host>?
    typealias TextOut = UnsafeMutablePointer<UnsafePointer<CChar>?>?
    typealias LengthOut = UnsafeMutablePointer<UInt64>?
    typealias NumberOut = UnsafeMutablePointer<UInt64>?
    typealias Text = UnsafePointer<CChar>?

    /// Makes the table of one runtime. Called once for each library that was loaded.
    static func make(for core: RuntimeCore, _ instruction: LoadInstruction) -> UnsafePointer<gotapi_host> {
        let context = HostContext(core: core, instruction)
        let table = UnsafeMutablePointer<gotapi_host>.allocate(capacity: 1)
        table.initialize(
            to: gotapi_host(
                size: UInt32(MemoryLayout<gotapi_host>.size), abi_minor: UInt32(GOTAPI_ABI_MINOR),
                context: Unmanaged.passRetained(context).toOpaque(),
                method: declared(method), field: declared(field), parameter: declared(parameter),
                parameter_at: declared(parameterAt), request_json: declared(requestJSON), time_left: declared(timeLeft),
                is_replay: declared(isReplay), return_message: declared(returnMessage), subscribe: declared(subscribe),
                push_message: declared(pushMessage), unsubscribe: declared(unsubscribe), retain: declared(retain),
                release: declared(release), log: declared(log), config: declared(config),
                data_directory: declared(dataDirectory), resource_directory: declared(resourceDirectory),
                start_timer: declared(startTimer), stop_timer: declared(stopTimer),
                call_on_plugin_thread: declared(callOnPluginThread), services_changed: declared(servicesChanged),
                get_extension: declared(getExtension)))
        return UnsafePointer(table)
    }

    /// A function of ours as the type that the header declares, as said above under "Types".
    private static func declared<Ours, Declared>(_ function: Ours) -> Declared {
        unsafeBitCast(function, to: Declared.self)
    }

    /// Runs a host function's body with what the table belongs to. `function` is the name of the member that the function is.
    @inline(__always)
    static func enter(
        _ host: Host, _ function: StaticString, _ body: (HostContext) -> Status
    ) -> gotapi_status {
        guard let context = host?.pointee.context else { return Status.invalidArgument.rawValue }
        // Retained in `make`, for ever.
        return Unmanaged<HostContext>.fromOpaque(context)._withUnsafeGuaranteedRef { context in
            let status = body(context)
            context.core.test?.tally.count(function, status)
            return status.rawValue
        }
    }

    /// Hands text out. What a plug-in gets with any status but OK is an empty text, should it look.
    @inline(__always)
    static func hand(
        _ text: UnsafeBufferPointer<CChar>?, to pointer: UnsafeMutablePointer<UnsafePointer<CChar>?>,
        _ length: UnsafeMutablePointer<UInt64>
    ) {
        pointer.pointee = text?.baseAddress
        length.pointee = UInt64(text?.count ?? 0)
    }
}

/// What the table's `context` points to: the runtime, and the texts that last as long as it.
final class HostContext: Sendable {
    let core: RuntimeCore
    let config: StableText
    let dataDirectory: StableText
    let resourceDirectory: StableText

    fileprivate init(core: RuntimeCore, _ instruction: LoadInstruction) {
        self.core = core
        config = StableText(instruction.config.isEmpty ? "{}".utf8 : instruction.config.utf8)
        dataDirectory = StableText(instruction.dataDirectory.utf8)
        resourceDirectory = StableText(instruction.resourceDirectory.utf8)
    }
}
