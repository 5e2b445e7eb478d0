// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIControl
import GotAPICore
import GotAPINativeThing

/// What a running gateway answers to `gotapi things`.
struct ThingCommands: Sendable {
    let steward: Steward
    /// What keeps things beyond this host away, with the remedy; `nil` where nothing does.
    let obstacle: String?

    init(steward: Steward, configuration: Configuration) {
        self.steward = steward
        obstacle = configuration.obstacleForThings
    }

    /// - Returns: `nil` where the command is none of these.
    func answer(_ request: ControlRequest) async -> ControlResponse? {
        let arguments = request.arguments
        do throws(OwnerRefusal) {
            switch request.command {
            case "things list": return .success(await steward.things().json)
            case "things pair":
                guard let seconds = arguments["seconds"]?.integer else { throw .invalidTime }
                try await steward.openPairing(for: .seconds(seconds))
                return words("Pairing is open for one thing, for \(seconds) s." + (obstacle.map { "\n" + $0 } ?? ""))
            case "things approve":
                let uuid = arguments["uuid"]?.text ?? ""
                try await steward.approve(uuid)
                return words("The next attempt of \(uuid) will succeed.")
            case "things rename":
                let (id, name) = (arguments["id"]?.text ?? "", arguments["name"]?.text ?? "")
                try await steward.rename(id, to: name)
                return words("\(id) is called \(name) from now on.")
            case "things revoke":
                let uuid = arguments["uuid"]?.text ?? ""
                try await steward.revoke(uuid)
                return words("\(uuid) is not paired any more.")
            default: return nil
            }
        } catch {
            return .failure("\(error)")
        }
    }

    private func words(_ text: String) -> ControlResponse { .success(JSONNode(.text(text))) }
}

extension Configuration {
    /// Why only this host's things can connect, and how to change that (native-thing.md, "Finding the steward, trusting it").
    var obstacleForThings: String? {
        guard isTLSEnabled else {
            return """
                Things on the network cannot connect, since TLS is switched off: set ssl_engine to true in config.json \
                and start the gateway again.
                """
        }
        guard listensBeyondLoopback else {
            return """
                Only this computer's things can connect: to let those on the network in, list their addresses as \
                native_thing.allowed_address_list in config.json, for example ["192.168.1.0/24"], and start the gateway \
                again.
                """
        }
        return nil
    }
}

extension StewardStatus {
    /// The object of `gotapi things --json`.
    fileprivate var json: JSONNode {
        [
            "pairings": JSONNode(.array(pairings.map(\.json))), "waiting": JSONNode(.array(waiting.map(\.json))),
            "pairingOpenFor": pairingOpenFor.map { JSONNode(integerLiteral: Int($0.components.seconds)) } ?? nil,
        ]
    }
}

extension PairingStatus {
    fileprivate var json: JSONNode {
        [
            "uuid": JSONNode(.text(uuid)), "name": JSONNode(name),
            "dialect": JSONNode(.text(dialect == .native ? "native" : "simple")),
            "state": JSONNode(.text(isOnline ? "online" : "offline")),
            "address": JSONNode(address?.description),
            "pairedAt": JSONNode(integerLiteral: Int(pairedAt)),
            "lastHello": lastHello.map { JSONNode(integerLiteral: Int($0)) } ?? nil,
            "services": JSONNode(.array(services.map(\.json))),
        ]
    }
}

extension PairingStatus.ServiceStatus {
    fileprivate var json: JSONNode {
        [
            "serviceId": JSONNode(.text(serviceID)), "name": JSONNode(.text(name)),
            "prototype": JSONNode(.text(prototype)), "status": JSONNode(.text(status)),
            "state": JSONNode(.text(isOnline ? "online" : "offline")),
        ]
    }
}

extension PairingAttempt {
    fileprivate var json: JSONNode {
        [
            "uuid": JSONNode(.text(uuid)), "address": JSONNode(.text(address.description)),
            "time": JSONNode(integerLiteral: Int(time)),
        ]
    }
}
