// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIGateway
import GotAPIPluginHost
import GotAPIWeb
import Logging
import NIOConcurrencyHelpers

/// Reload while the gateway runs: plugin-abi.md, "Reload", and configuration.md, "at run time".
extension GatewayServer {
    /// The parts that take new settings.
    struct Parts: Sendable {
        let gateway: Gateway
        let plugins: PluginHost
        let certificate: ServerCertificate
        let files: StaticFiles
        /// Has the gateway settings that follow from the configuration in force.
        let settings: @Sendable () -> GatewaySettings
    }

    /// Reads the configuration and brings everything up to date that can change at run time.
    func reload(_ parts: Parts) async -> ReloadReport {
        let begin = ContinuousClock.now
        var report = ReloadReport()
        let new: Configuration
        do throws(ConfigurationError) { new = try reread() } catch {
            report.configurationError = error.description
            log(report)
            return report
        }
        let (before, after) = inForce.withLockedValue { configuration in
            let before = configuration
            configuration = new.keepingWhatTakesARestart(from: started)
            return (before, configuration)
        }
        // What concerns plug-ins stands with them.
        report.applied = before.changes(to: after).filter { $0.effect == .immediate }.map(\.key)
        report.awaitingRestart = started.changes(to: new).filter { $0.effect == .restart }.map(\.key)
        setLogLevel(after.logLevel)
        report.certificate = await parts.certificate.reload(after)
        parts.gateway.apply(parts.settings())
        parts.files.replace(documentRoot: after.documentRoot, admits: after.admission)
        report.plugins = await parts.plugins.reload(after.pluginHostSettings(runnerPath: runnerPath))
        let (seconds, attoseconds) = (ContinuousClock.now - begin).components
        report.milliseconds = Int(seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
        log(report)
        return report
    }

    private func log(_ report: ReloadReport) {
        for line in report.newsLines { logger.log(level: report.hasRefusals ? .error : .notice, "\(line)") }
    }
}

extension Configuration {
    /// This one, but for the values that were fixed when the gateway was started.
    func keepingWhatTakesARestart(from started: Configuration) -> Configuration {
        var configuration = self
        configuration.gotapiPort = started.gotapiPort
        configuration.gotapiTLSPort = started.gotapiTLSPort
        configuration.httpServerPort = started.httpServerPort
        configuration.httpsServerPort = started.httpsServerPort
        configuration.isTLSEnabled = started.isTLSEnabled
        configuration.statePath = started.statePath
        configuration.nativeThing.isEnabled = started.nativeThing.isEnabled
        configuration.nativeThing.isSimpleThingEnabled = started.nativeThing.isSimpleThingEnabled
        return configuration
    }
}
