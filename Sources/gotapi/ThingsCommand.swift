// Swift GotAPI · SPDX-License-Identifier: MIT

import ArgumentParser
import GotAPICore

/// `gotapi things …`
struct ThingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "things", abstract: "Look after the things that are paired with the running gateway.",
        subcommands: [List.self, Pair.self, Approve.self, Rename.self, Revoke.self], defaultSubcommand: List.self)

    /// `gotapi things list`, or without a word: who is paired, who would like to be.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the paired things, their services, and who waits to be paired.",
            discussion: "Prints tables, or with --json one object. Its times are milliseconds since 1970, UTC.")

        @OptionGroup var configuration: ConfigurationOption

        @Flag(help: "Print JSON.")
        var json = false

        func run() async throws {
            let result = configuration.ask("things list")
            if json {
                print(String(decoding: result.bytes, as: UTF8.self))
            } else {
                print(ThingsReport.text(result), terminator: "")
            }
        }
    }

    /// `gotapi things pair`: lets one thing pair.
    struct Pair: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let one thing pair, whichever comes first.",
            discussion: """
                Returns at once; `gotapi things` shows who it was. A thing that is paired already is paired anew by this.
                """)

        @OptionGroup var configuration: ConfigurationOption

        @Option(help: ArgumentHelp("How long, 1 to 600.", valueName: "seconds"))
        var seconds = 120

        func run() async throws {
            let result = configuration.ask("things pair", ["seconds": JSONNode(integerLiteral: seconds)])
            print(result.text ?? "")
        }
    }

    /// `gotapi things approve UUID`: lets a certain thing pair.
    struct Approve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a thing pair that has tried.", discussion: "Its next attempt succeeds.")

        @OptionGroup var configuration: ConfigurationOption

        @Argument(help: "The thing's uuid, as `gotapi things` shows it.")
        var uuid: String

        func run() async throws {
            print(configuration.ask("things approve", ["uuid": JSONNode(.text(uuid))]).text ?? "")
        }
    }

    /// `gotapi things rename ID NAME`
    struct Rename: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Name a thing, whatever it calls itself.")

        @OptionGroup var configuration: ConfigurationOption

        @Argument(help: "A service's id or a pairing's uuid, as `gotapi things` shows it.")
        var id: String

        @Argument(help: "1 to 64 characters.")
        var name: String

        func run() async throws {
            let arguments: JSONNode = ["id": JSONNode(.text(id)), "name": JSONNode(.text(name))]
            print(configuration.ask("things rename", arguments).text ?? "")
        }
    }

    /// `gotapi things revoke UUID`: ends a pairing.
    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a pairing: the thing is disconnected, its services are gone.")

        @OptionGroup var configuration: ConfigurationOption

        @Argument(help: "The pairing's uuid, as `gotapi things` shows it.")
        var uuid: String

        func run() async throws {
            print(configuration.ask("things revoke", ["uuid": JSONNode(.text(uuid))]).text ?? "")
        }
    }
}
