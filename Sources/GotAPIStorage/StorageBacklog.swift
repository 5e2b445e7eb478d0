// Swift GotAPI · SPDX-License-Identifier: MIT

/// The commits that wait for the next transaction: how many there may be, and when it begins. It has no clock.
struct StorageBacklog {
    typealias Completion = @Sendable (Result<Void, StorageFailure>) -> Void

    struct Commit {
        let changes: [StorageChange]
        let completion: Completion
    }

    enum Admission: Equatable {
        /// The caller sees to it that ``takeAll()`` is called, at this time or later.
        case begin(at: ContinuousClock.Instant)
        /// A transaction is coming that will take it.
        case wait
        case refuse(StorageFailure)
    }

    /// The most that may wait: changes, and bytes. Things ask one after another, so many thousands of them fit.
    static let maximumChanges = 16_384
    static let maximumSize = 64 << 20
    /// Transactions begin at least so far apart. One alone begins at once; a thousand updates a second share two hundred.
    static let pause: Duration = .milliseconds(5)

    private var commits: [Commit] = []
    private var changeCount = 0
    private var size = 0
    private var isComing = false
    private var isClosed = false
    private var earliest: ContinuousClock.Instant?

    mutating func add(_ commit: Commit, now: ContinuousClock.Instant) -> Admission {
        guard !isClosed else { return .refuse(.closed) }
        let added = commit.changes.reduce(0) { $0 + $1.size }
        guard changeCount + commit.changes.count <= Self.maximumChanges, size + added <= Self.maximumSize else {
            return .refuse(.tooMuchWaiting)
        }
        changeCount += commit.changes.count
        size += added
        commits.append(commit)
        guard !isComing else { return .wait }
        isComing = true
        return .begin(at: max(earliest ?? now, now))
    }

    /// What the transaction that begins `now` is to write, in the order in which it was asked for.
    mutating func takeAll(now: ContinuousClock.Instant) -> [Commit] {
        defer { commits = [] }
        changeCount = 0
        size = 0
        isComing = false
        earliest = now + Self.pause
        return commits
    }

    /// Takes no more.
    mutating func close() { isClosed = true }
}
