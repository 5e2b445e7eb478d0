// Swift GotAPI · SPDX-License-Identifier: MIT

/// Reads a ``LibraryDescription`` and says where it is none.
struct DescriptionReader {
    typealias Defect = LibraryDescription.Defect

    let text: [UInt8]
    private static let methods = ["get", "post", "put", "delete"]

    init(text: [UInt8]) { self.text = text }

    mutating func read() throws(Defect) -> LibraryDescription {
        guard text.count <= LibraryDescription.maximumSize else {
            throw Defect(
                place: "the file",
                reason:
                    "it has \(text.count) bytes; at most \(LibraryDescription.maximumSize) are read. Split it: each "
                    + "description is a plug-in of its own")
        }
        let root: JSONNode
        do throws(JSONScanner.SyntaxError) {
            root = try JSONNode(parsing: text, keepsRepeatedNames: true)
        } catch {
            throw Defect(place: position(of: error.offset), reason: "no valid JSON: \(error.reason)")
        }
        let members = try object(
            root, "", required: ["id", "library", "services", "functions"], optional: ["name", "version", "vendor"])
        let id = try string(members["id"], "id", 1...63)
        guard PluginID.isValid(id.utf8) else {
            throw defect(
                members["id"], "id",
                "an id is 1 to 63 letters, digits, '.', '-' and '_', beginning with a letter, such as com.example.lamp")
        }
        let library = try string(members["library"], "library", 1...128)
        guard Self.isLibraryName(library) else {
            throw defect(
                members["library"], "library",
                "it is a file's name without a folder, with .so in it, such as libexample.so or libm.so.6")
        }
        let (services, routes) = try readServices(members["services"])
        return LibraryDescription(
            id: id, name: try string(members["name"], "name", 0...256, standard: id),
            version: try string(members["version"], "version", 0...256, standard: ""),
            vendor: try string(members["vendor"], "vendor", 0...256, standard: ""), library: library,
            services: services, functions: try readFunctions(members["functions"], routes))
    }

    private static func isLibraryName(_ name: String) -> Bool {
        guard name.utf8.first != UInt8(ascii: "."), name.includes(".so"), !name.hasSuffix(".p7s") else { return false }
        return name.utf8.allSatisfy { byte in
            0x30...0x39 ~= byte || 0x41...0x5a ~= byte || 0x61...0x7a ~= byte || "._-+".utf8.contains(byte)
        }
    }

    // MARK: - Services

    /// - Returns: the services as JSON, and the profiles that they answer.
    private func readServices(_ node: JSONNode?) throws(Defect) -> ([UInt8], Set<String>) {
        let place = "services"
        guard let elements = node?.array, !elements.isEmpty else {
            throw defect(node, place, "it is an array of at least one service object")
        }
        var routes: Set<String> = []
        var ids: Set<String> = []
        for (index, element) in elements.enumerated() {
            try checkNames(in: element, "\(place)[\(index)]")
            do throws(Service.Defect) {
                let service = try Service(element.bytes)
                guard ids.insert(service.serviceID).inserted else {
                    throw Service.Defect(reason: "another one has the same serviceId")
                }
                routes.formUnion(service.routes)
            } catch {
                throw defect(element, "\(place)[\(index)]", error.reason)
            }
        }
        return (JSONNode(.array(elements)).bytes, routes)
    }

    /// In an object of JSON, and in those in it, no name may stand twice: applications would see one of the two.
    private func checkNames(in node: JSONNode, _ place: String) throws(Defect) {
        for element in node.array ?? [] { try checkNames(in: element, place) }
        var names: Set<String> = []
        for member in node.object ?? [] {
            guard names.insert(member.name).inserted else {
                throw defect(at: member.offset, "\(place).\(member.name.beginning(64))", "it stands twice")
            }
            try checkNames(in: member.value, place)
        }
    }

    // MARK: - Functions

    private func readFunctions(
        _ node: JSONNode?, _ routes: Set<String>
    ) throws(Defect) -> [LibraryDescription.Function] {
        guard let elements = node?.array, 1...LibraryDescription.maximumFunctions ~= elements.count else {
            throw defect(node, "functions", "it is an array of 1 to \(LibraryDescription.maximumFunctions) functions")
        }
        var functions: [LibraryDescription.Function] = []
        var requests: Set<[String]> = []
        for (index, element) in elements.enumerated() {
            let place = "functions[\(index)]"
            let function = try readFunction(element, place, routes)
            guard requests.insert([function.profile, function.attribute, function.method]).inserted else {
                throw defect(element, place, "another function has the same profile, attribute and method")
            }
            functions.append(function)
        }
        return functions
    }

    private func readFunction(
        _ node: JSONNode, _ place: String, _ routes: Set<String>
    ) throws(Defect) -> LibraryDescription.Function {
        let members = try object(
            node, place, required: ["profile", "symbol", "signature"], optional: ["attribute", "method", "errors"])
        let profile = Service.canonical(try string(members["profile"], "\(place).profile", 1...128))
        guard routes.contains(profile) else {
            throw defect(
                members["profile"], "\(place).profile",
                "no service has \(Printable.quoted(profile)) in its scopes, so that nobody could ask for it")
        }
        let attribute = try string(members["attribute"], "\(place).attribute", 0...128, standard: "")
        let method = try string(members["method"], "\(place).method", 1...16, standard: "get")
        guard let known = Self.methods.first(where: { $0 == method || $0.uppercased() == method }) else {
            throw defect(members["method"], "\(place).method", "it is GET, POST, PUT or DELETE")
        }
        let symbol = try string(members["symbol"], "\(place).symbol", 1...256)
        guard Self.isSymbol(symbol) else {
            throw defect(
                members["symbol"], "\(place).symbol", "it is the name of a C function, as the library exports it")
        }
        let words = try string(
            members["signature"], "\(place).signature", 0...FunctionSignature.maximumSize, hasLines: true)
        let signature: FunctionSignature
        do throws(SignatureError) { signature = try FunctionSignature(words) } catch {
            throw defect(members["signature"], "\(place).signature, column \(error.column)", error.reason)
        }
        return LibraryDescription.Function(
            profile: profile, attribute: attribute, method: known, symbol: symbol, signature: signature,
            errors: try readErrors(members["errors"], "\(place).errors", signature.result))
    }

    private static func isSymbol(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39 ~= first) else { return false }
        return name.utf8.allSatisfy { byte in
            0x30...0x39 ~= byte || 0x41...0x5a ~= byte || 0x61...0x7a ~= byte || "_$.".utf8.contains(byte)
        }
    }

    private func readErrors(
        _ node: JSONNode?, _ place: String, _ result: FunctionSignature.Result
    ) throws(Defect) -> [LibraryDescription.CallError] {
        guard let node else { return [] }
        guard let members = node.object, members.count <= 256 else {
            throw defect(node, place, "it is an object of at most 256 members, from what is returned to an error")
        }
        var errors: [LibraryDescription.CallError] = []
        for member in members {
            let place = "\(place)[\(Printable.quoted(member.name.beginning(64)))]"
            guard result.mayReturn(member.name) else {
                throw defect(member.value, place, result.wordsForErrors)
            }
            guard !errors.contains(where: { $0.returned == member.name }) else {
                throw defect(member.value, place, "it stands twice")
            }
            let parts = try object(
                member.value, place, required: ["errorMessage"], optional: ["statusCode", "errorCode"])
            errors.append(
                LibraryDescription.CallError(
                    returned: member.name,
                    statusCode: try integer(parts["statusCode"], "\(place).statusCode", 400...599, standard: 500),
                    errorCode: try integer(parts["errorCode"], "\(place).errorCode", 1...Int(Int32.max), standard: 1),
                    errorMessage: try string(parts["errorMessage"], "\(place).errorMessage", 1...1_024, hasLines: true))
            )
        }
        return errors
    }

    // MARK: - Members

    /// The members of an object that has all of `required`, none but these and `optional`, and none twice.
    private func object(
        _ node: JSONNode, _ place: String, required: [String], optional: [String]
    ) throws(Defect) -> [String: JSONNode] {
        guard let members = node.object else {
            throw defect(node, place.isEmpty ? "the file" : place, "it is an object")
        }
        var found: [String: JSONNode] = [:]
        for member in members {
            let path = place.isEmpty ? member.name : "\(place).\(member.name)"
            guard required.contains(member.name) || optional.contains(member.name) else {
                throw defect(
                    at: member.offset, path.beginning(200),
                    "there is no such member; there are \((required + optional).joined(separator: ", "))")
            }
            guard found.updateValue(member.value, forKey: member.name) == nil else {
                throw defect(at: member.offset, path, "it stands twice")
            }
        }
        if let missing = required.first(where: { found[$0] == nil }) {
            throw defect(node, place.isEmpty ? "the file" : place, "the member \(missing) is missing")
        }
        return found
    }

    /// - Parameter hasLines: whether the text may be of several lines, with tabs.
    private func string(
        _ node: JSONNode?, _ place: String, _ length: ClosedRange<Int>, standard: String? = nil, hasLines: Bool = false
    ) throws(Defect) -> String {
        if node == nil, let standard { return standard }
        guard let text = node?.text, length.contains(text.utf8.count) else {
            throw defect(node, place, "it is a text of \(length.lowerBound) to \(length.upperBound) bytes")
        }
        let isAllowed = text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control: hasLines && (scalar == "\n" || scalar == "\t")
            case .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
        guard isAllowed else {
            throw defect(node, place, "it has a control character or ends a line; leave that out")
        }
        return text
    }

    private func integer(
        _ node: JSONNode?, _ place: String, _ range: ClosedRange<Int>, standard: Int
    ) throws(Defect) -> Int {
        guard let node else { return standard }
        guard let number = node.integer, range.contains(number) else {
            throw defect(node, place, "it is an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    private func defect(_ node: JSONNode?, _ place: String, _ reason: String) -> Defect {
        defect(at: node?.offset ?? 0, place, reason)
    }

    private func defect(at offset: Int, _ place: String, _ reason: String) -> Defect {
        let line = text[..<min(offset, text.count)].count { $0 == 0x0a } + 1
        return Defect(place: "line \(line), \(place)", reason: reason)
    }

    private func position(of offset: Int) -> String {
        let before = text[..<min(offset, text.count)]
        let start = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        let column = String(decoding: before[start...], as: UTF8.self).unicodeScalars.count + 1
        return "line \(before.count { $0 == 0x0a } + 1), column \(column)"
    }
}

extension FunctionSignature.Result {
    /// Whether a member of `errors` may have this name.
    fileprivate func mayReturn(_ text: String) -> Bool {
        switch self {
        case .none: return false
        case .text: return text == "null"
        case .status: return text != "0" && Self.isWritten(text, .i32)
        case .value(let output): return output.type.isInteger && Self.isWritten(text, output.type)
        }
    }

    /// Whether the number is written as it is compared: minus 0, say, is not.
    private static func isWritten(_ text: String, _ type: FunctionSignature.Scalar) -> Bool {
        type.read(text).map { $0.json.elementsEqual(text.utf8) } ?? false
    }

    fileprivate var wordsForErrors: String {
        switch self {
        case .none: "the function returns nothing, so that it has no errors; write -> status, or leave errors out"
        case .text: "the function returns a text: the only member is \"null\", for NULL"
        case .status: "its name is a number of i32 but 0, which is success, as in \"-1\""
        case .value(let output):
            output.type.isInteger
                ? "its name is a number of \(output.type.rawValue), as in \"1\""
                : "a result of \(output.type.rawValue) has no errors; leave errors out"
        }
    }
}
