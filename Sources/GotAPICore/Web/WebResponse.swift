// Swift GotAPI · SPDX-License-Identifier: MIT

/// An HTTP answer as a responder made it. `GotAPIWeb` adds `Content-Length`, `Date` and `Connection`.
package struct WebResponse: Sendable, Equatable {
    package var status: Int
    package var headers: [WebRequest.Header]
    package var body: [UInt8]
    /// True where nothing more can be read from the connection after this answer.
    package var endsConnection: Bool

    package init(status: Int, headers: [WebRequest.Header] = [], body: [UInt8] = [], endsConnection: Bool = false) {
        self.status = status
        self.headers = headers
        self.body = body
        self.endsConnection = endsConnection
    }
}
