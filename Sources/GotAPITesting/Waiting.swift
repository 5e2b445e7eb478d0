// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOCore
import NIOPosix

/// An application connected to a gateway in another process, for the length of `body`.
package func withClient(port: Int, _ body: (TestApplication) async throws -> Void) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    do {
        let application = try await TestApplication.connect(port: port, tls: false, group: group)
        try await body(application)
        await application.close()
    } catch {
        try await group.shutdownGracefully()
        throw error
    }
    try await group.shutdownGracefully()
}

/// Asks until something is so that has no event of its own. The test's time limit ends it.
package func waitUntil(_ condition: () async throws -> Bool) async throws {
    while try await !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}
