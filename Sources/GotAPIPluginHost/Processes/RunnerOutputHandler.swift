// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOCore

/// Reads what a plug-in's process prints, line by line, and never faster than ``bytesPerPause`` each ``pause``: one
/// that prints without end waits for us instead of taking the event loop from others.
///
/// Event-loop bound.
final class RunnerOutputHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    static let bytesPerPause = 64 << 10
    static let pause = TimeAmount.milliseconds(50)

    private let onLine: (String) -> Void
    private let onEnd: () -> Void
    private var splitter = LineSplitter()
    private var bytesSincePause = 0

    init(onLine: @escaping (String) -> Void, onEnd: @escaping () -> Void) {
        self.onLine = onLine
        self.onEnd = onEnd
    }

    func channelActive(context: ChannelHandlerContext) { context.read() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        bytesSincePause += buffer.readableBytes
        for line in buffer.withUnsafeReadableBytes({ splitter.append($0) }) { onLine(line) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard bytesSincePause >= Self.bytesPerPause else { return context.read() }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            self.bytesSincePause = 0
            bound.value.read()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let line = splitter.finish() { onLine(line) }
        onEnd()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

@available(*, unavailable)
extension RunnerOutputHandler: Sendable {}
