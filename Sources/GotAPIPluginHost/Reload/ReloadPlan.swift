// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// What is to be done with each file and each plug-in at a reload: plugin-abi.md, "Reload", step 1. Decided without looking
/// at anything but this.
struct ReloadPlan: Equatable {
    /// A file that was found.
    struct Finding {
        enum Content {
            /// The bytes that run from this very path, and as the owner wants it.
            case same(id: String)
            case other(id: String)
            case unusable(LoadFailure)
        }

        let path: String
        let content: Content
    }

    /// A plug-in that runs, or will again.
    struct Running {
        let id: String
        let path: String
    }

    enum Verdict: Equatable {
        case kept(id: String)
        case replaced(id: String)
        case added(id: String)
        case disabled(id: String)
        /// - Parameters:
        ///   - id: `nil` where it is not known.
        ///   - isServed: the plug-in runs from this path, and goes on.
        case refused(LoadFailure, id: String?, isServed: Bool)
    }

    /// One for each finding.
    var verdicts: [Verdict] = []
    /// Ids.
    var removed: [String] = []

    /// - Parameters:
    ///   - findings: in scan order.
    ///   - isEnabled: whether the owner wants the plug-in with an id.
    init(findings: [Finding], running: [Running], isEnabled: (String) -> Bool) {
        var pathByID: [String: String] = [:]
        for finding in findings {
            guard let id = finding.content.id, isEnabled(id), pathByID[id] == nil else { continue }
            pathByID[id] = finding.path
        }
        let plugins = Dictionary(running.map { ($0.id, $0) }) { first, _ in first }
        // A file that cannot be read may yet be the plug-in that it was: it is still being written.
        let kept = Set(running.filter { isEnabled($0.id) && pathByID[$0.id] == nil }.map(\.id))
        var going = kept
        for finding in findings {
            switch finding.content {
            case .unusable(let failure):
                let plugin = running.first { $0.path == finding.path && kept.contains($0.id) }
                if let plugin { going.remove(plugin.id) }
                verdicts.append(.refused(failure, id: plugin?.id, isServed: plugin != nil))
            case .same(let id), .other(let id):
                verdicts.append(verdict(on: finding, id: id, pathByID, plugins[id], isEnabled))
            }
        }
        removed = running.filter { going.contains($0.id) || !isEnabled($0.id) }.map(\.id)
    }

    private func verdict(
        on finding: Finding, id: String, _ pathByID: [String: String], _ running: Running?,
        _ isEnabled: (String) -> Bool
    ) -> Verdict {
        guard isEnabled(id) else { return .disabled(id: id) }
        if let other = pathByID[id], other != finding.path {
            return .refused(.repeatedID(id, other: other), id: id, isServed: false)
        }
        if case .same = finding.content { return .kept(id: id) }
        return running == nil ? .added(id: id) : .replaced(id: id)
    }
}

extension ReloadPlan.Finding.Content {
    fileprivate var id: String? {
        switch self {
        case .same(let id), .other(let id): id
        case .unusable: nil
        }
    }
}
