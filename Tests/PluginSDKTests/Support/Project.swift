// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import Testing

/// Where the project's files lie, and what the tests build from them.
enum Project {
    /// The repository's folder, found from this file's own place.
    static let root: String = {
        guard let path = realpath(#filePath, nil) else { preconditionFailure("the sources of these tests are gone") }
        defer { free(path) }
        // Tests/PluginSDKTests/Support/Project.swift
        return String(cString: path).split(separator: "/", omittingEmptySubsequences: false).dropLast(4)
            .joined(separator: "/")
    }()

    static let include = "\(root)/PluginSDK/include"
    static let flags = ["-I\(include)", "-I\(root)/PluginSDK/c", "-I\(root)/PluginSDK/cpp"]

    /// A folder of this test process's own; removed with it.
    static let scratch: String = {
        let path = "/tmp/gotapi-sdk-tests-\(getpid())"
        mkdir(path, 0o700)
        atexit { system("rm -rf /tmp/gotapi-sdk-tests-\(getpid())") }
        return path
    }()

    /// The folder of the test program, where SwiftPM puts what it builds.
    static let products: String = {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(0, length)), as: UTF8.self)
        return path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }()

    /// A sample or fixture that its Makefile builds, for example `plugins/helloworld`.
    static func library(_ name: String, from folder: String) async throws -> String {
        let output = "\(scratch)/libraries"
        try await workshop.build(folder) {
            await Shell.run(["make", "-s", "-j2", "-C", "\(root)/\(folder)", "OUTPUT=\(output)"])
        }
        return "\(output)/libgotapi-plugin-\(name).so"
    }

    /// What was built when ABI 1.0 was published, for this kind of machine.
    static let published = "\(root)/Tests/Fixtures/Published/1.0/x86_64"

    /// One of the published libraries in Swift, which are kept in one archive.
    static func publishedInSwift(_ name: String) async throws -> String {
        let folder = "\(scratch)/published"
        try await workshop.build(folder) {
            mkdir(folder, 0o700)
            return await Shell.run(["tar", "-xJf", "\(published)/swift.tar.xz", "-C", folder])
        }
        return "\(folder)/libgotapi-plugin-\(name).so"
    }

    /// Another one each time.
    static func number() async -> Int { await workshop.nextNumber() }

    /// The clock, which SwiftPM builds.
    static func clock() throws -> String {
        let name = "libgotapi-plugin-simpleclock.so"
        var places: [String] = []
        if let folder = getenv("GOTAPI_TEST_PLUGINS") { places.append("\(String(cString: folder))/\(name)") }
        // Last, since a sanitizer pads what SwiftPM builds under it, the library's note too.
        places.append("\(products)/\(name)")
        let place = places.first { access($0, R_OK) == 0 }
        return try #require(place, "build the product gotapi-plugin-simpleclock first; it is in none of \(places)")
    }

    /// The host for unit tests, which SwiftPM builds.
    static func testingLibrary() throws -> String {
        let name = "libgotapi-plugin-testing.so"
        // The other one last, since a program without the sanitizer cannot load one that was built with it.
        let places = ["\(root)/.build/debug/\(name)", "\(products)/\(name)"]
        let place = places.first { access($0, R_OK) == 0 }
        return try #require(place, "build the product gotapi-plugin-testing first; it is in none of \(places)")
    }

    static func folder(of path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    /// A Swift package that is not a part of this one.
    static func package(_ folder: String, product: String) async throws -> String {
        let output = "\(scratch)/\(product)"
        try await workshop.build(product) {
            await Shell.run([
                "swift", "build", "--package-path", folder, "--scratch-path", output, "--product", product,
            ])
        }
        return "\(output)/debug/lib\(product).so"
    }
}

/// Builds each thing once, whoever asks first, and one after another: the machine has other things to do.
private actor Workshop {
    private var builds: [String: Task<Shell.Result, Never>] = [:]
    private var last: Task<Shell.Result, Never>?

    private var number = 0

    func nextNumber() -> Int {
        number += 1
        return number
    }

    func build(_ name: String, _ work: @escaping @Sendable () async -> Shell.Result) async throws {
        let before = last
        let build =
            builds[name]
            ?? Task {
                _ = await before?.value
                return await work()
            }
        if builds[name] == nil { last = build }
        builds[name] = build
        let result = await build.value
        try #require(result.status == 0, "\(result.output)")
    }
}

private let workshop = Workshop()

/// Runs programs that are found on the PATH.
enum Shell {
    struct Result: Sendable {
        /// What waitpid(2) says, 0 where all is well.
        let status: Int32
        /// Standard output and standard error.
        let output: String
    }

    /// On a thread of its own, since those of Swift's pool are not to be blocked.
    static func run(_ words: [String], in folder: String? = nil) async -> Result {
        await withCheckedContinuation { continuation in
            let work = Unmanaged.passRetained(Work { continuation.resume(returning: wait(for: words, in: folder)) })
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { argument in
                    if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body() }
                    return nil
                }, work.toOpaque())
            precondition(status == 0, "pthread_create: error \(status)")
            pthread_detach(thread)
        }
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private static func wait(for words: [String], in folder: String?) -> Result {
        let command = words.map { "'" + quoted($0) + "'" }.joined(separator: " ")
        let place = folder.map { "cd '\(quoted($0))' && " } ?? ""
        guard let pipe = popen("{ \(place)\(command) ; } 2>&1 </dev/null", "re") else {
            return Result(status: -1, output: "popen: error \(errno)")
        }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = fread(&buffer, 1, buffer.count, pipe)
            guard count > 0 else { break }
            output.append(contentsOf: buffer.prefix(count))
        }
        return Result(status: pclose(pipe), output: String(decoding: output, as: UTF8.self))
    }

    private static func quoted(_ word: String) -> String {
        word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
    }
}
