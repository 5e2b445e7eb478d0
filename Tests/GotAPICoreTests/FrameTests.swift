// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@Suite struct FrameTests {
    static let hostFrames: [HostFrame] = [
        .load(LoadInstruction(library: "/l", id: "a.b", config: "{}", dataDirectory: "/d", resourceDirectory: "")),
        .load(
            LoadInstruction(
                library: "/l", description: "{\"id\": \"a.b\"}", id: "a.b", config: "{}", dataDirectory: "/d",
                resourceDirectory: "")),
        load(limiter: .controlGroup), load(limiter: .process(reason: "no cgroup")),
        .start, .stop, .expire(message: .max), .unsubscribe(subscription: 7, reason: .tokenEnded),
        .reachable(subscription: 1, true), .reachable(subscription: 1, false), .pushesRead(bytes: 9), .probe(3),
        .message(
            PluginMessage(
                id: 5, kind: .request, client: 6, method: "put", serviceID: "s", profile: "p", attribute: "a",
                package: "https://x", clientID: "c", accessToken: "t", receiver: "r",
                parameters: [.init(name: "ä", value: ""), .init(name: "", value: "😀")], deadline: 99, isReplay: true)),
    ]

    static let pluginFrames: [PluginFrame] = [
        .loaded(
            PluginDescriptor(
                id: "a.b", name: "N", version: "1", vendor: "v", flags: [.exclusive, .inline],
                services: Array("[]".utf8))),
        .refused(LoadFailure(.abiMajor, "why")), .started, .startFailed(reason: "x"),
        .answer(message: 1, members: Array("{}".utf8)), .unanswered(message: 2),
        .subscribed(message: 1, subscription: 2), .push(subscription: 2, members: []),
        .push(subscription: 1 << 62 | 3, members: Array(#"{"data":1}"#.utf8)), .unsubscribed(subscription: 2),
        .log(level: 3, text: "line"), .servicesChanged, .alive(1), .stopped,
        .caged([CageFeature("files", .partial, "line"), CageFeature("x", .unavailable, "")]), .caged([]),
    ]

    private static func load(limiter: Cage.Limiter) -> HostFrame {
        let cage = Cage(
            paths: [Cage.Path("/usr", [.read, .execute]), Cage.Path("/dev", [.write, .control])], deniesNetwork: true,
            deniesDevices: false, memoryLimit: 256 << 20, processLimit: 512, limiter: limiter)
        return .load(
            LoadInstruction(
                library: "/l", id: "a.b", config: "{}", dataDirectory: "/d", resourceDirectory: "/r", cage: cage))
    }

    @Test(arguments: hostFrames)
    func hostFramesTravel(frame: HostFrame) throws {
        var bytes: [UInt8] = []
        frame.append(to: &bytes)
        var buffer = FrameBuffer()
        buffer.append(bytes)
        let payload = try #require(try buffer.next())
        #expect(try HostFrame(payload) == frame)
        #expect(try buffer.next() == nil)
    }

    @Test(arguments: pluginFrames)
    func aPushIsReadAndWrittenAsItsFrame(frame: PluginFrame) {
        var bytes: [UInt8] = []
        frame.append(to: &bytes)
        let payload = bytes.dropFirst(4)
        guard case .push(let subscription, let members) = frame else {
            #expect(PushFrame(payload) == nil)
            return
        }
        #expect(PushFrame(payload)?.subscription == subscription)
        #expect(PushFrame(payload)?.members.elementsEqual(members) == true)
        var written: [UInt8] = []
        PushFrame.append(subscription: subscription, members: members, to: &written)
        #expect(written == bytes)
    }

    @Test func whatIsNoWholePushIsNone() {
        var bytes: [UInt8] = []
        PushFrame.append(subscription: .max, members: Array("{}".utf8), to: &bytes)
        let payload = bytes.dropFirst(4)
        for count in 0..<payload.count { #expect(PushFrame(payload.prefix(count)) == nil, "\(count) bytes") }
        #expect(PushFrame(payload + [0]) == nil)
    }

    @Test(arguments: pluginFrames)
    func pluginFramesTravel(frame: PluginFrame) throws {
        var bytes: [UInt8] = []
        frame.append(to: &bytes)
        #expect(try PluginFrame(bytes.dropFirst(4)) == frame)
    }

    @Test func everyTruncationIsRefused() {
        var all: [[UInt8]] = []
        for frame in Self.hostFrames {
            var bytes: [UInt8] = []
            frame.append(to: &bytes)
            all.append(Array(bytes.dropFirst(4)))
        }
        for payload in all {
            for count in 0..<payload.count {
                #expect(throws: FrameError.malformed) { try HostFrame(payload[..<count]) }
            }
            #expect(throws: FrameError.malformed) { try HostFrame(payload + [0]) }
        }
    }

    @Test func aStreamIsCutWhereverItBreaks() throws {
        var stream: [UInt8] = []
        for frame in Self.hostFrames { frame.append(to: &stream) }
        var buffer = FrameBuffer()
        var frames: [HostFrame] = []
        for byte in stream {
            buffer.append(CollectionOfOne(byte))
            while let payload = try buffer.next() { frames.append(try HostFrame(payload)) }
        }
        #expect(frames == Self.hostFrames)
    }

    @Test func anEndlessFrameIsRefusedBeforeItIsStored() {
        var buffer = FrameBuffer()
        buffer.append([0xff, 0xff, 0xff, 0x7f])
        #expect(throws: FrameError.tooLong(0x7fff_ffff)) { try buffer.next() }
    }
}
