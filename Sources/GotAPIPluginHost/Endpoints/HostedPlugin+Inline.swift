// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIPluginRuntime
import Logging
import NIOConcurrencyHelpers

/// The inline lane (`plugins.items.<id>.lane: "inline"`): the thread that read a request calls the plug-in, as long as the
/// plug-in does not hold such threads up.
extension HostedPlugin {
    /// So often may a call use up its patience before the plug-in's requests go to its own thread.
    static let inlineStandstills = 3

    /// Opens the lane, once the plug-in runs. [event loop]
    func openInlineLane() {
        guard let inlineWatch else { return }
        // Before it is watched: the watch lets go of a plug-in whose lane is closed.
        traffic.withLockedValue { $0.isInline = true }
        do throws(SystemError) { try inlineWatch.add(self) } catch {
            traffic.withLockedValue { $0.isInline = false }
            logger.error("has no inline lane, since no thread could be made to watch it: \(error)")
        }
    }

    /// Reports the calls that hold up a thread, and closes the lane after the third. [the watch's thread]
    ///
    /// - Returns: whether there is more to look at.
    func watchInlineCalls() -> Bool {
        for duration in transport.takeStandstills() {
            let count = traffic.withLockedValue { traffic in
                traffic.standstills += 1
                if traffic.standstills == Self.inlineStandstills { traffic.isInline = false }
                return traffic.standstills
            }
            let times = "\(count) of \(Self.inlineStandstills)"
            logger.warning(
                "has held up an event loop for \(duration / 1_000_000) ms in its inline lane (\(times))")
            if count == Self.inlineStandstills {
                logger.error("has lost its inline lane: from now on its requests go to its own thread")
            }
        }
        return traffic.withLockedValue { $0.isInline && $0.state == .running }
    }
}
