// Swift GotAPI · SPDX-License-Identifier: MIT

import NIOCore
import NIOWebSocket

/// The WebSockets of one event loop, and what they are sent: in each round a frame to everybody who takes one.
struct Audience {
    var members: [ObjectIdentifier: ChannelHandlerContext] = [:]
    private var hasBegun = false
    private var number = 0

    /// Begins in all event loops, once.
    static func begin(_ audiences: [NIOLoopBoundBox<Audience>]) {
        for audience in audiences {
            audience.eventLoop.execute {
                guard !audience.value.hasBegun else { return }
                audience.value.hasBegun = true
                round(audience)
            }
        }
    }

    private static func round(_ audience: NIOLoopBoundBox<Audience>) {
        audience.value.number += 1
        let text = #"{"profile":"t","attribute":"","result":0,"serviceId":"fanout","data":\#(audience.value.number)}"#
        let frame = WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: text))
        var isAnybodyServed = false
        for member in audience.value.members.values where member.channel.isWritable {
            member.writeAndFlush(NIOAny(frame), promise: nil)
            isAnybodyServed = true
        }
        // The sockets have their turn, as in the gateway: an event loop runs all tasks that are due before it looks at them.
        audience.eventLoop.scheduleTask(in: isAnybodyServed ? .microseconds(1) : .milliseconds(1)) { round(audience) }
    }
}

/// Answers the first text, which is a token, and from then on belongs to the audience.
final class SocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let audience: NIOLoopBoundBox<Audience>

    init(audience: NIOLoopBoundBox<Audience>) { self.audience = audience }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard unwrapInboundIn(data).opcode == .text else { return }
        let answer = ByteBuffer(string: #"{"result":0}"#)
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: .text, data: answer)), promise: nil)
        audience.value.members[ObjectIdentifier(self)] = context
    }

    func channelInactive(context: ChannelHandlerContext) { audience.value.members[ObjectIdentifier(self)] = nil }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
