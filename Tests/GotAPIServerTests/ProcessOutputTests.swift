// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPIServer
import Testing

@Suite struct ProcessOutputTests {
    @Test(.timeLimit(.minutes(1)))
    func writingDoesNotWaitForAReaderAndLosesNothingBelowItsLimit() throws {
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        let output = ProcessOutput(descriptor: ends[1])
        // Far more than a pipe holds; a write(2) of the caller's would wait for ever.
        let lines = (0..<5_000).map { "line \($0), as long as a line of the log often is, or a little longer\n" }
        for line in lines { output.write(line) }
        output.flush(within: .milliseconds(1))
        let expected = Array(lines.joined().utf8)
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while received.count < expected.count {
            let count = read(ends[0], &buffer, buffer.count)
            try #require(count > 0)
            received += buffer.prefix(count)
        }
        #expect(received == expected)
        output.flush(within: .seconds(10))
        for end in ends { close(end) }
    }

    @Test(.timeLimit(.minutes(1)))
    func whatNobodyReadsIsLeftOutAndCounted() throws {
        // What is left is written when the reader is gone; SwiftNIO ignores the signal where it runs, but not from the start.
        signal(SIGPIPE, SIG_IGN)
        var ends: [CInt] = [0, 0]
        try #require(pipe(&ends) == 0)
        let output = ProcessOutput(descriptor: ends[1])
        let line = String(repeating: "x", count: 99) + "\n"
        for _ in 0..<40_000 { output.write(line) }
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while !received.suffix(200).contains(UInt8(ascii: "(")) {
            let count = read(ends[0], &buffer, buffer.count)
            try #require(count > 0)
            received += buffer.prefix(count)
        }
        #expect(received.count < 3 << 20)
        #expect(String(decoding: received.suffix(200), as: UTF8.self).contains("messages were left out"))
        for end in ends { close(end) }
    }
}
