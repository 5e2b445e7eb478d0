// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// What a thing answers to a request of ours.
enum ThingResponse: Sendable, Equatable {
    /// It has the request and needs more time.
    case intermediate
    case failure(ThingFault)
    /// Success; those of its items that failed, by their ids. An item that is missing succeeded.
    case success(faults: [String: ThingFault])

    init(_ message: ThingMessage) {
        if let excess = message.excess {
            self = .failure(ThingFault(permanent: false, "the thing's answer is beyond a limit: \(excess.diagnostic)"))
        } else if let error = message.body["error"], error.content != .null {
            self = .failure(ThingFault(error))
        } else if let items = ["things", "events", "tasks"].lazy.compactMap({ message.body[$0]?.object }).first {
            let faults = items.compactMap { item -> (String, ThingFault)? in
                guard let error = item.value["error"], error.content != .null else { return nil }
                return (item.name, ThingFault(error))
            }
            self = .success(faults: Dictionary(faults) { _, last in last })
        } else if message.body["result"] != nil || message.body["status"] != nil {
            self = .success(faults: [:])
        } else {
            self = .intermediate
        }
    }
}
