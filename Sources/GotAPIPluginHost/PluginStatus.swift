// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// What an owner is told of one file in the plug-ins' folder.
package struct PluginStatus: Sendable, Equatable {
    /// The texts are for people and for `gotapi plugin list --json`.
    package enum State: String, Sendable, Equatable {
        case loading
        case starting
        case running
        /// It blocks its thread; requests are refused.
        case blocked
        case stopping
        case stopped
        /// It is started again soon.
        case crashed
        /// It has crashed too often and is not started again by itself.
        case quarantined
        /// It was not loaded or not started; ``failure`` says why.
        case refused
        /// The owner does not want it (`plugins.items.<id>.enabled`).
        case disabled
    }

    /// `nil` where the file does not say.
    package var id: String?
    package var name: String?
    package var version: String?
    package var vendor: String?
    /// The path in the plug-ins' folder.
    package var file: String
    /// Of the library, in lower-case hexadecimal digits.
    package var sha256: String?
    /// `nil` where the owner asks for no signatures, or it was not accepted.
    package var signature: SignatureVerdict?
    /// `nil` in process, and where it does not run.
    package var pid: Int32?
    /// What its process has in memory, in bytes; `nil` in process, and where it does not run.
    package var memory: UInt64?
    package var crashes = CrashRecord()
    /// The last lines that its process printed.
    package var output: [String] = []
    /// 0 where it was never started.
    package var generation: Int
    package var state: State
    package var failure: LoadFailure?
    package var isolation: PluginIsolation?
    /// Which thread handles its requests; `nil` where it was never started.
    package var lane: PluginLane?
    /// The ids of its descriptor's services.
    package var services: [String]
    package var requests: Int
    /// Requests whose answer did not come from the plug-in.
    package var errors: Int
    package var pushes: Int
    /// Generations that were replaced and still answer what they were asked.
    package var draining = 0
    /// Libraries of earlier versions that stay in the gateway's memory: in process nothing is ever unloaded.
    package var retiredImages = 0
    /// Why newer content of the file is not what runs.
    package var update: LoadFailure?
    /// What holds its process; empty in process, and where it does not run.
    package var cage: [CageFeature] = []
}

/// What `gotapi check` says of one file, without running it.
package struct PluginFileReport: Sendable, Equatable {
    /// The path in the plug-ins' folder.
    package var file: String
    /// `nil` where the file does not say.
    package var id: String?
    package var sha256: String?
    package var isolation: PluginIsolation?
    package var isEnabled: Bool
    /// `nil` where the owner asks for no signatures, or it was not accepted.
    package var signature: SignatureVerdict?
    /// `nil`: the gateway would load it.
    package var failure: LoadFailure?
}
