// Swift GotAPI · SPDX-License-Identifier: MIT

import CAvahi
import Dispatch
package import Logging

/// Announces the gateway through the system's Avahi daemon, which is the host's one mDNS responder.
///
/// Avahi's calls wait for the daemon, which may hang, so they are made on a queue and on the poll's thread, and nobody waits
/// for them. Where no daemon answers, one line in the log says so, and everything else works; ``announce(_:)`` looks for one
/// again. When the process ends, the daemon withdraws what it announced.
///
/// `@unchecked Sendable`: `poll` is used on the queue alone; everything else that changes is used with the poll's lock held,
/// by Avahi's callbacks, which are called with it, and by the queue, which takes it.
package final class Announcer: @unchecked Sendable {
    private let logger: Logger
    private let queue = DispatchQueue(label: "gotapi.mdns")
    /// Avahi's thread with its lock; made when there is first something to announce.
    private var poll: OpaquePointer?

    private var wanted: Announcement?
    private var client: OpaquePointer?
    private var group: OpaquePointer?
    private var instance = Announcement.instance
    /// The client is of no use any more; the next call makes a new one.
    private var isLost = false
    private var report: Report?

    /// What the log was told last, so that it is told once.
    private enum Report: Equatable {
        case announced(String)
        case noDaemon
        case failed(String)
    }

    package init(logger: Logger) { self.logger = logger }

    /// Announces this, or nothing, in place of what was announced before. To be called every few seconds: a daemon that was
    /// away is found again then. [any thread]
    package func announce(_ announcement: Announcement?) { queue.async { self.apply(announcement) } }

    /// Withdraws everything, some time soon. To be called before the last reference goes. [any thread]
    package func stop() { queue.async { self.end() } }

    // MARK: - On the queue

    private func apply(_ announcement: Announcement?) {
        if poll == nil, announcement == nil { return }
        guard let poll = poll ?? start() else { return }
        avahi_threaded_poll_lock(poll)
        defer { avahi_threaded_poll_unlock(poll) }
        if isLost { freeClient() }
        let isChanged = announcement != wanted
        wanted = announcement
        if client == nil, announcement != nil { return connect(poll) }
        if isChanged, let client, avahi_client_get_state(client) == AVAHI_CLIENT_S_RUNNING { publish(client) }
    }

    private func start() -> OpaquePointer? {
        guard let poll = avahi_threaded_poll_new() else { return nil }
        guard avahi_threaded_poll_start(poll) == 0 else {
            avahi_threaded_poll_free(poll)
            return nil
        }
        self.poll = poll
        // The callbacks' contexts hold no reference; this one does, until no callback can come.
        _ = Unmanaged.passRetained(self)
        return poll
    }

    private func end() {
        guard let poll else { return }
        // Afterwards no callback runs, so no lock is needed.
        avahi_threaded_poll_stop(poll)
        freeClient()
        avahi_threaded_poll_free(poll)
        self.poll = nil
        wanted = nil
        report = nil
        Unmanaged.passUnretained(self).release()
    }

    // MARK: - With the lock

    private func connect(_ poll: OpaquePointer) {
        var code: CInt = 0
        client = avahi_client_new(
            avahi_threaded_poll_get(poll), AVAHI_CLIENT_NO_FAIL,
            { client, state, context in
                guard let client, let context else { return }
                Unmanaged<Announcer>.fromOpaque(context).takeUnretainedValue().clientChanged(client, to: state)
            }, Unmanaged.passUnretained(self).toOpaque(), &code)
        // Where there is no system bus at all.
        if client == nil { tell(.noDaemon) }
    }

    private func freeClient() {
        // Its group goes with it.
        if let client { avahi_client_free(client) }
        client = nil
        group = nil
        isLost = false
    }

    /// Also called before `avahi_client_new` returns, when `client` is not yet set.
    private func clientChanged(_ client: OpaquePointer, to state: AvahiClientState) {
        switch state {
        case AVAHI_CLIENT_S_RUNNING: publish(client)
        case AVAHI_CLIENT_S_REGISTERING, AVAHI_CLIENT_S_COLLISION:
            // The host's name changes; what was announced refers to it, and is announced again when it is settled.
            if let group { avahi_entry_group_reset(group) }
        case AVAHI_CLIENT_CONNECTING: tell(.noDaemon)
        case AVAHI_CLIENT_FAILURE:
            isLost = true
            let code = avahi_client_errno(client)
            tell(code == AVAHI_ERR_DISCONNECTED ? .noDaemon : .failed(words(code)))
        default: break
        }
    }

    private func groupChanged(_ group: OpaquePointer, to state: AvahiEntryGroupState) {
        switch state {
        case AVAHI_ENTRY_GROUP_ESTABLISHED: tell(.announced(instance))
        case AVAHI_ENTRY_GROUP_COLLISION:
            rename()
            if let client = avahi_entry_group_get_client(group) { publish(client) }
        case AVAHI_ENTRY_GROUP_FAILURE:
            isLost = true
            tell(.failed(words(avahi_client_errno(avahi_entry_group_get_client(group)))))
        default: break
        }
    }

    /// Another host has the instance's name: Avahi's rule makes the next.
    private func rename() {
        guard let name = avahi_alternative_service_name(instance) else { return }
        instance = String(cString: name)
        avahi_free(name)
    }

    private func publish(_ client: OpaquePointer) {
        if let group { avahi_entry_group_reset(group) }
        guard let wanted else { return }
        guard let group = group ?? makeGroup(client) else { return fail(client) }
        self.group = group
        // A handful: a host that has them all taken has other worries.
        for _ in 0..<16 {
            let code = add(wanted, to: group)
            guard code == AVAHI_ERR_COLLISION else {
                if code < 0 || avahi_entry_group_commit(group) < 0 { fail(client) }
                return
            }
            avahi_entry_group_reset(group)
            rename()
        }
        fail(client)
    }

    private func makeGroup(_ client: OpaquePointer) -> OpaquePointer? {
        avahi_entry_group_new(
            client,
            { group, state, context in
                guard let group, let context else { return }
                Unmanaged<Announcer>.fromOpaque(context).takeUnretainedValue().groupChanged(group, to: state)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func add(_ announcement: Announcement, to group: OpaquePointer) -> CInt {
        // Each one is put before the others.
        var texts: UnsafeMutablePointer<AvahiStringList>?
        for text in announcement.texts.reversed() { texts = avahi_string_list_add(texts, text) }
        defer { avahi_string_list_free(texts) }
        for type in Announcement.serviceTypes {
            // On all interfaces and protocols, in the daemon's domain, under the host's name.
            let code = avahi_entry_group_add_service_strlst(
                group, CInt(AVAHI_IF_UNSPEC), CInt(AVAHI_PROTO_UNSPEC), AvahiPublishFlags(rawValue: 0), instance, type,
                nil, nil, announcement.port, texts)
            guard code >= 0 else { return code }
        }
        return CInt(AVAHI_OK)
    }

    private func fail(_ client: OpaquePointer) {
        isLost = true
        tell(.failed(words(avahi_client_errno(client))))
    }

    private func words(_ code: CInt) -> String { String(cString: avahi_strerror(code)) }

    private func tell(_ report: Report) {
        guard report != self.report else { return }
        self.report = report
        switch report {
        case .announced(let name): logger.info("announced by mDNS", metadata: ["name": "\(name)"])
        case .noDaemon:
            logger.notice(
                "no Avahi daemon answers, so things cannot find the gateway by mDNS: install or start avahi-daemon")
        case .failed(let reason): logger.warning("Avahi does not announce the gateway: \(reason)")
        }
    }
}
