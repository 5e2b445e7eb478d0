// Swift GotAPI · SPDX-License-Identifier: MIT

import ArgumentParser
import GotAPICore
import GotAPIServer

/// `gotapi certificate`: what others recognize this gateway by.
struct CertificateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate", abstract: "Show the certificate and the fingerprint of its key.",
        discussion: """
            Reads the file that the configuration names, so no gateway needs to run. Exit status 1: there is no certificate.
            """)

    @OptionGroup var configuration: ConfigurationOption

    @Flag(help: "Print the certificate itself, in PEM form.")
    var pem = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard !(pem && json) else { throw ValidationError("--pem and --json cannot be combined.") }
    }

    func run() async throws {
        do throws(CertificateReport.Failure) {
            let report = try CertificateReport(configuration.load().configuration)
            if pem {
                print(report.pem, terminator: "")
            } else if json {
                print(String(decoding: report.json.bytes, as: UTF8.self))
            } else {
                print(report.text, terminator: "")
            }
        } catch {
            fail("\(error)", status: 1)
        }
    }
}
