// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers
import NIOCore

/// Whether the library that runs is still trusted, as of the last reload.
extension PluginSupervisor {
    /// It is, by this signature, or signatures are not asked for. Where it was not started again for lack of trust, it is now.
    func trust(_ signature: SignatureVerdict?) -> EventLoopFuture<Void> {
        eventLoop.flatSubmit { [self] in
            let isAwaited = state.withLockedValue { state in
                defer { state.distrust = nil }
                state.signature = signature
                return state.distrust != nil && state.isQuarantined
            }
            return isAwaited ? startNow().map { _ in } : eventLoop.makeSucceededVoidFuture()
        }
    }

    /// It is not any more: it goes on, and is not started again.
    func distrust(_ failure: LoadFailure) {
        state.withLockedValue { state in
            state.signature = nil
            state.distrust = failure
        }
    }
}
