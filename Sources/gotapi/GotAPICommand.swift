// Swift GotAPI · SPDX-License-Identifier: MIT

import ArgumentParser
import Glibc
import GotAPIControl
import GotAPICore
import GotAPIServer

/// `gotapi`: the gateway, and the words to talk to a running one.
@main
struct GotAPICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gotapi",
        abstract: "A gateway that turns devices into a local web API.",
        version: Product.version,
        subcommands: [
            Serve.self, Check.self, Reload.self, PluginCommand.self, ThingsCommand.self, CertificateCommand.self,
        ],
        defaultSubcommand: Serve.self)
}

/// Which configuration a command works with: configuration.md's rule, the same for all commands.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The configuration file. Without it: config.json in the current folder, else the defaults.",
            valueName: "file"))
    var config: String?

    func read() throws(ConfigurationError) -> ConfigurationFile { try ConfigurationFile.load(option: config) }

    /// Reads it, or ends the process with status 78 after printing what is wrong.
    func load() -> ConfigurationFile {
        do {
            return try read()
        } catch {
            fail("the configuration cannot be used\n\(error)", status: ConfigurationError.exitStatus)
        }
    }

    /// Sends a request to the gateway that runs with this configuration, or ends the process with status 1 after printing
    /// why there is no answer.
    ///
    /// - Parameter timeout: how long the gateway may take.
    func ask(_ command: String, _ arguments: JSONNode = [:], timeout: Duration = .seconds(30)) -> JSONNode {
        let path = ControlSocket.path(inStateFolder: load().configuration.statePath)
        do {
            let request = ControlRequest(command: command, arguments: arguments)
            switch try ControlClient.send(request, path: path, timeout: timeout) {
            case .success(let result): return result
            case .failure(let words): fail(words, status: 1)
            }
        } catch {
            fail("\(error)", status: 1)
        }
    }
}

/// Prints `message` on standard error and ends the process.
func fail(_ message: String, status: Int32) -> Never {
    ProcessOutput.error.write("gotapi: \(message)\n")
    ProcessOutput.error.flush()
    exit(status)
}
