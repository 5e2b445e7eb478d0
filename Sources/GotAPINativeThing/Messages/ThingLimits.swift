// Swift GotAPI · SPDX-License-Identifier: MIT

/// The limits of native-thing.md, "Envelope" and "Finding the steward, trusting it", and those that follow from them.
package enum ThingLimits {
    /// The longest message that is served, in bytes.
    package static let message = 256 << 10
    /// The longest message that is read at all, so that its sender can be told why it is refused; a longer one closes the
    /// socket with 1009.
    package static let readMessage = 512 << 10
    /// The deepest nesting of objects and arrays.
    static let depth = 32
    /// The deepest nesting that is read at all, for the same reason.
    static let readDepth = 128
    /// Things, or events, in one message.
    static let items = 256
    /// The longest text, in bytes.
    static let text = 4 << 10
    static let thingsPerPairing = 256
    static let prototypesPerPairing = 64
    /// Things of all pairings together: as many as surely fit into one answer to a discovery (``Limits/pluginMembers``).
    static let things = 1_024
    /// The longest path of a prototype, in bytes as JSON without its quotes.
    static let prototypePath = 256
    /// Properties of one thing, or of a prototype, and their bytes as JSON.
    static let properties = 256
    static let propertyBytes = 64 << 10
    /// Properties of which one session's log says that their values are of the wrong kind.
    static let reportedProperties = 32
    /// Values that the syntax of a property names.
    static let values = 256
    /// What is kept of one pairing, its prototypes and things together, in bytes.
    static let pairingBytes = 4 << 20
    /// How long a Simple Thing may say nothing until it counts as absent, in nanoseconds.
    static let simpleThingPatience: UInt64 = 60_000_000_000
    /// What of a name, status, maker or model number applications see in the list of services, in bytes as JSON without
    /// its quotes.
    static let shownText = 64
    /// The longest message before hello, in bytes; beyond, the socket is closed.
    static let unknownMessage = 8 << 10
    /// What a socket may send in a second on the average before hello.
    static let unknownMessagesPerSecond = 20
    /// Sockets that have not said hello, in all and from one address.
    static let unknownSockets = 32
    static let unknownSocketsPerAddress = 4
    /// How many addresses of one IPv6 network (its first 64 bits) can use up what an address may.
    static let hostsPerNetwork = 4
    /// How long a socket may stay without hello.
    static let helloPatience: Duration = .seconds(30)
    /// Wrong hellos of one address in a minute; beyond, the next one closes its socket.
    static let failuresPerMinute = 5
    /// Wrong one-time codes for one pairing in a minute that do not come from where its thing was last.
    static let strangersPerMinute = 10
    /// How long a thing may take for an answer, in nanoseconds.
    static let answerPatience: UInt64 = 15_000_000_000
    /// Requests of ours that one thing has not answered yet.
    static let pendingRequests = 64
    /// Those of them in the name of one application; cancellations are in nobody's.
    static let pendingRequestsPerClient = 16
    /// How often a thing is asked to end an observation.
    static let cancellations = 8
    /// Requests of one thing that wait for the answer to an earlier one, and their bytes together; beyond, its socket is
    /// closed.
    static let waitingRequests = 256
    static let waitingBytes = 1 << 20
    /// What one socket may send in a second on the average, and what it may make us write or push; beyond, it is closed.
    static let messagesPerSecond = 1_000
    static let bytesPerSecond = 4 << 20
}
