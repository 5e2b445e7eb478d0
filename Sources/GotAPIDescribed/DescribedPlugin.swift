// Swift GotAPI · SPDX-License-Identifier: MIT

package import CGotAPIPlugin
import Glibc
package import GotAPICore

/// A plug-in in terms of the plug-in interface, made of a ``LibraryDescription`` and the library that it describes: what an
/// entry function returns for a library that has one.
///
/// What is unsafe, and why it holds: the struct and its texts are allocated once and never freed, as `gotapi_plugin` asks
/// ("stay as they are until the process ends"); the object is retained once by the struct's `context`, for as long, and so the
/// callbacks find it there. All callbacks run on the plug-in's one thread, so nothing here is shared between threads.
package final class DescribedPlugin {
    private let description: LibraryDescription
    /// As the description's functions.
    private let functions: [NativeFunction]
    private var host: UnsafePointer<gotapi_host>?

    /// Makes the plug-in. Each call is one more that stays in memory, as each loaded library does.
    ///
    /// - Parameter image: the library, as dlopen(3) gives it.
    /// - Throws: ``LoadFailure`` with `BAD_DESCRIPTION`.
    package static func entry(
        _ text: String, of image: UnsafeMutableRawPointer
    ) throws(LoadFailure) -> UnsafePointer<gotapi_plugin> {
        let description: LibraryDescription
        do throws(LibraryDescription.Defect) { description = try LibraryDescription(Array(text.utf8)) } catch {
            throw LoadFailure(error)
        }
        return try DescribedPlugin(description, of: image).makeTable()
    }

    private init(_ description: LibraryDescription, of image: UnsafeMutableRawPointer) throws(LoadFailure) {
        self.description = description
        var functions: [NativeFunction] = []
        for (index, function) in description.functions.enumerated() {
            // The gateway has seen in the file that it is a function of this very library, which dlsym(3) asks first.
            guard let address = dlsym(image, function.symbol) else {
                throw LoadFailure(
                    .badDescription, "functions[\(index)].symbol: \(description.library) has no \(function.symbol)")
            }
            guard let native = NativeFunction(at: address, function.signature) else {
                throw LoadFailure(
                    .badDescription,
                    "functions[\(index)].signature: libffi cannot call such a function on this machine")
            }
            functions.append(native)
        }
        self.functions = functions
    }

    private func makeTable() -> UnsafePointer<gotapi_plugin> {
        let table = UnsafeMutablePointer<gotapi_plugin>.allocate(capacity: 1)
        table.initialize(to: gotapi_plugin())
        table.pointee.size = UInt32(MemoryLayout<gotapi_plugin>.size)
        (table.pointee.id, table.pointee.id_length) = Self.lasting(description.id.utf8)
        (table.pointee.name, table.pointee.name_length) = Self.lasting(description.name.utf8)
        (table.pointee.version, table.pointee.version_length) = Self.lasting(description.version.utf8)
        (table.pointee.vendor, table.pointee.vendor_length) = Self.lasting(description.vendor.utf8)
        (table.pointee.services, table.pointee.services_length) = Self.lasting(description.services)
        // Never released: the table outlives everything but the process.
        table.pointee.context = Unmanaged.passRetained(self).toOpaque()
        table.pointee.start = { context, host, plugin in
            guard host.pointee.size == UInt32(MemoryLayout<gotapi_host>.size), let context else {
                return gotapi_status(GOTAPI_UNSUPPORTED)
            }
            Unmanaged<DescribedPlugin>.fromOpaque(context).takeUnretainedValue().host = host
            plugin.pointee = context
            return gotapi_status(GOTAPI_OK)
        }
        table.pointee.stop = { _ in }
        table.pointee.on_message = { plugin, message in
            guard let plugin else { return }
            Unmanaged<DescribedPlugin>.fromOpaque(plugin).takeUnretainedValue().answer(message)
        }
        return UnsafePointer(table)
    }

    /// A copy that is never freed.
    private static func lasting(_ bytes: some Collection<UInt8>) -> (UnsafePointer<CChar>, UInt64) {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: max(1, bytes.count))
        var end = copy
        for byte in bytes {
            end.initialize(to: CChar(bitPattern: byte))
            end += 1
        }
        return (UnsafePointer(copy), UInt64(bytes.count))
    }

    // MARK: - Requests

    private func answer(_ message: gotapi_message) {
        guard let host else { return }
        let members = members(for: message, host)
        _ = members.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) {
                host.pointee.return_message(host, message, $0.baseAddress, UInt64($0.count))
            }
        }
    }

    private func members(for message: gotapi_message, _ host: UnsafePointer<gotapi_host>) -> [UInt8] {
        func field(_ number: Int) -> String {
            Self.text { host.pointee.field(host, message, UInt32(number), $0, $1) } ?? ""
        }
        let method = Self.text { host.pointee.method(host, message, $0, $1) } ?? ""
        do throws(LibraryDescription.RequestFault) {
            let index = try description.function(
                profile: field(Int(GOTAPI_FIELD_PROFILE)), attribute: field(Int(GOTAPI_FIELD_ATTRIBUTE)),
                method: method
            ).get()
            let function = description.functions[index]
            let values: [FunctionSignature.Value]
            do throws(ParameterFault) {
                values = try function.signature.values(of: Self.parameters(of: message, host))
            } catch {
                throw LibraryDescription.RequestFault(.invalidParameter, error.reason)
            }
            return function.members(for: functions[index].call(values))
        } catch {
            return error.members
        }
    }

    private static func parameters(
        of message: gotapi_message, _ host: UnsafePointer<gotapi_host>
    ) -> [(name: String, value: String)] {
        var parameters: [(name: String, value: String)] = []
        while true {
            var value: String?
            let name = text { name, nameLength in
                var status: gotapi_status = 0
                value = text { value, valueLength in
                    status = host.pointee.parameter_at(
                        host, message, UInt64(parameters.count), name, nameLength, value, valueLength)
                    return status
                }
                return status
            }
            guard let name, let value else { return parameters }
            parameters.append((name, value))
        }
    }

    /// What a host function hands out, copied while the message is held; `nil` where it returns another status than OK.
    private static func text(
        _ call: (UnsafeMutablePointer<UnsafePointer<CChar>?>, UnsafeMutablePointer<UInt64>) -> gotapi_status
    ) -> String? {
        var start: UnsafePointer<CChar>?
        var length: UInt64 = 0
        guard call(&start, &length) == gotapi_status(GOTAPI_OK) else { return nil }
        return String(decoding: UnsafeRawBufferPointer(start: start, count: Int(length)), as: UTF8.self)
    }
}
