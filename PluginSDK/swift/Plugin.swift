// Swift GotAPI · SPDX-License-Identifier: MIT

/// A plug-in: what a vendor writes. Conforming makes a class run on PluginActor, the plug-in's own thread, so that its
/// properties need no lock.
///
/// ```swift
/// final class Echo: Plugin {
///     nonisolated static let information = PluginInformation(
///         id: "com.example.echo", name: "Echo", version: "1.0.0", vendor: "Example Ltd.",
///         services: [["serviceId": "com.example.echo", "name": "Echo", "online": true, "scopes": ["echo"]]])
///
///     init(host: Host) {}
///
///     func answer(_ request: Request) throws -> Answer {
///         .success(["data": .text(try request.text("msg"))])
///     }
/// }
/// ```
///
/// The library that contains it exports it with ``PluginExport`` and says what it is with a ``PluginNote``.
@PluginActor
public protocol Plugin: AnyObject, Sendable {
    /// What the plug-in is. Read once, before it is made.
    nonisolated static var information: PluginInformation { get }

    /// Opens the device, in at most 10 s.
    ///
    /// - Throws: anything; the plug-in is then not served, and the log says why.
    init(host: Host) throws

    /// Answers a request. Where the answer takes time, return ``Answer/later(_:)`` instead of waiting.
    ///
    /// - Throws: ``Failure``, which becomes the answer; any other error is logged, and the application gets an error of
    ///   the gateway's (code 1).
    func answer(_ request: Request) throws -> Answer

    /// Nobody listens to a subscription any more, and it was not the plug-in that ended it.
    func subscriptionEnded(_ id: Subscription.ID, reason: UnsubscribeReason)

    /// The last call, for at most 2 s: ends the plug-in's own threads and closes the device.
    func stop()
}

extension Plugin {
    public func subscriptionEnded(_ id: Subscription.ID, reason: UnsubscribeReason) {}

    public func stop() {}
}

/// A plug-in whose answers take their time: its handler awaits, and other messages are served meanwhile, so what it has
/// read of its own properties before an `await` may have changed behind it.
@PluginActor
public protocol AsyncPlugin: Plugin {
    /// Answers a request. Cancelled when the answer no longer counts: its time is over, its client gone, or the plug-in is
    /// being stopped.
    ///
    /// - Throws: as ``Plugin``'s.
    func answer(_ request: Request) async throws -> Answer
}

extension AsyncPlugin {
    public func answer(_ request: Request) throws -> Answer {
        .later { [self] in try await answer(request) }
    }
}

/// A plug-in whose services come and go. Others have those of their ``PluginInformation``.
public protocol ServiceDiscovering: Plugin {
    /// The services that there are now: objects with serviceId, name, online, scopes and whatever applications are to
    /// see.
    func services() throws -> [JSON]
}

/// A plug-in that chooses its clients. Others accept every one that the gateway lets in.
public protocol ClientChoosing: Plugin {
    /// A client's first request to a service: may it talk to this plug-in?
    ///
    /// - Throws: ``Failure`` with the reason, which refuses it.
    func accept(_ client: Request) throws
}

/// Why a subscription ended without the plug-in's doing.
public struct UnsubscribeReason: RawRepresentable, Sendable, Equatable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The client had no socket for 10 s.
    public static let clientGone = Self(rawValue: 1)
    /// The client's access token ended.
    public static let tokenEnded = Self(rawValue: 2)
    /// The plug-in is being stopped.
    public static let stopping = Self(rawValue: 3)
    /// The client has too many subscriptions.
    public static let limit = Self(rawValue: 4)
}
