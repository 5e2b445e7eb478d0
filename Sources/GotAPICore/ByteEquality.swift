// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

extension [UInt8] {
    /// As `==`, which compares byte after byte and so takes its time for long texts. For secrets there is
    /// ``isSameSecret(_:_:)``.
    package func hasSameBytes(as other: [UInt8]) -> Bool {
        guard count == other.count else { return false }
        // memcmp(3) reads as many bytes as there are; an empty array may have no address.
        return withUnsafeBytes { own in
            other.withUnsafeBytes { other in
                guard let start = own.baseAddress, let otherStart = other.baseAddress else { return true }
                return memcmp(start, otherStart, own.count) == 0
            }
        }
    }
}
