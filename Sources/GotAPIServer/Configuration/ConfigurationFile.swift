// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// A configuration together with the place that it was read from, so that findings can name file and line.
package struct ConfigurationFile: Sendable, Equatable {
    /// The longest file that is read, in bytes.
    static let maximumSize = 1 << 20

    package let configuration: Configuration
    /// The file's path as it was given, or `nil` where every default holds.
    package let path: String?
    /// What relative paths are relative to: absolute.
    package let folder: String
    /// The line of each key that the file mentions, by its dotted name.
    let lines: [String: Int]

    /// Finds and reads the configuration: the file that `--config` names, else `config.json` in the current folder, else
    /// every default (configuration.md).
    ///
    /// - Parameters:
    ///   - option: what stands behind `--config`, or `nil`.
    ///   - currentFolder: an absolute path; by default the process's current folder.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    package static func load(
        option: String?, currentFolder: String? = nil
    ) throws(ConfigurationError) -> ConfigurationFile {
        let currentFolder = currentFolder ?? Self.currentFolder
        let path = option ?? "config.json"
        switch readFile(at: absolutePath(path, in: currentFolder)) {
        case .failure(ENOENT) where option == nil:
            return ConfigurationFile(
                configuration: Configuration(folder: currentFolder), path: nil, folder: currentFolder, lines: [:])
        case .failure(let code):
            throw ConfigurationError(findings: [unreadable(path, code)])
        case .tooLong:
            throw ConfigurationError(findings: [tooLong(path)])
        case .notAFile:
            throw ConfigurationError(findings: [notAFile(path)])
        case .bytes(let text):
            let whole = absolutePath(path, in: currentFolder)
            let folder = whole.split(separator: "/").dropLast()
            let file = try parse(text, path: path, folder: "/" + folder.joined(separator: "/"))
            var configuration = file.configuration
            configuration.file = whole
            return ConfigurationFile(
                configuration: configuration, path: path, folder: file.folder, lines: file.lines)
        }
    }

    /// Reads a configuration from its text.
    ///
    /// - Parameters:
    ///   - text: JSON in UTF-8; a byte-order mark is skipped.
    ///   - path: how findings call the file.
    ///   - folder: what relative paths are relative to: absolute.
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    package static func parse(
        _ text: [UInt8], path: String, folder: String
    ) throws(ConfigurationError) -> ConfigurationFile {
        let byteOrderMark: [UInt8] = [0xef, 0xbb, 0xbf]
        let text = text.starts(with: byteOrderMark) ? Array(text.dropFirst(byteOrderMark.count)) : text
        let lines = TextLines(text)
        let root: JSONNode
        do {
            root = try JSONNode(parsing: text, keepsRepeatedNames: true)
        } catch {
            let position = lines.position(of: error.offset)
            throw ConfigurationError(findings: [
                ConfigurationFinding(
                    severity: .error, file: path, line: position.line, column: position.column, key: nil,
                    problem: "no valid JSON: \(error.reason)", remedy: "mend the text at this place")
            ])
        }
        var reader = ConfigurationReader(path: path, folder: folder, lines: lines)
        let configuration = reader.read(root)
        guard reader.findings.isEmpty else { throw ConfigurationError(findings: reader.findings) }
        return ConfigurationFile(configuration: configuration, path: path, folder: folder, lines: reader.keyLines)
    }

    private static var currentFolder: String {
        // A null buffer: the C library allocates one. <https://man7.org/linux/man-pages/man3/getcwd.3.html>
        guard let buffer = getcwd(nil, 0) else { return "/" }
        defer { free(buffer) }
        return String(cString: buffer)
    }
}

// MARK: - Reading the file

extension ConfigurationFile {
    private enum Reading {
        case bytes([UInt8])
        case notAFile
        case tooLong
        case failure(CInt)
    }

    /// <https://man7.org/linux/man-pages/man2/open.2.html>; `O_NONBLOCK` so that a pipe without a writer does not hold the start up.
    private static func readFile(at path: String) -> Reading {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return .failure(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return .failure(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { return .notAFile }
        guard status.st_size <= maximumSize else { return .tooLong }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return .failure(errno) }
            guard count > 0 else { return .bytes(bytes) }
            bytes += chunk[..<count]
            // It may have grown since its size was asked for.
            guard bytes.count <= maximumSize else { return .tooLong }
        }
    }

    private static func unreadable(_ path: String, _ code: CInt) -> ConfigurationFinding {
        let missing = code == ENOENT
        return ConfigurationFinding(
            severity: .error, file: path, line: nil, column: nil, key: nil,
            problem: missing ? "no such file" : "cannot be read: \(errorText(code))",
            remedy: missing ? "write it, or leave --config out" : "let the gateway's user read it")
    }

    private static func notAFile(_ path: String) -> ConfigurationFinding {
        ConfigurationFinding(
            severity: .error, file: path, line: nil, column: nil, key: nil, problem: "no regular file",
            remedy: "name a file")
    }

    private static func tooLong(_ path: String) -> ConfigurationFinding {
        ConfigurationFinding(
            severity: .error, file: path, line: nil, column: nil, key: nil,
            problem: "longer than \(maximumSize) bytes", remedy: "shorten it")
    }
}

/// The C library's words for an error number.
func errorText(_ code: CInt) -> String { String(cString: strerror(code)) }
