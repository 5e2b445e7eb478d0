// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// What is known of one socket of a thing, from its upgrade to its end. All ids in it end with it.
struct ThingSession: Sendable {
    /// A request of ours that the thing has not answered.
    struct Request: Sendable, Equatable {
        enum Purpose: Sendable, Equatable {
            /// For the application's message with this number.
            case perform(task: String, message: UInt64)
            case observe(event: String, ThingName, EventName)
            case cancel(event: String)
        }

        let purpose: Purpose
        /// The application in whose name it is; the gateway's number.
        let client: UInt64?
        var deadline: UInt64
        /// How far intermediate responses can put it off.
        let limit: UInt64
    }

    /// An observation that nobody wants any more.
    struct Cancelling: Sendable, Equatable {
        var failures = 0
    }

    /// What the thing is asked as soon as it has answered to enough else.
    enum Postponed: Sendable, Hashable {
        case observation(ThingName, EventName)
        /// Of the event with this id.
        case cancellation(String)
    }

    let dialect: ThingDialect
    let address: IPAddress
    /// The uuid in lower case, after hello.
    var pairing: String?
    /// UDNs by thingID.
    private(set) var things: [String: String] = [:]
    /// thingIDs by UDN, of things that have been told theirs.
    private(set) var thingIDs: [String: String] = [:]
    /// Those whose registration is not answered yet.
    private var untoldThingIDs: [String: String] = [:]
    /// Requests that wait until an earlier one is answered.
    private(set) var inbox: [ThingMessage] = []
    private var inboxSize = 0
    /// A request waits for the storage.
    var isBusy = false
    /// By their requestIDs.
    var requests: [String: Request] = [:]
    private var lastRequest = 0
    /// In the order in which it is asked.
    var postponed: [Postponed] = []
    /// By eventID.
    var events: [String: (thing: ThingName, name: EventName)] = [:]
    /// By eventID.
    var cancelling: [String: Cancelling] = [:]
    /// When things were heard of last, by UDN; Simple Thing only.
    var lastUpdates: [String: UInt64] = [:]
    /// What the status of things was before they counted as absent, by UDN.
    var statusesBeforeSilence: [String: String] = [:]
    /// Properties of which it was logged that their values are of the wrong kind, with their things' UDNs.
    var reportedProperties: Set<String> = []
    var rate = MessageRate()

    init(dialect: ThingDialect, address: IPAddress) {
        self.dialect = dialect
        self.address = address
    }

    /// - Returns: false where too many wait.
    mutating func enqueue(_ message: ThingMessage) -> Bool {
        guard inbox.count < ThingLimits.waitingRequests, inboxSize + message.size <= ThingLimits.waitingBytes else {
            return false
        }
        inbox.append(message)
        inboxSize += message.size
        return true
    }

    mutating func dequeue() -> ThingMessage? {
        guard !inbox.isEmpty else { return nil }
        let message = inbox.removeFirst()
        inboxSize -= message.size
        return message
    }

    mutating func makeRequestID() -> String {
        lastRequest += 1
        return "s-\(lastRequest)"
    }

    mutating func register(_ udn: String) -> String {
        let thingID = ThingSecret.thingID()
        things[thingID] = udn
        untoldThingIDs[udn] = thingID
        return thingID
    }

    func hasRegistered(_ udn: String) -> Bool { (thingIDs[udn] ?? untoldThingIDs[udn]) != nil }

    /// The thing knows its id now, so it can be asked.
    mutating func tell(_ udn: String) {
        if let thingID = untoldThingIDs.removeValue(forKey: udn) { thingIDs[udn] = thingID }
    }

    mutating func unregister(_ udn: String) {
        if let thingID = untoldThingIDs.removeValue(forKey: udn) { things[thingID] = nil }
    }
}
