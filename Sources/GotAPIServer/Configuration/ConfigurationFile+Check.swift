// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// `ST_NOEXEC` of statvfs(3), which glibc declares as an extension that Swift does not see.
private let mountedNoExec: UInt = 8

extension ConfigurationFile {
    /// Compares the configuration with the machine: folders, certificate files, the state folder's mount. It changes nothing.
    ///
    /// - Returns: warnings; the gateway can start all the same.
    /// - Throws: ``ConfigurationError`` where at least one finding is an error.
    package func check() throws(ConfigurationError) -> [ConfigurationFinding] {
        let findings =
            checkFolders() + (configuration.isTLSEnabled ? checkCertificateFiles() : []) + checkStateFolder()
        guard findings.allSatisfy({ $0.severity == .warning }) else { throw ConfigurationError(findings: findings) }
        return findings
    }

    private func finding(
        _ severity: ConfigurationFinding.Severity, _ key: String, _ problem: String, _ remedy: String
    ) -> ConfigurationFinding {
        ConfigurationFinding(
            severity: severity, file: path, line: lines[key], column: nil, key: key, problem: problem, remedy: remedy)
    }

    // MARK: - Folders

    private func checkFolders() -> [ConfigurationFinding] {
        let root = checkFolder(
            "http_server_document_root", configuration.documentRoot,
            consequence: "the web server has no pages")
        let plugins = checkFolder(
            "plugin_root_path", configuration.pluginRoot, consequence: "no plug-in is loaded")
        guard configuration.plugins.signatures == .required else { return [root, plugins].compactMap { $0 } }
        let trust = problem(withFolder: configuration.plugins.trustPath).map { problem in
            finding(
                .error, "plugins.trust_path", problem,
                "signatures are required: make it and put the signers' PEM certificates there")
        }
        return [root, plugins, trust].compactMap { $0 }
    }

    /// A missing folder that the file names is an error; a default one may be missing.
    private func checkFolder(_ key: String, _ folder: String, consequence: String) -> ConfigurationFinding? {
        guard let problem = problem(withFolder: folder) else { return nil }
        if lines[key] == nil, status(of: folder) == nil {
            return finding(.warning, key, problem, "until it is there, \(consequence)")
        }
        return finding(.error, key, problem, "make that folder, or name another one")
    }

    private func problem(withFolder folder: String) -> String? {
        // Reading needs the permission to list it, too. <https://man7.org/linux/man-pages/man2/open.2.html>
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            return switch errno {
            case ENOENT: "there is no folder \(folder)"
            case ENOTDIR: "\(folder) is no folder"
            case let code: "the folder \(folder) cannot be read: \(errorText(code))"
            }
        }
        close(descriptor)
        return nil
    }

    // MARK: - Certificate files

    private func checkCertificateFiles() -> [ConfigurationFinding] {
        let key = configuration.tlsKeyFile
        let certificate = configuration.tlsCertificateFile
        var findings: [ConfigurationFinding?] = [
            key.flatMap { checkFile("ssl_key_file", $0) },
            certificate.flatMap { checkFile("ssl_crt_file", $0) },
            configuration.tlsChainFile.flatMap { checkFile("ssl_ca_file", $0) },
        ]
        if key != nil, certificate == nil {
            findings.append(
                finding(.error, "ssl_key_file", "given without a certificate", "name the certificate in ssl_crt_file"))
        } else if certificate != nil, key == nil {
            findings.append(
                finding(.error, "ssl_crt_file", "given without its private key", "name the key in ssl_key_file"))
        } else if configuration.tlsChainFile != nil, certificate == nil {
            findings.append(
                finding(
                    .warning, "ssl_ca_file",
                    "given without a certificate of its own, so that clients get a chain for none",
                    "name certificate and key in ssl_crt_file and ssl_key_file, or leave ssl_ca_file out"))
        }
        if let key, let mode = status(of: key)?.st_mode, mode & 0o007 != 0 {
            findings.append(
                finding(
                    .warning, "ssl_key_file", "every user of this machine can use the private key \(key)",
                    "chmod o= \(key)"))
        }
        return findings.compactMap { $0 }
    }

    private func checkFile(_ key: String, _ file: String) -> ConfigurationFinding? {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            return errno == ENOENT
                ? finding(.error, key, "there is no file \(file)", "put it there, or name another one")
                : finding(.error, key, "\(file) cannot be read: \(errorText(errno))", "let the gateway's user read it")
        }
        close(descriptor)
        guard let status = status(of: file), status.st_mode & S_IFMT == S_IFREG else {
            return finding(.error, key, "\(file) is no regular file", "name a PEM file")
        }
        return nil
    }

    // MARK: - The state folder

    private func checkStateFolder() -> [ConfigurationFinding] {
        let folder = configuration.statePath
        // It is made at the start, so what counts is the nearest folder that exists.
        var existing = folder
        while status(of: existing) == nil, let slash = existing.lastIndex(of: "/") {
            existing = slash == existing.startIndex ? "/" : String(existing[..<slash])
            if existing == "/" { break }
        }
        guard let status = status(of: existing), status.st_mode & S_IFMT == S_IFDIR else {
            return [finding(.error, "state_path", "\(existing) is no folder", "name another folder")]
        }
        if access(existing, W_OK | X_OK) != 0 {
            return [
                finding(
                    .error, "state_path", "\(existing) cannot be written: \(errorText(errno))",
                    "let the gateway's user write it, or name another folder")
            ]
        }
        var mount = statvfs()
        // Copies of libraries are loaded from there. <https://man7.org/linux/man-pages/man3/statvfs.3.html>
        if statvfs(existing, &mount) == 0, mount.f_flag & mountedNoExec != 0 {
            return [
                finding(
                    .error, "state_path", "\(existing) is on a file system that is mounted noexec",
                    "name a folder elsewhere: libraries are loaded from it")
            ]
        }
        return []
    }

    /// Follows symbolic links. <https://man7.org/linux/man-pages/man2/stat.2.html>
    private func status(of path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}
