// Swift GotAPI · SPDX-License-Identifier: MIT

import CGotAPITesting
import Glibc
import GotAPICore
import GotAPIPluginDriver
import GotAPIPluginRuntime

/// What stands behind a `gotapi_testing *`: the plug-in, who asks it, and the texts that were handed out.
///
/// One thread at a time, as the header asks.
final class TestHost {
    let plugin: DrivenPlugin
    let folder: TemporaryFolder
    let folderText: StableCString
    var client = "client-1"
    var origin = "https://app.example"
    var pushedFor: UInt64 = 0
    private var isStopped = false
    private var text: StableCString?
    private(set) var problemText: StableCString?

    /// A reason in words.
    struct Problem: Error {
        let words: String
    }

    private init(plugin: DrivenPlugin, folder: TemporaryFolder) {
        self.plugin = plugin
        self.folder = folder
        folderText = StableCString(folder.path)
    }

    // MARK: - Beginning and end

    /// Starts the plug-in of a library, or of the control's entry where there is no library.
    static func start(library: String?, control: TestControl, config: String) throws(Problem) -> TestHost {
        guard isObject(config) else { throw Problem(words: "the configuration is no JSON object: \(config)") }
        var path = ""
        if let library {
            guard let real = realpath(library, nil) else {
                throw Problem(words: "\(library): \(String(cString: strerror(errno)))")
            }
            path = String(cString: real)
            free(real)
        }
        guard let folder = TemporaryFolder() else {
            throw Problem(words: "no folder can be made for the plug-in's data: \(String(cString: strerror(errno)))")
        }
        let plugin = DrivenPlugin(control: control)
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
        do throws(LoadFailure) {
            _ = try plugin.load(
                LoadInstruction(
                    library: path, id: "", config: config, dataDirectory: folder.path, resourceDirectory: parent))
            try plugin.start()
        } catch {
            folder.remove()
            throw Problem(words: ([error.description] + plugin.lines).joined(separator: "\n"))
        }
        return TestHost(plugin: plugin, folder: folder)
    }

    private static func isObject(_ text: String) -> Bool {
        if let node = try? JSONNode(parsing: Array(text.utf8)), case .object = node.content { true } else { false }
    }

    /// Stops the plug-in, once; returns what is wrong about how it ended.
    func stop() -> String? {
        guard !isStopped else { return nil }
        isStopped = true
        guard plugin.stop() else { return "stop does not return" }
        let kept = plugin.misdeeds.keptReferences
        switch kept {
        case 0: return nil
        case 1: return "1 message was retained and not released"
        default: return "\(kept) messages were retained and not released"
        }
    }

    func close() {
        _ = stop()
        folder.remove()
    }

    // MARK: - Messages

    /// Sends a request and returns its number, or 0 with the problem.
    func send(_ method: String, _ target: String) -> UInt64 {
        do throws(RequestText.Malformed) {
            var message = try RequestText.message(method: method, target: target)
            message.package = origin
            message.clientID = client
            message.accessToken = "token-of-\(client)"
            message.receiver = "gotapi-testing"
            return plugin.send(message)
        } catch {
            problem(error.reason)
            return 0
        }
    }

    func send(_ kind: PluginMessage.Kind, serviceID: String) -> UInt64 {
        plugin.send(
            PluginMessage(
                id: 0, kind: kind, serviceID: serviceID, package: origin,
                clientID: kind == .accessToken ? client : "", receiver: "gotapi-testing", deadline: 0))
    }

    /// The answer's members, waited for; or `nil` with the problem.
    func wait(for message: UInt64) -> UnsafePointer<CChar>? {
        guard message != 0 else { return nil }
        return hand(plugin.waitForOutcome(of: message, until: PluginRuntime.moment(after: plugin.limit)))
    }

    /// An answer's members, or `nil` with the problem.
    func hand(_ outcome: DrivenPlugin.Outcome?) -> UnsafePointer<CChar>? {
        switch outcome {
        case .members(let members): return hand(members)
        case .unanswered: problem("the plug-in let go of the message without a valid answer")
        case .expired: problem("the message has expired without an answer")
        case nil: problem("there is no answer yet")
        }
        return nil
    }

    // MARK: - Texts

    func hand(_ bytes: some Collection<UInt8>) -> UnsafePointer<CChar> {
        let text = StableCString(bytes)
        self.text = text
        return text.pointer
    }

    func problem(_ words: String?) { problemText = words.map { StableCString($0) } }
}

extension DrivenPlugin {
    /// All lines of the log that were not taken.
    var lines: [String] {
        var lines: [String] = []
        while let line = takeLine() { lines.append(line.described) }
        return lines
    }
}

extension DrivenPlugin.LogLine {
    /// With the level's name in front.
    var described: String {
        let names = ["trace", "debug", "info", "notice", "warning", "error", "critical"]
        return "\(level < UInt32(names.count) ? names[Int(level)] : "level \(level)"): \(text)"
    }
}

/// Text with a NUL behind it, at an address that stays while this object lives.
final class StableCString {
    let pointer: UnsafePointer<CChar>

    init(_ bytes: some Collection<UInt8>) {
        let memory = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
        for (index, byte) in bytes.enumerated() { (memory + index).initialize(to: CChar(bitPattern: byte)) }
        (memory + bytes.count).initialize(to: 0)
        pointer = UnsafePointer(memory)
    }

    convenience init(_ text: String) { self.init(text.utf8) }

    deinit { pointer.deallocate() }
}
