// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// The texts that a GotAPI-5 socket is answered with: gotapi-wire.md, "GotAPI-5".
enum SessionText {
    static let confirmation: [UInt8] = {
        var writer = verify()
        writer.add("result", 0)
        writer.add("serviceId", "")
        return writer.finished()
    }()

    static func text(_ problem: SessionState.Problem) -> [UInt8] {
        switch problem {
        case .badMessage: badMessage
        case .unknownToken: unknownToken
        case .noToken: noToken
        }
    }

    private static let badMessage = error(
        400, "The message must be a JSON object with an accessToken.", JSONObjectWriter(capacity: 256))
    private static let unknownToken = error(
        401, "The access token is unknown, has ended, or is another origin's.", verify())
    private static let noToken = error(
        408, "No accessToken was sent within 5 seconds.", JSONObjectWriter(capacity: 256))

    private static func verify() -> JSONObjectWriter {
        var writer = JSONObjectWriter(capacity: 256)
        writer.add("profile", "authorization")
        writer.add("attribute", "verify")
        return writer
    }

    /// Here `errorCode` is a number, unlike on GotAPI-1.
    private static func error(_ status: Int, _ message: String, _ beginning: JSONObjectWriter) -> [UInt8] {
        var writer = beginning
        writer.add("result", status)
        writer.add("errorCode", status)
        writer.add("errorText", HTTPStatus.reasonPhrase(of: status) ?? "")
        writer.add("errorMessage", message)
        writer.add("serviceId", "")
        return writer.finished()
    }
}
