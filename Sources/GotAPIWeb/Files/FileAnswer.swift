// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import NIOCore

/// The answer to a request for a file, as far as it can be made before the bytes are sent.
struct FileAnswer: Sendable {
    enum Content: Sendable {
        case bytes([UInt8])
        /// This part of the file, to be read while it is sent.
        case file(OpenFile, Range<Int>)
    }

    let status: Int
    let headers: [WebRequest.Header]
    /// `nil` where the status allows no body.
    let contentLength: Int?
    /// Empty for HEAD.
    let content: Content

    /// Files up to this size are read at once.
    static let portion = 32 << 10

    private init(_ response: WebResponse) {
        status = response.status
        headers = response.headers
        contentLength = response.body.count
        content = .bytes(response.body)
    }

    private init(status: Int, headers: [WebRequest.Header], contentLength: Int?, content: Content = .bytes([])) {
        self.status = status
        self.headers = headers
        self.contentLength = contentLength
        self.content = content
    }

    /// Looks the file up and reads it if it is small. Blocks: not for an event loop.
    ///
    /// - Parameter rawPath: the path as sent, for a redirection.
    static func make(
        root: String, path: FilePath, rawPath: String, isHEAD: Bool, headers: [WebRequest.Header], now: Int
    ) -> FileAnswer {
        do throws(FolderWalk.Failure) {
            var walk = try FolderWalk(root: root)
            var found = try walk.go(along: path.names)
            var name = path.names.last ?? ""
            if found.isFolder {
                name = "index.html"
                found = try walk.go(along: [name])
                guard !found.isFolder else { throw FolderWalk.Failure.missing }
                // Relative links in the page count from the folder only where its path ends in a slash.
                if !path.endsInSlash, !path.names.isEmpty { return redirection(to: rawPath + "/") }
            } else if path.endsInSlash {
                throw FolderWalk.Failure.missing
            }
            return make(found, name: name, isHEAD: isHEAD, headers: headers, now: now)
        } catch {
            return FileAnswer(plain(for: error))
        }
    }

    private static func plain(for failure: FolderWalk.Failure) -> WebResponse {
        switch failure {
        case .missing: ResponseEncoder.plain(404)
        case .forbidden: ResponseEncoder.plain(403)
        case .failed(EMFILE), .failed(ENFILE): ResponseEncoder.plain(503)
        case .failed: ResponseEncoder.plain(500)
        }
    }

    private static func redirection(to path: String) -> FileAnswer {
        FileAnswer(ResponseEncoder.plain(301, headers: [.init(name: "Location", value: path)]))
    }

    private static func make(
        _ found: FolderWalk.Found, name: String, isHEAD: Bool, headers requested: [WebRequest.Header], now: Int
    ) -> FileAnswer {
        let size = Int(found.status.st_size)
        let modified = found.status.st_mtim
        let conditions = FileConditions(
            size: size, modifiedSeconds: modified.tv_sec, modifiedNanoseconds: modified.tv_nsec,
            inode: UInt64(found.status.st_ino))
        let validators: [WebRequest.Header] = [
            .init(name: "ETag", value: conditions.entityTag),
            // Never later than the answer's own date (RFC 9110, section 8.8.2.1).
            .init(name: "Last-Modified", value: HTTPDate.format(min(conditions.lastModified, now))),
            .init(name: "Cache-Control", value: "no-cache"),
        ]
        let described =
            validators + [
                .init(name: "Content-Type", value: MediaType.of(name)),
                .init(name: "X-Content-Type-Options", value: "nosniff"), .init(name: "Accept-Ranges", value: "bytes"),
            ]
        var range = ByteRange.whole
        switch conditions.evaluate(requested) {
        case .preconditionFailed: return FileAnswer(ResponseEncoder.plain(412))
        case .notModified: return FileAnswer(status: 304, headers: validators, contentLength: nil)
        case .serveWhole: break
        case .serve:
            // Ranges are defined for GET only (section 14.2). Two fields are as malformed as one list of two.
            let fields = requested.filter { isEqualIgnoringCase($0.name, "range") }
            if !isHEAD, fields.count == 1 { range = ByteRange(fields[0].value, size: size) }
        }
        switch range {
        case .unsatisfiable:
            return FileAnswer(
                ResponseEncoder.plain(416, headers: [.init(name: "Content-Range", value: "bytes */\(size)")]))
        case .whole:
            return make(found.file, 200, described, 0..<size, isHEAD: isHEAD)
        case .part(let part):
            let field = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)"
            return make(
                found.file, 206, described + [.init(name: "Content-Range", value: field)], part, isHEAD: isHEAD)
        }
    }

    private static func make(
        _ file: OpenFile, _ status: Int, _ headers: [WebRequest.Header], _ part: Range<Int>, isHEAD: Bool
    ) -> FileAnswer {
        var content = Content.bytes([])
        if !isHEAD, part.count > portion {
            content = .file(file, part)
        } else if !isHEAD, !part.isEmpty {
            guard let bytes = read(file, part) else { return FileAnswer(ResponseEncoder.plain(500)) }
            content = .bytes(bytes)
        }
        return FileAnswer(status: status, headers: headers, contentLength: part.count, content: content)
    }

    /// The part as a whole, or `nil` where the file does not have it any more.
    private static func read(_ file: OpenFile, _ part: Range<Int>) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: part.count)
        var count = 0
        while count < part.count {
            let read = bytes.withUnsafeMutableBytes { buffer in
                file.read(
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]), offset: part.lowerBound + count,
                    count: part.count - count)
            }
            guard read > 0 else { return nil }
            count += read
        }
        return bytes
    }

    /// Reads the beginning of `part`, at most ``portion`` bytes; `nil` where the file does not have it any more. Blocks.
    static func readPortion(of file: OpenFile, _ part: Range<Int>, _ allocator: ByteBufferAllocator) -> ByteBuffer? {
        let count = min(part.count, portion)
        var buffer = allocator.buffer(capacity: count)
        let read = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { space in
            max(0, file.read(into: space, offset: part.lowerBound, count: count))
        }
        return read > 0 ? buffer : nil
    }
}
