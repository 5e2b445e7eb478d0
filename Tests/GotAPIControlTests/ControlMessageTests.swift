// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPIControl

/// The lines of the control protocol.
struct ControlMessageTests {
    @Test(arguments: [
        ControlRequest(command: "plugin list"),
        ControlRequest(command: "a\nb", arguments: ["id": "x", "n": [1, nil]]),
    ])
    func aRequestSurvivesItsLine(request: ControlRequest) throws {
        #expect(request.line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
        let copy = try ControlRequest(line: request.line.dropLast())
        #expect(copy.command == request.command)
        #expect(copy.arguments.bytes == request.arguments.bytes)
    }

    @Test(arguments: [
        ("", "not understood: no valid JSON at byte 0: expected a value, found the end"),
        ("[]", "not understood: no JSON object"),
        ("{}", "not understood: \"command\" is not a text"),
        (#"{"command": ""}"#, "not understood: \"command\" is not a text"),
        (#"{"command": "x", "arguments": []}"#, "not understood: \"arguments\" is no object"),
    ])
    func isNoRequest(line: String, words: String) {
        #expect { try ControlRequest(line: Array(line.utf8)) } throws: { "\($0)" == words }
    }

    @Test func aResponseSurvivesItsLine() throws {
        let success = try ControlResponse(line: ControlResponse.success(["a": 1]).line.dropLast())
        guard case .success(let result) = success else {
            Issue.record("no success")
            return
        }
        #expect(result["a"]?.integer == 1)
        let failure = ControlResponse.failure("no such plug-in")
        #expect(try ControlResponse(line: failure.line.dropLast()) == failure)
    }

    @Test func anAnswerThatIsTooLongBecomesAFailure() throws {
        let text = String(repeating: "x", count: ControlResponse.maximumLength)
        let line = ControlResponse.success(JSONNode(.text(text))).line
        #expect(
            try ControlResponse(line: line.dropLast())
                == .failure("the answer is longer than \(ControlResponse.maximumLength) bytes"))
    }
}
