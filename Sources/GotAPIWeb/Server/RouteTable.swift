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

    private let routes: [(segments: [[UInt8]], responder: any Responder)]
    private let webSocketRoutes: [(segments: [[UInt8]], route: WebSocketRoute)]
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

    private static func segments(of path: String) -> [[UInt8]] { path.split(separator: "/").map { Array($0.utf8) } }

    private static func path(_ path: Substring, beginsWith segments: [[UInt8]]) -> Prefix {
        // A native string, as all are that were sent, lends its bytes.
        path.utf8.withContiguousStorageIfAvailable { bytes($0, beginWith: segments) }
            ?? Array(path.utf8).withUnsafeBufferPointer { bytes($0, beginWith: segments) }
    }

    /// The pointer is used inside the call only.
    private static func bytes(_ path: UnsafeBufferPointer<UInt8>, beginWith segments: [[UInt8]]) -> Prefix {
        // The path begins with a slash, see RequestTarget.
        var start = 1
        for (index, segment) in segments.enumerated() {
            let end = path[start...].firstIndex(of: UInt8(ascii: "/")) ?? path.count
            guard equal(path[start..<end], segment) else { return .no }
            guard end != path.count else { return index == segments.count - 1 ? .whole : .no }
            start = end + 1
        }
        return .proper
    }

    private static func equal(_ sent: Slice<UnsafeBufferPointer<UInt8>>, _ wanted: [UInt8]) -> Bool {
        if sent.elementsEqual(wanted) { return true }
        // Decoding allocates; nearly no request needs it here.
        guard sent.contains(UInt8(ascii: "%")) else { return false }
        return PercentEncoding.decode(sent, plusIsSpace: false)?.utf8.elementsEqual(wanted) ?? false
    }
}

extension Substring.UTF8View {
    fileprivate var hasSlashAtEnd: Bool { last == UInt8(ascii: "/") }
}
