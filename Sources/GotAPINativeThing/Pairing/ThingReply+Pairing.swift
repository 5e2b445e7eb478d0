// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// The answers to pair and hello, which the dialects have in shapes of their own.
extension ThingReply {
    /// - Parameter secret: of the one-time codes.
    func simplePairing(uuid: String, secret: [UInt8], wallTime: Int64) -> [UInt8] {
        let parameters: JSONNode = [
            "base32": JSONNode(.text(Base32.encode(secret))), "length": JSONNode(integerLiteral: OneTimeCode.digits),
            "step": JSONNode(integerLiteral: Int(OneTimeCode.step)), "timestamp": JSONNode(.number(String(wallTime))),
        ]
        return message([
            ("success", true), ("status", "success"), ("thingID", JSONNode(.text(uuid))), ("params", parameters),
            (
                "result",
                [
                    "success": true, "status": "success", "thingID": JSONNode(.text(uuid)), "params": parameters,
                ]
            ),
        ])
    }

    func hello(_ uuid: String) -> [UInt8] {
        switch dialect {
        case .native: result()
        case .simple: message([("success", true), ("status", "success"), ("result", ["status": "success"])])
        }
    }
}
