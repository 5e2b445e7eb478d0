// Swift GotAPI · SPDX-License-Identifier: MIT

import CMalloc
import Glibc
import GotAPIAuthorization
import GotAPIControl
import GotAPICore
import GotAPIGateway
package import GotAPINativeThing
import GotAPIPluginHost
import GotAPIWeb
package import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The whole gateway, put together: plug-ins first, then the gateway, then the ports; and the other way round at the end.
package final class GatewayServer: ServiceLifecycle.Service {
    /// The running gateway's ports and their scheme.
    package struct Address: Sendable, Equatable {
        /// GotAPI-1 and GotAPI-5.
        package let port: Int
        /// Where the pages are; the same unless the configuration says otherwise.
        package let webPort: Int
        package let isSecure: Bool

        /// Where front-end applications are.
        package var url: String { "\(isSecure ? "https" : "http")://localhost:\(webPort)" }
    }

    /// The gateway was told to stop while plug-ins were still being loaded; nothing was served.
    struct StoppedWhileStarting: Error {}

    /// How long requests in flight may take when the gateway is told to stop.
    private static let drainTime: Duration = .seconds(2)

    /// What the gateway was started with.
    let started: Configuration
    /// What holds now; the same until a reload.
    let inForce: NIOLockedValueBox<Configuration>
    /// Reads the configuration again.
    let reread: @Sendable () throws(ConfigurationError) -> Configuration
    let setLogLevel: @Sendable (Logger.Level) -> Void
    private let options: ServerOptions
    let logger: Logger
    let runnerPath: String?
    private let print: @Sendable (String) -> Void
    private let onReady: @Sendable (Address) -> Void
    private let reloads = ReloadRequests()
    private let runningSteward = NIOLockedValueBox<Steward?>(nil)

    /// - Parameters:
    ///   - runnerPath: the program that runs plug-ins; the one that belongs to this program where it is `nil`.
    ///   - print: takes the start-up lines and the monitor's messages, each ended by a line feed.
    ///   - onReady: told when the ports are open.
    ///   - reread: reads the configuration again, at each reload; `nil` where it stays as it is.
    ///   - setLogLevel: takes a new `log_level`.
    package init(
        configuration: Configuration, options: ServerOptions, logger: Logger, runnerPath: String? = nil,
        print: @escaping @Sendable (String) -> Void, onReady: @escaping @Sendable (Address) -> Void = { _ in },
        reread: (@Sendable () throws(ConfigurationError) -> Configuration)? = nil,
        setLogLevel: @escaping @Sendable (Logger.Level) -> Void = { _ in }
    ) {
        started = configuration
        inForce = NIOLockedValueBox(configuration)
        self.reread = reread ?? { () throws(ConfigurationError) in configuration }
        self.setLogLevel = setLogLevel
        self.options = options
        self.logger = logger
        self.runnerPath = runnerPath
        self.print = print
        self.onReady = onReady
    }

    /// What holds now.
    private var configuration: Configuration { inForce.withLockedValue { $0 } }

    /// Has the gateway reload, soon: what SIGHUP does. [any thread]
    package func requestReload() { reloads.request() }

    /// The steward of things, while the gateway runs with one. [any thread]
    package var steward: Steward? { runningSteward.withLockedValue { $0 } }

    /// Runs until the service group shuts down gracefully.
    ///
    /// - Throws: ``StartFailure`` where it could not start; what had been started by then is stopped again.
    package func run() async throws {
        try StartFailure.wrapping { () throws(StateFolder.Failure) in
            try StateFolder.prepare(at: configuration.statePath)
        }
        let lock = try StartFailure.wrapping { () throws(StateFolder.Failure) in
            try StateLock.acquire(in: configuration.statePath)
        }
        defer { lock.release() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: Self.eventLoopCount)
        do {
            try await run(on: group)
        } catch let error as StoppedWhileStarting {
            // Libraries may still be loading on it; the process's end is theirs too.
            throw error
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }

    /// One for each core, as far as that pays: a loop with nothing to do costs nothing, and plug-ins share the cores with them.
    /// What a control group allows counts, and what is online, which script/ratchet's preload says is one.
    private static var eventLoopCount: Int {
        min(max(min(System.coreCount, sysconf(CInt(_SC_NPROCESSORS_ONLN))), 1), 8)
    }

    private func run(on group: any EventLoopGroup) async throws {
        let certificate = try ServerCertificate(configuration, logger: logger)
        let gateway = Gateway(settings: settings(certificate, ports: []), logger: logger)
        let things = try NativeThings(inForce, gateway: gateway, eventLoop: group.any(), logger: logger)
        let endpoints = NIOLockedValueBox<[any PluginEndpoint]>([])
        let plugins = PluginHost(
            settings: configuration.pluginHostSettings(runnerPath: runnerPath), group: group, sink: gateway,
            logger: logger
        ) { change in
            var change = change
            if let things { change.endpoints.append(things.steward) }
            endpoints.withLockedValue { $0 = change.endpoints }
            gateway.apply(change)
        }
        guard let states = await Self.start(plugins) else {
            await plugins.shutDown()
            await things?.shutDown()
            throw StoppedWhileStarting()
        }
        var web: WebServer?
        do {
            let files = StaticFiles(documentRoot: configuration.documentRoot, admits: configuration.admission)
            let listening = try await WebServer.start(
                webConfiguration(gateway, certificate, files, things), on: group)
            web = listening
            let address = address(of: listening)
            let parts = Parts(gateway: gateway, plugins: plugins, certificate: certificate, files: files) {
                [self] in settings(certificate, ports: [address.port, address.webPort])
            }
            gateway.apply(parts.settings())
            let control = try await ControlServer.start(
                path: ControlSocket.path(inStateFolder: configuration.statePath), group: group
            ) { [self] request in
                await ControlCommands(
                    gateway: gateway, plugins: plugins, endpoints: endpoints.withLockedValue { $0 },
                    pluginRoot: configuration.pluginRoot, reload: { await self.reloads.report() },
                    things: things.map { ThingCommands(steward: $0.steward, configuration: configuration) }
                ).answer(request)
            }
            runningSteward.withLockedValue { $0 = things?.steward }
            defer { runningSteward.withLockedValue { $0 = nil } }
            print(StartupReport(states, folder: configuration.pluginRoot, url: address.url).text)
            onReady(address)
            // Not a child of what serves: the gateway's end, which stops what is being loaded, must not wait for it.
            let reloading = Task { await reloads.serve { await self.reload(parts) } }
            await serve(parts, address, things, listening)
            reloads.end()
            await shutDown(gateway, plugins, listening, control)
            await reloading.value
            await things?.shutDown()
        } catch {
            await web?.shutDown(grace: .zero)
            await plugins.shutDown()
            await things?.shutDown()
            throw StartFailure(error)
        }
    }

    /// Loads and starts all plug-ins.
    ///
    /// - Returns: what became of them, or `nil` where the gateway was told to stop before that was known.
    private static func start(_ plugins: PluginHost) async -> [PluginStatus]? {
        let (outcomes, continuation) = AsyncStream<[PluginStatus]?>.makeStream()
        return await withGracefulShutdownHandler {
            // Not a child: code that hangs while its library is loaded must not hold up the gateway's end.
            Task { continuation.yield(await plugins.start()) }
            for await outcome in outcomes { return outcome }
            return nil
        } onGracefulShutdown: {
            continuation.yield(nil)
        }
    }

    // MARK: - While it runs

    private func serve(_ parts: Parts, _ address: Address, _ things: NativeThings?, _ web: WebServer) async {
        await withTaskGroup { tasks in
            tasks.addTask { [self] in
                await Self.announce(logger: logger) {
                    configuration.announcement(of: things, certificate: parts.certificate, address: address)
                }
            }
            tasks.addTask { await Self.everySecond { parts.gateway.tick(now: Gateway.monotonicTime()) } }
            tasks.addTask {
                var memory = LeftMemory()
                // https://man7.org/linux/man-pages/man3/malloc_trim.3.html; whether there was anything is all the same.
                await Self.everySecond { if memory.look(at: web.openCount) { _ = malloc_trim(0) } }
            }
            tasks.addTask { await parts.certificate.keepValid { parts.gateway.apply(parts.settings()) } }
            // Both ways out, the group's shutdown and a cancellation, end the same way.
            try? await gracefulShutdown()
            tasks.cancelAll()
        }
    }

    private static func everySecond(_ work: () -> Void) async {
        while (try? await Task.sleep(for: .seconds(1))) != nil { work() }
    }

    /// At most 5 s in all: requests in flight get 2 s, plug-ins 2 s to stop, sockets half a second to close.
    private func shutDown(
        _ gateway: Gateway, _ plugins: PluginHost, _ web: WebServer, _ control: ControlServer
    ) async {
        logger.info("stopping")
        await web.stopAccepting()
        gateway.refuseRequests()
        let deadline = ContinuousClock.now + Self.drainTime
        while gateway.statistics.pendingRequests > 0, ContinuousClock.now < deadline {
            // A cancelled task must not spin; then it does not wait at all.
            guard (try? await Task.sleep(for: .milliseconds(10))) != nil else { break }
        }
        gateway.failPendingRequests()
        gateway.shutDown()
        async let stopped: Void = plugins.shutDown(grace: .seconds(2))
        await web.shutDown(grace: .milliseconds(500))
        await control.shutDown()
        await stopped
        logger.info("stopped")
    }

    // MARK: - What the parts are told

    private func settings(_ certificate: ServerCertificate, ports: [Int]) -> GatewaySettings {
        var settings = GatewaySettings()
        settings.allowedAddresses = configuration.allowedAddresses
        settings.ownOrigins = Origin.served(
            isSecure: configuration.isTLSEnabled, hosts: certificate.hosts, ports: ports)
        settings.allowedOrigins = configuration.allowedOriginList.compactMap { Origin($0) }
        settings.webSocketLimit = configuration.webSocketConnectionLimit
        settings.responseTimeout = .seconds(configuration.pluginResponseTimeout)
        settings.receiver = configuration.serverAppID
        settings.isAuthorizationDisabled = options.isAuthorizationDisabled
        settings.monitor = options.isMonitorEnabled ? print : nil
        return settings
    }

    private func webConfiguration(
        _ gateway: Gateway, _ certificate: ServerCertificate, _ files: StaticFiles, _ things: NativeThings?
    ) -> WebConfiguration {
        let addresses =
            configuration.listensBeyondLoopback
            ? [IPAddress(bytes: [0, 0, 0, 0])!, IPAddress("::")!] : [.loopbackIPv4, .loopbackIPv6]
        let download = WebRoute(
            path: CertificateDownload.path,
            responder: CertificateDownload(certificate: certificate) { [inForce] address in
                inForce.withLockedValue { $0 }.admitsThing(from: address)
            })
        let downloads = configuration.isTLSEnabled ? [download] : []
        var listeners = [
            WebListener(
                addresses: addresses, port: configuration.interfacePort, tls: certificate.context,
                routes: [WebRoute(path: "/gotapi", responder: gateway)] + downloads,
                webSocketRoutes: [WebSocketRoute(path: "/gotapi/websocket", responder: gateway)]
                    + (things?.webSocketRoutes ?? []), files: files)
        ]
        if let port = configuration.separateWebPort {
            listeners.append(
                WebListener(
                    addresses: addresses, port: port, tls: certificate.context, routes: downloads, files: files))
        }
        var web = WebConfiguration(listeners: listeners, logger: logger)
        web.onDroppedPushes = gateway.countLostPushes
        return web
    }

    private func address(of web: WebServer) -> Address {
        let ports = web.boundPorts
        return Address(port: ports[0], webPort: ports.last ?? ports[0], isSecure: configuration.isTLSEnabled)
    }
}
