// Swift GotAPI · SPDX-License-Identifier: MIT

/// An X.509 certificate, as its DER bytes.
struct Certificate: Sendable, Equatable {
    let der: [UInt8]
}
