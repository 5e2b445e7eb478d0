// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import Logging
import Testing

@testable import GotAPIServer

/// Finding the file, and comparing what it says with the machine.
struct ConfigurationFileTests {
    /// A folder that ends with the test.
    private final class Folder {
        let path: String

        init() {
            var template = Array("/tmp/gotapi-configuration-XXXXXX".utf8CString)
            path = mkdtemp(&template) == nil ? "" : String(decoding: template.dropLast().map(UInt8.init), as: UTF8.self)
        }

        deinit { Self.removeAll(at: path) }

        private static func removeAll(at path: String) {
            guard let listing = opendir(path) else {
                unlink(path)
                return
            }
            while let entry = readdir(listing) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { removeAll(at: "\(path)/\(name)") }
            }
            closedir(listing)
            rmdir(path)
        }

        func write(_ name: String, _ text: String, mode: mode_t = 0o600) {
            let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
            #expect(descriptor >= 0)
            #expect(Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count)
            close(descriptor)
        }

        func makeFolders(_ names: String...) {
            for name in names { #expect(mkdir("\(path)/\(name)", 0o700) == 0) }
        }
    }

    @Test func withoutOptionAndFileEveryDefaultHolds() throws {
        let folder = Folder()
        let file = try ConfigurationFile.load(option: nil, currentFolder: folder.path)
        #expect(file.path == nil)
        #expect(file.configuration == Configuration(folder: folder.path))
    }

    @Test func configJSONInTheCurrentFolderIsUsed() throws {
        let folder = Folder()
        folder.write("config.json", #"{"log_level": "error"}"#)
        let file = try ConfigurationFile.load(option: nil, currentFolder: folder.path)
        #expect(file.path == "config.json")
        #expect(file.configuration.logLevel == .error)
    }

    @Test func relativePathsAreRelativeToTheFilesFolder() throws {
        let folder = Folder()
        folder.makeFolders("etc")
        folder.write("etc/my.json", #"{"state_path": "var/./state"}"#)
        for option in ["etc/my.json", "./etc//my.json", "\(folder.path)/etc/my.json"] {
            let file = try ConfigurationFile.load(option: option, currentFolder: folder.path)
            #expect(file.path == option)
            #expect(file.configuration.statePath == "\(folder.path)/etc/var/state")
            #expect(file.configuration.documentRoot == "\(folder.path)/etc/html")
        }
    }

    @Test func aNamedFileThatIsMissingIsAnError() {
        let folder = Folder()
        #expect {
            try ConfigurationFile.load(option: "no.json", currentFolder: folder.path)
        } throws: { "\($0)" == "no.json: no such file; write it, or leave --config out" }
    }

    @Test(.timeLimit(.minutes(1))) func whatIsNoFileOrTooLongIsRefused() throws {
        let folder = Folder()
        folder.makeFolders("config.json")
        #expect(throws: ConfigurationError.self) {
            try ConfigurationFile.load(option: nil, currentFolder: folder.path)
        }
        #expect(mkfifo("\(folder.path)/fifo", 0o600) == 0)
        #expect(throws: ConfigurationError.self) {
            try ConfigurationFile.load(option: "fifo", currentFolder: folder.path)
        }
        folder.write("long", String(repeating: " ", count: ConfigurationFile.maximumSize + 1))
        #expect(throws: ConfigurationError.self) {
            try ConfigurationFile.load(option: "long", currentFolder: folder.path)
        }
    }

    // MARK: - check()

    private func check(_ text: String, in folder: Folder) throws -> [String] {
        folder.write("config.json", text)
        let file = try ConfigurationFile.load(option: nil, currentFolder: folder.path)
        do throws(ConfigurationError) {
            return try file.check().map(\.description)
        } catch {
            return error.findings.map(\.description)
        }
    }

    @Test func missingDefaultFoldersAreWarnings() throws {
        let folder = Folder()
        #expect(
            try check("{}", in: folder) == [
                "config.json: warning: http_server_document_root: there is no folder \(folder.path)/html; until it is there, the web server has no pages",
                "config.json: warning: plugin_root_path: there is no folder \(folder.path)/plugins; until it is there, no plug-in is loaded",
            ])
        folder.makeFolders("html", "plugins")
        #expect(try check("{}", in: folder) == [])
    }

    @Test func missingFoldersThatTheFileNamesAreErrors() throws {
        let folder = Folder()
        folder.write("file", "")
        let text = """
            {"http_server_document_root": "www",
             "plugin_root_path": "file",
             "plugins": {"signatures": "required"},
             "state_path": "file/state"}
            """
        #expect(
            try check(text, in: folder) == [
                "config.json:1: http_server_document_root: there is no folder \(folder.path)/www; make that folder, or name another one",
                "config.json:2: plugin_root_path: \(folder.path)/file is no folder; make that folder, or name another one",
                "config.json: plugins.trust_path: there is no folder \(folder.path)/trust; signatures are required: make it and put the signers' PEM certificates there",
                "config.json:4: state_path: \(folder.path)/file is no folder; name another folder",
            ])
    }

    @Test(arguments: [
        (#""ssl_key_file": "key", "ssl_crt_file": "crt", "ssl_ca_file": "crt""#, []),
        (
            #""ssl_key_file": "key""#,
            ["ssl_key_file: given without a certificate; name the certificate in ssl_crt_file"]
        ),
        (#""ssl_crt_file": "crt""#, ["ssl_crt_file: given without its private key; name the key in ssl_key_file"]),
        (#""ssl_crt_file": "crt", "ssl_engine": false"#, []),
        (
            #""ssl_key_file": "open", "ssl_crt_file": "crt""#,
            [
                "warning: ssl_key_file: every user of this machine can use the private key FOLDER/open; chmod o= FOLDER/open"
            ]
        ),
        (
            #""ssl_key_file": "html", "ssl_crt_file": "none""#,
            [
                "ssl_key_file: FOLDER/html is no regular file; name a PEM file",
                "ssl_crt_file: there is no file FOLDER/none; put it there, or name another one",
            ]
        ),
        (
            #""ssl_ca_file": "crt""#,
            [
                "warning: ssl_ca_file: given without a certificate of its own, so that clients get a chain for none; name certificate and key in ssl_crt_file and ssl_key_file, or leave ssl_ca_file out"
            ]
        ),
    ])
    func certificateFilesAreChecked(members: String, expected: [String]) throws {
        let folder = Folder()
        folder.makeFolders("html", "plugins")
        folder.write("key", "")
        folder.write("crt", "")
        folder.write("open", "")
        #expect(chmod("\(folder.path)/open", 0o644) == 0)
        let messages = expected.map { text in
            "config.json:1: "
                + text.split(separator: "FOLDER", omittingEmptySubsequences: false).joined(separator: folder.path)
        }
        #expect(try check("{\(members)}", in: folder) == messages)
    }

    @Test func theShippedFileSaysTheDefaults() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = try ConfigurationFile.load(option: "/\(root)/config.json", currentFolder: "/")
        var expected = Configuration(folder: "/\(root)")
        expected.file = "/\(root)/config.json"
        #expect(file.configuration == expected)
    }
}
