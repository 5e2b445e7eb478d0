// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import GotAPIGateway
import Testing

@Suite struct ServiceDiscoveryTests {
    private static func names(_ answer: TestGateway.Answer?) -> [String] {
        (answer?.json["services"]?.array ?? []).map { "\($0["serviceId"]?.text ?? "")/\($0["name"]?.text ?? "")" }
    }

    private static func list(_ services: String...) -> String {
        #"{"services":["# + services.joined(separator: ",") + "]}"
    }

    private static func service(_ id: String, _ name: String = "1") -> String { SamplePlugins.service(id, name: name) }

    @Test func aSilentPluginKeepsItsLastServicesAndOthersAreAskedAtOnce() throws {
        let silent = ScriptedEndpoint("silent", services: [Self.service("a")])
        let quick = ScriptedEndpoint("quick", services: [Self.service("b")])
        let held = HeldReplies()
        silent.on(.serviceDiscovery, held.script)
        quick.on(.serviceDiscovery, answer: Self.list(Self.service("b", "2"), Self.service("c")))
        let test = TestGateway([silent, quick])
        let target = "/gotapi/servicediscovery?accessToken=\(try test.authorize())"
        let pending = test.begin("GET", target)
        #expect(pending.answer == nil)
        let message = try #require(quick.messages(.serviceDiscovery).first)
        #expect(message.profile == "networkServiceDiscovery")
        #expect(message.attribute == "getNetworkServices")
        #expect(message.package == TestGateway.origin)
        #expect(message.client == 0)
        #expect(message.deadline == test.clock.now + 8_000_000_000)
        // A second application waits for the answer that is owed; the quick one is asked again.
        let other = test.begin("GET", target)
        #expect(held.count == 1)
        #expect(quick.messages(.serviceDiscovery).count == 2)
        held.answerNext(.timeout)
        for pending in [pending, other] {
            #expect(pending.all.count == 1)
            #expect(Self.names(pending.answer) == ["a/1", "b/2", "c/1"])
        }
    }

    @Test func aGatewayWithoutPluginsHasNoServices() throws {
        let test = TestGateway()
        let answer = try test.send(
            "POST", "/gotapi/networkServiceDiscovery/getNetworkServices?accessToken=\(test.authorize())")
        #expect(answer.json["services"]?.array == [])
    }

    @Test(arguments: [
        ("GET", "networkServiceDiscovery/x", 4), ("PUT", "networkServiceDiscovery/getNetworkServices", 3),
        ("PUT", "servicediscovery", 4), ("DELETE", "serviceDiscovery/x", 4),
        ("GET", "servicediscovery/onServiceChange", 0),
    ])
    func eachAttributeHasItsMethods(method: String, path: String, code: Int) throws {
        let test = TestGateway()
        #expect(try test.send(method, "/gotapi/\(path)?accessToken=\(test.authorize())").result == code)
    }

    @Test func badServicesAreLeftOutAndBadAnswersChangeNothing() throws {
        let plugin = ScriptedEndpoint("p", services: [Self.service("a")])
        let test = TestGateway([plugin])
        let target = "/gotapi/servicediscovery?accessToken=\(try test.authorize())"
        for answer in ["{}", "nonsense", #"{"services":7}"#, #"{"services":null}"#] {
            plugin.on(.serviceDiscovery, answer: answer)
            #expect(Self.names(try test.send("GET", target)) == ["a/1"])
        }
        plugin.on(.serviceDiscovery, answer: Self.list(#"{"serviceId":"x"}"#, "7", Self.service("b")))
        #expect(Self.names(try test.send("GET", target)) == ["b/1"])
        plugin.on(.serviceDiscovery, answer: Self.list())
        #expect(Self.names(try test.send("GET", target)).isEmpty)
    }

    /// An answer that is the same as the one before is not read again.
    @Test func anAnswerCountsAgainOnceSomethingElseWasSaid() throws {
        let plugin = ScriptedEndpoint("p", services: [Self.service("a")])
        let test = TestGateway([plugin])
        let target = "/gotapi/servicediscovery?accessToken=\(try test.authorize())"
        let answers = [
            (Self.list(Self.service("b")), ["b/1"]), (Self.list(Self.service("b")), ["b/1"]),
            (Self.list(Self.service("c")), ["c/1"]), (Self.list(Self.service("b")), ["b/1"]),
            (Self.list(Self.service("b")) + " ", ["b/1"]), (Self.list(Self.service("b")), ["b/1"]), ("{}", ["b/1"]),
        ]
        for (answer, names) in answers {
            plugin.on(.serviceDiscovery, answer: answer)
            #expect(Self.names(try test.send("GET", target)) == names)
        }
        test.gateway.announced(plugin, services: Array("[\(Self.service("d"))]".utf8))
        plugin.on(.serviceDiscovery, answer: "{}")
        #expect(Self.names(try test.send("GET", target)) == ["d/1"])
        plugin.on(.serviceDiscovery, answer: Self.list(Self.service("b")))
        #expect(Self.names(try test.send("GET", target)) == ["b/1"])
        // What is said under another plug-in's name is another's.
        test.gateway.apply(EndpointChange([ScriptedEndpoint("p", services: [Self.service("e")])]))
        #expect(Self.names(try test.send("GET", target)) == ["e/1"])
    }

    @Test func theSameServiceAndProfileCountsForTheEarlierPluginOnly() throws {
        let one = ScriptedEndpoint("one", services: [Self.service("a", "one")])
        let two = ScriptedEndpoint("two")
        two.on(
            .serviceDiscovery,
            answer: Self.list(
                Self.service("a", "two"), SamplePlugins.service("a", name: "other", scope: "u"), Self.service("b"),
                Self.service("b", "again")))
        let test = TestGateway([one, two])
        let token = try test.authorize()
        let target = "/gotapi/servicediscovery?accessToken=\(token)"
        #expect(Self.names(try test.send("GET", target)) == ["a/one", "a/other", "b/1"])
        _ = try test.send("GET", "/gotapi/t?serviceId=a&accessToken=\(token)")
        _ = try test.send("GET", "/gotapi/u?serviceId=a&accessToken=\(token)")
        #expect(one.messages(.request).count == 1)
        #expect(two.messages(.request).count == 1)
        // When the earlier one is gone, the other's service counts.
        test.gateway.apply(EndpointChange([two]))
        #expect(Self.names(try test.send("GET", target)) == ["a/two", "a/other", "b/1"])
    }

    @Test func goneServicesCannotBeCalled() throws {
        let plugin = ScriptedEndpoint("p", services: [Self.service("a")])
        let test = TestGateway([plugin])
        let token = try test.authorize()
        #expect(try test.send("GET", "/gotapi/t?serviceId=a&accessToken=\(token)").result == 0)
        test.gateway.apply(EndpointChange([]))
        #expect(try test.send("GET", "/gotapi/t?serviceId=a&accessToken=\(token)").result == 6)
        // An answer that comes too late does not bring it back.
        test.gateway.apply(EndpointChange([plugin]))
        let held = HeldReplies()
        plugin.on(.serviceDiscovery, held.script)
        let pending = test.begin("GET", "/gotapi/servicediscovery?accessToken=\(token)")
        test.gateway.apply(EndpointChange([]))
        held.answerNext(Self.list(Self.service("b")))
        #expect(Self.names(pending.answer).isEmpty)
    }

    // MARK: - onServiceChange

    private static func change(_ service: String, _ state: Bool) -> String {
        #"{"profile":"serviceDiscovery","attribute":"onServiceChange","serviceId":"","result":0,"networkService":"#
            + service.dropLast() + #","state":\#(state)}}"#
    }

    @Test func thoseWhoAskedAreToldWhatCameChangedAndWent() throws {
        let plugin = ScriptedEndpoint("p", services: [Self.service("a"), Self.service("b")])
        let test = TestGateway([plugin])
        let tokens = try [test.authorize(), test.authorize()]
        let sockets = try tokens.map { try test.openSocket(token: $0) }
        let path = "/gotapi/serviceDiscovery/onServiceChange?nonce=n&accessToken="
        let answer = try test.send("PUT", path + tokens[0])
        #expect(answer.result == 0)
        #expect(answer.json["profile"]?.text == "serviceDiscovery")
        #expect(answer.json["attribute"]?.text == "onServiceChange")
        #expect(answer.json["hmac"]?.text == TestGateway.hmac("n"))

        plugin.on(.serviceDiscovery, answer: Self.list(Self.service("a", "2"), Self.service("c")))
        test.gateway.servicesChanged(plugin)
        let expected = [
            Self.change(Self.service("b"), false), Self.change(Self.service("a", "2"), true),
            Self.change(Self.service("c"), true),
        ]
        #expect(Set(sockets[0].outlet.texts) == Set(expected))
        #expect(sockets[0].outlet.texts.count == 3)
        #expect(sockets[1].outlet.texts.isEmpty)

        // A new generation with the same services is no change, its end is one.
        let next = ScriptedEndpoint("p", generation: 2, services: [Self.service("a", "2"), Self.service("c")])
        test.gateway.apply(EndpointChange([next]))
        #expect(sockets[0].outlet.texts.count == 3)
        test.gateway.apply(EndpointChange([]))
        #expect(sockets[0].outlet.texts.count == 5)
        _ = try test.send("DELETE", path + tokens[0])
        test.gateway.apply(EndpointChange([next]))
        #expect(sockets[0].outlet.texts.count == 5)
    }

    @Test func aWatchEndsTenSecondsAfterTheLastSocket() throws {
        let plugin = ScriptedEndpoint("p", services: [Self.service("a")])
        let test = TestGateway([plugin])
        let token = try test.authorize()
        let path = "/gotapi/servicediscovery/onServiceChange?accessToken=\(token)"
        _ = try test.send("PUT", path)
        test.clock.advance(by: .seconds(9))
        test.gateway.tick(now: test.clock.now)
        let socket = try test.openSocket(token: token)
        test.gateway.apply(EndpointChange([]))
        #expect(socket.outlet.texts.count == 1)
        _ = socket.receive(.closed)
        test.clock.advance(by: .seconds(10))
        test.gateway.tick(now: test.clock.now)
        let again = try test.openSocket(token: token)
        test.gateway.apply(EndpointChange([plugin]))
        #expect(again.outlet.texts.isEmpty)
    }

    @Test func whatAnEndpointAnnouncesIsRoutedAndToldAtOnceHoweverOften() throws {
        let plugin = ScriptedEndpoint("p", services: [Self.service("a")])
        let test = TestGateway([plugin])
        let token = try test.authorize()
        let socket = try test.openSocket(token: token)
        _ = try test.send("PUT", "/gotapi/servicediscovery/onServiceChange?accessToken=\(token)")
        plugin.on(.request, answer: "{}")
        for count in 1...3 {
            let names = ["b", "c", "d"].prefix(count)
            let services = "[" + names.map { Self.service($0) }.joined(separator: ",") + "]"
            test.gateway.announced(plugin, services: Array(services.utf8))
            let name = names.last ?? ""
            #expect(try test.send("GET", "/gotapi/t/x?serviceId=\(name)&accessToken=\(token)").result == 0)
            #expect(socket.outlet.texts.last == Self.change(Self.service(name), true))
        }
        #expect(plugin.messages(.serviceDiscovery).isEmpty)
        test.gateway.announced(ScriptedEndpoint("stranger"), services: Array("[]".utf8))
        #expect(try test.send("GET", "/gotapi/t/x?serviceId=b&accessToken=\(token)").result == 0)
    }

    @Test func aPluginThatChangesWithoutEndIsAskedOnceASecond() {
        let plugin = ScriptedEndpoint("p")
        let test = TestGateway([plugin])
        for _ in 0..<100 { test.gateway.servicesChanged(plugin) }
        #expect(plugin.messages(.serviceDiscovery).count == 1)
        test.gateway.tick(now: test.clock.now)
        #expect(plugin.messages(.serviceDiscovery).count == 1)
        test.clock.advance(by: .seconds(1))
        test.gateway.tick(now: test.clock.now)
        #expect(plugin.messages(.serviceDiscovery).count == 2)
        test.clock.advance(by: .seconds(1))
        test.gateway.tick(now: test.clock.now)
        #expect(plugin.messages(.serviceDiscovery).count == 2)
        test.gateway.servicesChanged(ScriptedEndpoint("stranger"))
    }
}
