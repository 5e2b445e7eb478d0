// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import NIOCore

/// Cuts what a plug-in's process sends into frames.
///
/// Event-loop bound.
final class RunnerChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let receiver: any PluginTransportReceiver
    private let onEnd: () -> Void
    private var frames = FrameBuffer()
    private var isBroken = false

    init(receiver: any PluginTransportReceiver, onEnd: @escaping () -> Void) {
        self.receiver = receiver
        self.onEnd = onEnd
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isBroken else { return }
        frames.append(unwrapInboundIn(data).readableBytesView)
        do throws(FrameError) {
            while let payload = try frames.next() { receiver.received(payload) }
        } catch {
            isBroken = true
            receiver.malformed(reason: "sent a frame that is too long")
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { receiver.receivedBatch() }

    func channelInactive(context: ChannelHandlerContext) { onEnd() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

@available(*, unavailable)
extension RunnerChannelHandler: Sendable {}
