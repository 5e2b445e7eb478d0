// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import NIOCore
import NIOPosix

extension HTTPConnectionHandler {
    /// Answers with a file of the document root.
    ///
    /// Files are found and read by a pool of threads, since a disk can take as long as it likes. Large ones go in portions,
    /// the next when the client has taken the last; `sendfile` would block the event loop on a cold page, and cannot tell
    /// that a file has become shorter.
    func serve(_ files: StaticFiles, _ head: RequestHead, _ target: RequestTarget, _ answering: Answering) {
        let settings = files.current
        guard settings.admits(source) else {
            answer(ResponseEncoder.plain(403), answering)
            return
        }
        guard head.method == "GET" || answering.isHEAD else {
            answer(ResponseEncoder.plain(405, headers: [.init(name: "Allow", value: "GET, HEAD")]), answering)
            return
        }
        let path: FilePath
        do {
            path = try FilePath(target.path)
        } catch {
            answer(ResponseEncoder.plain(error == .malformed ? 400 : 404), answering)
            return
        }
        let rawPath = String(target.path)
        let found = shared.filePool.runIfActive(eventLoop: loop.eventLoop) {
            FileAnswer.make(
                root: settings.documentRoot, path: path, rawPath: rawPath, isHEAD: answering.isHEAD,
                headers: head.headers, now: time(nil))
        }
        found.assumeIsolated().whenComplete { result in
            guard self.isAnswering(answering) else { return }
            switch result {
            case .success(let file): self.send(file, answering)
            case .failure: self.abort()  // the pool has ended, and with it the server
            }
        }
    }

    private func isAnswering(_ answering: Answering) -> Bool {
        if case .answering(let current) = state { current.sequence == answering.sequence } else { false }
    }

    private func send(_ file: FileAnswer, _ answering: Answering) {
        let ends = !answering.keepsAlive || loop.isDraining
        appendHead(file.status, file.headers, contentLength: file.contentLength, answering, ends: ends)
        switch file.content {
        case .bytes(let bytes):
            if !answering.isHEAD { append { $0.writeBytes(bytes) } }
            finishAnswer(ends: ends)
            continueAfterAnswer()
        case .file(let file, let part):
            var begun = answering
            begun.hasBegun = true
            state = .answering(begun)
            flushOutput()
            sendPortion(of: file, part, answering, ends: ends)
        }
    }

    private func sendPortion(of file: OpenFile, _ part: Range<Int>, _ answering: Answering, ends: Bool) {
        guard let context else { return }
        let allocator = context.channel.allocator
        let portion = shared.filePool.runIfActive(eventLoop: loop.eventLoop) {
            FileAnswer.readPortion(of: file, part, allocator)
        }
        portion.assumeIsolated().whenComplete { result in
            guard self.isAnswering(answering), let context = self.context else { return }
            // The file has become shorter: the client notices by the missing bytes.
            guard case .success(let portion?) = result else { return self.abort() }
            let rest = part.dropFirst(portion.readableBytes)
            self.written += portion.readableBytes
            context.writeAndFlush(self.wrapOutboundOut(portion)).assumeIsolated().whenComplete { result in
                guard self.isAnswering(answering), case .success = result else { return }
                if rest.isEmpty {
                    self.finishAnswer(ends: ends)
                    self.continueAfterAnswer()
                } else {
                    self.sendPortion(of: file, rest, answering, ends: ends)
                }
            }
        }
    }
}
