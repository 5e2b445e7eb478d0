// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// Our answers to a thing's requests.
struct ThingReply: Sendable, Equatable {
    /// What became of one item: members beside `status`, or why not.
    typealias Item = (key: String, outcome: Result<[(String, JSONNode)], ThingFault>)

    let requestID: RequestID
    let dialect: ThingDialect

    func error(_ fault: ThingFault) -> [UInt8] { message([("error", fault.json)]) }

    func result(_ members: [(String, JSONNode)] = []) -> [UInt8] {
        message([("result", Self.success(members))])
    }

    /// A detailed result.
    ///
    /// - Parameter kind: `things` or `events`.
    func items(_ kind: String, _ items: [Item]) -> [UInt8] {
        let members = items.map { item in
            switch item.outcome {
            case .success(let members): JSONNode.Member(name: item.key, value: Self.success(members))
            case .failure(let fault): JSONNode.Member(name: item.key, value: ["error": fault.json])
            }
        }
        return message([(kind, JSONNode(.object(members)))])
    }

    func message(_ members: [(String, JSONNode)]) -> [UInt8] {
        JSONNode(members: dialect.replyMembers + [("requestID", requestID.json)] + members).bytes
    }

    private static func success(_ members: [(String, JSONNode)]) -> JSONNode {
        JSONNode(members: [("status", "success")] + members)
    }
}

extension JSONNode {
    init(members: [(String, JSONNode)]) { self.init(.object(members.map { Member(name: $0, value: $1) })) }
}
