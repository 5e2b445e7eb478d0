// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIDiscovery
import GotAPIWeb
import Logging

extension GatewayServer {
    /// Keeps the announcement by mDNS as it has to be, until the task is cancelled; then it is withdrawn.
    ///
    /// - Parameter announcement: what to announce now, or `nil`; asked every few seconds, for a daemon that is back, a new
    ///   certificate or another name.
    static func announce(logger: Logger, _ announcement: () -> Announcement?) async {
        let announcer = Announcer(logger: logger)
        repeat {
            announcer.announce(announcement())
        } while (try? await Task.sleep(for: .seconds(5))) != nil
        announcer.stop()
    }
}

extension Configuration {
    /// What mDNS is to say: nothing unless things beyond this host can reach `/native` (native-thing.md, "Finding the
    /// steward, trusting it").
    ///
    /// - Parameter things: `nil` where the owner wants none.
    func announcement(
        of things: NativeThings?, certificate: ServerCertificate, address: GatewayServer.Address
    ) -> Announcement? {
        guard let things, nativeThing.isMDNSEnabled, obstacleForThings == nil, let served = certificate.current,
            let port = UInt16(exactly: address.port)
        else { return nil }
        return Announcement(
            port: port, uuid: things.stewardUUID, name: nativeThing.name ?? CertificateNames.hostName(),
            keyFingerprint: served.keyFingerprint)
    }
}
