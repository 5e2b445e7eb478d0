// Swift GotAPI · SPDX-License-Identifier: MIT

import Testing

/// When a library was built: by this build, or when its ABI was published (Tests/Fixtures/Published).
enum Edition: CaseIterable, CustomTestStringConvertible, Sendable {
    case built, published

    /// Published libraries are there for the machine that they were built on.
    static var all: [Edition] {
        #if arch(x86_64)
        allCases
        #else
        [.built]
        #endif
    }

    var testDescription: String {
        switch self {
        case .built: "as built now"
        case .published: "as published with ABI 1.0"
        }
    }

    /// A library in C, C++ or Rust that a Makefile builds, for example that of `plugins/helloworld`.
    func library(_ name: String, from folder: String) async throws -> String {
        switch self {
        case .built: try await Project.library(name, from: folder)
        case .published: "\(Project.published)/libgotapi-plugin-\(name).so"
        }
    }

    func clock() async throws -> String {
        switch self {
        case .built: try Project.clock()
        case .published: try await Project.publishedInSwift("simpleclock")
        }
    }
}
