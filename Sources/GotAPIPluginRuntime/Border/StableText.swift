// Swift GotAPI · SPDX-License-Identifier: MIT

/// Text whose bytes have an address that a plug-in may keep while this object lives, with a NUL behind them.
///
/// `@unchecked Sendable`: the bytes are written in the initialiser and never again.
final class StableText: @unchecked Sendable {
    let bytes: UnsafeBufferPointer<CChar>

    init(_ text: some Collection<UInt8>) {
        let memory = UnsafeMutableBufferPointer<CChar>.allocate(capacity: text.count + 1)
        for (index, byte) in text.enumerated() { memory.initializeElement(at: index, to: CChar(bitPattern: byte)) }
        memory.initializeElement(at: text.count, to: 0)
        bytes = UnsafeBufferPointer(rebasing: UnsafeBufferPointer(memory)[..<text.count])
    }

    deinit { bytes.baseAddress?.deallocate() }
}
