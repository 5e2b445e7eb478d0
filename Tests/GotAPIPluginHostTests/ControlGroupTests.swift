// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import Testing

@testable import GotAPIPluginHost

@Suite(.timeLimit(.minutes(1))) struct ControlGroupTests {
    private static let mounts = """
        24 1 0:22 / /sys rw - sysfs sysfs rw
        30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw
        """

    @Test(
        arguments: [
            ("0::/\n", mounts, "/sys/fs/cgroup"), ("0::/a/b.service\n", mounts, "/sys/fs/cgroup/a/b.service"),
            ("5:pids:/x\n0::/a\n", mounts, "/sys/fs/cgroup/a"),
            // A container that sees a part of the tree.
            ("0::/c/1/x\n", "30 24 0:26 /c/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup/x"),
            ("0::/c/1\n", "30 24 0:26 /c/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "/sys/fs/cgroup"),
            ("0::/other\n", "30 24 0:26 /c/1 /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", nil),
            ("5:pids:/x\n", mounts, nil), ("0::/\n", "24 1 0:22 / /sys rw - sysfs sysfs rw\n", nil), ("", "", nil),
            ("0::/\n", "a\n\n- cgroup2\n1 2 - cgroup2\n", nil),
        ] as [(String, String, String?)])
    func itsOwnFolderIsFound(own: String, mounts: String, folder: String?) {
        let found = try? ControlGroupDelegation.ownFolder(mounts: mounts, own: own)
        #expect(found == folder)
    }

    /// A folder that looks like a control group, and what the kernel would say of it.
    private struct Tree {
        let folder = TemporaryFolder()
        let group: String

        init(controllers: String = "cpu memory pids") {
            group = folder.folder("service")
            _ = folder.write(Array((controllers + "\n").utf8), to: "service/cgroup.controllers")
            _ = folder.write([], to: "service/cgroup.subtree_control")
        }

        func delegation(own: String = "/service", hasServiceManager: Bool = false) throws -> ControlGroupDelegation {
            try ControlGroupDelegation(
                mounts: "30 24 0:26 / \(folder.path) rw - cgroup2 cgroup2 rw\n", own: "0::\(own)\n",
                hasServiceManager: hasServiceManager)
        }
    }

    @Test func aGroupThatIsOursIsDivided() throws {
        let tree = Tree()
        // As after the first start: the gateway is in its own group below already.
        _ = tree.folder.folder("service/gotapi-gateway")
        let delegation = try tree.delegation(own: "/service/gotapi-gateway")
        #expect(delegation.folder == tree.group)
        #expect(TemporaryFolder.read(tree.group + "/cgroup.subtree_control") == Array("+memory +pids".utf8))
    }

    @Test func withoutTheControllersThereIsNone() {
        #expect(throws: ControlGroupDelegation.Missing.self) { try Tree(controllers: "cpu io").delegation() }
    }

    @Test func whatTheServiceManagerHasNotDelegatedIsLeftAlone() {
        let tree = Tree()
        #expect { try tree.delegation(hasServiceManager: true) } throws: { "\($0)".contains("not delegated") }
        #expect(TemporaryFolder.read(tree.group + "/cgroup.subtree_control").isEmpty)
    }

    @Test func aGroupWithoutItsLimitsIsNotLeftBehind() throws {
        let folder = TemporaryFolder()
        // An ordinary folder: the files of limits are not there.
        #expect(throws: SystemError(ENOENT)) {
            try ControlGroup.make(folder.path + "/group", .init(memory: 1 << 20, processes: 8))
        }
        #expect(access(folder.path + "/group", F_OK) != 0)
    }

    /// A real group, which this process may make below its own; limits need controllers, ending does not.
    private static let realFolder: String? = {
        let own = try? ControlGroupDelegation.ownFolder(
            mounts: SystemFile.read("/proc/self/mountinfo"), own: SystemFile.read("/proc/self/cgroup"))
        guard let folder = own.map({ $0 + "/gotapi-test-\(getpid())" }), mkdir(folder, 0o755) == 0 else { return nil }
        rmdir(folder)
        return folder
    }()

    @Test(.enabled(if: realFolder != nil, "no control group can be made here"))
    func everythingInAGroupEndsWithItAlsoWhatHasLeftItsProcessGroup() async throws {
        let group = ControlGroup(folder: try #require(Self.realFolder))
        try #require(mkdir(group.folder, 0o755) == 0)
        let folder = TemporaryFolder()
        // Waits for its group, then starts something in a session of its own, and ends.
        run(
            """
            ( until grep -q '\(group.folder.split(separator: "/").last ?? "")' /proc/self/cgroup; do sleep 0.01; done
            setsid sleep 600 & echo $! > '\(folder.path)/sleeper' ) > /dev/null 2>&1 & echo $! > '\(folder.path)/starter'
            """)
        func number(in name: String) -> Int32? {
            Int32(String(decoding: TemporaryFolder.read(folder.path + "/" + name), as: UTF8.self).dropLast())
        }
        try group.add(try #require(number(in: "starter")))
        while access(folder.path + "/sleeper", F_OK) != 0 || number(in: "sleeper") == nil {
            try await letOthersRun()
        }
        let sleeper = try #require(number(in: "sleeper"))
        #expect(kill(sleeper, 0) == 0)
        group.end()
        #expect(access(group.folder, F_OK) != 0)
        // Gone, or a zombie that nobody reaps.
        #expect(!SystemFile.read("/proc/\(sleeper)/stat").contains(") S"))
    }
}
