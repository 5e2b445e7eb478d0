// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIGateway
import GotAPINativeThing
import GotAPIStorage
import GotAPIWeb
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// The steward of things with its storage, as the configuration wants them.
struct NativeThings: Sendable {
    let steward: Steward
    let storage: Storage
    /// Identifies this gateway to things, for ever.
    let stewardUUID: String
    /// Where things connect.
    let webSocketRoutes: [WebSocketRoute]

    /// Opens the storage. Blocks.
    ///
    /// - Parameter inForce: what holds now; read again for each thing that connects.
    /// - Returns: `nil` where the owner wants no things.
    /// - Throws: ``StartFailure`` where the storage cannot be used.
    init?(
        _ inForce: NIOLockedValueBox<Configuration>, gateway: Gateway, eventLoop: any EventLoop, logger: Logger
    ) throws(StartFailure) {
        let configuration = inForce.withLockedValue { $0 }
        guard configuration.nativeThing.isEnabled else { return nil }
        let path = configuration.statePath + "/gotapi.sqlite"
        let (storage, stored) = try StartFailure.wrapping { () throws(StorageFailure) in
            let storage = try Storage(path: path)
            return (storage, try storage.load())
        }
        self.storage = storage
        stewardUUID = stored.stewardUUID
        steward = Steward(
            settings: Self.settings(inForce, gateway), stored: stored, storage: storage, sink: gateway,
            eventLoop: eventLoop, logger: logger)
        var routes = [("/native", ThingDialect.native)]
        if configuration.nativeThing.isSimpleThingEnabled { routes.append(("/manage", .simple)) }
        webSocketRoutes = routes.map { [steward] path, dialect in
            WebSocketRoute(
                path: path, responder: ThingResponder(steward, dialect: dialect), ignoresQuery: true,
                messageLimit: ThingLimits.readMessage, overflowCode: ThingResponder.overflowCode)
        }
    }

    private static func settings(
        _ inForce: NIOLockedValueBox<Configuration>, _ gateway: Gateway
    ) -> StewardSettings {
        var settings = StewardSettings(
            allowsAddress: { address in inForce.withLockedValue { $0 }.admitsThing(from: address) },
            allowsOrigin: { gateway.allows(origin: $0) })
        settings.allowsPlainLoopback = { inForce.withLockedValue(\.nativeThing.allowsPlainLoopback) }
        return settings
    }

    /// Writes what waits. To be called when no socket is open any more. Blocks for as long as that takes.
    func shutDown() async {
        await steward.shutDown()
        storage.close()
    }
}
