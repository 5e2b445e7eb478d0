// Swift GotAPI · SPDX-License-Identifier: MIT

/// The contract of GotAPI-1 as recorded exchanges, those that a gateway without sockets can answer.
extension WireCase {
    private typealias Case = WireCase

    private static let services = #"{"services":["# + SamplePlugins.samples.joined(separator: ",") + "]}"
    private static let oracleServices: String = {
        let others = [
            SamplePlugins.service("deny"), SamplePlugins.service("denytoken"),
            SamplePlugins.service("disc-dynamic", name: "dyn"),
        ]
        let all = SamplePlugins.samples + SamplePlugins.oracleServices + others
        return #"{"services":["# + all.joined(separator: ",") + "]}"
    }()

    static let all: [WireCase] = authorization + requests + oracle + modes

    private static let authorization: [WireCase] = [
        Case(
            "A001", "availability, no Origin, no Referer", .samples, .none, "GET /gotapi/availability?key=k3y",
            origin: nil, expect: .refusal(18, 403)),
        Case(
            "A002", "availability, foreign Origin", .samples, .none, "GET /gotapi/availability?key=k3y",
            origin: "http://evil.example", expect: .refusal(18, 403)),
        Case(
            "A004", "availability, Origin null", .samples, .none, "GET /gotapi/availability?key=k3y", origin: "null",
            expect: .refusal(18, 403)),
        Case(
            "A005", "availability, no Origin but Referer of the same site", .samples, .none,
            "GET /gotapi/availability?key=k3y", origin: nil, referer: "http://localhost:4035/index.html?x=1",
            expect: .success("availability", "")),
        Case(
            "A006", "grant before availability", .samples, .none, "GET /gotapi/authorization/grant?nonce=n1",
            expect: .failure(11, 403, "authorization", "grant")),
        Case(
            "A007", "accesstoken before availability", .samples, .none,
            "GET /gotapi/authorization/accesstoken?clientId=x&scope=all&nonce=n1",
            expect: .failure(11, 403, "authorization", "accesstoken")),
        Case(
            "A008", "availability without key", .samples, .none, "GET /gotapi/availability",
            expect: .failure(10, 400, "availability", "")),
        Case(
            "A010", "availability", .samples, .none, "GET /gotapi/availability?key=k3y",
            expect: .success("availability", "")),
        Case(
            "A011", "accesstoken before grant, clientId given", .samples, .key,
            "GET /gotapi/authorization/accesstoken?clientId=zzz&scope=all&nonce=n1",
            expect: .failure(15, 401, "authorization", "accesstoken")),
        Case(
            "A012", "grant", .samples, .key, "GET /gotapi/authorization/grant?nonce=n1",
            expect: .success("authorization", "grant", nonce: "n1", members: #"{"clientId":"*"}"#)),
        Case(
            "A013", "grant again (without nonce): a new clientId replaces the first", .samples, .client,
            "GET /gotapi/authorization/grant", expect: .success("authorization", "grant", members: #"{"clientId":"*"}"#)
        ),
        Case(
            "A015", "accesstoken, no clientId", .samples, .client,
            "GET /gotapi/authorization/accesstoken?scope=all&nonce=n1",
            expect: .failure(15, 401, "authorization", "accesstoken")),
        Case(
            "A017", "accesstoken", .samples, .client,
            "GET /gotapi/authorization/accesstoken?clientId={clientId}&scope=all&nonce=n2",
            expect: .success("authorization", "accesstoken", nonce: "n2", members: #"{"accessToken":"*"}"#)),
        Case(
            "A018", "accesstoken again (the pending client is gone)", .samples, .token,
            "GET /gotapi/authorization/accesstoken?clientId={clientId}&scope=all&nonce=n2",
            expect: .failure(11, 403, "authorization", "accesstoken")),
        Case(
            "A019", "grant again (the pending client is gone)", .samples, .token,
            "GET /gotapi/authorization/grant?nonce=n1", expect: .failure(11, 403, "authorization", "grant")),
        Case(
            "A020", "authorization with another attribute", .samples, .none, "GET /gotapi/authorization/foo?nonce=n1",
            expect: .failure(4, 404, "authorization", "foo")),
        Case(
            "A022", "availability with nonce (no hmac in the answer)", .samples, .none,
            "GET /gotapi/availability?key=k4&nonce=n9", expect: .success("availability", "")),
        Case(
            "A023", "accesstoken with an empty clientId before grant", .samples, .key,
            "GET /gotapi/authorization/accesstoken?clientId=&scope=all&nonce=n9",
            expect: .failure(15, 401, "authorization", "accesstoken")),
        Case(
            "A028", "servicediscovery without token", .samples, .none, "GET /gotapi/servicediscovery?nonce=n3",
            expect: .failure(13, 403, "servicediscovery", "")),
        Case(
            "A029", "servicediscovery, unknown token", .samples, .none,
            "GET /gotapi/servicediscovery?accessToken=bogus&nonce=n3", expect: .failure(13, 403, "servicediscovery", "")
        ),
    ]

    private static let requests: [WireCase] = [
        Case(
            "A024", "servicediscovery", .samples, .token, "GET /gotapi/servicediscovery?accessToken={token}&nonce=n3",
            expect: .success("networkServiceDiscovery", "getNetworkServices", nonce: "n3", members: services)),
        Case(
            "A025", "serviceDiscovery (camel case)", .samples, .token,
            "GET /gotapi/serviceDiscovery?accessToken={token}&nonce=n3",
            expect: .success("networkServiceDiscovery", "getNetworkServices", nonce: "n3", members: services)),
        Case(
            "A026", "servicediscovery with attribute", .samples, .token,
            "GET /gotapi/servicediscovery/foo?accessToken={token}",
            expect: .success("networkServiceDiscovery", "getNetworkServices", members: services)),
        Case(
            "A030", "servicediscovery by POST", .samples, .token,
            "POST /gotapi/servicediscovery?accessToken={token}&nonce=n3",
            expect: .success("networkServiceDiscovery", "getNetworkServices", nonce: "n3", members: services)),
        Case(
            "A032", "echo, first call of this client to this service (plug-in authorization runs inside)", .samples,
            .token, "GET /gotapi/echo?serviceId={echo}&accessToken={token}&nonce=n4&msg=hello",
            expect: .success("echo", "", service: "{echo}", nonce: "n4", members: #"{"data":"hello"}"#)),
        Case(
            "A033", "echo, second call", .samples, .token,
            "GET /gotapi/echo?serviceId={echo}&accessToken={token}&nonce=n5&msg=hello",
            expect: .success("echo", "", service: "{echo}", nonce: "n5", members: #"{"data":"hello"}"#)),
        Case(
            "A034", "echo without nonce: no hmac", .samples, .token,
            "GET /gotapi/echo?serviceId={echo}&accessToken={token}&msg=hello",
            expect: .success("echo", "", service: "{echo}", members: #"{"data":"hello"}"#)),
        Case(
            "A036", "echo with any attribute", .samples, .token,
            "GET /gotapi/echo/foo?serviceId={echo}&accessToken={token}&nonce=n5&msg=hello",
            expect: .success("echo", "foo", service: "{echo}", nonce: "n5", members: #"{"data":"hello"}"#)),
        Case(
            "A038", "echo, UTF-8 and escapes", .samples, .token,
            "GET /gotapi/echo?serviceId={echo}&accessToken={token}&nonce=%E3%81%82&"
                + "msg=%E3%81%82%22%5C%0A%3C%2F%F0%9F%98%80",
            expect: .success("echo", "", service: "{echo}", nonce: "あ", members: #"{"data":"あ\"\\\n</😀"}"#)),
        Case(
            "A039", "echo without serviceId", .samples, .token,
            "GET /gotapi/echo?accessToken={token}&nonce=n5&msg=hello", expect: .failure(5, 400, "echo", "", nonce: "n5")
        ),
        Case(
            "A040", "unknown service", .samples, .token,
            "GET /gotapi/echo?serviceId=no.such&accessToken={token}&nonce=n5",
            expect: .failure(6, 404, "echo", "", service: "no.such", nonce: "n5")),
        Case(
            "A042", "service known, profile not in its scopes, service not yet approved", .samples, .token,
            "GET /gotapi/echo?serviceId={light}&accessToken={token}&nonce=n5",
            expect: .failure(14, 403, "echo", "", service: "{light}", nonce: "n5")),
        Case(
            "A044", "profile is case-sensitive", .samples, .token,
            "GET /gotapi/Echo?serviceId={echo}&accessToken={token}&nonce=n5",
            expect: .failure(14, 403, "Echo", "", service: "{echo}", nonce: "n5")),
        Case(
            "A045", "echo without token", .samples, .none, "GET /gotapi/echo?serviceId={echo}&nonce=n5&msg=hello",
            expect: .failure(13, 403, "echo", "", service: "{echo}")),
        Case(
            "A046", "echo, unknown token", .samples, .none,
            "GET /gotapi/echo?serviceId={echo}&accessToken=bogus&nonce=n5&msg=hello",
            expect: .failure(13, 403, "echo", "", service: "{echo}")),
        Case("A047", "no profile: /gotapi", .samples, .none, "GET /gotapi", expect: .failure(2, 404, "", "")),
        Case(
            "A048", "no profile: /gotapi/", .samples, .token, "GET /gotapi/?accessToken={token}&nonce=n5",
            expect: .failure(2, 404, "", "")),
        Case(
            "A050", "a token from another origin than its own", .samples, .token,
            "GET /gotapi/echo?serviceId={echo}&accessToken={token}&nonce=n5&msg=hello", origin: "http://127.0.0.1:4035",
            expect: .failure(13, 403, "echo", "", service: "{echo}")),
        Case(
            "A052", "malformed percent-encoding", .samples, .token,
            "GET /gotapi/echo?serviceId={echo}&accessToken={token}&nonce=n5&msg=%E0%A4%A",
            expect: .undecoded(10, 400, "echo", "")),
        Case(
            "A053", "malformed percent-encoding on availability", .samples, .none, "GET /gotapi/availability?key=%zz",
            expect: .undecoded(10, 400, "availability", "")),
        Case(
            "A054", #""+" is a space"#, .samples, .token,
            "GET /gotapi/echo?serviceId={echo}&accessToken={token}&msg=a+b%20c",
            expect: .success("echo", "", service: "{echo}", members: #"{"data":"a b c"}"#)),
        Case(
            "A055", #"parameter without "=" is empty"#, .samples, .token,
            "GET /gotapi/echo?serviceId={echo}&accessToken={token}&msg",
            expect: .success("echo", "", service: "{echo}", members: #"{"data":""}"#)),
        Case(
            "A057", "names are percent-decoded", .samples, .token,
            "GET /gotapi/echo?serviceId={echo}&accessToken={token}&%6Dsg=a",
            expect: .success("echo", "", service: "{echo}", members: #"{"data":"a"}"#)),
        Case(
            "A058", "repeated parameter: the last wins", .samples, .token,
            "GET /gotapi/echo?serviceId={echo}&accessToken={token}&msg=1&msg=2",
            expect: .success("echo", "", service: "{echo}", members: #"{"data":"2"}"#)),
        Case(
            "A059", #""?" may stand in a query"#, .samples, .token,
            "GET /gotapi/echo?serviceId={echo}&accessToken={token}&msg=1?x=2&nonce=n1",
            expect: .success("echo", "", service: "{echo}", nonce: "n1", members: #"{"data":"1?x=2"}"#)),
        Case(
            "A061", "path segments are percent-decoded", .samples, .token,
            "GET /gotapi/%65cho?serviceId={echo}&accessToken={token}&msg=1",
            expect: .success("echo", "", service: "{echo}", members: #"{"data":"1"}"#)),
        Case(
            "A062", "urlencoded POST", .samples, .token, "POST /gotapi/echo", type: "application/x-www-form-urlencoded",
            body: "serviceId={echo}&accessToken={token}&nonce=n6&msg=from%20body",
            expect: .success("echo", "", service: "{echo}", nonce: "n6", members: #"{"data":"from body"}"#)),
        Case(
            "A063", "urlencoded PUT, query and body merge, the body wins", .samples, .token,
            "PUT /gotapi/echo?accessToken={token}&msg=query", type: "application/x-www-form-urlencoded",
            body: "serviceId={echo}&nonce=n6&msg=body",
            expect: .success("echo", "", service: "{echo}", nonce: "n6", members: #"{"data":"body"}"#)),
        Case(
            "A065", "urlencoded GET with body", .samples, .token, "GET /gotapi/echo?accessToken={token}",
            type: "application/x-www-form-urlencoded", body: "serviceId={echo}&msg=body",
            expect: .success("echo", "", service: "{echo}", members: #"{"data":"body"}"#)),
        Case(
            "A066", "urlencoded with a charset parameter", .samples, .token,
            "POST /gotapi/echo?serviceId={echo}&accessToken={token}&msg=query",
            type: "application/x-www-form-urlencoded; charset=UTF-8", body: "msg=body",
            expect: .success("echo", "", service: "{echo}", members: #"{"data":"body"}"#)),
        Case(
            "A068", "urlencoded, empty body", .samples, .token,
            "POST /gotapi/echo?serviceId={echo}&accessToken={token}&nonce=n6&msg=q",
            type: "application/x-www-form-urlencoded",
            expect: .success("echo", "", service: "{echo}", nonce: "n6", members: #"{"data":"q"}"#)),
        Case(
            "A069", "multipart/form-data", .samples, .token,
            "POST /gotapi/echo?serviceId={echo}&accessToken={token}&nonce=n6", type: "multipart/form-data; boundary=B",
            body: #"--B\#r\#nContent-Disposition: form-data; name="msg"\#r\#n\#r\#nx\#r\#n--B--\#r\#n"#,
            expect: .undecoded(3, 405, "echo", "", service: "{echo}")),
        Case(
            "A070", "application/json body is ignored", .samples, .token,
            "POST /gotapi/echo?serviceId={echo}&accessToken={token}&nonce=n6&msg=q", type: "application/json",
            body: #"{"msg":"j"}"#,
            expect: .success("echo", "", service: "{echo}", nonce: "n6", members: #"{"data":"q"}"#)),
        Case(
            "A073", "HEAD", .samples, .token, "HEAD /gotapi/echo?serviceId={echo}&accessToken={token}&msg=q",
            expect: .status(405)),
        Case("A078", "OPTIONS preflight", .samples, .none, "OPTIONS /gotapi/echo", expect: .status(200)),
        Case(
            "A079", "OPTIONS preflight, foreign origin", .samples, .none, "OPTIONS /gotapi/echo",
            origin: "http://evil.example", expect: .refusal(18, 403)),
        Case(
            "A080", "OPTIONS without origin", .samples, .none, "OPTIONS /gotapi/echo", origin: nil,
            expect: .refusal(18, 403)),
        Case(
            "A083", "source address not allowed (checked before the origin)", .samples, .none,
            "GET /gotapi/availability?key=k", source: "127.0.0.2", expect: .refusal(11, 403)),
        Case(
            "A084", "source address not allowed, no Origin", .samples, .none, "GET /gotapi/availability?key=k",
            origin: nil, source: "127.0.0.2", expect: .refusal(11, 403)),
        Case(
            "A085", "light GET: not supported by the plug-in", .samples, .token,
            "GET /gotapi/light?serviceId={light}&accessToken={token}&nonce=n7&lightId=1",
            expect: .failure(
                400, 400, "light", "", service: "{light}", nonce: "n7",
                message: "The HTTP Method `get` is not supported.", members: #"{"data":null}"#)),
        Case(
            "A086", "light POST", .samples, .token,
            "POST /gotapi/light?serviceId={light}&accessToken={token}&nonce=n7&lightId=1&"
                + "name=a&color=%23ff0000&brightness=1&flashing=0",
            expect: .success("light", "", service: "{light}", nonce: "n7", members: #"{"data":null}"#)),
        Case(
            "A087", "light PUT, urlencoded", .samples, .token, "PUT /gotapi/light",
            type: "application/x-www-form-urlencoded",
            body: "serviceId={light}&accessToken={token}&nonce=n7&lightId=1&name=a&color=%23ff0000&"
                + "brightness=0.5&flashing=1000",
            expect: .success("light", "", service: "{light}", nonce: "n7", members: #"{"data":null}"#)),
        Case(
            "A088", "light DELETE", .samples, .token,
            "DELETE /gotapi/light?serviceId={light}&accessToken={token}&nonce=n7&lightId=1",
            expect: .success("light", "", service: "{light}", nonce: "n7", members: #"{"data":null}"#)),
        Case(
            "A090", "HTTP/1.0", .samples, .none, "GET /gotapi/availability?key=k", expect: .success("availability", "")),
        Case(
            "A094", "absolute-form target", .samples, .none, "GET http://localhost:4035/gotapi/availability?key=k",
            expect: .success("availability", "")),
        Case(
            "A113", "clock/ticktack GET: not supported by the plug-in", .samples, .token,
            "GET /gotapi/clock/ticktack?serviceId={clock}&accessToken={token}&nonce=n8",
            expect: .failure(
                400, 400, "clock", "ticktack", service: "{clock}", nonce: "n8",
                message: "The HTTP Method `get` is not supported.", members: #"{"data":null}"#)),
        Case(
            "A114", "clock/foo: refused by the plug-in", .samples, .token,
            "GET /gotapi/clock/foo?serviceId={clock}&accessToken={token}&nonce=n8",
            expect: .failure(
                400, 400, "clock", "foo", service: "{clock}", nonce: "n8", message: "Unknow profile was requested.")),
        Case(
            "A115", "clock/ticktack PUT: start", .samples, .token,
            "PUT /gotapi/clock/ticktack?serviceId={clock}&accessToken={token}&nonce=n8",
            expect: .success("clock", "ticktack", service: "{clock}", nonce: "n8", members: #"{"data":null}"#)),
        Case(
            "A118", "clock/ticktack DELETE: stop", .samples, .token,
            "DELETE /gotapi/clock/ticktack?serviceId={clock}&accessToken={token}&nonce=n8",
            expect: .success("clock", "ticktack", service: "{clock}", nonce: "n8", members: #"{"data":null}"#)),
        Case(
            "A138", "GET /gotapi/websocket without upgrade", .samples, .none, "GET /gotapi/websocket",
            expect: .failure(13, 403, "websocket", "")),
    ]

    private static let oracle: [WireCase] = [
        Case(
            "B146", "servicediscovery (extra properties pass through; disc answers dynamically)", .oracle, .token,
            "GET /gotapi/servicediscovery?accessToken={token}&nonce=n",
            expect: .success("networkServiceDiscovery", "getNetworkServices", nonce: "n", members: oracleServices)),
        Case(
            "B150", "client refused by the plug-in", .oracle, .token,
            "GET /gotapi/t/x?serviceId=deny&accessToken={token}&nonce=n",
            expect: .failure(15, 401, "t", "x", service: "deny", nonce: "n")),
        Case(
            "B152", "the plug-in stays silent: timeout of interface 4", .oracle, .token,
            "GET /gotapi/t/silent?serviceId=oracle&accessToken={token}&nonce=n",
            expect: .failure(7, 500, "t", "silent", service: "oracle", nonce: "n")),
        Case(
            "B154", "the plug-in answers twice: the second is dropped", .oracle, .token,
            "GET /gotapi/t/twice?serviceId=oracle&accessToken={token}&nonce=n",
            expect: .success("t", "twice", service: "oracle", nonce: "n", members: #"{"data":1}"#)),
        Case(
            "B155", "serviceinformation profile", .oracle, .token,
            "GET /gotapi/serviceinformation?serviceId=oracle&accessToken={token}&nonce=n",
            expect: .success("serviceinformation", "", service: "oracle", nonce: "n", members: #"{"data":"ok"}"#)),
        Case(
            "B157", "service with online false answers all the same", .oracle, .token,
            "GET /gotapi/t/x?serviceId=oracle2&accessToken={token}&nonce=n",
            expect: .success("t", "x", service: "oracle2", nonce: "n", members: #"{"data":"ok"}"#)),
        Case(
            "B158", "a dynamically discovered service can be called", .oracle, .token,
            "GET /gotapi/t/x?serviceId=disc-dynamic&accessToken={token}&nonce=n",
            expect: .success("t", "x", service: "disc-dynamic", nonce: "n")),
        Case(
            "B159", "returnMessage result 0, statusCode 201", .oracle, .token,
            "GET /gotapi/t/raw?serviceId=oracle&accessToken={token}&nonce=n", set: #"{"result":0,"statusCode":201}"#,
            expect: .success("t", "raw", status: 201, service: "oracle", nonce: "n")),
        Case(
            "B161", #"returnMessage result 0, statusCode "202" (text)"#, .oracle, .token,
            "GET /gotapi/t/raw?serviceId=oracle&accessToken={token}&nonce=n", set: #"{"result":0,"statusCode":"202"}"#,
            expect: .success("t", "raw", status: 202, service: "oracle", nonce: "n")),
        Case(
            "B164", "returnMessage result 0, statusCode true", .oracle, .token,
            "GET /gotapi/t/raw?serviceId=oracle&accessToken={token}&nonce=n", set: #"{"result":0,"statusCode":true}"#,
            expect: .failure(1, 500, "t", "raw", service: "oracle", nonce: "n")),
        Case(
            "B165", "returnMessage result 1, nothing else", .oracle, .token,
            "GET /gotapi/t/raw?serviceId=oracle&accessToken={token}&nonce=n", set: #"{"result":1}"#,
            expect: .failure(1, 400, "t", "raw", service: "oracle", nonce: "n", message: "Bad Request")),
        Case(
            "B166", "returnMessage result 400 + errorMessage", .oracle, .token,
            "GET /gotapi/t/raw?serviceId=oracle&accessToken={token}&nonce=n",
            set: #"{"result":400,"errorMessage":"bad"}"#,
            expect: .failure(400, 400, "t", "raw", service: "oracle", nonce: "n", message: "bad")),
        Case(
            "B167", "returnMessage result 7, errorCode 7, statusCode 404", .oracle, .token,
            "GET /gotapi/t/raw?serviceId=oracle&accessToken={token}&nonce=n",
            set: #"{"result":7,"errorCode":7,"errorMessage":"m","statusCode":404}"#,
            expect: .failure(7, 404, "t", "raw", service: "oracle", nonce: "n", message: "m")),
        Case(
            "B169", #"returnMessage result 7, errorCode "404" (text)"#, .oracle, .token,
            "GET /gotapi/t/raw?serviceId=oracle&accessToken={token}&nonce=n", set: #"{"result":7,"errorCode":"404"}"#,
            expect: .failure(7, 400, "t", "raw", service: "oracle", nonce: "n", code: "404", message: "Bad Request")),
        Case(
            "B171", "returnMessage result 7, statusCode 200 (turned into 400)", .oracle, .token,
            "GET /gotapi/t/raw?serviceId=oracle&accessToken={token}&nonce=n", set: #"{"result":7,"statusCode":200}"#,
            expect: .failure(7, 400, "t", "raw", service: "oracle", nonce: "n", message: "Bad Request")),
        Case(
            "B172", "returnMessage result 7, statusCode 499 (unknown reason)", .oracle, .token,
            "GET /gotapi/t/raw?serviceId=oracle&accessToken={token}&nonce=n", set: #"{"result":7,"statusCode":499}"#,
            expect: .failure(1, 500, "t", "raw", service: "oracle", nonce: "n")),
        Case(
            "B174", #"returnMessage result 7, statusCode "abc""#, .oracle, .token,
            "GET /gotapi/t/raw?serviceId=oracle&accessToken={token}&nonce=n", set: #"{"result":7,"statusCode":"abc"}"#,
            expect: .failure(1, 500, "t", "raw", service: "oracle", nonce: "n")),
        Case(
            "B176", #"returnMessage result "x" is the plug-in's fault"#, .oracle, .token,
            "GET /gotapi/t/raw?serviceId=oracle&accessToken={token}&nonce=n", set: #"{"result":"x"}"#,
            expect: .failure(1, 500, "t", "raw", service: "oracle", nonce: "n")),
        Case(
            "B177", "returnMessage result 1.5 is the plug-in's fault", .oracle, .token,
            "GET /gotapi/t/raw?serviceId=oracle&accessToken={token}&nonce=n", set: #"{"result":1.5}"#,
            expect: .failure(1, 500, "t", "raw", service: "oracle", nonce: "n")),
        Case(
            "B180", "returnMessage extra properties", .oracle, .token,
            "GET /gotapi/t/raw?serviceId=oracle&accessToken={token}&nonce=n",
            set: #"{"result":0,"foo":{"bar":[1,null,"\u00e9"]},"data":{"x":1.5}}"#,
            expect: .success(
                "t", "raw", service: "oracle", nonce: "n", members: #"{"foo":{"bar":[1,null,"é"]},"data":{"x":1.5}}"#)),
        Case(
            "B181", "returnMessage internal names are stripped, request fields cannot be overwritten", .oracle, .token,
            "GET /gotapi/t/raw?serviceId=oracle&accessToken={token}&nonce=n",
            set: #"{"result":0,"if_type":9,"package":"p","profile":"zzz","attribute":"qq","#
                + #""product":"mine","version":"9","hmac":"no","serviceId":"other","accessToken":"#
                + #""q","clientId":"c","method":"m","receiver":"r","action":"a","services":[1],"# + #""api":"x"}"#,
            expect: .success("t", "raw", service: "oracle", nonce: "n", members: #"{"services":[1]}"#)),
        Case(
            "B198", "accessToken=__proto__ is an unknown token", .oracle, .none,
            "GET /gotapi/servicediscovery?accessToken=__proto__&nonce=n",
            expect: .failure(13, 403, "servicediscovery", "")),
        Case(
            "B200", "serviceId=__proto__", .oracle, .token,
            "GET /gotapi/t/x?serviceId=__proto__&accessToken={token}&nonce=n",
            expect: .failure(6, 404, "t", "x", service: "__proto__", nonce: "n")),
    ]

    private static let modes: [WireCase] = [
        Case(
            "D206", "echo without token, without origin", .debug, .none,
            "GET /gotapi/echo?serviceId={echo}&nonce=n&msg=hello", origin: nil,
            expect: .success("echo", "", service: "{echo}", members: #"{"data":"hello"}"#)),
        Case(
            "D208", "servicediscovery without token", .debug, .none, "GET /gotapi/servicediscovery",
            expect: .success("networkServiceDiscovery", "getNetworkServices", members: services)),
        Case(
            "D209", "OPTIONS, foreign origin", .debug, .none, "OPTIONS /gotapi/echo", origin: "http://evil.example",
            expect: .status(200)),
        Case("D210", "PATCH", .debug, .none, "PATCH /gotapi/echo", expect: .refusal(3, 405)),
        Case(
            "D215", "echo with that token: hmac present", .debug, .token,
            "GET /gotapi/echo?serviceId={echo}&accessToken={token}&nonce=n&msg=hello", origin: nil,
            expect: .success("echo", "", service: "{echo}", nonce: "n", members: #"{"data":"hello"}"#)),
        Case(
            "D222", "echo without token (authorization is on)", .samples, .none,
            "GET /gotapi/echo?serviceId={echo}&nonce=n&msg=hello",
            expect: .failure(13, 403, "echo", "", service: "{echo}")),
        Case(
            "D223", "echo without token", .samples, .none, "GET /gotapi/echo?serviceId={echo}&nonce=n&msg=hello",
            expect: .failure(13, 403, "echo", "", service: "{echo}")),
        Case(
            "F232", "Origin of the web port", .twoPorts, .none, "GET /gotapi/availability?key=k3y",
            origin: "http://localhost:4046", expect: .success("availability", "")),
        Case(
            "F233", "Origin on the list", .twoPorts, .none, "GET /gotapi/availability?key=k3y",
            origin: "http://app.example", expect: .success("availability", "")),
    ]

}
