// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@Suite struct ErrorCodeTests {
    @Test func everyStatusHasAReasonPhrase() {
        for code in ErrorCode.allCases { #expect(HTTPStatus.reasonPhrase(of: code.status) != nil) }
        #expect(HTTPStatus.reasonPhrase(of: 499) == nil)
    }

    @Test func aTimeoutIsNotRepeatedByBrowsers() {
        #expect(ErrorCode.timeout.status == 500)
    }
}
