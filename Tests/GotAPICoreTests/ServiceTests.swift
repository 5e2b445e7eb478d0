// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@Suite struct ServiceTests {
    @Test func aServiceKeepsItsOwnMembers() throws {
        let json = #"{"serviceId":"s","name":"n","online":true,"scopes":["a","serviceinformation"],"extra":{"x":[1]}}"#
        let service = try Service(Array(json.utf8))
        #expect(service.json == Array(json.utf8))
        #expect(service.routes == ["a", "serviceinformation"])
    }

    @Test func aServiceIsFoundUnderItsScopesAndOneWithoutUnderTheEmptyName() throws {
        let two = #"{"serviceId":"s","name":"n","online":true,"scopes":["A","serviceInformation"]}"#
        #expect(try Service(Array(two.utf8)).routes == ["A", "serviceinformation"])
        let none = #"{"serviceId":"s","name":"n","online":true,"scopes":[]}"#
        #expect(try Service(Array(none.utf8)).routes == [""])
    }

    @Test func aServiceAndAProfileTogetherHaveOneOwner() throws {
        func service(_ scopes: String) throws -> Service {
            try Service(Array(#"{"serviceId":"s","name":"n","online":true,"scopes":[\#(scopes)]}"#.utf8))
        }
        var owners = ServiceOwners()
        #expect(owners.add(try service(#""light""#), of: "a") == nil)
        #expect(owners.add(try service(#""power""#), of: "b") == nil)
        let conflict = owners.add(try service(#""heat","light""#), of: "c")
        #expect(conflict == ServiceOwners.Conflict(serviceID: "s", profile: "light", owner: "a"))
        // Nothing of it was taken down.
        #expect(owners.add(try service(#""heat""#), of: "d") == nil)
    }

    @Test(arguments: [
        #"[]"#, #"{"name":"n","online":true,"scopes":[]}"#, #"{"serviceId":"","name":"n","online":true,"scopes":[]}"#,
        #"{"serviceId":"s","online":true,"scopes":[]}"#, #"{"serviceId":"s","name":"n","online":"true","scopes":[]}"#,
        #"{"serviceId":"s","name":"n","online":true,"scopes":[1]}"#, #"{"serviceId":"s","name":"n","online":true}"#,
    ])
    func aDefectiveServiceIsRefused(json: String) {
        #expect(throws: Service.Defect.self) { try Service(Array(json.utf8)) }
    }

    @Test func aListLeavesOutWhatIsDefective() throws {
        let json = #"[{"serviceId":"s","name":"n","online":false,"scopes":["t"]},{"serviceId":"x"}]"#
        let list = try Service.list(Array(json.utf8))
        #expect(list.services.map(\.serviceID) == ["s"])
        #expect(list.defects == [Service.Defect(reason: "service x needs a name that is a text")])
        #expect(throws: Service.Defect.self) { try Service.list(Array("{}".utf8)) }
    }
}
