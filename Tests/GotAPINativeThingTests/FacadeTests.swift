// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore
import Testing

@testable import GotAPINativeThing

/// Things under the profiles of GotAPI devices: native-thing.md, "As a GotAPI service".
@Suite struct FacadeTests {
    /// A thing that is registered.
    private func thing(
        _ path: String, _ prototype: String, status: String = "on", info: String = "{}"
    ) -> (driver: StateDriver, socket: UInt64, id: String) {
        var driver = StateDriver()
        let (socket, _) = driver.pair()
        _ = driver.ask("prototype", #""things": {"\#(path)": \#(prototype)}"#, on: socket)
        let item = #"{"prototype": "\#(path)", "name": "T", "status": "\#(status)", "info": \#(info)}"#
        _ = driver.ask("register", #""things": {"t": \#(item)}"#, on: socket)
        return (driver, socket, ThingName(pairing: "u-1", udn: "t").serviceID)
    }

    private static let station = #"""
        {"properties": {"name": true, "status": ["present", "absent"], "batteryLevel": "percentage",
          "pressure": "millibars", "light": "lux", "temperature": "celsius", "humidity": "percentage"}}
        """#

    @Test(arguments: [
        ("battery", #"{"batteryLevel": 55}"#, #"{"level":0.55}"#),
        ("battery/level", #"{"batteryLevel": "55"}"#, #"{"level":0.55}"#),
        ("battery/level", #"{"batteryLevel": 130}"#, #"{"level":1}"#),
        ("atmosphericPressure", #"{"pressure": 1013.25}"#, #"{"atmosphericPressure":1013.25}"#),
        ("illuminance", #"{"light": 120}"#, #"{"illuminance":120}"#),
        ("temperature", #"{"temperature": "21.5"}"#, #"{"temperature":21.5,"type":1}"#),
        ("temperature", #"{"temperature": -4}"#, #"{"temperature":-4,"type":1}"#),
        ("humidity", #"{"humidity": 40}"#, #"{"humidity":0.4}"#),
    ])
    func aMeasurementIsAnswered(_ path: String, _ info: String, _ answer: String) {
        var (driver, socket, id) = thing("/device/sensor/acme/station", Self.station, status: "present", info: info)
        #expect(driver.read("get", path, id).string == answer)
        driver.run { state, _ in state.closed(socket) }
        #expect(driver.read("get", path, id)["statusCode"]?.integer == 503)
    }

    @Test(arguments: [
        ("battery", "{}"), ("temperature", #"{"temperature": "warm"}"#), ("illuminance", #"{"light": null}"#),
        ("atmosphericPressure", #"{"pressure": [1]}"#),
    ])
    func aMeasurementThatWasNotSaidIsNone(_ path: String, _ info: String) {
        var (driver, _, id) = thing("/device/sensor/acme/station", Self.station, info: info)
        #expect(driver.read("get", path, id)["errorMessage"]?.text?.contains("not said") == true)
    }

    private static let plug =
        #"{"perform": ["on", "off"], "properties": {"name": true, "status": ["on", "off"]}}"#

    @Test(arguments: [("on", "ON"), ("off", "OFF"), ("waiting", "OFF")])
    func aSwitchSaysWhetherItIsOn(_ status: String, _ answer: String) {
        var (driver, _, id) = thing("/device/switch/acme/plug", Self.plug, status: status)
        #expect(driver.service(id)["scopes"]?.string == #"["nativeThing","power"]"#)
        for path in ["power", "power/powerstatus"] {
            #expect(driver.read("get", path, id).string == #"{"powerstatus":"\#(answer)"}"#)
        }
    }

    @Test(arguments: [("put", "on"), ("delete", "off")])
    func aSwitchIsSwitched(_ method: String, _ verb: String) {
        var (driver, socket, id) = thing("/device/switch/acme/plug", Self.plug)
        let message = driver.request(method, "power", id)
        let request = driver.next(socket)
        #expect(request["tasks"]?.object?.first?.value["perform"]?.text == verb)
        #expect(request["tasks"]?.object?.first?.value["parameter"]?.text == "")
        driver.answer(request, #""tasks": {}"#, on: socket)
        #expect(driver.reply(message).string == "{}")
    }

    @Test func aSwitchWithoutVerbsCanBeReadOnly() {
        var (driver, socket, id) = thing(
            "/device/switch/acme/sensor", #"{"properties": {"name": true, "status": ["on", "off"]}}"#)
        #expect(driver.read("get", "power", id).string == #"{"powerstatus":"ON"}"#)
        #expect(driver.read("put", "power", id)["result"]?.integer == 10)
        #expect(driver.read("post", "power", id)["result"]?.integer == 3)
        #expect(driver.sent[socket] == [])
    }

    private static let bulb = #"""
        {"perform": ["on", "off"], "observe": ["motion"], "properties": {"name": true, "status": ["on", "off"]}}
        """#

    @Test(
        arguments: [
            ("put", [("lightId", "0"), ("brightness", "0.255")], "on", #"{"brightness":26}"#),
            ("put", [("name", "x")], "on", ""),
            ("put", [("color", "#0a0B0c")], "on", #"{"color":{"model":"rgb","rgb":{"r":10,"g":11,"b":12}}}"#),
            ("post", [("brightness", "1")], "on", #"{"brightness":100}"#), ("delete", [("lightId", "0")], "off", ""),
        ] as [(String, [(String, String)], String, String)])
    func aLightIsChanged(_ method: String, _ parameters: [(String, String)], _ verb: String, _ parameter: String) {
        var (driver, socket, id) = thing("/device/lighting/acme/bulb", Self.bulb)
        let message = driver.request(method, "light", id, parameters)
        let request = driver.next(socket)
        #expect(request["tasks"]?.object?.first?.value["perform"]?.text == verb)
        #expect(request["tasks"]?.object?.first?.value["parameter"]?.text == parameter)
        driver.answer(request, #""tasks": {}"#, on: socket)
        #expect(driver.reply(message).string == "{}")
    }

    @Test func aMotionIsADetectionOfPeople() {
        var (driver, socket, id) = thing("/device/lighting/acme/bulb", Self.bulb)
        let message = driver.request("put", "humanDetection/onDetection", id)
        let request = driver.next(socket)
        driver.answer(request, #""events": {}"#, on: socket)
        #expect(driver.reply(message).string == "{}")
        // Another application wants the event itself; the thing is not asked again.
        _ = driver.read("put", "nativeThing/onEvent", id, [("verb", "motion")], client: 8)
        #expect(driver.sent[socket] == [])
        let event = request["events"]?.object?.first?.name ?? ""
        _ = driver.ask("report", #""events": {"\#(event)": {"reason": "observe"}}"#, on: socket)
        #expect(driver.pushes.map(\.members["humanDetection"]?.string) == [#"{"exist":true}"#, nil])
        #expect(driver.pushes.map(\.members["event"]?["verb"]?.text) == ["motion", "motion"])
        _ = driver.read("delete", "humanDetection/onDetection", id)
        #expect(driver.sent[socket] == [], "the other one still wants it")
        _ = driver.read("delete", "nativeThing/onEvent", id, [("verb", "motion")], client: 8)
        #expect(driver.next(socket)["events"]?[event]?["reason"]?.text == "cancel")
    }
}
