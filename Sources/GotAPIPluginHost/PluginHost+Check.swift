// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOPosix

extension PluginHost {
    /// Checks every file in the plug-ins' folder as far as that is possible without running it: for `gotapi check`.
    ///
    /// - Returns: one report for each file, in scan order.
    /// - Throws: where the folder cannot be read.
    package static func check(_ settings: PluginHostSettings) async throws -> [PluginFileReport] {
        let (source, content, signatures) = try await NIOThreadPool.singleton.runIfActive {
            let source = try LibrarySource(
                rootPath: settings.rootPath, requiresSignatures: settings.signatures != nil)
            let content = try PluginFolder(path: source.rootPath).scan()
            return (source, content, settings.signatures.map { SignatureVerifier($0) })
        }
        var fileByID: [String: String] = [:]
        var reports = await inParallel(content.libraries) { file in
            await report(file, from: source, signatures, settings)
        }
        for index in reports.indices where reports[index].isEnabled {
            guard let id = reports[index].id else { continue }
            if let other = fileByID[id] {
                reports[index].failure = .repeatedID(id, other: other)
            } else {
                fileByID[id] = reports[index].file
            }
        }
        return reports
    }

    private static func report(
        _ file: LibraryFile, from source: LibrarySource, _ signatures: SignatureVerifier?,
        _ settings: PluginHostSettings
    ) async -> PluginFileReport {
        var report = PluginFileReport(file: file.path, isEnabled: true)
        do {
            let (sha256, outcome) = try await NIOThreadPool.singleton.runIfActive {
                try LibraryImage.inspect(file, from: source)
            }
            report.sha256 = sha256
            let image = try outcome.get()
            let id = image.note.id
            report.id = id
            report.isEnabled = settings.items[id]?.isEnabled ?? true
            report.isolation = settings.isolation(of: id)
            if report.isolation == PluginIsolation.none { report.failure = image.inProcessFailure }
            report.signature = try await NIOThreadPool.singleton.runIfActive {
                try signatures?.inspect(file, from: source)
            }
        } catch {
            report.failure = LoadFailure(wrapping: error)
        }
        return report
    }
}
