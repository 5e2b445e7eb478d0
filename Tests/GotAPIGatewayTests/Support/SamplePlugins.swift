// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// The three samples and the fixture plug-ins of gotapi-wire.md, as scripts.
enum SamplePlugins {
    static let echoID = "com.github.futomi.hello-world.echo"
    static let lightID = "com.github.futomi.lightemulator.light"
    static let clockID = "com.github.futomi.hello-clock.clock"

    static let samples = [
        #"{"serviceId":"\#(echoID)","name":"hello world","online":true,"scopes":["echo"]}"#,
        #"{"serviceId":"\#(lightID)","name":"Light","online":true,"scopes":["light"]}"#,
        #"{"serviceId":"\#(clockID)","name":"Simple Clock","online":true,"scopes":["clock"]}"#,
    ]
    static let oracleServices = [
        #"{"serviceId":"oracle","name":"oracle","online":true,"scopes":["t","serviceinformation"],"manufacturer":"m","#
            + #""version":"1.0","type":"x","extra":{"a":[1]}}"#,
        #"{"serviceId":"oracle2","name":"offline","online":false,"scopes":["t"]}"#,
    ]

    static func service(_ id: String, name: String? = nil, scope: String = "t") -> String {
        #"{"serviceId":"\#(id)","name":"\#(name ?? id)","online":true,"scopes":["\#(scope)"]}"#
    }

    static func members(_ text: String) -> PluginReply { .members(Array(text.utf8)) }

    static func parameter(_ name: String, of message: PluginMessage) -> String? {
        message.parameters.first { $0.name == name }?.value
    }

    static func echo() -> ScriptedEndpoint {
        ScriptedEndpoint("com.github.futomi.hello-world", services: [samples[0]]) { message, reply in
            let text = JSONText.quoted(parameter("msg", of: message) ?? "")
            reply(.members(Array(#"{"result":0,"data":"#.utf8) + text + Array("}".utf8)))
        }
    }

    static func light() -> ScriptedEndpoint {
        ScriptedEndpoint("com.github.futomi.lightemulator", services: [samples[1]]) { message, reply in
            reply(message.method == "get" ? notSupported : members(#"{"result":0,"data":null}"#))
        }
    }

    static func clock() -> ScriptedEndpoint {
        ScriptedEndpoint("com.github.futomi.hello-clock", services: [samples[2]]) { message, reply in
            guard message.attribute == "ticktack" else {
                return reply(members(#"{"result":400,"errorMessage":"Unknow profile was requested."}"#))
            }
            reply(message.method == "get" ? notSupported : members(#"{"result":0,"data":null}"#))
        }
    }

    private static let notSupported = members(
        #"{"result":400,"data":null,"errorMessage":"The HTTP Method `get` is not supported."}"#)

    static func oracle() -> ScriptedEndpoint {
        ScriptedEndpoint("oracle", services: oracleServices) { message, reply in
            switch message.attribute {
            case "silent": reply(.timeout)
            case "raw": reply(members(parameter("set", of: message) ?? ""))
            case "twice":
                reply(members(#"{"result":0,"data":1}"#))
                reply(members(#"{"result":0,"data":2}"#))
            default: reply(members(#"{"result":0,"data":"ok"}"#))
            }
        }
    }

    static func deny() -> ScriptedEndpoint {
        let endpoint = ScriptedEndpoint("deny", services: [service("deny")])
        endpoint.on(.clientID, answer: #"{"accept":false,"errorMessage":"no client for you"}"#)
        return endpoint
    }

    static func denyToken() -> ScriptedEndpoint {
        let endpoint = ScriptedEndpoint("denytoken", services: [service("denytoken")])
        endpoint.on(.accessToken, answer: #"{"accept":false}"#)
        return endpoint
    }

    static func dynamic() -> ScriptedEndpoint {
        let endpoint = ScriptedEndpoint("disc", services: [service("disc")])
        endpoint.on(.serviceDiscovery, answer: #"{"services":[\#(service("disc-dynamic", name: "dyn"))]}"#)
        endpoint.on(.request, answer: #"{"result":0}"#)
        return endpoint
    }

    static func all(_ server: WireCase.Server) -> [ScriptedEndpoint] {
        let samples = [echo(), light(), clock()]
        return server == .oracle ? samples + [oracle(), deny(), denyToken(), dynamic()] : samples
    }
}
