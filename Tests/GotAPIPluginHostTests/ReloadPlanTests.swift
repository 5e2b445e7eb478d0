// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPIPluginHost

/// Which file means what, and whose services are whose.
struct ReloadPlanTests {
    private typealias Finding = ReloadPlan.Finding

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// `path: =id` runs from there and is unchanged, `path: id` holds something else, `path: !` cannot be used.
        let files: [String]
        /// `path: id`
        let running: [String]
        var disabled: Set<String> = []
        let verdicts: [String]
        var removed: [String] = []
    }

    private static let failure = LoadFailure(.badELF, "is cut off")

    @Test(arguments: [
        Case(testDescription: "nothing", files: [], running: [], verdicts: []),
        Case(
            testDescription: "each kind", files: ["a: =A", "b: B", "c: C"], running: ["a: A", "b: B", "d: D"],
            verdicts: ["kept A", "replaced B", "added C"], removed: ["D"]),
        Case(
            testDescription: "still being written: what ran goes on", files: ["a: !"], running: ["a: A"],
            verdicts: ["refused BAD_ELF A served"]),
        Case(
            testDescription: "unusable from the beginning", files: ["a: !"], running: [],
            verdicts: ["refused BAD_ELF -"]),
        Case(testDescription: "renamed", files: ["b: A"], running: ["a: A"], verdicts: ["replaced A"]),
        Case(
            testDescription: "another file has the id of one that cannot be read", files: ["a: !", "b: A"],
            running: ["a: A"], verdicts: ["refused BAD_ELF -", "replaced A"]),
        Case(
            testDescription: "two files with one id, the one that runs first", files: ["a: =A", "b: A"],
            running: ["a: A"], verdicts: ["kept A", "refused DUPLICATE_ID A"]),
        Case(
            testDescription: "two files with one id, the one that runs second", files: ["a: A", "b: =A"],
            running: ["b: A"], verdicts: ["replaced A", "refused DUPLICATE_ID A"]),
        Case(
            testDescription: "a file has another id than before", files: ["a: B"], running: ["a: A"],
            verdicts: ["added B"], removed: ["A"]),
        Case(
            testDescription: "two files exchange their names", files: ["a: B", "b: A"], running: ["a: A", "b: B"],
            verdicts: ["replaced B", "replaced A"]),
        Case(
            testDescription: "not wanted any more", files: ["a: A"], running: ["a: A"], disabled: ["A"],
            verdicts: ["disabled A"], removed: ["A"]),
        Case(
            testDescription: "not wanted any more, and cannot be read", files: ["a: !"], running: ["a: A"],
            disabled: ["A"], verdicts: ["refused BAD_ELF -"], removed: ["A"]),
        Case(
            testDescription: "not wanted, twice", files: ["a: A", "b: A"], running: [], disabled: ["A"],
            verdicts: ["disabled A", "disabled A"]),
    ])
    func eachFileHasItsVerdict(_ given: Case) {
        let plan = ReloadPlan(
            findings: given.files.map { file in
                let (path, content) = Self.split(file)
                if content == "!" { return Finding(path: path, content: .unusable(Self.failure)) }
                let isSame = content.hasPrefix("=")
                let id = isSame ? String(content.dropFirst()) : content
                return Finding(path: path, content: isSame ? .same(id: id) : .other(id: id))
            },
            running: given.running.map { entry in
                let (path, id) = Self.split(entry)
                return ReloadPlan.Running(id: id, path: path)
            }, isEnabled: { !given.disabled.contains($0) })
        let verdicts = plan.verdicts.map { verdict in
            switch verdict {
            case .kept(let id): "kept \(id)"
            case .replaced(let id): "replaced \(id)"
            case .added(let id): "added \(id)"
            case .disabled(let id): "disabled \(id)"
            case .refused(let failure, let id, let isServed):
                "refused \(failure.code.rawValue) \(id ?? "-")" + (isServed ? " served" : "")
            }
        }
        #expect(verdicts == given.verdicts)
        #expect(plan.removed == given.removed)
    }

    private static func split(_ text: String) -> (String, String) {
        let parts = text.split(separator: ": ").map(String.init)
        return (parts[0], parts[1])
    }

    // MARK: - Services

    /// `id: what it serves -> what it would serve`; `-` for nothing, `=` where nothing changes.
    @Test(arguments: [
        (["a: s -> s", "b: t -> t"], []),
        // A service passes on where its owner gives it up.
        (["a: s -> t", "b: t -> s"], []),
        (["a: s -> -", "b: - -> s"], []),
        // What runs on keeps what it has.
        (["a: s -> =", "b: t -> s"], ["b"]),
        (["a: - -> s", "b: s -> ="], ["a"]),
        // Of two that want one, the first in scan order gets it.
        (["a: - -> s", "b: - -> s"], ["b"]),
        // One that cannot change keeps what another was to have.
        (["a: s -> u", "b: t -> s", "c: u -> ="], ["a", "b"]),
    ])
    func aServiceHasOneOwner(parties: [String], refused: [String]) throws {
        let parties = try parties.map { text in
            let (id, change) = Self.split(text)
            let sides = change.split(separator: " -> ").map(String.init)
            return ServiceClaims.Party(
                id: id, present: try Self.services(sides[0]),
                wanted: sides[1] == "=" ? nil : try Self.services(sides[1]))
        }
        #expect(ServiceClaims.refusals(among: parties).keys.sorted() == refused)
    }

    @Test func theRefusalNamesServiceProfileAndOwner() throws {
        var claims = ServiceClaims()
        #expect(claims.add(try Self.services("s"), of: "a") == nil)
        let failure = claims.add(try Self.services("s"), of: "b")
        #expect(failure?.code == .duplicateService)
        #expect(failure?.reason == "serves t of the service s, as a does: remove one")
    }

    private static func services(_ id: String) throws -> [Service] {
        guard id != "-" else { return [] }
        return [try Service(Array(#"{"serviceId":"\#(id)","name":"n","online":true,"scopes":["t"]}"#.utf8))]
    }
}
