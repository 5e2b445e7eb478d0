// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// Decides what a plug-in's process may touch: its own folders, what libraries and programs of the system need, and device
/// nodes. Everything else is closed to it, first of all what is ``hidden``.
///
/// A rule for a folder holds for all that is in it and cannot have exceptions (landlock(7)). A folder with something hidden
/// in it is therefore replaced by what lies beside that.
struct CageRules {
    /// What ``CageRules`` asks of the file system.
    struct Files: Sendable {
        /// The path without symbolic links (realpath(3)), or `nil` where it leads nowhere.
        var resolve: @Sendable (String) -> String?
        /// The names in a folder, or `nil` where it is none or cannot be listed.
        var names: @Sendable (String) -> [String]?
    }

    /// The gateway's own: state, keys, configuration. Resolved.
    private let hidden: [String]
    private let files: Files

    /// - Parameter hidden: files and folders that no plug-in may see, whether they are there yet or not. Absolute.
    init(hidden: [String], files: Files = .system) {
        self.files = files
        // One that is not there yet may appear later under this very name, in a folder that may be reached by a link.
        self.hidden = Array(Set(hidden + hidden.map { Self.resolve($0, files) })).sorted()
    }

    private static func resolve(_ path: String, _ files: Files) -> String {
        if let resolved = files.resolve(path) { return resolved }
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return path }
        return resolve(String(path[..<slash]), files) + path[slash...]
    }

    /// What holds for one plug-in.
    ///
    /// - Parameters:
    ///   - copy: the folder with its library's private copy.
    ///   - data: its data folder.
    ///   - resources: its own folder among the plug-ins, or empty.
    ///   - libraries: folders with libraries that its process uses besides the system's.
    ///   - isRoot: whether the process is root's, so that no file's own permissions protect it.
    func paths(
        copy: String, data: String, resources: String, libraries: [String], deniesDevices: Bool, isRoot: Bool
    ) -> [Cage.Path] {
        var paths = [
            Cage.Path(copy, [.read, .execute]),
            // No program can be started from here by its path. (An interpreter may still be given what was written.)
            Cage.Path(data, [.read, .write, .change]),
        ]
        var open = Self.system.map { Cage.Path($0, [.read, .execute]) } + Self.information.map { Cage.Path($0, .read) }
        open += libraries.map { Cage.Path($0, [.read, .execute]) }
        if !resources.isEmpty { open.append(Cage.Path(resources, [.read, .execute])) }
        // The permissions of the files in /etc keep an ordinary user from what is not for it. And a rule for a file ends with
        // the file: resolv.conf is replaced whenever the network changes.
        open += isRoot ? Self.settings.map { Cage.Path("/etc/" + $0, .read) } : [Cage.Path("/etc", .read)]
        for path in open { paths += expanded(path) }
        paths += Self.ownProcess
        paths += Self.alwaysOpenDevices.map { Cage.Path($0, [.read, .write, .control]) }
        if !deniesDevices { for path in Self.devices { paths += expanded(path) } }
        return paths
    }

    /// The path, or, where something hidden is in it, what lies beside that.
    func expanded(_ path: Cage.Path) -> [Cage.Path] {
        guard let resolved = files.resolve(path.path) else { return [] }
        return expandedWithoutLinks(resolved, path.access)
    }

    private func expandedWithoutLinks(_ path: String, _ access: Cage.Access) -> [Cage.Path] {
        if hidden.contains(where: { Self.contains($0, path) }) { return [] }
        guard hidden.contains(where: { Self.contains(path, $0) }) else { return [Cage.Path(path, access)] }
        let names = files.names(path) ?? []
        return names.sorted().flatMap { name -> [Cage.Path] in
            let child = path == "/" ? "/" + name : path + "/" + name
            // A link is another name of something that has a rule of its own, or shall have none.
            guard files.resolve(child) == child else { return [] }
            return expandedWithoutLinks(child, access)
        }
    }

    /// Whether `inner` is `outer` or lies in it.
    private static func contains(_ outer: String, _ inner: String) -> Bool {
        outer == inner || outer == "/" || inner.hasPrefix(outer + "/")
    }

    // MARK: - What is open

    /// Programs and libraries.
    private static let system = [
        "/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/opt", "/nix/store", "/gnu/store",
    ]

    /// What the system says of itself, and names of hosts: `/etc/resolv.conf` may lead here.
    private static let information = [
        "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/uptime", "/proc/loadavg", "/proc/version",
        "/proc/filesystems", "/proc/devices", "/proc/interrupts", "/proc/modules", "/proc/bus", "/proc/tty",
        "/proc/asound", "/proc/device-tree", "/proc/sys", "/run/systemd/resolve", "/run/resolvconf",
        "/run/NetworkManager/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf", "/run/connman", "/run/udev",
        "/sys/class", "/sys/bus", "/sys/devices", "/sys/dev", "/sys/block", "/sys/firmware/devicetree",
        "/var/lib/dbus/machine-id",
    ]

    /// In `/etc`, for root, whom the files' permissions do not keep out.
    private static let settings = [
        "adjtime", "alsa", "alternatives", "asound.conf", "avahi", "bluetooth", "ca-certificates",
        "ca-certificates.conf", "dbus-1", "debian_version", "fonts", "gai.conf", "group", "host.conf", "hostname",
        "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "libusb.conf", "locale.alias", "locale.conf", "localtime",
        "login.defs", "machine-id", "mime.types", "modbus", "networks", "nsswitch.conf", "nut", "openhab", "os-release",
        "passwd", "pki/tls/certs", "pki/tls/cert.pem", "pki/ca-trust", "profile", "protocols", "pulse", "resolv.conf",
        "rpc", "sane.d", "services", "shells", "ssl/certs", "ssl/cert.pem", "ssl/openssl.cnf", "terminfo", "timezone",
        "udev", "xdg",
    ]

    /// `/proc/self` is the runner's own folder. Writing: names of its threads (pthread_setname_np(3)).
    private static let ownProcess = [Cage.Path("/proc/self", .read), Cage.Path("/proc/self/task", [.read, .write])]

    /// Libraries take these for granted, and no device is behind them.
    private static let alwaysOpenDevices = [
        "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
    ]

    private static let devices = [
        Cage.Path("/dev", [.read, .write, .control]),
        // Settings of devices are files here: lamps, pins, backlights.
        Cage.Path("/sys/class", [.read, .write]), Cage.Path("/sys/bus", [.read, .write]),
        Cage.Path("/sys/devices", [.read, .write]),
        // Lock files of serial lines.
        Cage.Path("/run/lock", [.read, .write, .change]),
    ]
}

extension CageRules.Files {
    static let system = Self(
        resolve: { path in
            guard let resolved = realpath(path, nil) else { return nil }
            defer { free(resolved) }
            return String(cString: resolved)
        },
        names: { path in
            do throws(SystemError) {
                return try FileDescriptor(opening: path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).names()
            } catch {
                // Closed to us, so nothing in it has to be opened for a plug-in.
                return nil
            }
        })
}

extension CageRules {
    /// The folders of libraries that this process uses: the runner is made of the same, and a plug-in in Swift of more of
    /// them. And those that the owner names in `LD_LIBRARY_PATH`, which the runner is given.
    static let foldersOfLibraries: [String] = {
        var folders: Set<String> = []
        // proc_pid_maps(5): the path is the sixth column.
        for line in SystemFile.read("/proc/self/maps").split(separator: "\n") {
            let columns = line.split(separator: " ", maxSplits: 5)
            guard columns.count == 6 else { continue }
            let path = columns[5].drop { $0 == " " }
            guard path.hasPrefix("/"), path.hasSuffix(".so") || path.contains(".so."),
                let slash = path.lastIndex(of: "/"), slash != path.startIndex
            else { continue }
            folders.insert(String(path[..<slash]))
        }
        if let list = getenv("LD_LIBRARY_PATH") {
            folders.formUnion(String(cString: list).split(separator: ":").map(String.init).filter { $0.hasPrefix("/") })
        }
        return folders.sorted()
    }()
}
