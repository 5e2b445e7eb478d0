// Swift GotAPI · SPDX-License-Identifier: MIT

import ArgumentParser
import GotAPIPluginProject

extension PluginCommand {
    /// `gotapi plugin new NAME --language …`: a project that builds, answers and has a test.
    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the project of a new plug-in.",
            discussion: """
                The project has all that it is compiled with: `make` there leaves libgotapi-plugin-NAME.so and needs the \
                language's compiler and nothing else. Nothing that is there already is overwritten.
                """)

        @Argument(help: "The plug-in's name: letters, digits, - and _, beginning with a letter.")
        var name: String

        @Option(name: .shortAndLong, help: "The language.")
        var language: PluginLanguage

        @Option(
            help: ArgumentHelp(
                "The plug-in's identity, a reverse domain name (default: com.example.NAME).", valueName: "id"))
        var id: String?

        @Option(
            name: .shortAndLong,
            help: ArgumentHelp("The project's folder (default: NAME in the current one).", valueName: "folder"))
        var directory: String?

        func run() throws {
            let folder = directory ?? name
            do throws(PluginProject.Failure) {
                let project = try PluginProject(name: name, id: id, language: language)
                try project.write(to: folder)
                print(
                    """
                    \(folder): a plug-in in \(language.title), \(project.id)

                    What to do next:
                      cd '\(folder.replacing("'", with: "'\\''"))'
                      make
                      gotapi plugin check \(project.library)
                      make test    # with the installed SDK
                    Then copy \(project.library) into the gateway's plugins folder and say: gotapi reload
                    """)
            } catch {
                fail("\(error)", status: 1)
            }
        }
    }
}

extension PluginLanguage: ExpressibleByArgument {}
