// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import Logging
import ServiceLifecycle
import UnixSignals

/// From a configuration to a running process, and to its end.
package enum Launch {
    /// Runs the gateway until a signal ends it, and then the process, with the status of configuration.md.
    ///
    /// - Parameter reread: finds and reads the configuration again, for a reload.
    package static func run(
        _ file: ConfigurationFile, _ options: ServerOptions,
        reread: @escaping @Sendable () throws(ConfigurationError) -> ConfigurationFile
    ) async -> Never {
        let level = AdjustableLogLevel(file.configuration.logLevel)
        LoggingSystem.bootstrap { label in
            AdjustableLogHandler(StreamLogHandler(label: label, stream: ProcessOutput.error), level: level)
        }
        let logger = Logger(label: "gotapi")
        OpenFileLimit.raise(logger)
        do {
            for warning in try file.check() { logger.warning("\(warning)") }
            let server = GatewayServer(
                configuration: file.configuration, options: options, logger: logger,
                print: ProcessOutput.standard.write,
                reread: { () throws(ConfigurationError) in
                    let file = try reread()
                    for warning in try file.check() { logger.warning("\(warning)") }
                    return file.configuration
                }, setLogLevel: level.set)
            let hangUps = await HangUps { server.requestReload() }
            let group = ServiceGroup(
                configuration: ServiceGroupConfiguration(
                    services: [
                        .init(service: server, successTerminationBehavior: .gracefullyShutdownGroup),
                        .init(service: hangUps, successTerminationBehavior: .gracefullyShutdownGroup),
                    ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
            try await group.run()
            end(0)
        } catch is GatewayServer.StoppedWhileStarting {
            end(0)
        } catch let error as ConfigurationError {
            ProcessOutput.error.write("gotapi: the configuration cannot be used\n\(error)\n")
            end(ConfigurationError.exitStatus)
        } catch {
            ProcessOutput.error.write("gotapi: \(error)\n")
            end(1)
        }
    }

    /// Static destructors under live plug-in threads crash now and then, so they do not run (plugin-abi.md, "Where it runs").
    private static func end(_ status: Int32) -> Never {
        ProcessOutput.standard.flush()
        ProcessOutput.error.flush()
        _exit(status)
    }
}
