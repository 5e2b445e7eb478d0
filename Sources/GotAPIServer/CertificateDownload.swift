// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIWeb

/// `/server.crt`: the certificate for whoever wants to import or pin it (native-thing.md, "Finding the steward"). It is public:
/// every TLS handshake shows it.
struct CertificateDownload: Responder {
    static let path = "/server.crt"

    let certificate: ServerCertificate
    /// Whether this address may have it.
    let admits: @Sendable (IPAddress) -> Bool

    func respond(to request: WebRequest, completion: Completion) -> Cancellation? {
        completion(answer(to: request))
        return nil
    }

    private func answer(to request: WebRequest) -> WebResponse {
        guard admits(request.source) else { return WebResponse(status: 403) }
        // The route is this path and all below it.
        guard RequestTarget(request.target)?.path.hasSuffix("/") == false, let served = certificate.current else {
            return WebResponse(status: 404)
        }
        guard request.method == "GET" || request.method == "HEAD" else {
            return WebResponse(status: 405, headers: [.init(name: "Allow", value: "GET, HEAD")])
        }
        return WebResponse(
            status: 200,
            headers: [
                .init(name: "Content-Type", value: "application/x-pem-file"),
                .init(name: "Content-Disposition", value: "attachment; filename=\"server.crt\""),
                // It is issued again under the same name.
                .init(name: "Cache-Control", value: "no-cache"),
            ], body: Array(served.pem.utf8))
    }
}
