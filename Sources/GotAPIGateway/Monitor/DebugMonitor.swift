// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Prints every message on GotAPI-1 and GotAPI-5 in the form of node-gotapi's README, "Starting the GotAPI Server in the
/// debug mode". Secrets are masked (gotapi-wire.md, "Debug options").
struct DebugMonitor: Sendable {
    private let print: @Sendable (String) -> Void

    init(print: @escaping @Sendable (String) -> Void) { self.print = print }

    // MARK: - GotAPI-1

    func received(_ request: WebRequest) {
        var text = "\(Printable.text(request.method)) \(SecretMask.target(request.target))"
        switch request.body {
        case .tooLarge: text += "\n\n(a body of more than 1 MiB)"
        case .bytes(let body) where !body.isEmpty:
            if RequestHeaders(request.headers).hasMediaType("application/x-www-form-urlencoded") {
                text += "\n\n" + SecretMask.form(String(decoding: body, as: UTF8.self))
            } else {
                text += "\n\n(a body of \(body.count) bytes that does not count)"
            }
        case .bytes: break
        }
        show(">> IF-1", text)
    }

    func sent(_ response: WebResponse) {
        var text = "\(response.status) \(HTTPStatus.reasonPhrase(of: response.status) ?? "")"
        if !response.body.isEmpty { text += "\n\n" + SecretMask.json(response.body) }
        show("<< IF-1", text)
    }

    // MARK: - GotAPI-5

    func received(_ text: String) { show(">> IF-5", SecretMask.json(Array(text.utf8))) }

    func receivedBinary() { show(">> IF-5", "(a binary message)") }

    func sent(_ text: [UInt8]) { show("<< IF-5", SecretMask.json(text)) }

    private func show(_ direction: String, _ text: String) {
        print("----------------------------------------------\n\(direction)\n\n\(text)\n")
    }
}
