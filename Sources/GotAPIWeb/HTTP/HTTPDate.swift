// Swift GotAPI · SPDX-License-Identifier: MIT

/// Dates as HTTP writes them (RFC 9110, section 5.6.7). Seconds count from 1970-01-01 UTC.
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `seconds` as an IMF-fixdate, for example `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func format(_ seconds: Int) -> String {
        let day = seconds.flooringDivision(by: 86_400)
        let second = seconds - day * 86_400
        let (year, month, dayOfMonth) = civil(fromDay: day)
        let weekday = days[(day % 7 + 7) % 7]
        let time = [second / 3_600, second / 60 % 60, second % 60].map { padded($0, 2) }.joined(separator: ":")
        return "\(weekday), \(padded(dayOfMonth, 2)) \(months[month - 1]) \(padded(year, 4)) \(time) GMT"
    }

    /// Reads an IMF-fixdate and the two obsolete forms, RFC 850's and asctime's; `nil` for anything else.
    static func parse(_ text: String) -> Int? {
        let words = text.split(separator: " ").map(String.init)
        switch words.count {
        case 6 where words[0].hasSuffix(",") && words[5] == "GMT":
            return seconds(day: words[1], month: words[2], year: Int(words[3]), time: words[4])
        case 4 where words[0].hasSuffix(",") && words[3] == "GMT":
            let date = words[1].split(separator: "-").map(String.init)
            guard date.count == 3, date[2].utf8.count == 2, let year = Int(date[2]) else { return nil }
            // Two digits: 1970 to 2069, the nearest to today that HTTP's rule of 50 years allows for years to come.
            return seconds(day: date[0], month: date[1], year: year + (year < 70 ? 2_000 : 1_900), time: words[2])
        case 5:
            return seconds(day: words[2], month: words[1], year: Int(words[4]), time: words[3])
        default:
            return nil
        }
    }

    private static func seconds(day: String, month: String, year: Int?, time: String) -> Int? {
        let parts = time.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) ?? -1 }
        guard let day = Int(day), 1...31 ~= day, let month = months.firstIndex(of: month), let year,
            1_601...9_999 ~= year, parts.count == 3, 0...23 ~= parts[0], 0...59 ~= parts[1], 0...60 ~= parts[2]
        else { return nil }
        return Self.day(year: year, month: month + 1, day: day) * 86_400 + parts[0] * 3_600 + parts[1] * 60 + parts[2]
    }

    /// The days from 1970-01-01 to a date of the Gregorian calendar, counted in years that begin in March.
    static func day(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year.flooringDivision(by: 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(fromDay day: Int) -> (year: Int, month: Int, day: Int) {
        let day = day + 719_468
        let era = day.flooringDivision(by: 146_097)
        let dayOfEra = day - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

extension Int {
    fileprivate func flooringDivision(by divisor: Int) -> Int {
        self >= 0 ? self / divisor : -((divisor - 1 - self) / divisor)
    }
}
