// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIServer

/// The tables of `gotapi things`.
enum ThingsReport {
    /// - Parameter result: the gateway's answer to `things list`.
    static func text(_ result: JSONNode) -> String {
        let pairings = result["pairings"]?.array ?? []
        var text = pairings.isEmpty ? "No thing is paired.\n" : table(of: pairings)
        let services = pairings.flatMap { $0["services"]?.array ?? [] }
        if !services.isEmpty { text += "\n" + table(ofServices: services) }
        let waiting = result["waiting"]?.array ?? []
        if !waiting.isEmpty {
            text += "\nThese tried to pair; `gotapi things approve UUID` lets one of them:\n\n"
            text += table(ofWaiting: waiting)
        }
        if let seconds = result["pairingOpenFor"]?.integer {
            text += "\nPairing is open for one thing, for \(seconds) s.\n"
        }
        return text
    }

    private static func table(of pairings: [JSONNode]) -> String {
        var table = Table(["UUID", "NAME", "STATE", "ADDRESS", "LAST HELLO", "SERVICES"])
        for pairing in pairings {
            table.append([
                cell(pairing["uuid"]), cell(pairing["name"]), cell(pairing["state"]), cell(pairing["address"]),
                time(pairing["lastHello"]), String(pairing["services"]?.array?.count ?? 0),
            ])
        }
        return table.text
    }

    private static func table(ofServices services: [JSONNode]) -> String {
        var table = Table(["SERVICE", "NAME", "STATE", "STATUS", "PROTOTYPE"])
        for service in services {
            table.append(["serviceId", "name", "state", "status", "prototype"].map { cell(service[$0]) })
        }
        return table.text
    }

    private static func table(ofWaiting attempts: [JSONNode]) -> String {
        var table = Table(["UUID", "ADDRESS", "LAST TRIED"])
        for attempt in attempts {
            table.append([cell(attempt["uuid"]), cell(attempt["address"]), time(attempt["time"])])
        }
        return table.text
    }

    /// What things say can hold anything: nothing of it may move the terminal's cursor or look like another line.
    private static func cell(_ node: JSONNode?) -> String { node?.text.map { Printable.brief($0) } ?? "-" }

    private static func time(_ node: JSONNode?) -> String {
        node?.integer.map { Timestamp.format($0 / 1_000) } ?? "never"
    }
}
