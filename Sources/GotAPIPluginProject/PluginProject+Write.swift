// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

extension PluginProject {
    /// Writes the project in one step: the files into a folder beside, which then takes its name. So there is the whole
    /// project or nothing of it. Blocks.
    ///
    /// - Parameter folder: the project's own folder, which must not be there yet; the one that it is in must be.
    package func write(to folder: String) throws(Failure) {
        var path = folder
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        var status = stat()
        guard lstat(path, &status) != 0 else {
            throw Failure(description: "\(path) is there already: name another folder with --directory, or remove it")
        }
        let slash = path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex
        let temporary = "\(path[..<slash]).\(path[slash...]).\(getpid())"
        var made = WrittenFiles()
        do throws(Failure) {
            try made.makeFolder(temporary)
            for file in files {
                // The folders that lead to it, those before them first.
                for end in file.path.indices where file.path[end] == "/" {
                    try made.makeFolder("\(temporary)/\(file.path[..<end])")
                }
                try made.write(file.text, to: "\(temporary)/\(file.path)")
            }
            // Over a folder that somebody has made meanwhile it goes only if that is empty.
            guard rename(temporary, path) == 0 else { throw Failure(path) }
        } catch {
            made.remove()
            throw error
        }
    }
}

extension PluginProject.Failure {
    /// What errno says about a path.
    fileprivate init(_ path: String) {
        self.init(description: "\(path): \(String(cString: strerror(errno)))")
    }
}

/// What was made so far, to be taken back.
private struct WrittenFiles {
    private var folders: [String] = []
    private var files: [String] = []

    mutating func makeFolder(_ path: String) throws(PluginProject.Failure) {
        guard !folders.contains(path) else { return }
        guard mkdir(path, 0o777) == 0 else { throw PluginProject.Failure(path) }
        folders.append(path)
    }

    mutating func write(_ text: String, to path: String) throws(PluginProject.Failure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw PluginProject.Failure(path) }
        files.append(path)
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let failure = PluginProject.Failure(path)
                close(descriptor)
                throw failure
            }
            bytes = bytes.dropFirst(count)
        }
        guard close(descriptor) == 0 else { throw PluginProject.Failure(path) }
    }

    /// What cannot be removed stays; its name begins with a dot.
    func remove() {
        for file in files { unlink(file) }
        for folder in folders.reversed() { rmdir(folder) }
    }
}
