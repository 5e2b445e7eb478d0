// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// The header fields that GotAPI-1 looks at, found in one pass.
struct RequestHeaders: Sendable {
    private(set) var origin: String?
    private(set) var isOriginRepeated = false
    private(set) var referer: String?
    private(set) var contentType: String?
    private(set) var requestedHeaders: String?

    init(_ headers: [WebRequest.Header]) {
        for header in headers {
            // The length tells most fields apart without comparing.
            switch header.name.utf8.count {
            case 6 where isField(header.name, "origin"):
                isOriginRepeated = origin != nil
                origin = origin ?? header.value
            case 7 where isField(header.name, "referer"): referer = referer ?? header.value
            case 12 where isField(header.name, "content-type"): contentType = contentType ?? header.value
            case 30 where isField(header.name, "access-control-request-headers"):
                requestedHeaders = requestedHeaders ?? header.value
            default: break
            }
        }
    }

    /// Whether the body has this media type; its parameters, such as a charset, do not matter.
    func hasMediaType(_ type: String) -> Bool {
        guard let contentType else { return false }
        let end = contentType.utf8.firstIndex(of: UInt8(ascii: ";")) ?? contentType.endIndex
        let spaces = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let essence = contentType[..<end].utf8.drop(while: spaces)
        let length = essence.reversed().drop(while: spaces).count
        return isEqualIgnoringCase(Substring(essence.prefix(length)), type)
    }
}
