// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// Feeds one of the readers of hostile bytes to libFuzzer. Which one: the environment's `GOTAPI_FUZZ`.
enum Reader: String, CaseIterable {
    case json
    case frames
    case elf
    case parameters
    case target
    case http
    case websocket
    case cms
    case thing
    case signature
    case description

    static let chosen: Reader = {
        guard let name = getenv("GOTAPI_FUZZ"), let reader = Reader(rawValue: String(cString: name)) else {
            fatalError("GOTAPI_FUZZ must be one of \(Reader.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return reader
    }()

    /// Reads `bytes`, which may be refused, and then checks what must hold whatever they are.
    func read(_ bytes: UnsafeBufferPointer<UInt8>) {
        switch self {
        case .json: readJSON(Array(bytes))
        case .frames: readFrames(Array(bytes))
        case .elf:
            let file = UnsafeRawBufferPointer(bytes)
            _ = try? LibraryImage(checking: file)
            // The same file, described.
            let note = LibraryNote(describing: "com.example.fuzz")
            let functions: Set = ["gotapi_plugin_entry", "no_function"]
            if let (image, missing) = try? LibraryImage.check(file, describedBy: note, functions: functions) {
                precondition(image.note == note && missing.isSubset(of: functions))
            }
        case .parameters:
            var parameters = Parameters()
            do {
                try parameters.add(bytes)
                precondition(Set(parameters.all.map(\.name)).count == parameters.all.count, "a name stands twice")
            } catch {}
        case .target:
            let text = String(decoding: bytes, as: UTF8.self)
            if let target = RequestTarget(text) { precondition(target.path.utf8.first == UInt8(ascii: "/")) }
            if let address = IPAddress(text) { precondition(IPAddress(address.description) == address) }
            _ = PercentEncoding.decode(bytes, plusIsSpace: true)
        case .http:
            // What a client said does not depend on how its bytes came.
            precondition(try! HTTPReading(.whole(Array(bytes))) == HTTPReading(.cut(Array(bytes))))
        case .websocket:
            precondition(try! WebSocketReading(.whole(Array(bytes))) == WebSocketReading(.cut(Array(bytes))))
        case .cms: SignatureReading.read(Array(bytes))
        case .thing: readThing(Array(bytes))
        case .signature: DescriptionReading.readSignature(Array(bytes))
        case .description: DescriptionReading.read(Array(bytes))
        }
    }

    private func readJSON(_ text: [UInt8]) {
        guard let node = try? JSONNode(parsing: text) else {
            // What is no value is no object either.
            precondition((try? JSONScanner.members(of: text)) == nil)
            return
        }
        // What was read can be written and read again, and means the same.
        let again = try? JSONNode(parsing: node.bytes)
        precondition(again?.bytes == node.bytes)
        _ = try? Service.list(text)
    }

    private func readThing(_ text: [UInt8]) {
        guard let message = try? ThingMessage(text) else { return }
        // What it is answered bears the requestID that it came with.
        let fault = message.excess ?? .unknownPath
        let answer = ThingReply(requestID: message.requestID, dialect: .simple).error(fault)
        let read = try! JSONNode(parsing: answer)
        precondition(RequestID(read["requestID"]) == message.requestID)
        precondition(ThingFault(read["error"]!) == fault)
        if case .request(let path?) = message.kind {
            for dialect in [ThingDialect.native, .simple] { _ = dialect.verb(of: path) }
        }
        _ = ThingResponse(message)
        for item in message.body["things"]?.object ?? [] {
            if let time = item.value["updated"].flatMap(ThingTime.parse) { precondition(time >= 0) }
            guard let prototype = try? Prototype(path: item.name, item.value) else { continue }
            // What is kept of it reads back as the same.
            let kept = try! JSONNode(parsing: prototype.json(withPath: false).bytes)
            precondition(
                try! Prototype(path: item.name, kept).json(withPath: true).bytes == prototype.json(withPath: true).bytes
            )
            for property in prototype.properties { _ = prototype.syntax(of: property.name)?.accepts(property.value) }
        }
    }

    private func readFrames(_ bytes: [UInt8]) {
        var buffer = FrameBuffer()
        buffer.append(bytes)
        while let payload = try? buffer.next() {
            if let frame = try? PluginFrame(payload) {
                var encoded: [UInt8] = []
                frame.append(to: &encoded)
                precondition(try! PluginFrame(encoded.dropFirst(4)) == frame)
            }
            if let frame = try? HostFrame(payload) {
                var encoded: [UInt8] = []
                frame.append(to: &encoded)
                precondition(try! HostFrame(encoded.dropFirst(4)) == frame)
            }
        }
    }
}

/// What libFuzzer calls for each input, by this name where its own `main` is linked.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    Reader.chosen.read(UnsafeBufferPointer(start: bytes, count: count))
    return 0
}

/// libFuzzer's driver: <https://llvm.org/docs/LibFuzzer.html#using-libfuzzer-as-a-library>.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt

@main
struct Fuzz {
    static func main() {
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(runDriver(&count, &arguments) { bytes, count in fuzzOneInput(bytes, count) })
    }
}
