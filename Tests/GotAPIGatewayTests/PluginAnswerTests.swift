// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPIGateway

/// gotapi-wire.md, "A plug-in request": what becomes of what a plug-in returns.
@Suite struct PluginAnswerTests {
    private static func answer(_ members: String) -> (status: Int, json: JSONNode) {
        let context = AnswerContext(
            allowedOrigin: "*", endsConnection: false, profile: "p", attribute: "a", serviceID: "s")
        let response = context.answer(PluginAnswer(Array(members.utf8)))
        return (response.status, (try? JSONNode(parsing: response.body)) ?? JSONNode(.null))
    }

    @Test(arguments: [
        (#"{}"#, 200, 0), (#"{"result":0}"#, 200, 0), (#"{"result":"0"}"#, 200, 0), (#"{"result":12}"#, 400, 12),
        (#"{"result":"12"}"#, 400, 12), (#"{"result":1e2}"#, 400, 100), (#"{"result":5.0}"#, 400, 5),
        // What is no integer of at least 0 is the plug-in's fault.
        (#"{"result":-1}"#, 500, 1), (#"{"result":1.5}"#, 500, 1), (#"{"result":"x"}"#, 500, 1),
        (#"{"result":""}"#, 500, 1), (#"{"result":"-1"}"#, 500, 1), (#"{"result":" 1"}"#, 500, 1),
        (#"{"result":null}"#, 500, 1), (#"{"result":true}"#, 500, 1), (#"{"result":[]}"#, 500, 1),
        (#"{"result":1e400}"#, 500, 1), (#"{"result":99999999999999999999}"#, 500, 1),
        // On success, what is outside 2xx becomes 200, and what allows no body.
        (#"{"statusCode":201}"#, 201, 0), (#"{"statusCode":"202"}"#, 202, 0), (#"{"statusCode":204}"#, 200, 0),
        (#"{"statusCode":205}"#, 200, 0), (#"{"statusCode":404}"#, 200, 0), (#"{"statusCode":0}"#, 200, 0),
        (#"{"statusCode":-7}"#, 200, 0), (#"{"statusCode":1e400}"#, 200, 0), (#"{"statusCode":99.5}"#, 200, 0),
        (#"{"statusCode":299}"#, 500, 1), (#"{"statusCode":200.5}"#, 500, 1), (#"{"statusCode":null}"#, 500, 1),
        (#"{"statusCode":"abc"}"#, 500, 1), (#"{"statusCode":{}}"#, 500, 1),
        // On an error, what is outside 4xx and 5xx becomes 400.
        (#"{"result":7,"statusCode":200}"#, 400, 7), (#"{"result":7,"statusCode":503}"#, 503, 7),
        (#"{"result":7,"statusCode":600}"#, 400, 7), (#"{"result":7,"statusCode":499}"#, 500, 1),
        (#"{"result":7,"statusCode":599}"#, 500, 1), (#"{"result":7,"statusCode":true}"#, 500, 1),
        // No JSON object.
        ("", 500, 1), ("[]", 500, 1), ("{", 500, 1), ("null", 500, 1), (#"{"a":1,}"#, 500, 1),
        ("{\"a\":\"\u{1}\"}", 500, 1),
    ])
    func resultAndStatusAreTheRulesOnes(members: String, status: Int, result: Int) {
        let answer = Self.answer(members)
        #expect(answer.status == status)
        #expect(answer.json["statusCode"]?.integer == status)
        #expect(answer.json["result"]?.integer == result)
        #expect((answer.json["errorCode"] == nil) == (result == 0))
        #expect((answer.json["errorText"]?.text == HTTPStatus.reasonPhrase(of: status)) == (result > 0))
        if status == 500, result == 1 { #expect(answer.json["errorMessage"]?.text?.hasPrefix("[ERROR] ") == true) }
    }

    @Test(arguments: [
        (#"{"result":7}"#, "7", "Bad Request"),
        (#"{"result":7,"errorCode":"E-1","errorMessage":"bad\n\u00e9"}"#, "E-1", "bad\né"),
        (#"{"result":7,"errorCode":12,"errorMessage":3.5}"#, "12", "3.5"),
        (#"{"result":7,"errorCode":null,"errorMessage":null,"statusCode":404}"#, "7", "Not Found"),
        (#"{"result":7,"errorCode":true,"errorMessage":{"a":"b"}}"#, "true", #"{"a":"b"}"#),
        (#"{"result":7,"errorMessage":""}"#, "7", ""),
    ])
    func codeAndMessageBecomeText(members: String, code: String, message: String) {
        let answer = Self.answer(members)
        #expect(answer.json["errorCode"]?.text == code)
        #expect(answer.json["errorMessage"]?.text == message)
    }

    @Test func aSuccessHasNoErrorMembers() {
        let answer = Self.answer(#"{"errorCode":"x","errorMessage":"y","errorText":"z","data":1}"#)
        #expect(
            Set(answer.json.object?.map(\.name) ?? []) == [
                "profile", "attribute", "result", "statusCode", "data", "product", "version", "serviceId",
            ])
    }

    @Test func prohibitedNamesAreSkippedAndOthersKept() {
        let prohibited = [
            "if_type", "request_id", "request_url", "params", "package", "api", "profile", "attribute", "method",
            "receiver", "requestCode", "clientId", "accessToken", "action", "errorText", "product", "version", "hmac",
            "serviceId", "_", "_x", #"\u005fy"#, #"h\u006dac"#,
        ]
        let members = prohibited.map { #""\#($0)":"plug-in's""# } + [#""services":[1]"#, #""a\"b":{"_c":[ 1 , 2 ]}"#]
        let answer = Self.answer("{" + members.joined(separator: ",") + "}")
        #expect(!String(decoding: answer.json.bytes, as: UTF8.self).contains("plug-in's"))
        #expect(answer.json["services"]?.array?.map(\.integer) == [1])
        #expect(answer.json["a\"b"]?["_c"]?.array?.count == 2)
        #expect(answer.json["serviceId"]?.text == "s")
    }

    @Test func depthAndLengthHaveTheirLimits() {
        func nested(_ depth: Int) -> String {
            #"{"a":"# + String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1) + "}"
        }
        #expect(Self.answer(nested(64)).status == 200)
        #expect(Self.answer(nested(65)).status == 500)
        func long(_ length: Int) -> String { #"{"a":""# + String(repeating: "x", count: length - 8) + #""}"# }
        #expect(Self.answer(long(1 << 20)).status == 200)
        #expect(Self.answer(long(1 << 20 + 1)).status == 500)
    }

    // MARK: - Pushes

    private static func push(_ members: String) -> String? {
        let beginning = PushText.beginning(profile: "p", attribute: "a", serviceID: "s")
        return PushText.push(Array(members.utf8), beginning: beginning).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        (#"{"data":1}"#, #""result":0,"data":1"#), (#"{}"#, #""result":0"#),
        (#"{"result":"0","statusCode":"201","_x":1,"product":2}"#, #""result":0,"statusCode":201"#),
        (#"{"result":0,"statusCode":true,"errorMessage":"x"}"#, #""result":0"#),
        (
            #"{"result":400,"errorMessage":"m","d":2}"#,
            #""result":400,"errorCode":"400","errorText":"","errorMessage":"m","d":2"#
        ),
        (
            #"{"result":7,"errorCode":3,"statusCode":404}"#,
            #""result":7,"statusCode":404,"errorCode":"3","errorText":"Not Found","errorMessage":"Not Found""#
        ),
    ])
    func pushesCarryTheirMembers(members: String, expected: String) {
        #expect(Self.push(members) == #"{"profile":"p","attribute":"a","serviceId":"s","# + expected + "}")
    }

    @Test(arguments: [#"{"result":"x"}"#, #"{"result":null}"#, #"{"result":-1}"#, "[]", "", "{"])
    func aPushWithoutANumberIsNotSent(members: String) { #expect(Self.push(members) == nil) }
}
