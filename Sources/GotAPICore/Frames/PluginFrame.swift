// Swift GotAPI · SPDX-License-Identifier: MIT

/// What a plug-in's runtime says to the gateway. Everything in it is hostile until checked.
package enum PluginFrame: Sendable, Equatable {
    case loaded(PluginDescriptor)
    /// The library was not loaded; nothing but the end of the process follows.
    case refused(LoadFailure)
    case started
    case startFailed(reason: String)
    case answer(message: UInt64, members: [UInt8])
    /// The plug-in let go of the message, or nothing that it returned was valid.
    case unanswered(message: UInt64)
    case subscribed(message: UInt64, subscription: UInt64)
    case push(subscription: UInt64, members: [UInt8])
    case unsubscribed(subscription: UInt64)
    case log(level: UInt32, text: String)
    case servicesChanged
    /// The plug-in's own thread came by; the number of the `probe`.
    case alive(UInt64)
    /// The number of the `flush`.
    case flushed(UInt64)
    case stopped
    /// The runner has put its ``Cage`` in force, once, before `loaded`.
    case caged([CageFeature])
}

/// What a plug-in says of itself in its `gotapi_plugin` struct.
package struct PluginDescriptor: Sendable, Equatable {
    package struct Flags: OptionSet, Sendable, Equatable {
        package let rawValue: UInt32

        package init(rawValue: UInt32) { self.rawValue = rawValue }

        package static let exclusive = Flags(rawValue: 1)
        package static let replayable = Flags(rawValue: 2)
        package static let inline = Flags(rawValue: 4)
    }

    package var id: String
    package var name: String
    package var version: String
    package var vendor: String
    package var flags: Flags
    /// A JSON array of service objects, as the plug-in gave it.
    package var services: [UInt8]

    package init(id: String, name: String, version: String, vendor: String, flags: Flags, services: [UInt8]) {
        self.id = id
        self.name = name
        self.version = version
        self.vendor = vendor
        self.flags = flags
        self.services = services
    }
}

extension PluginFrame {
    private enum Tag {
        static let loaded: UInt8 = 1
        static let refused: UInt8 = 2
        static let started: UInt8 = 3
        static let startFailed: UInt8 = 4
        static let answer: UInt8 = 5
        static let unanswered: UInt8 = 6
        static let subscribed: UInt8 = 7
        static let push = PushFrame.tag
        static let unsubscribed: UInt8 = 9
        static let log: UInt8 = 10
        static let servicesChanged: UInt8 = 11
        static let alive: UInt8 = 12
        static let stopped: UInt8 = 13
        static let caged: UInt8 = 14
        static let flushed: UInt8 = 15
    }

    /// Appends the frame, length first, to `bytes`.
    package func append(to bytes: inout [UInt8]) {
        FrameWriter.append(to: &bytes) { writer in
            switch self {
            case .loaded(let descriptor):
                writer.write(Tag.loaded)
                writer.write(descriptor.id)
                writer.write(descriptor.name)
                writer.write(descriptor.version)
                writer.write(descriptor.vendor)
                writer.write(descriptor.flags.rawValue)
                writer.write(descriptor.services)
            case .refused(let failure):
                writer.write(Tag.refused)
                writer.write(failure.code.rawValue)
                writer.write(failure.reason)
            case .started: writer.write(Tag.started)
            case .startFailed(let reason):
                writer.write(Tag.startFailed)
                writer.write(reason)
            case .answer(let message, let members):
                writer.write(Tag.answer)
                writer.write(message)
                writer.write(members)
            case .unanswered(let message):
                writer.write(Tag.unanswered)
                writer.write(message)
            case .subscribed(let message, let subscription):
                writer.write(Tag.subscribed)
                writer.write(message)
                writer.write(subscription)
            case .push(let subscription, let members):
                writer.write(Tag.push)
                writer.write(subscription)
                writer.write(members)
            case .unsubscribed(let subscription):
                writer.write(Tag.unsubscribed)
                writer.write(subscription)
            case .log(let level, let text):
                writer.write(Tag.log)
                writer.write(level)
                writer.write(text)
            case .servicesChanged: writer.write(Tag.servicesChanged)
            case .alive(let number):
                writer.write(Tag.alive)
                writer.write(number)
            case .flushed(let number):
                writer.write(Tag.flushed)
                writer.write(number)
            case .stopped: writer.write(Tag.stopped)
            case .caged(let features):
                writer.write(Tag.caged)
                writer.write(features)
            }
        }
    }

    /// Whether a frame's payload is a push, the only frame that comes unasked and in any number.
    package static func isPush(_ payload: ArraySlice<UInt8>) -> Bool { payload.first == Tag.push }

    /// Reads the payload of one frame. Members and services are taken as bytes: the reader checks them.
    package init(_ payload: ArraySlice<UInt8>) throws(FrameError) {
        var reader = FrameReader(payload)
        let tag: UInt8 = try reader.read()
        switch tag {
        case Tag.loaded:
            self = .loaded(
                PluginDescriptor(
                    id: try reader.readText(), name: try reader.readText(), version: try reader.readText(),
                    vendor: try reader.readText(), flags: .init(rawValue: try reader.read()),
                    services: try reader.readBytes()))
        case Tag.refused:
            guard let code = LoadFailure.Code(rawValue: try reader.readText()) else { throw .malformed }
            self = .refused(LoadFailure(code, try reader.readText()))
        case Tag.started: self = .started
        case Tag.startFailed: self = .startFailed(reason: try reader.readText())
        case Tag.answer: self = .answer(message: try reader.read(), members: try reader.readBytes())
        case Tag.unanswered: self = .unanswered(message: try reader.read())
        case Tag.subscribed: self = .subscribed(message: try reader.read(), subscription: try reader.read())
        case Tag.push: self = .push(subscription: try reader.read(), members: try reader.readBytes())
        case Tag.unsubscribed: self = .unsubscribed(subscription: try reader.read())
        case Tag.log: self = .log(level: try reader.read(), text: try reader.readText())
        case Tag.servicesChanged: self = .servicesChanged
        case Tag.alive: self = .alive(try reader.read())
        case Tag.flushed: self = .flushed(try reader.read())
        case Tag.stopped: self = .stopped
        case Tag.caged: self = .caged(try reader.readFeatures())
        default: throw .malformed
        }
        try reader.finish()
    }
}
