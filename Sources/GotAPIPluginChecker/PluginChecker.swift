// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import GotAPIPluginDriver
import GotAPIPluginHost
package import GotAPIPluginProbes

/// `gotapi plugin check`: looks at a library, then has children of the runner do with it what a gateway, and worse than a
/// gateway, would do. What a child does not survive is a finding.
///
/// Blocks the thread, for seconds.
package struct PluginChecker {
    /// Why nothing was checked.
    package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        case cannotRead(String)
        case noRunner(String)

        package var description: String {
            switch self {
            case .cannotRead(let words): words
            case .noRunner(let words): words
            }
        }
    }

    private let settings: ProbeSettings
    private let runner: String
    /// Absolute, and only this user's.
    private let folder: String
    private let path: String
    private var report: PluginCheckReport

    /// Checks a file.
    ///
    /// - Parameter runner: the program that runs plug-ins; `nil`: the one beside this program.
    package static func check(
        _ file: String, settings: ProbeSettings, runner: String? = nil
    ) throws(Failure) -> PluginCheckReport {
        var status = stat()
        guard let real = realpath(file, nil) else {
            throw .cannotRead("\(file): \(String(cString: strerror(errno)))")
        }
        defer { free(real) }
        let path = String(cString: real)
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(path, R_OK) == 0 else {
            throw .cannotRead("\(file) is no file that can be read")
        }
        let runner = runner ?? PluginHostSettings.ownRunnerPath
        guard access(runner, X_OK) == 0 else { throw .noRunner("\(runner): \(String(cString: strerror(errno)))") }
        guard let folder = TemporaryFolder() else {
            throw .noRunner("no folder can be made: \(String(cString: strerror(errno)))")
        }
        defer { folder.remove() }
        // The children go elsewhere.
        guard let place = realpath(folder.path, nil) else {
            throw .noRunner("\(folder.path): \(String(cString: strerror(errno)))")
        }
        defer { free(place) }
        var checker = PluginChecker(
            settings: settings, runner: runner, folder: String(cString: place), path: path,
            report: PluginCheckReport(file: file, seed: settings.seed))
        var link = stat()
        if lstat(file, &link) == 0, link.st_mode & S_IFMT == S_IFLNK { checker.report.add(StaticChecks.symbolicLink) }
        checker.checkFile(mode: status.st_mode)
        return checker.report
    }

    private mutating func checkFile(mode: UInt32) {
        let name = path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
        report.add(StaticChecks.findings(fileName: name, mode: mode))
        report.finished([.file])
        if name.hasSuffix(".json") { checkDescription() } else { checkLibrary() }
    }

    private mutating func checkLibrary() {
        let image: LibraryImage
        do throws(LoadFailure) { image = try LibraryImage(file: path) } catch {
            return report.add(StaticChecks.finding(of: error))
        }
        report.identify(image.note.id)
        report.add(StaticChecks.findings(of: image))
        report.finished([.format, .exports, .uniqueSymbols, .swiftRuntime])
        run(
            [.describe, .version, .answer, .random, .cycle, .grow],
            ProbeSubject(library: path, id: image.note.id, flags: image.note.flags.rawValue))
    }

    /// Of the library itself only what a description needs of it: it was not made for us.
    private mutating func checkDescription() {
        report.leaveOut([.exports, .uniqueSymbols, .swiftRuntime, .hostVersion, .extensions])
        let located: DescribedLibrary.Located
        do throws(LoadFailure) { located = try DescribedLibrary.locate(path) } catch {
            return report.add(StaticChecks.finding(ofDescription: error))
        }
        report.identify(located.description.id)
        report.finished([.format])
        report.add(note: "calls functions of \(located.library)")
        run(
            [.describe, .answer, .random, .cycle, .grow],
            ProbeSubject(library: located.library, description: path, id: located.description.id, flags: 0))
    }

    private mutating func run(_ phases: [ProbePhase], _ subject: ProbeSubject) {
        guard checkSymbols(of: subject.library) else { return }
        // What a phase did not survive needs no second funeral.
        for phase in phases {
            guard check(phase, subject) else { return }
        }
    }

    /// False where the library cannot be loaded.
    private mutating func checkSymbols(of library: String) -> Bool {
        let output = folder + "/linker"
        let process = CheckProcess(
            path: LinkerTrace.program, arguments: [library], environment: LinkerTrace.environment, output: output)
        let end = process.run(limit: settings.startLimit)
        guard case .ended = end else {
            report.add(note: "the dynamic linker could not be asked: \(end)")
            return true
        }
        let findings = LinkerTrace.findings(in: Self.text(of: output))
        report.add(findings)
        report.finished([.symbols])
        return findings.isEmpty
    }

    /// At most 1 MiB of a file, as text.
    private static func text(of path: String) -> String {
        guard let file = fopen(path, "re") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    /// Runs one phase; false where the next ones are of no use.
    private mutating func check(_ phase: ProbePhase, _ subject: ProbeSubject) -> Bool {
        let folder = folder + "/" + phase.rawValue
        let dataFolder = ProbeRecord.dataFolder(in: folder)
        guard mkdir(folder, 0o700) == 0, mkdir(dataFolder, 0o700) == 0, let record = ProbeRecordFiles(folder: folder)
        else {
            report.add(note: "\(folder): \(String(cString: strerror(errno)))")
            return false
        }
        let process = CheckProcess(
            path: runner,
            arguments: PluginProbe.arguments(phase: phase, subject: subject, folder: folder, settings: settings),
            // As little as a gateway gives; no back trace of a crash that is expected.
            environment: [
                "PATH=/usr/bin:/bin", "HOME=\(dataFolder)", "TMPDIR=\(dataFolder)", "LC_ALL=C",
                "SWIFT_BACKTRACE=enable=no",
            ],
            output: "/dev/null")
        let limit =
            settings.startLimit + settings.stopLimit + settings.callbackLimit * 3 + settings.answerLimit * 4
            + settings.requestsLimit + 5_000
        let end = process.run(limit: limit)
        var hasEnded = false
        var findings: [CheckFinding] = []
        for line in record.lines {
            switch line {
            case .finding(let finding): findings.append(finding)
            case .note(let note): report.add(note: note)
            case .finished(let check): report.finished([check])
            case .end: hasEnded = true
            }
        }
        report.add(findings)
        let hasProblem = findings.contains { $0.severity == .problem }
        if hasEnded, end == .ended(.exited(status: 0)) {
            // Whoever cannot be started can be asked nothing; whoever blocks or floods would do so in each phase, and more
            // and more programs are more than the machine has room for.
            return !(phase == .describe && hasProblem)
                && [PluginCheck.blocking, .log, .processes].allSatisfy { report.state(of: $0) != .failed }
        }
        report.add(Self.finding(of: end, in: phase, doing: record.lastActivity))
        return false
    }

    /// What a child's end says that did not come to its own.
    private static func finding(of end: CheckProcess.End, in phase: ProbePhase, doing: String) -> CheckFinding {
        let during = doing.isEmpty ? "" : ", during: \(doing)"
        return switch end {
        case .ended(.exited(let status)):
            CheckFinding(
                phase.subject, .problem,
                "the plug-in ended its process with status \(status), or closed its files\(during)",
                remedy: "call neither exit nor close on what is not the plug-in's; return an error")
        case .ended(let end):
            CheckFinding(
                phase.subject, .problem, "the process \(end)\(during)",
                remedy:
                    "run the plug-in's unit tests in a debugger, or under -fsanitize=address; let no exception and no"
                    + " panic out of a callback")
        case .stopped:
            CheckFinding(
                phase.subject, .problem, "the plug-in stopped its process\(during)",
                remedy: "leave the process's signals alone")
        case .timedOut:
            CheckFinding(
                phase.subject, .problem, "the plug-in does not come back\(during)",
                remedy: "let no callback wait for long: give such work to a thread of the plug-in's own")
        case .notStarted(let error):
            CheckFinding(
                phase.subject, .problem, "the runner cannot be started: \(String(cString: strerror(error)))",
                remedy: "install gotapi and gotapi-plugin-runner together")
        }
    }
}
