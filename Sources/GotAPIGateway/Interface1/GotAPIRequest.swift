// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// A GotAPI-1 request, decoded: gotapi-wire.md, "GotAPI-1 request", rules 4 to 6.
struct GotAPIRequest: Sendable {
    enum Method: String, Sendable {
        case get
        case post
        case put
        case delete

        init?(_ name: String) {
            switch name {
            case "GET": self = .get
            case "POST": self = .post
            case "PUT": self = .put
            case "DELETE": self = .delete
            default: return nil
            }
        }
    }

    /// Why a request could not be decoded, and what of it could.
    struct Failure: Error, Equatable, Sendable {
        enum Reason: Equatable, Sendable {
            /// 400, code 10.
            case malformed(String)
            /// 413, code 10.
            case tooLarge
            /// 405, code 3.
            case multipart
        }

        let reason: Reason
        let profile: String
        let attribute: String
        let serviceID: String?
    }

    let method: Method
    let profile: String
    let attribute: String
    let parameters: Parameters

    init(method: Method, _ request: WebRequest, _ headers: RequestHeaders) throws(Failure) {
        self.method = method
        // A native string lends its bytes; another one is copied into one first.
        var target = request.target
        let parts = target.withUTF8 { Self.split($0) }

        profile = parts.profile ?? ""
        attribute = parts.attribute ?? ""
        let query: Parameters? = try? parts.query.get()
        func failure(_ reason: Failure.Reason) -> Failure {
            Failure(
                reason: reason, profile: parts.profile ?? "", attribute: parts.attribute ?? "",
                serviceID: query?["serviceId"])
        }

        guard case .bytes(let body) = request.body else { throw failure(.tooLarge) }
        if case .failure(let malformed) = parts.query { throw failure(.malformed(malformed.reason)) }
        guard parts.profile != nil, parts.attribute != nil, var parameters = query else {
            throw failure(.malformed("The path could not be decoded."))
        }
        guard !headers.hasMediaType("multipart/form-data") else { throw failure(.multipart) }
        if !body.isEmpty, headers.hasMediaType("application/x-www-form-urlencoded") {
            let outcome = body.withUnsafeBufferPointer { body -> Result<Parameters, Parameters.Malformed> in
                do throws(Parameters.Malformed) {
                    try parameters.add(body)
                    return .success(parameters)
                } catch { return .failure(error) }
            }
            switch outcome {
            case .success(let merged): parameters = merged
            case .failure(let malformed): throw failure(.malformed(malformed.reason))
            }
        }
        self.parameters = parameters
    }

    // MARK: - The target

    private struct Parts {
        /// `nil` where it could not be decoded, as with ``attribute``.
        var profile: String? = ""
        var attribute: String? = ""
        var query: Result<Parameters, Parameters.Malformed> = .success(Parameters())
    }

    /// Splits `/gotapi/{profile}[/{attribute}][/…][?query]`, also in absolute form.
    private static func split(_ target: UnsafeBufferPointer<UInt8>) -> Parts {
        var parts = Parts()
        let pathStart = startOfPath(target)
        let pathEnd = target[pathStart...].firstIndex(of: UInt8(ascii: "?")) ?? target.count

        var segment = 0
        var start = pathStart + 1
        while start <= pathEnd, segment < 3 {
            let end = target[start..<pathEnd].firstIndex(of: UInt8(ascii: "/")) ?? pathEnd
            let bytes = UnsafeBufferPointer(rebasing: target[start..<end])
            if segment == 1 { parts.profile = decodePercentEncoding(bytes, plusIsSpace: false) }
            if segment == 2 { parts.attribute = decodePercentEncoding(bytes, plusIsSpace: false) }
            segment += 1
            start = end + 1
        }

        guard pathEnd < target.count else { return parts }
        var query = Parameters()
        do throws(Parameters.Malformed) {
            try query.add(UnsafeBufferPointer(rebasing: target[(pathEnd + 1)...]))
            parts.query = .success(query)
        } catch { parts.query = .failure(error) }
        return parts
    }

    /// Where the path begins: 0, or behind the authority of an absolute form.
    private static func startOfPath(_ target: UnsafeBufferPointer<UInt8>) -> Int {
        guard target.first != UInt8(ascii: "/"), let colon = target.firstIndex(of: UInt8(ascii: ":")),
            target.count > colon + 2, target[colon + 1] == UInt8(ascii: "/"), target[colon + 2] == UInt8(ascii: "/")
        else { return 0 }
        let authority = target[(colon + 3)...]
        return authority.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? target.count
    }
}
