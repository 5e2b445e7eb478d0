// Swift GotAPI · SPDX-License-Identifier: MIT

/// Whether two secrets are the same. How long it takes depends on how long they are alone.
package func isSameSecret(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    left.count == right.count && zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}
