// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOConcurrencyHelpers

/// The other end of a socket: remembers what was sent.
final class RecordingOutlet: WebSocketOutlet {
    private let state = NIOLockedValueBox<(texts: [String], codes: [UInt16])>(([], []))

    var texts: [String] { state.withLockedValue { $0.texts } }
    var codes: [UInt16] { state.withLockedValue { $0.codes } }

    func send(_ text: [UInt8]) { state.withLockedValue { $0.texts.append(String(decoding: text, as: UTF8.self)) } }

    func close(code: UInt16) { state.withLockedValue { $0.codes.append(code) } }
}
