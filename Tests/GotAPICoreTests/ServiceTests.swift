// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@Suite struct ServiceTests {
    @Test func aServiceKeepsItsOwnMembers() throws {
        let json = #"{"serviceId":"s","name":"n","online":true,"scopes":["a","serviceinformation"],"extra":{"x":[1]}}"#
        let service = try Service(Array(json.utf8))
        #expect(service.json == Array(json.utf8))
        #expect(service.answers(profile: "a"))
        #expect(!service.answers(profile: "A"))
        #expect(service.answers(profile: "serviceInformation"))
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
