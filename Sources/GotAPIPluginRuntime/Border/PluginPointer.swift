// Swift GotAPI · SPDX-License-Identifier: MIT

/// A pointer of the plug-in's own (`self`, `user`): carried and handed back, never followed.
///
/// `@unchecked Sendable`: for the host it is a number.
struct PluginPointer: @unchecked Sendable {
    let raw: UnsafeMutableRawPointer?
}
