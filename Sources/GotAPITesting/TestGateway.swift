// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
package import GotAPINativeThing
package import GotAPIServer
import Logging
package import NIOCore
import NIOPosix
import ServiceLifecycle

/// A whole gateway in the test's own process, on a free port and with a folder of its own.
package struct TestGateway: Sendable {
    package let address: GatewayServer.Address
    package let configuration: Configuration
    /// What the owner asks of the steward of things; `nil` where there is none.
    package let steward: Steward?
    /// For the test's own connections.
    package let group: any EventLoopGroup

    /// Runs a gateway for the length of `body`.
    ///
    /// - Parameters:
    ///   - plugins: the folder with the plug-ins' libraries.
    ///   - configure: changes the configuration, which has a free port and no TLS.
    package static func run<Result: Sendable>(
        plugins: String, options: ServerOptions = ServerOptions(),
        configure: @Sendable (inout Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (TestGateway) async throws -> Result
    ) async throws -> Result {
        let folder = try TestFolder()
        var configuration = Configuration(folder: folder.path)
        configuration.gotapiPort = 0
        configuration.gotapiTLSPort = 0
        configuration.isTLSEnabled = false
        configuration.documentRoot = TestBuild.root + "/html"
        configuration.pluginRoot = plugins
        configure(&configuration)
        var logger = Logger(label: "gotapi", factory: { _ in SwiftLogNoOpLogHandler() })
        logger.logLevel = .critical
        let (ready, continuation) = AsyncStream<GatewayServer.Address>.makeStream()
        let server = GatewayServer(
            configuration: configuration, options: options, logger: logger,
            runnerPath: TestBuild.products + "/gotapi-plugin-runner", print: { _ in },
            onReady: { continuation.yield($0) })
        let services = ServiceGroup(services: [server], logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { continuation.finish() }
                try await services.run()
            }
            var addresses = ready.makeAsyncIterator()
            guard let address = await addresses.next() else {
                try await tasks.waitForAll()
                throw TestConnectionError(description: "the gateway ended before it was ready")
            }
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let outcome: Swift.Result<Result, any Error>
            do {
                outcome = .success(
                    try await body(
                        TestGateway(
                            address: address, configuration: configuration, steward: server.steward, group: group)))
            } catch {
                outcome = .failure(error)
            }
            await services.triggerGracefulShutdown()
            try await tasks.waitForAll()
            try await group.shutdownGracefully()
            return try outcome.get()
        }
    }

    /// An application that has its token.
    package func connect() async throws -> TestApplication {
        try await TestApplication.connect(port: address.port, tls: address.isSecure, group: group)
    }
}
