// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIPluginHost
import GotAPIPluginProbes

/// What can be said of a library without running it.
enum StaticChecks {
    private static let knownFlags: PluginDescriptor.Flags = [.exclusive, .replayable, .inline]

    /// Of the file's name and its permission bits (`st_mode`).
    static func findings(fileName: String, mode: UInt32) -> [CheckFinding] {
        var findings: [CheckFinding] = []
        if !PluginFolder.isLibraryName(fileName) {
            findings.append(
                CheckFinding(
                    .file, .problem, "the file is called \(fileName)",
                    remedy:
                        "call it libgotapi-plugin-NAME.so, or .json for a description: NAME is letters, digits, '-' and '_', and begins with a letter"
                ))
        }
        if mode & 0o022 != 0 {
            findings.append(
                CheckFinding(
                    .file, .warning, "others than its owner may write to the file",
                    remedy: "chmod go-w: a gateway refuses it as it is"))
        }
        return findings
    }

    /// Of a file that is a symbolic link; what it leads to is checked all the same.
    static let symbolicLink = CheckFinding(
        .file, .problem, "the file is a symbolic link, which a gateway refuses",
        remedy: "put the file itself into the plug-ins' folder")

    /// Of what its tables say.
    static func findings(of image: LibraryImage) -> [CheckFinding] {
        var findings: [CheckFinding] = []
        if image.note.flags.rawValue & ~knownFlags.rawValue != 0 {
            findings.append(
                CheckFinding(
                    .format, .problem, "the note has flags that ABI 1 does not know: \(image.note.flags.rawValue)",
                    remedy: "give GOTAPI_PLUGIN_NOTE a sum of GOTAPI_FLAG_…"))
        }
        let (swift, others) = (
            image.otherExports.filter { $0.hasPrefix("$s") }, image.otherExports.filter { !$0.hasPrefix("$s") }
        )
        if !others.isEmpty {
            findings.append(
                CheckFinding(
                    .exports, .problem,
                    "exports more than gotapi_plugin_entry: \(others.prefix(5).joined(separator: ", "))",
                    remedy: "link with -Wl,--version-script=exports.map, and compile with -fvisibility=hidden"))
        } else if !swift.isEmpty {
            findings.append(
                CheckFinding(
                    .exports, .warning, "exports names of Swift types: \(swift.prefix(3).joined(separator: ", "))",
                    remedy: "link with exports.map and -use-ld=lld, which hides them"))
        }
        if let failure = image.inProcessFailure {
            findings.append(
                CheckFinding(
                    .uniqueSymbols, .problem, failure.reason,
                    remedy: "compile with -fno-gnu-unique, or link with exports.map"))
        }
        if image.neededLibraries.contains(where: { $0.hasPrefix("libswiftCore.so") }) {
            findings.append(
                CheckFinding(
                    .swiftRuntime, .warning, "needs libswiftCore.so, which owners do not have",
                    remedy: "link with -static-stdlib what is shipped: Swift's runtime has no stable interface on Linux"
                ))
        }
        return findings
    }

    /// Of a description that makes no plug-in of its library.
    static func finding(ofDescription failure: LoadFailure) -> CheckFinding {
        CheckFinding(
            .format, .problem, failure.description,
            remedy: "see \"Describing a library\", PluginSDK/descriptions/README.md")
    }

    /// Of a file whose tables cannot be read.
    static func finding(of failure: LoadFailure) -> CheckFinding {
        CheckFinding(
            .format, .problem, failure.description,
            remedy:
                "build it as the manual says: a shared library (-shared -fPIC) with GOTAPI_PLUGIN_NOTE and the entry")
    }
}
