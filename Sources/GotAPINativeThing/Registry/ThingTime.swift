// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// Times as things write them: ISO 8601 or milliseconds since 1970. All values are milliseconds since 1970, UTC.
enum ThingTime {
    /// The end of the year 9999: what is later is no time.
    private static let latest: Int64 = 253_402_300_799_999

    /// CLOCK_REALTIME.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// `nil` for what is no time.
    static func parse(_ node: JSONNode) -> Int64? {
        let time: Int64?
        switch node.content {
        case .number(let text): time = Int64(text) ?? Double(text).flatMap { Int64(exactly: $0.rounded(.down)) }
        case .text(let text): time = Int64(text) ?? parse(text)
        default: time = nil
        }
        return time.flatMap { 0...latest ~= $0 ? $0 : nil }
    }

    /// `2026-01-31T12:00:00.123Z`, or with an offset such as `+09:00`.
    static func parse(_ text: String) -> Int64? {
        var rest = Array(text.utf8)[...]
        guard let year = number(&rest, digits: 4), take("-", &rest), let month = number(&rest, digits: 2),
            take("-", &rest), let day = number(&rest, digits: 2), take("T", &rest) || take(" ", &rest),
            let hour = number(&rest, digits: 2), take(":", &rest), let minute = number(&rest, digits: 2),
            1...12 ~= month, 1...daysInMonth(month, of: year) ~= day, 0...23 ~= hour, 0...59 ~= minute
        else { return nil }
        var milliseconds: Int64 = 0
        if take(":", &rest) {
            guard let second = number(&rest, digits: 2), 0...60 ~= second else { return nil }
            milliseconds = second * 1_000
            if take(".", &rest) {
                let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
                guard !digits.isEmpty else { return nil }
                rest = rest.dropFirst(digits.count)
                let padded = Array(digits.prefix(3)) + Array("000".utf8.prefix(max(3 - digits.count, 0)))
                milliseconds += padded.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
            }
        }
        guard let offset = offset(&rest), rest.isEmpty else { return nil }
        return (days(year, month, day) * 1_440 + hour * 60 + minute - offset) * 60_000 + milliseconds
    }

    /// The offset from UTC in minutes.
    private static func offset(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        if take("Z", &rest) { return 0 }
        let isNegative = rest.first == UInt8(ascii: "-")
        guard take("+", &rest) || take("-", &rest), let hours = number(&rest, digits: 2) else { return nil }
        _ = take(":", &rest)
        guard let minutes = number(&rest, digits: 2), hours <= 23, minutes <= 59 else { return nil }
        return (hours * 60 + minutes) * (isNegative ? -1 : 1)
    }

    private static func take(_ character: Unicode.Scalar, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard let first = rest.first, first == UInt8(ascii: character) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, digits: Int) -> Int64? {
        let text = rest.prefix(digits)
        guard text.count == digits, text.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        rest = rest.dropFirst(digits)
        return text.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    private static func daysInMonth(_ month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970-01-01 in the Gregorian calendar: years begin in March, so that the leap day is a year's last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
