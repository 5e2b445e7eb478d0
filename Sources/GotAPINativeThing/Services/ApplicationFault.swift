// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// An error that an application gets: the table of native-thing.md, "As a GotAPI service".
struct ApplicationFault: Error, Sendable, Equatable {
    let code: ErrorCode
    let status: Int
    let text: String

    init(_ code: ErrorCode, _ text: String, status: Int? = nil) {
        self.code = code
        self.status = status ?? code.status
        self.text = text
    }

    /// What a thing refused.
    init(_ fault: ThingFault) {
        let diagnostic = fault.diagnostic.isEmpty ? "The thing refused it." : fault.diagnostic
        self.init(.error, diagnostic, status: fault.isPermanent ? 400 : 503)
    }

    /// The members of an answer or push.
    var members: [UInt8] {
        let object: JSONNode = [
            "result": JSONNode(integerLiteral: code.rawValue), "statusCode": JSONNode(integerLiteral: status),
            "errorCode": JSONNode(.text("\(code.rawValue)")),
            "errorMessage": JSONNode(.text("[\(code.name)] \(text)")),
        ]
        return object.bytes
    }

    static let offline = ApplicationFault(.error, "The thing is offline.", status: 503)
    static let busy = ApplicationFault(.error, "The thing has too many requests to answer.", status: 503)
    static let overtaken = ApplicationFault(.error, "The subscription was ended before it began.", status: 503)
    static let noValue = ApplicationFault(.error, "The thing has not said the value yet.", status: 503)
    static let gone = ApplicationFault(.unknownService, "The thing is no longer paired.")
    static let notKept = ApplicationFault(.unknownService, "The thing could not be kept.")
    static let noAttribute = ApplicationFault(.invalidAttribute, "The profile has no such attribute.")
    static let noMethod = ApplicationFault(.invalidMethod, "The attribute cannot be asked for with this method.")

    static func parameter(_ text: String) -> ApplicationFault { ApplicationFault(.invalidParameter, text) }
}
