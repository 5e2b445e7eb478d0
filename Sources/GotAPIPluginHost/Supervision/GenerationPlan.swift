// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIPluginRuntime

/// What generations of a plug-in are made from: its library's private copy, and what the owner says of it.
///
/// A class, since it is one thing: while a generation of it lives, the copy stays on disk.
final class GenerationPlan: Sendable {
    let library: PreparedLibrary
    /// What the owner wants, all defaults filled in.
    let wishes: PluginSettings
    /// What its process may not see (``PluginHostSettings/hiddenPaths``).
    let hiddenPaths: [String]
    /// Where it runs, which may be safer than what the owner wants.
    let isolation: PluginIsolation
    /// Where it is noted that its code runs; `nil` in a process of its own.
    let mark: ActivityMark?
    private let makeHosted: @Sendable (Int) -> HostedPlugin

    init(
        library: PreparedLibrary, wishes: PluginSettings, hiddenPaths: [String], isolation: PluginIsolation,
        mark: ActivityMark?,
        make: @escaping @Sendable (Int) -> HostedPlugin
    ) {
        self.library = library
        self.wishes = wishes
        self.hiddenPaths = hiddenPaths
        self.isolation = isolation
        self.mark = mark
        makeHosted = make
    }

    var id: String { library.image.note.id }

    /// - Returns: a generation of this number, which is not loaded yet.
    func make(_ generation: Int) -> HostedPlugin { makeHosted(generation) }
}
