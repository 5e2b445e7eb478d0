// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Decides by a request's path who answers it. Segments are percent-decoded before they are compared, so `/%67otapi` is
/// `/gotapi`; a segment that cannot be decoded equals none.
struct RouteTable: Sendable {
    enum Match: Sendable {
        case responder(any Responder)
        case webSocket(WebSocketRoute)
        case files(StaticFiles)
        /// A WebSocket upgrade where there is no WebSocket, or nothing at all.
        case nothing
    }

    private let routes: [(segments: [String], responder: any Responder)]
    private let webSocketRoutes: [(segments: [String], route: WebSocketRoute)]
    private let files: StaticFiles?

    init(_ listener: WebListener) {
        routes = listener.routes.map { (Self.segments(of: $0.path), $0.responder) }
        webSocketRoutes = listener.webSocketRoutes.map { (Self.segments(of: $0.path), $0) }
        files = listener.files
    }

    /// - Parameter isUpgrade: whether the request asks for a WebSocket. A WebSocket's path with a slash behind it is not
    ///   that path, nor one with a query unless its route ignores that (gotapi-wire.md, "GotAPI-5"; native-thing.md,
    ///   "Envelope").
    func match(_ target: RequestTarget, isUpgrade: Bool) -> Match {
        if isUpgrade {
            guard !target.path.utf8.hasSlashAtEnd,
                let (_, route) = webSocketRoutes.first(where: {
                    Self.path(target.path, beginsWith: $0.segments) == .whole
                }), target.query == nil || route.ignoresQuery
            else { return .nothing }
            return .webSocket(route)
        }
        for route in routes where Self.path(target.path, beginsWith: route.segments) != .no {
            return .responder(route.responder)
        }
        return files.map { .files($0) } ?? .nothing
    }

    private enum Prefix {
        case no
        case proper
        case whole
    }

    private static func segments(of path: String) -> [String] { path.split(separator: "/").map(String.init) }

    private static func path(_ path: Substring, beginsWith segments: [String]) -> Prefix {
        // The path begins with a slash, see RequestTarget.
        var rest = path.utf8.dropFirst()
        for (index, segment) in segments.enumerated() {
            let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            guard equal(rest[..<end], segment.utf8) else { return .no }
            guard end != rest.endIndex else { return index == segments.count - 1 ? .whole : .no }
            rest = rest[rest.index(after: end)...]
        }
        return .proper
    }

    private static func equal(_ sent: Substring.UTF8View.SubSequence, _ wanted: String.UTF8View) -> Bool {
        if sent.elementsEqual(wanted) { return true }
        // Decoding allocates; nearly no request needs it here.
        guard sent.contains(UInt8(ascii: "%")) else { return false }
        return PercentEncoding.decode(sent, plusIsSpace: false)?.utf8.elementsEqual(wanted) ?? false
    }
}

extension Substring.UTF8View {
    fileprivate var hasSlashAtEnd: Bool { last == UInt8(ascii: "/") }
}
