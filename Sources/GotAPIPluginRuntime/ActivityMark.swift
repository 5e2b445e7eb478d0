// Swift GotAPI · SPDX-License-Identifier: MIT

/// Where a runtime notes that its plug-in's thread is inside the plug-in's code, so that whoever finds the process dead can
/// tell whose code it was (plugin-abi.md, "Misbehaviour and what it costs").
///
/// @unchecked: one thread, the plug-in's, writes; nobody reads while the process lives. The memory must last as long as the
/// process, since a thread that hangs is never done.
package struct ActivityMark: @unchecked Sendable {
    private let flag: UnsafeMutablePointer<UInt32>

    /// - Parameter flag: 0; in memory that outlives the process, a shared mapping of a file.
    package init(flag: UnsafeMutablePointer<UInt32>) { self.flag = flag }

    /// Whether it is the one whose flag is there.
    package func isAt(_ address: UnsafeMutableRawPointer) -> Bool { UnsafeMutableRawPointer(flag) == address }

    /// Not moved across the call that it is about: the compiler does not know what that reads.
    @inline(__always)
    func set(_ isInside: Bool) { flag.pointee = isInside ? 1 : 0 }
}
