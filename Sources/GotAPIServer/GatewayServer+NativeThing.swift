// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIAuthorization
import GotAPIGateway
import GotAPINativeThing
import GotAPIStorage
import GotAPIWeb
import Logging
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
    /// - Returns: `nil` where the owner wants no things.
    /// - Throws: ``StartFailure`` where the storage cannot be used.
    init?(
        _ configuration: Configuration, gateway: Gateway, eventLoop: any EventLoop, logger: Logger
    ) throws(StartFailure) {
        guard configuration.nativeThing.isEnabled else { return nil }
        let path = configuration.statePath + "/gotapi.sqlite"
        let (storage, stored) = try StartFailure.wrapping { () throws(StorageFailure) in
            let storage = try Storage(path: path)
            return (storage, try storage.load())
        }
        self.storage = storage
        stewardUUID = stored.stewardUUID
        steward = Steward(
            settings: configuration.stewardSettings(gateway), stored: stored, storage: storage, sink: gateway,
            eventLoop: eventLoop, logger: logger)
        var routes = [("/native", ThingDialect.native)]
        if configuration.nativeThing.isSimpleThingEnabled { routes.append(("/manage", .simple)) }
        webSocketRoutes = routes.map { [steward] path, dialect in
            WebSocketRoute(
                path: path, responder: ThingResponder(steward, dialect: dialect), ignoresQuery: true,
                messageLimit: ThingLimits.readMessage)
        }
    }

    /// Writes what waits. To be called when no socket is open any more. Blocks for as long as that takes.
    func shutDown() async {
        await steward.shutDown()
        storage.close()
    }
}

extension Configuration {
    fileprivate func stewardSettings(_ gateway: Gateway) -> StewardSettings {
        let addresses = allowedAddresses
        // The reader has checked every entry.
        let things = (try? AddressRanges(nativeThing.allowedAddressList)) ?? AddressRanges()
        var settings = StewardSettings(
            allowsAddress: { addresses.contains($0) || things.contains($0) },
            allowsOrigin: { gateway.allows(origin: $0) })
        settings.allowsPlainLoopback = nativeThing.allowsPlainLoopback
        return settings
    }
}
