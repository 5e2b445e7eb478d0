// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPIPlugin
import Glibc
import GotAPICore
import GotAPIPluginDriver

/// The child of `gotapi plugin check`: does one phase's work with a library and writes down what it finds. The library may
/// do what it wants to this process.
package struct PluginProbe {
    let phase: ProbePhase
    let subject: ProbeSubject
    /// The plug-in's data folder, which is the working folder too.
    let dataFolder: String
    let settings: ProbeSettings
    let record: ProbeRecord

    /// The arguments of a child, from the program's `--check` on.
    package static func arguments(
        phase: ProbePhase, subject: ProbeSubject, folder: String, settings: ProbeSettings
    ) -> [String] {
        ["--check", String(getpid()), phase.rawValue] + subject.arguments + [folder] + settings.arguments
    }

    /// The process that has started the child; `nil` where the arguments are none.
    package static func checker(in arguments: [String]) -> Int32? {
        guard arguments.count > 1, let checker = Int32(arguments[1]), checker > 0 else { return nil }
        return checker
    }

    /// Goes into the data folder. `nil` where the arguments are none, or the folders are not as the checker makes them.
    package init?(arguments: [String]) {
        guard arguments.count > 8, arguments[0] == "--check", let phase = ProbePhase(rawValue: arguments[2]),
            let subject = ProbeSubject(arguments: arguments[3..<7]),
            let settings = ProbeSettings(arguments: arguments[8...]), let record = ProbeRecord(folder: arguments[7])
        else { return nil }
        dataFolder = ProbeRecord.dataFolder(in: arguments[7])
        guard chdir(dataFolder) == 0 else { return nil }
        self.phase = phase
        self.subject = subject
        self.settings = settings
        self.record = record
    }

    /// Does the work and ends the process, without exit(3): a plug-in that hangs shall not be waited for.
    package func run() -> Never {
        switch phase {
        case .version: probeVersion()
        case .describe: probeDescription()
        case .answer: probeAnswers()
        case .random: probeRandomRequests()
        case .cycle: probeCycles()
        case .grow: probeGrowth()
        }
        finish()
    }

    func finish() -> Never {
        record.write(.end)
        _exit(0)
    }

    /// These were gone through to their end.
    func finished(_ checks: PluginCheck...) {
        for check in checks { record.write(.finished(check)) }
    }

    func found(_ check: PluginCheck, _ what: String, _ remedy: String) { found(check, .problem, what, remedy) }

    func found(_ check: PluginCheck, _ severity: CheckFinding.Severity, _ what: String, _ remedy: String) {
        record.write(.finding(CheckFinding(check, severity, what, remedy: remedy)))
    }

    // MARK: - The border

    private func probeVersion() {
        guard let image = dlopen(subject.library, RTLD_NOW | RTLD_LOCAL),
            let symbol = dlsym(image, "gotapi_plugin_entry")
        else {
            return  // The phase `describe` says so.
        }
        typealias Entry = @convention(c) (UInt32, UInt32) -> UnsafePointer<gotapi_plugin>?
        let entry = unsafeBitCast(symbol, to: Entry.self)  // The header's promise about a symbol of this name.
        for major: UInt32 in [UInt32(GOTAPI_ABI_MAJOR) + 1, 0, .max] {
            record.doing("gotapi_plugin_entry(\(major), 0)")
            guard entry(major, 0) != nil else { continue }
            found(
                .hostVersion, "gotapi_plugin_entry(\(major), 0) does not return NULL",
                "return NULL wherever host_abi_major is not GOTAPI_ABI_MAJOR")
            break
        }
        record.doing("gotapi_plugin_entry(\(GOTAPI_ABI_MAJOR), 7)")
        guard let plugin = entry(UInt32(GOTAPI_ABI_MAJOR), 7) else {
            return found(
                .hostVersion, "gotapi_plugin_entry refuses a host with the minor version 7",
                "look at host_abi_major only: any minor version runs with any other")
        }
        finished(.hostVersion)
        let size = UnsafeRawPointer(plugin).loadUnaligned(as: UInt32.self)
        guard Int(size) == MemoryLayout<gotapi_plugin>.size else { return }  // As above.
        guard let find = plugin.pointee.get_extension else { return finished(.extensions) }
        for name in ["gotapi.nothing/1", "", "gotapi.", String(repeating: "x", count: 4_096)] {
            record.doing("get_extension(\"\(name.prefix(32))\")")
            guard find(name) != nil else { continue }
            found(
                .extensions, "get_extension(\"\(name.prefix(32))\") returns a table",
                "return NULL for every name that the plug-in does not know")
        }
        finished(.extensions)
    }

    // MARK: - Life cycle

    func makePlugin() -> (DrivenPlugin, PluginDescriptor)? {
        let plugin = DrivenPlugin()
        plugin.dropsPushes = true
        plugin.limit = settings.startLimit * 1_000_000
        record.doing("loading the library")
        let path = subject.description.isEmpty ? subject.library : subject.description
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        do throws(LoadFailure) {
            let descriptor = try plugin.load(
                LoadInstruction(
                    library: subject.library, description: subject.descriptionText, id: subject.id, config: "{}",
                    dataDirectory: dataFolder, resourceDirectory: parent))
            return (plugin, descriptor)
        } catch {
            let check: PluginCheck =
                switch error.code {
                case .missingLibrary: .symbols
                case .badDescriptor, .abiMajor: .descriptor
                default: .load
                }
            found(check, error.description, "see gotapi_plugin.h, \"What the plug-in gives\"")
            return nil
        }
    }

    /// Starts it, or says why that cannot be done.
    func start(_ plugin: DrivenPlugin, _ check: PluginCheck = .start) -> Bool {
        record.doing("start")
        plugin.limit = settings.startLimit * 1_000_000
        do throws(LoadFailure) { try plugin.start() } catch {
            found(
                check, error.description,
                "let start return GOTAPI_OK where there is a device, or nothing to open; it may be called again after stop"
            )
            return false
        }
        plugin.limit = settings.callbackLimit * 1_000_000
        return true
    }

    /// Stops it; where it does not stop, nothing more can be done with it.
    func stop(_ plugin: DrivenPlugin, _ check: PluginCheck) {
        record.doing("stop")
        plugin.limit = settings.stopLimit * 1_000_000
        guard plugin.stop() else {
            found(
                check, "stop does not return within \(settings.stopLimit) ms",
                "end the plug-in's threads in stop, and do not wait there for a device")
            finish()
        }
    }

    private func probeDescription() {
        guard let (plugin, descriptor) = makePlugin() else { return }
        finished(.load)
        if descriptor.flags.rawValue != subject.flags {
            found(
                .descriptor, "flags is \(descriptor.flags.rawValue), the file's note says \(subject.flags)",
                "give GOTAPI_PLUGIN_NOTE and gotapi_plugin the same flags")
        }
        let services = (try? Service.list(descriptor.services))?.services ?? []
        var owners = ServiceOwners()
        for service in services {
            if let conflict = owners.add(service, of: descriptor.id) {
                found(
                    .descriptor, "service \(conflict.serviceID) with profile \(conflict.profile) is there twice",
                    "give each service an id of its own")
            }
        }
        for (member, text) in [
            ("name", descriptor.name), ("version", descriptor.version), ("vendor", descriptor.vendor),
        ] where text.isEmpty {
            found(.descriptor, .warning, "\(member) is empty", "say it: people read it in `gotapi plugin list`")
        }
        finished(.descriptor)
        guard start(plugin) else { return }
        stop(plugin, .start)
        finished(.start)
    }
}
