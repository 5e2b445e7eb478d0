// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIPluginProbes

/// What the dynamic linker says where it only looks (ld.so(8), LD_TRACE_LOADED_OBJECTS with LD_WARN): it finds the
/// libraries that a library needs and binds every symbol, and runs nothing of them. As `ldd -r` does.
enum LinkerTrace {
    static let environment = ["LD_TRACE_LOADED_OBJECTS=1", "LD_WARN=yes", "LD_BIND_NOW=yes", "LC_ALL=C"]

    /// The dynamic linker of this machine.
    static var program: String {
        #if arch(x86_64)
        "/lib64/ld-linux-x86-64.so.2"
        #elseif arch(arm64)
        "/lib/ld-linux-aarch64.so.1"
        #elseif arch(riscv64)
        "/lib/ld-linux-riscv64-lp64d.so.1"
        #else
        #error("Say which dynamic linker this architecture has")
        #endif
    }

    /// What is missing, by its output.
    static func findings(in output: String) -> [CheckFinding] {
        let lines = output.split(separator: "\n")
        let libraries = lines.filter { $0.contains("=> not found") }.compactMap { $0.split(separator: " ").first }
            .map { $0.trimmingPrefix("\t") }
        let symbols = lines.filter { $0.contains("undefined symbol:") || $0.contains("symbol lookup error") }
            .compactMap { line -> Substring? in
                guard let range = line.firstRange(of: "undefined symbol: ") else { return line }
                return line[range.upperBound...].prefix { $0 != " " && $0 != "\t" }
            }
        let versions = lines.filter { $0.contains("version") && $0.contains("not found (required by") }
        var findings: [CheckFinding] = []
        if !libraries.isEmpty {
            findings.append(
                CheckFinding(
                    .symbols, .problem, "needs libraries that are not there: \(libraries.joined(separator: ", "))",
                    remedy:
                        "put them beside the plug-in in a folder of its own and link with -Wl,-rpath,'$ORIGIN', or say in"
                        + " the manual which package has them"))
        }
        if !symbols.isEmpty {
            findings.append(
                CheckFinding(
                    .symbols, .problem,
                    "needs symbols that none of its libraries has: \(symbols.prefix(5).joined(separator: ", "))",
                    remedy: "link what defines them; -Wl,-z,defs finds them when the library is built"))
        }
        if let first = versions.first {
            findings.append(
                CheckFinding(
                    .symbols, .problem, "needs newer libraries than there are here: \(first.trimmingPrefix("\t"))",
                    remedy: "build it on the oldest system that it is meant for"))
        }
        return findings
    }
}
