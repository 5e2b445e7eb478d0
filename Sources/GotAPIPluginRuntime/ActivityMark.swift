// Swift GotAPI · SPDX-License-Identifier: MIT

/// Where a runtime notes that its plug-in's code runs, so that whoever finds the process dead can tell whose code it was
/// (plugin-abi.md, "Misbehaviour and what it costs"). The plug-in's own thread has the first place, and each call of the
/// inline lane one of the others.
///
/// @unchecked: each place has one writer at a time; nobody reads while the process lives. The memory must last as long as the
/// process, since a thread that hangs is never done.
package struct ActivityMark: @unchecked Sendable {
    /// How many threads may be inside at once.
    package static let places = 16
    static let ownThread = 0

    private let flags: UnsafeMutablePointer<UInt32>

    /// - Parameter flags: ``places`` numbers, all 0, in memory that outlives the process: a shared mapping of a file.
    package init(flags: UnsafeMutablePointer<UInt32>) { self.flags = flags }

    /// Whether it is the one whose flags are there.
    package func isAt(_ address: UnsafeMutableRawPointer) -> Bool { UnsafeMutableRawPointer(flags) == address }

    /// Not moved across the call that it is about: the compiler does not know what that reads.
    @inline(__always)
    func set(_ isInside: Bool, place: Int = ownThread) { flags[place] = isInside ? 1 : 0 }
}
