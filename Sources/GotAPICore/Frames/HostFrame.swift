// Swift GotAPI · SPDX-License-Identifier: MIT

/// What the gateway says to a plug-in's runtime, in process or through a socket pair.
///
/// Life cycle: `load` → (loaded) → `start` → (started) → messages … → `stop` → (stopped).
package enum HostFrame: Sendable, Equatable {
    case load(LoadInstruction)
    case start
    case message(PluginMessage)
    /// The message's deadline passed, or its client is gone: an answer no longer counts.
    case expire(message: UInt64)
    case unsubscribe(subscription: UInt64, reason: UnsubscribeReason)
    /// Whether the subscription's client has a socket.
    case reachable(subscription: UInt64, Bool)
    /// The gateway has read pushes of this many frame bytes since it said so last.
    case pushesRead(bytes: UInt64)
    /// Asks for `alive` from the plug-in's own thread; the number comes back.
    case probe(UInt64)
    /// Asks for `flushed` behind all that the plug-in has pushed so far; the number comes back at once.
    case flush(UInt64)
    case stop
}

/// What a runtime needs in order to load a library.
package struct LoadInstruction: Sendable, Equatable {
    /// The private copy; or, of a description, the library that it describes.
    package var library: String
    /// The text of the description (PluginSDK/descriptions/README.md); empty for a library that is a plug-in itself.
    package var description: String
    /// The id of the file's note; the descriptor must name the same. Empty in tests that have not read the note.
    package var id: String
    /// The plug-in's `config` object as JSON text.
    package var config: String
    package var dataDirectory: String
    /// The plug-in's own folder, or empty.
    package var resourceDirectory: String
    /// What the runner puts in force first; `nil` in process, where there is none.
    package var cage: Cage?

    package init(
        library: String, description: String = "", id: String, config: String, dataDirectory: String,
        resourceDirectory: String, cage: Cage? = nil
    ) {
        self.library = library
        self.description = description
        self.id = id
        self.config = config
        self.dataDirectory = dataDirectory
        self.resourceDirectory = resourceDirectory
        self.cage = cage
    }
}

extension HostFrame {
    /// The first byte of a `load`'s payload.
    package static let loadTag: UInt8 = 1

    private enum Tag {
        static let load = HostFrame.loadTag
        static let start: UInt8 = 2
        static let message: UInt8 = 3
        static let expire: UInt8 = 4
        static let unsubscribe: UInt8 = 5
        static let reachable: UInt8 = 6
        static let pushesRead: UInt8 = 7
        static let probe: UInt8 = 8
        static let stop: UInt8 = 9
        static let flush: UInt8 = 10
    }

    /// Appends the frame, length first, to `bytes`.
    package func append(to bytes: inout [UInt8]) {
        FrameWriter.append(to: &bytes) { writer in
            switch self {
            case .load(let instruction):
                writer.write(Tag.load)
                writer.write(instruction.library)
                writer.write(instruction.description)
                writer.write(instruction.id)
                writer.write(instruction.config)
                writer.write(instruction.dataDirectory)
                writer.write(instruction.resourceDirectory)
                writer.write(instruction.cage)
            case .start: writer.write(Tag.start)
            case .message(let message):
                writer.write(Tag.message)
                writer.write(message)
            case .expire(let message):
                writer.write(Tag.expire)
                writer.write(message)
            case .unsubscribe(let subscription, let reason):
                writer.write(Tag.unsubscribe)
                writer.write(subscription)
                writer.write(reason.rawValue)
            case .reachable(let subscription, let isReachable):
                writer.write(Tag.reachable)
                writer.write(subscription)
                writer.write(isReachable ? 1 as UInt8 : 0)
            case .pushesRead(let count):
                writer.write(Tag.pushesRead)
                writer.write(count)
            case .probe(let number):
                writer.write(Tag.probe)
                writer.write(number)
            case .flush(let number):
                writer.write(Tag.flush)
                writer.write(number)
            case .stop: writer.write(Tag.stop)
            }
        }
    }

    /// Reads the payload of one frame.
    package init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
        var reader = FrameReader(payload)
        let tag: UInt8 = try reader.read()
        switch tag {
        case Tag.load:
            self = .load(
                LoadInstruction(
                    library: try reader.readText(), description: try reader.readText(), id: try reader.readText(),
                    config: try reader.readText(), dataDirectory: try reader.readText(),
                    resourceDirectory: try reader.readText(), cage: try reader.readCage()))
        case Tag.start: self = .start
        case Tag.message: self = .message(try reader.readMessage())
        case Tag.expire: self = .expire(message: try reader.read())
        case Tag.unsubscribe:
            let subscription: UInt64 = try reader.read()
            guard let reason = UnsubscribeReason(rawValue: try reader.read()) else { throw .malformed }
            self = .unsubscribe(subscription: subscription, reason: reason)
        case Tag.reachable:
            let subscription: UInt64 = try reader.read()
            let flag: UInt8 = try reader.read()
            self = .reachable(subscription: subscription, flag != 0)
        case Tag.pushesRead: self = .pushesRead(bytes: try reader.read())
        case Tag.probe: self = .probe(try reader.read())
        case Tag.flush: self = .flush(try reader.read())
        case Tag.stop: self = .stop
        default: throw .malformed
        }
        try reader.finish()
    }
}

extension FrameWriter {
    fileprivate mutating func write(_ message: PluginMessage) {
        write(message.id)
        write(message.kind.rawValue)
        write(message.client)
        write(message.deadline)
        write(message.isReplay ? 1 as UInt8 : 0)
        for text in [
            message.method, message.serviceID, message.profile, message.attribute, message.package, message.clientID,
            message.accessToken, message.receiver,
        ] {
            write(text)
        }
        write(UInt32(message.parameters.count))
        for parameter in message.parameters {
            write(parameter.name)
            write(parameter.value)
        }
    }
}

extension FrameReader {
    fileprivate mutating func readMessage() throws(FrameError) -> PluginMessage {
        let id: UInt64 = try read()
        guard let kind = PluginMessage.Kind(rawValue: try read()) else { throw .malformed }
        let client: UInt64 = try read()
        let deadline: UInt64 = try read()
        let isReplay: UInt8 = try read()
        var message = PluginMessage(
            id: id, kind: kind, client: client, method: try readText(), serviceID: try readText(),
            profile: try readText(), attribute: try readText(), package: try readText(), clientID: try readText(),
            accessToken: try readText(), receiver: try readText(), deadline: deadline, isReplay: isReplay != 0)
        let count: UInt32 = try read()
        for _ in 0..<count {
            message.parameters.append(PluginMessage.Parameter(name: try readText(), value: try readText()))
        }
        return message
    }
}
