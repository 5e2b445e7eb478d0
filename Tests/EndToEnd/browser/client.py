# Swift GotAPI · SPDX-License-Identifier: MIT
"""Tests of html/gotapi-client.js in a real browser, against the fake gateway of fake_gateway.py.

    python client.py [--filter TEXT] [--chromium PATH]

Needs Playwright (PyPI) and Debian's chromium. Ends with "N passed, N failed"; the exit status is 0 if none failed.
"""

import argparse
import hashlib
import hmac
import re
import sys
import time
import traceback

from playwright.sync_api import sync_playwright

sys.dont_write_bytecode = True  # the tests leave nothing behind

from fake_gateway import SERVICES, FakeGateway  # noqa: E402

ECHO = "com.github.futomi.hello-world.echo"
CLOCK = "com.github.futomi.hello-clock.clock"
UNSUBSCRIBE = f"gotapi.unsubscribe({{serviceId: '{CLOCK}', profile: 'clock', attribute: 'ticktack'}})"
SHORT = 400  # ms: a request's limit where the test waits for it to pass

# What every page of these tests has: a client with all its handlers recorded, and a way to see how a promise ended.
PRELUDE = """
window.make = (options) => {
  const gotapi = new GotapiClient(options);
  Object.assign(window, {gotapi, pushes: [], states: [], closes: [], opened: 0, entries: []});
  gotapi.onmessage = (message) => pushes.push(message);
  gotapi.onstatechange = (state) => states.push(state);
  gotapi.onclose = (event) => closes.push(event);
  gotapi.onopen = () => opened++;
  gotapi.onmonitor = (entry) => entries.push(entry);
  return gotapi;
};
window.outcome = (promise) => promise.then((value) => ({value}), (error) => ({
  error: {...error, message: error.message, name: error.name, isError: error instanceof Error},
}));
"""

TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Bench:
    """A browser page with the client in it, and the gateway that it talks to."""

    def __init__(self, browser):
        self.gateway = FakeGateway(tick=0.05).start()
        self.context = browser.new_context()
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.uncaught = []
        self.page.on("pageerror", lambda error: self.uncaught.append(error))

    def close(self):
        self.context.close()
        self.gateway.stop()

    def open(self, host="127.0.0.1", port=None, options="", connect=True, fake_clock=False):
        if fake_clock:
            self.page.clock.install()
        self.page.goto(f"http://{host}:{port or self.gateway.port}/test/client.html")
        self.run(PRELUDE + f"make({options}); null")
        if connect:
            return self.run("outcome(gotapi.connect())")
        return None

    def run(self, script, argument=None):
        return self.page.evaluate(script, argument)

    def call(self, script):
        """The error that a promise was rejected with, or None, and its value."""
        result = self.run(f"outcome({script})")
        return result.get("error"), result.get("value")

    def until(self, script):
        self.page.wait_for_function(script, polling=20)

    def until_here(self, condition):
        """Waits for something that happens in the gateway."""
        deadline = time.monotonic() + 15
        while not condition():
            assert time.monotonic() < deadline, "nothing happened for 15 s"
            self.page.evaluate("new Promise((go) => setTimeout(go, 10))")

    def seen(self, profile, attribute=""):
        path = f"/gotapi/{profile}" + (f"/{attribute}" if attribute else "")
        return [r for r in self.gateway.requests if r["path"] == path]

    def echo(self, **parameters):
        return self.call(f"gotapi.request({{method: 'get', serviceId: '{ECHO}', profile: 'echo', "
                         + ", ".join(f"{k}: {v}" for k, v in parameters.items()) + "})")


def equal(actual, expected):
    assert actual == expected, f"{actual!r} instead of {expected!r}"


# Hashing

@test
def hashes_without_subtle_equal_those_of_crypto_subtle(b):
    b.open(connect=False)
    equal(b.run("""async () => {
      const {plainSHA256, plainHMAC} = GotapiClient.hashing;
      const bytes = (length) => crypto.getRandomValues(new Uint8Array(length));
      const wrong = [];
      for (let length = 0; length < 300; length++) {
        const message = bytes(length), key = bytes(1 + length % 140);
        const imported = await crypto.subtle.importKey('raw', key, {name: 'HMAC', hash: 'SHA-256'}, false, ['sign']);
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', message));
        const mac = new Uint8Array(await crypto.subtle.sign('HMAC', imported, message));
        if (digest.join() !== plainSHA256(message).join()) wrong.push(`digest of ${length}`);
        if (mac.join() !== plainHMAC(key, message).join()) wrong.push(`HMAC of ${length}`);
      }
      return wrong;
    }"""), [])


@test
def key_and_nonce_are_hashed_as_the_utf8_bytes_of_their_text(b):
    b.open(connect=False)
    for key, nonce in (("k3y", "n1"), ("ab" * 32, "00"), ("鍵" * 40, "あ😀")):
        expected = hmac.new(key.encode(), nonce.encode(), hashlib.sha256).hexdigest()
        equal(b.run("([key, nonce]) => GotapiClient.hashing.hmacHex(key, nonce)", [key, nonce]), expected)


@test
def the_client_works_without_crypto_subtle(b):
    b.open(host="gateway.test", connect=False)  # plain HTTP, not localhost: no secure context
    assert b.run("crypto.subtle === undefined"), "this context was meant to have no crypto.subtle"
    error, services = b.call("gotapi.connect()")
    equal((error, services), (None, SERVICES))
    error, answer = b.echo(msg="'hello'")
    equal((error, answer["data"]), (None, "hello"))


# Connecting

@test
def connect_authorizes_in_order_and_gives_the_services(b):
    equal(b.open(), {"value": SERVICES})
    equal([r["path"] for r in b.gateway.requests], [
        "/gotapi/availability", "/gotapi/authorization/grant", "/gotapi/authorization/accesstoken",
        "/gotapi/servicediscovery"])
    availability, grant, token, discovery = (r["parameters"] for r in b.gateway.requests)
    assert re.fullmatch("[0-9a-f]{64}", availability["key"]), availability
    equal(grant["keyId"], hashlib.sha256(availability["key"].encode()).hexdigest()[:16])
    equal(token["scope"], "all")
    equal(len({p["nonce"] for p in (grant, token, discovery)}), 3)
    equal(b.run("[gotapi.state, opened, gotapi.gateway]"), ["connected", 1, b.gateway.origin])
    equal(b.run("states"), ["connecting", "connected"])
    equal(len(b.gateway.sockets()), 1)


@test
def connect_while_connecting_is_the_same_attempt_and_later_discovers_again(b):
    b.open(connect=False)
    first, second = b.run("Promise.all([gotapi.connect(), gotapi.connect()])")
    equal((first, second), (SERVICES, SERVICES))
    equal((len(b.seen("availability")), len(b.seen("servicediscovery"))), (1, 1))
    equal(b.call("gotapi.connect()"), (None, SERVICES))
    equal((len(b.seen("availability")), len(b.seen("servicediscovery"))), (1, 2))


@test
def many_clients_of_one_page_connect_at_once(b):
    b.open(connect=False)
    equal(b.run("""Promise.all(Array.from({length: 12}, async (_, i) => {
      const client = new GotapiClient();
      await client.connect();
      const answer = await client.request(
        {method: 'get', serviceId: 'com.github.futomi.hello-world.echo', profile: 'echo', msg: `m${i}`});
      return answer.data;
    }))"""), [f"m{i}" for i in range(12)])


@test
def the_library_is_an_es_module_too(b):
    b.open(connect=False)
    equal(b.run("""async () => {
      const module = await import('/gotapi-client.mjs');
      return [module.default === window.GotapiClient, module.GotapiClient === module.default,
              (await new module.default().connect()).length];
    }"""), [True, True, 3])


@test
def a_forced_port_is_the_only_one_asked(b):
    web = FakeGateway(has_gotapi=False).start()
    try:
        equal(b.open(port=web.port, options=f"{{port: {b.gateway.port}}}"), {"value": SERVICES})
        equal(b.run("gotapi.gateway"), b.gateway.origin)
    finally:
        web.stop()


@test
def the_usual_port_of_the_host_is_asked_where_the_page_has_no_gateway(b):
    web = FakeGateway(has_gotapi=False).start()
    b.usual_port(b.gateway.port)
    try:
        equal(b.open(host="two-ports.test", port=web.port), {"value": SERVICES})
        equal(b.run("gotapi.gateway"), "http://two-ports.test:4035")
    finally:
        web.stop()


@test
def no_gateway_is_said_with_the_addresses_asked(b):
    web = FakeGateway(has_gotapi=False).start()
    b.usual_port(1)
    try:
        error = b.open(host="two-ports.test", port=web.port)["error"]
        equal((error["code"], error["statusCode"], error["isError"]), ("UNREACHABLE", 0, True))
        assert f"http://two-ports.test:{web.port} or http://two-ports.test:4035" in error["message"], error
        equal(b.run("gotapi.state"), "disconnected")
    finally:
        web.stop()


@test
def a_refusal_by_a_gateway_ends_the_search(b):
    b.gateway.answers["availability"] = (403, b'{"result":11,"errorCode":"11","errorText":"Forbidden",'
                                              b'"errorMessage":"[NOT_AUTHORIZED] not you","statusCode":403}')
    error = b.open()["error"]
    equal((error["result"], error["statusCode"], error["errorCode"], error["message"]),
          (11, 403, "11", "[NOT_AUTHORIZED] not you"))


@test
def a_refused_token_on_the_socket_and_a_refused_socket_are_errors(b):
    b.gateway.refuses_sockets = True
    error = b.open()["error"]
    equal(error["code"], "UNREACHABLE")
    assert "limit" in error["message"], error
    b.gateway.refuses_sockets, b.gateway.refuses_tokens = False, True
    error, _ = b.call("gotapi.connect()")
    equal((error["result"], error["errorCode"], error["message"]), (401, 401, "Unknown token."))
    b.gateway.refuses_tokens = False
    equal(b.call("gotapi.connect()"), (None, SERVICES))


@test
def a_socket_that_does_not_accept_the_token_is_not_waited_for(b):
    b.gateway.verifies = False
    error = b.open(options=f"{{timeout: {SHORT}}}")["error"]
    equal(error["code"], "TIMEOUT")
    equal(b.run("gotapi.state"), "disconnected")


@test
def it_works_with_node_gotapi(b):
    b.gateway.is_reference = True
    b.open(connect=False)
    b.run("gotapi.onservicechange = () => {}; null")
    equal(b.call("gotapi.connect()"), (None, SERVICES))
    equal(b.echo(msg="'x'")[1]["data"], "x")
    b.until("entries.some((entry) => entry.direction === 'note' && entry.text.startsWith('onServiceChange:'))")
    equal(b.run("gotapi.state"), "connected")


@test
def a_gateway_that_answers_no_second_token_is_not_taken_for_silent(b):
    b.gateway.is_reference = True
    b.open(options=f"{{timeout: {SHORT}}}")
    equal(b.run("gotapi.check()"), True)
    equal(b.run("[gotapi.state, opened]"), ["connected", 1])


# Arguments

@test
def arguments_are_checked_before_anything_is_sent(b):
    b.open()
    sent = len(b.gateway.requests)
    good = "method: 'get', serviceId: 's', profile: 'p'"
    for request, word in (
        ("", "object"), ("null", "object"), ("'text'", "object"), ("[]", "object"),
        ("{serviceId: 's', profile: 'p'}", '"method"'), ("{method: 'patch', serviceId: 's', profile: 'p'}", "patch"),
        ("{method: 1, serviceId: 's', profile: 'p'}", '"method"'),
        ("{method: 'get', profile: 'p'}", '"serviceId"'), ("{method: 'get', serviceId: '', profile: 'p'}", "required"),
        ("{method: 'get', serviceId: 5, profile: 'p'}", '"serviceId"'),
        ("{method: 'get', serviceId: 's'}", '"profile"'), ("{method: 'get', serviceId: 's', profile: '..'}", '".."'),
        (f"{{{good}, attribute: '.'}}", '"attribute"'), (f"{{{good}, attribute: 7}}", '"attribute"'),
        (f"{{{good}, x: null}}", '"x"'), (f"{{{good}, x: {{}}}}", '"x"'), (f"{{{good}, x: ['a']}}", '"x"'),
        (f"{{{good}, x: NaN}}", '"x"'), (f"{{{good}, x: '\\ud800'}}", "surrogate"),
        (f"{{{good}, accessToken: 'x'}}", '"accessToken"'), (f"{{{good}, nonce: 'x'}}", '"nonce"'),
    ):
        error, _ = b.call(f"gotapi.request({request})")
        assert error and error["code"] == "INVALID_ARGUMENT" and word in error["message"], (request, error)
    error, _ = b.call("gotapi.subscribe({serviceId: 's', profile: 'p'}, 'no function')")
    equal(error["code"], "INVALID_ARGUMENT")
    equal(len(b.gateway.requests), sent)
    for options in ("{port: 0}", "{port: 'x'}", "{timeout: 0}", "{timeout: '5'}"):
        assert b.run(f"(() => {{ try {{ new GotapiClient({options}); }} catch (e) {{ return e.code; }} }})()") \
            == "INVALID_ARGUMENT", options


@test
def texts_arrive_as_they_are_and_numbers_and_booleans_as_text(b):
    b.open()
    for text in ("hello", "あ\"\\\n</😀", "a+b & c=d % ? #/;", "", " ", "%41"):
        result = b.run(
            "(msg) => outcome(gotapi.request({method: 'GET', serviceId: '%s', profile: 'echo', msg}))" % ECHO, text)
        equal(result["value"]["data"], text)
    for value, text in (("5", "5"), ("0.25", "0.25"), ("true", "true"), ("false", "false")):
        equal(b.echo(msg=value)[1]["data"], text)
    b.echo(msg="undefined", method="'Delete'")
    last = b.gateway.requests[-1]
    equal((last["method"], last["path"], "msg" in last["parameters"]), ("DELETE", "/gotapi/echo", False))
    b.echo(attribute="'a b/c'", profile="'echo'")
    equal(b.gateway.requests[-1]["path"], "/gotapi/echo/a%20b%2Fc")


@test
def only_a_long_put_or_post_has_a_body(b):
    b.open()
    for method, length, has_body in (("post", 100, False), ("put", 9000, True), ("post", 9000, True),
                                     ("get", 9000, False)):
        error, answer = b.echo(method=f"'{method}'", msg=f"'é'.repeat({length // 6})")
        equal(error, None)
        equal(answer["data"], "é" * (length // 6))
        request = b.gateway.requests[-1]
        equal((request["method"], bool(request["body"])), (method.upper(), has_body))
        assert "accessToken=" in request["query"] and "nonce=" in request["query"], request["query"]


@test
def a_request_without_a_connection_is_refused(b):
    b.open(connect=False)
    for call in (f"gotapi.request({{method: 'get', serviceId: '{ECHO}', profile: 'echo'}})",
                 "gotapi.requestServiceDiscovery()",
                 f"gotapi.subscribe({{serviceId: '{CLOCK}', profile: 'clock', attribute: 'ticktack'}})"):
        equal(b.call(call)[0]["code"], "NOT_CONNECTED")
    equal(b.gateway.requests, [])


# Answers

@test
def a_success_answer_with_a_wrong_hmac_or_without_one_is_refused(b):
    b.open()
    for how, word in (("wrong", "wrong"), ("none", "missing")):
        b.gateway.hmac = how
        for error in (b.echo(msg="'x'")[0], b.call("gotapi.requestServiceDiscovery()")[0],
                      b.call("new GotapiClient().connect()")[0]):
            equal(error["code"], "SPOOFED")
            assert word in error["message"], error
    b.gateway.hmac = "right"
    equal(b.echo(msg="'x'")[0], None)


@test
def the_grant_and_the_token_must_be_signed_too(b):
    b.open(connect=False)
    for step in ("grant", "accesstoken"):
        member = {"grant": b"clientId", "accesstoken": b"accessToken"}[step]
        b.page.route(f"**/authorization/{step}*", lambda route: route.fulfill(
            status=200, content_type="application/json", body=b'{"result":0,"statusCode":200,"%s":"x"}' % member))
        equal(b.call("gotapi.connect()")[0]["code"], "SPOOFED")
        b.page.unroute_all()
    equal(b.call("gotapi.connect()")[0], None)


@test
def an_error_is_passed_on_with_the_right_hmac_or_none_but_not_with_a_wrong_one(b):
    b.open()
    bad = "gotapi.request({method: 'get', serviceId: 'no.such', profile: 'echo'})"
    for how in ("right", "none"):
        b.gateway.error_hmac = how
        error, _ = b.call(bad)
        equal({k: error.get(k) for k in ("name", "isError", "result", "statusCode", "errorText", "errorCode",
                                         "serviceId", "profile", "attribute", "product", "version")},
              {"name": "GotapiError", "isError": True, "result": 6, "statusCode": 404, "errorText": "Not Found",
               "errorCode": "6", "serviceId": "no.such", "profile": "echo", "attribute": "",
               "product": "swift-gotapi", "version": "1.0"})
        equal(error["message"], error["errorMessage"])
    b.gateway.error_hmac = "wrong"
    equal(b.call(bad)[0]["code"], "SPOOFED")


@test
def an_error_keeps_its_own_message_and_the_plugins_members(b):
    b.open()
    b.gateway.error_hmac = "none"
    b.gateway.answers["echo"] = (400, b'{"result":1009,"statusCode":400,"errorCode":"E-03F1","errorMessage":"gone",'
                                      b'"message":"m","name":"n","stack":"s","__proto__":{"x":1},"data":{"y":2}}')
    error, _ = b.echo()
    equal((error["message"], error["name"], error["errorCode"], error["data"]), ("gone", "GotapiError", "E-03F1",
                                                                                {"y": 2}))


# The API as node-gotapi's README describes it

@test
def the_tutorials_of_node_gotapis_readme_run_as_they_stand(b):
    b.open(connect=False)
    b.run("document.body.innerHTML = '<span id=res></span><span id=time></span>'; null")
    equal(b.run("""(ECHO) => {
      let client = new GotapiClient();
      return client.connect().then((services) => {
        if (!Array.isArray(services)) throw new Error('no Array');
        return client.request({method: 'get', serviceId: ECHO, profile: 'echo', attribute: '', msg: 'hello!'});
      }).then((res) => {
        document.querySelector('#res').textContent = res['data'];
      }).catch((error) => {
        document.querySelector('#res').textContent = error.message;
      }).then(() => document.querySelector('#res').textContent);
    }""", ECHO), "hello!")
    b.run("""(CLOCK) => {
      let client = window.client = new GotapiClient();
      let request = {serviceId: CLOCK, profile: 'clock', attribute: 'ticktack'};
      return client.connect().then(() => client.request({method: 'put', ...request})).then(() => {
        client.onmessage = (message) => { document.querySelector('#time').textContent = message['data']; };
      });
    }""", CLOCK)
    b.until("document.querySelector('#time').textContent !== ''")
    equal(b.run("""(CLOCK) => client.request(
      {method: 'delete', serviceId: CLOCK, profile: 'clock', attribute: 'ticktack'}).then((res) => res.result)""",
                CLOCK), 0)
    equal(b.run("client.requestServiceDiscovery().then((services) => services)"), SERVICES)
    equal(b.run("client.disconnect() === undefined"), True)


@test
def a_response_has_the_documented_properties_and_the_plugins_own(b):
    b.open()
    _, answer = b.echo(msg="'x'")
    nonce = answer.pop("hmac")
    equal((answer, len(nonce)), (
        {"result": 0, "statusCode": 200, "serviceId": ECHO, "profile": "echo", "attribute": "",
         "product": "swift-gotapi", "version": "1.0", "data": "x"}, 64))
    plugin = b.gateway.plugin
    b.gateway.plugin = lambda *a: {"result": 0, "statusCode": 202, "level": 0.5, "list": [1, None], "on": False}
    _, answer = b.echo()
    equal({k: answer[k] for k in ("statusCode", "level", "list", "on")},
          {"statusCode": 202, "level": 0.5, "list": [1, None], "on": False})
    b.gateway.plugin = plugin


@test
def an_error_has_the_documented_properties_in_the_documented_types(b):
    b.open()
    plugin = b.gateway.plugin
    b.gateway.plugin = lambda *a: {"result": 1009, "errorCode": "E-03F1", "statusCode": 404,
                                   "errorMessage": "The device was disconnected."}
    error, _ = b.echo(attribute="'level'")
    equal({k: error.get(k) for k in ("result", "statusCode", "errorText", "serviceId", "profile", "attribute",
                                     "errorCode", "errorMessage", "product", "version", "message", "isError")},
          {"result": 1009, "statusCode": 404, "errorText": "Not Found", "serviceId": ECHO, "profile": "echo",
           "attribute": "level", "errorCode": "E-03F1", "errorMessage": "The device was disconnected.",
           "product": "swift-gotapi", "version": "1.0", "message": "The device was disconnected.", "isError": True})
    b.gateway.plugin = plugin
    # What the library itself finds has the same properties, as far as there is something to say.
    for call in ("gotapi.request({})", "new GotapiClient().requestServiceDiscovery()"):
        error, _ = b.call(call)
        equal([type(error[k]) for k in ("result", "statusCode", "errorCode", "errorText", "errorMessage", "message")],
              [int, int, str, str, str, str])
        assert error["result"] > 0 and error["message"] == error["errorMessage"], error


@test
def onmessage_gets_a_response_or_an_error_told_apart_by_result(b):
    b.open()
    b.gateway.push({"profile": "p", "attribute": "a", "result": 0, "serviceId": "s", "data": {"x": 1}})
    b.gateway.push({"profile": "p", "attribute": "a", "result": 3, "statusCode": 500, "errorCode": "3",
                    "errorText": "Internal Server Error", "errorMessage": "broken", "serviceId": "s"})
    b.until("pushes.length === 2")
    equal(b.run("pushes.map((m) => m instanceof Error)"), [False, True])
    equal(b.run("[pushes[0].result, pushes[0].serviceId, pushes[0].profile, pushes[0].attribute, pushes[0].data.x]"),
          [0, "s", "p", "a", 1])
    names = ["result", "statusCode", "errorText", "serviceId", "profile", "attribute", "errorCode", "errorMessage",
             "message"]
    equal(b.run("(names) => names.map((name) => pushes[1][name])", names),
          [3, 500, "Internal Server Error", "s", "p", "a", "3", "broken", "broken"])


@test
def what_is_no_answer_of_a_gateway_is_refused(b):
    b.open()
    for status, body in ((200, b"<html>"), (200, b""), (200, b"null"), (200, b"[]"), (200, b'{"result":"0"}'),
                         (502, b"Bad Gateway"), (200, b'{"result":1.5}'), (200, b'{"result":-1}')):
        b.gateway.answers["echo"] = (status, body)
        equal((b.echo()[0] or {}).get("code"), "BAD_ANSWER")
    b.gateway.answers["echo"] = (431, b"")
    assert "put or post" in b.echo()[0]["message"]


@test
def a_request_times_out(b):
    b.open(options=f"{{timeout: {SHORT}}}")
    b.gateway.delays["echo"] = 1.5
    error, _ = b.echo()
    equal((error["code"], error["result"]), ("TIMEOUT", 7))
    del b.gateway.delays["echo"]
    equal(b.echo(msg="'x'")[0], None)


@test
def requests_under_way_end_with_disconnect(b):
    b.open()
    b.gateway.delays["echo"] = 1
    b.run(f"window.late = outcome(gotapi.request({{method: 'get', serviceId: '{ECHO}', profile: 'echo'}})); null")
    b.until_here(lambda: b.seen("echo"))
    b.run("gotapi.disconnect()")
    equal(b.run("late")["error"]["code"], "DISCONNECTED")
    equal(b.run("[gotapi.state, closes.map((c) => [c.code, c.reconnecting])]"), ["disconnected", [[1000, False]]])
    b.until_here(lambda: not b.gateway.sockets())
    equal(b.call("gotapi.connect()"), (None, SERVICES))


@test
def disconnect_ends_an_attempt_to_connect(b):
    b.open(connect=False)
    b.gateway.delays["servicediscovery"] = 0.5
    b.run("window.attempt = outcome(gotapi.connect()); null")
    b.until_here(lambda: b.seen("servicediscovery"))
    b.run("gotapi.disconnect()")
    equal(b.run("attempt")["error"]["code"], "DISCONNECTED")
    del b.gateway.delays["servicediscovery"]
    equal(b.call("gotapi.connect()"), (None, SERVICES))
    equal(b.run("states"), ["connecting", "disconnected", "connecting", "connected"])


# Pushes

@test
def raw_put_and_delete_start_and_stop_pushes_as_in_the_readme(b):
    b.open()
    request = f"serviceId: '{CLOCK}', profile: 'clock', attribute: 'ticktack'"
    equal(b.call(f"gotapi.request({{method: 'put', {request}}})")[1]["data"], None)
    b.until("pushes.length >= 2")
    push = b.run("pushes[0]")
    assert isinstance(push.pop("data"), str)
    equal(push, {"result": 0, "profile": "clock", "attribute": "ticktack", "serviceId": CLOCK})
    equal(b.call(f"gotapi.request({{method: 'delete', {request}}})")[0], None)


@test
def a_subscription_has_its_own_callback_and_others_go_to_onmessage(b):
    b.open()
    b.run(f"""() => {{
      window.ticks = [];
      return gotapi.subscribe({{serviceId: '{CLOCK}', profile: 'clock', attribute: 'ticktack'}}, (m) => ticks.push(m));
    }}""")
    b.until("ticks.length >= 2")
    b.gateway.push({"profile": "p", "attribute": "a", "result": 0, "serviceId": "other", "data": 1})
    b.until("pushes.length === 1")
    equal(b.run("pushes[0].data"), 1)
    equal(b.call(UNSUBSCRIBE)[1]["result"], 0)
    equal([r["method"] for r in b.seen("clock", "ticktack")], ["PUT", "DELETE"])


@test
def a_subscription_that_is_refused_is_forgotten(b):
    b.open()
    request = f"{{serviceId: '{CLOCK}', profile: 'clock', attribute: 'foo'}}"
    equal(b.call(f"gotapi.subscribe({request}, () => {{}})")[0]["result"], 400)
    b.gateway.push({"profile": "clock", "attribute": "foo", "result": 0, "serviceId": CLOCK})
    b.until("pushes.length === 1")


@test
def an_error_push_is_an_error_object(b):
    b.open()
    b.gateway.push({"profile": "p", "attribute": "a", "result": 5, "errorCode": "5", "errorText": "",
                    "errorMessage": "the sensor broke", "serviceId": "s"})
    b.until("pushes.length === 1")
    equal(b.run("[pushes[0] instanceof GotapiClient.Error, pushes[0].result, pushes[0].message]"),
          [True, 5, "the sensor broke"])


@test
def what_is_no_push_and_a_handler_that_throws_do_no_harm(b):
    b.open()
    socket = b.gateway.sockets()[0]
    for data in (b"no json", b"null", b"[1]", b'"x"'):
        socket.send(data)
    b.run("gotapi.onmessage = (m) => { pushes.push(m); throw new Error('of the application'); }; null")
    for number in (1, 2):
        b.gateway.push({"profile": "p", "attribute": "", "result": 0, "serviceId": "s", "data": number})
    b.until("pushes.length === 2")
    equal(b.run("gotapi.state"), "connected")
    b.until_here(lambda: len(b.uncaught) == 2)
    assert all("of the application" in str(e) for e in b.uncaught)
    b.uncaught.clear()


@test
def service_changes_are_asked_for_when_somebody_listens(b):
    b.open()
    equal(b.seen("servicediscovery", "onServiceChange"), [])
    b.run("window.changes = []; gotapi.onservicechange = (s) => changes.push(s); null")
    b.until_here(lambda: [r["method"] for r in b.seen("servicediscovery", "onServiceChange")] == ["PUT"])
    b.until_here(lambda: any(c.watches_services for c in b.gateway.tokens.values()))
    service = {"serviceId": "new", "name": "New", "online": True, "scopes": ["n"]}
    b.gateway.change_service(service, True)
    b.gateway.change_service(service, False)
    b.until("changes.length === 2")
    equal(b.run("changes"), [{**service, "state": True}, {**service, "state": False}])
    equal(b.run("pushes"), [])
    b.run("gotapi.onservicechange = null")
    b.until_here(lambda: [r["method"] for r in b.seen("servicediscovery", "onServiceChange")] == ["PUT", "DELETE"])


# Coming back

SUBSCRIBE = (f"window.ticks = []; gotapi.subscribe({{serviceId: '{CLOCK}', profile: 'clock', attribute: 'ticktack', "
             "zone: 'x'}, (m) => ticks.push(m))")


@test
def after_a_restart_of_the_gateway_everything_is_as_before(b):
    b.open()
    b.run("gotapi.onservicechange = () => {}; null")
    b.run(SUBSCRIBE)
    b.until("ticks.length >= 1")
    b.gateway.stop()
    b.until("gotapi.state === 'reconnecting'")
    equal(b.run("closes.map((c) => [c.code, c.reconnecting])"), [[1006, True]])
    equal(b.echo()[0]["code"], "NOT_CONNECTED")
    b.gateway.requests.clear()
    b.gateway.start()
    b.until("gotapi.state === 'connected'")
    count = b.run("ticks.length")
    b.until(f"ticks.length > {count}")
    equal(b.seen("clock", "ticktack")[0]["parameters"]["zone"], "x")
    b.until_here(lambda: b.seen("servicediscovery", "onServiceChange"))
    equal(b.run("states"), ["connecting", "connected", "reconnecting", "connected"])
    equal(b.run("opened"), 2)
    equal(b.echo(msg="'again'")[1]["data"], "again")


@test
def a_subscription_that_was_ended_is_not_started_again(b):
    b.open()
    b.run(SUBSCRIBE)
    b.gateway.stop()
    b.until("gotapi.state === 'reconnecting'")
    equal(b.call(UNSUBSCRIBE), (None, None))
    b.gateway.requests.clear()
    b.gateway.start()
    b.until("gotapi.state === 'connected'")
    equal(b.echo(msg="'x'")[0], None)
    equal(b.seen("clock", "ticktack"), [])


@test
def a_subscription_waits_for_a_plugin_that_is_not_there_yet(b):
    b.open()
    b.run(SUBSCRIBE)
    services, b.gateway.services = b.gateway.services, []
    b.gateway.requests.clear()
    b.gateway.restart()
    b.until_here(lambda: len(b.seen("clock", "ticktack")) == 1)
    count = b.run("ticks.length")
    b.gateway.services = services
    b.until(f"ticks.length > {count}")
    equal(b.run("ticks.filter((t) => t.result !== 0)"), [])


@test
def a_subscription_that_is_refused_after_a_reconnect_is_told(b):
    b.open()
    b.run(SUBSCRIBE)
    b.gateway.answers["clock"] = (400, b'{"result":77,"statusCode":400,"errorCode":"77","errorMessage":"no more"}')
    b.gateway.restart()
    b.until("ticks.some((t) => t.result === 77)")
    equal(b.run("ticks.at(-1) instanceof GotapiClient.Error"), True)


@test
def the_pauses_grow_to_half_a_minute_and_begin_anew(b):
    b.open(connect=False, fake_clock=True)
    b.run("Math.random = () => 0.5; null")
    equal(b.call("gotapi.connect()")[0], None)
    b.page.clock.run_for(11_000)
    b.gateway.stop()
    waits = "entries.filter((e) => /^Trying again/.test(e.text)).map((e) => parseFloat(e.text.slice(16)))"
    expected = [1, 2, 4, 8, 16, 30, 30]
    for count, wait in enumerate(expected, 1):
        b.until(f"{waits}.length === {count}")
        equal(b.run(waits), expected[:count])
        if count == len(expected):
            b.gateway.start()
        b.page.clock.run_for(wait * 1000 - 500)  # the clock also runs by itself
        equal(b.run(f"[gotapi.state, {waits}.length]"), ["reconnecting", count])
        b.page.clock.run_for(500)
    b.until("gotapi.state === 'connected'")
    b.page.clock.run_for(11_000)
    b.run("entries.length = 0")
    b.gateway.stop()
    b.until(f"{waits}.length === 1")
    equal(b.run(waits), [1])
    b.run("gotapi.disconnect()")
    b.gateway.start()


@test
def the_network_that_returns_ends_the_pause(b):
    b.open(connect=False, fake_clock=True)
    equal(b.call("gotapi.connect()")[0], None)
    b.gateway.stop()
    b.until("gotapi.state === 'reconnecting'")
    b.gateway.start()
    b.run("window.dispatchEvent(new Event('online')); null")
    b.until("gotapi.state === 'connected'")  # the page's clock stands still: no pause has ended


@test
def a_socket_that_slept_is_found_when_the_page_is_looked_at(b):
    b.open(options=f"{{timeout: {SHORT}}}")
    b.run("document.dispatchEvent(new Event('visibilitychange')); null")
    equal(b.run("gotapi.check()"), True)
    equal(b.run("gotapi.state"), "connected")
    b.gateway.verifies = False
    b.run("document.dispatchEvent(new Event('visibilitychange')); null")
    b.until("gotapi.state === 'reconnecting'")
    b.gateway.verifies = True
    b.until("gotapi.state === 'connected'")


@test
def a_sleep_is_noticed_by_the_clock(b):
    b.open(connect=False, options=f"{{timeout: {SHORT}}}", fake_clock=True)
    equal(b.call("gotapi.connect()")[0], None)
    b.page.clock.run_for(25_000)
    tokens = "entries.filter((e) => e.interface === 'GotAPI-5' && e.direction === 'out').length"
    equal(b.run(tokens), 1)
    b.page.clock.fast_forward(120_000)
    b.until(f"{tokens} === 2")


@test
def a_socket_that_died_without_a_word_is_found_and_everything_is_as_before(b):
    b.open(connect=False, fake_clock=True)
    b.run("window.changes = []; gotapi.onservicechange = (s) => changes.push(s); null")
    equal(b.call("gotapi.connect()")[0], None)
    b.run(SUBSCRIBE)
    b.until("ticks.length >= 1")
    b.gateway.fall_silent()
    b.gateway.requests.clear()
    b.run(f"window.late = outcome(gotapi.request({{method: 'get', serviceId: '{ECHO}', profile: 'echo'}})); null")
    b.page.clock.run_for(25_000)
    equal(b.run("gotapi.state"), "connected")  # a silence of this length is nothing special
    b.page.clock.run_for(20_000)
    b.until("states.includes('reconnecting')")
    equal(b.run("closes.map((c) => [c.code, c.reason, c.reconnecting])"),
          [[1006, "The connection had gone silent.", True]])
    equal(b.run("late")["error"]["code"], "DISCONNECTED")
    for _ in range(20):  # the first attempts may travel on connections that are dead, too
        if b.run("gotapi.state") == "connected":
            break
        b.page.clock.run_for(5_000)
    count = b.run("ticks.length")
    b.until(f"ticks.length > {count}")
    equal(b.seen("clock", "ticktack")[0]["parameters"]["zone"], "x")
    service = {"serviceId": "new", "name": "New", "online": True, "scopes": ["n"]}
    b.until_here(lambda: any(c.watches_services and c.sockets for c in b.gateway.tokens.values()))
    b.gateway.change_service(service, True)
    b.until("changes.length === 1")
    equal(b.echo(msg="'again'")[1]["data"], "again")


@test
def a_quiet_socket_is_checked_only_after_half_a_minute_and_while_the_page_is_visible(b):
    b.open(connect=False, fake_clock=True)
    equal(b.call("gotapi.connect()")[0], None)
    tokens = "entries.filter((e) => e.interface === 'GotAPI-5' && e.direction === 'out').length"
    b.page.clock.run_for(25_000)
    b.gateway.push({"profile": "p", "attribute": "", "result": 0, "serviceId": "s"})
    b.until("pushes.length === 1")
    b.page.clock.run_for(20_000)
    equal(b.run(tokens), 1)
    b.page.clock.run_for(16_000)  # less than the gateway has for its answer: this clock does not wait for it
    b.until(f"{tokens} === 2")
    b.run("Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true}); null")
    b.page.clock.run_for(120_000)
    equal(b.run(tokens), 2)
    b.run("delete document.visibilityState; document.dispatchEvent(new Event('visibilitychange')); null")
    b.until(f"{tokens} === 3")
    b.until("entries.filter((e) => e.interface === 'GotAPI-5' && e.direction === 'in').length === 4")
    equal(b.run("[gotapi.state, opened]"), ["connected", 1])


@test
def a_request_that_finds_no_gateway_has_the_socket_checked(b):
    b.open(options=f"{{timeout: {SHORT}}}")
    b.gateway.fall_silent()
    equal(b.echo()[0]["code"], "TIMEOUT")
    b.until("opened === 2")
    equal(b.echo(msg="'again'")[1]["data"], "again")


@test
def a_gateway_that_forgot_the_token_is_authorized_with_again(b):
    b.open()
    b.gateway.tokens.clear()
    error, _ = b.echo(msg="'x'")
    equal((error["result"], error["statusCode"]), (13, 403))
    b.until("gotapi.state === 'connected' && opened === 2")
    equal(b.echo(msg="'x'")[0], None)
    b.gateway.tokens.clear()
    equal(b.run("gotapi.check()"), False)
    b.until("gotapi.state === 'connected' && opened === 3")


@test
def a_plugin_that_refuses_the_token_does_not_end_the_connection(b):
    b.open()
    b.page.route("**/gotapi/echo*", lambda route: route.fulfill(response=route.fetch()))
    plugin = b.gateway.plugin
    b.gateway.plugin = lambda *a: {"result": 13, "statusCode": 403, "errorMessage": "[INVALID_TOKEN] not you"}
    equal(b.echo(msg="'x'")[0]["result"], 13)
    b.gateway.plugin = plugin
    equal(b.run("[gotapi.state, opened]"), ["connected", 1])


# The monitor

@test
def the_monitor_shows_everything_but_no_secret(b):
    b.open()
    b.run(SUBSCRIBE)
    b.until("ticks.length >= 1")
    b.echo(method="'post'", msg="'long '.repeat(3000)")
    entries = b.run("entries")
    text = b.run("JSON.stringify(entries)")
    for request in b.gateway.requests:
        for name in ("key", "nonce", "accessToken", "clientId"):
            value = request["parameters"].get(name)
            assert value is None or value not in text, f"{name} is shown"
    outs = {e["exchange"]: e for e in entries if e["direction"] == "out" and e["interface"] == "GotAPI-1"}
    answers = [e for e in entries if e["direction"] == "in" and e["interface"] == "GotAPI-1"]
    equal(len(outs), len(b.gateway.requests))
    equal(sorted(outs), sorted(e["exchange"] for e in answers))
    for answer in answers:
        assert answer["status"] == 200 and answer["duration"] >= 0 and answer["body"]["result"] == 0, answer
        equal(answer["url"], outs[answer["exchange"]]["url"])
    assert all(e["time"] > 1.6e12 for e in entries)
    equal([e["body"] for e in entries if e["interface"] == "GotAPI-5"][:2],
          [{"accessToken": "***"}, {"profile": "authorization", "attribute": "verify", "result": 0, "serviceId": ""}])
    assert any(e.get("body", "").startswith("msg=long%20") for e in outs.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--filter", default="", help="run only tests whose name contains this")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    passed, failed = 0, []
    with sync_playwright() as playwright:
        rules = ["MAP gateway.test 127.0.0.1", "MAP two-ports.test:4035 127.0.0.1:{usual}",
                 "MAP two-ports.test 127.0.0.1"]

        def launch(usual=1):
            return playwright.chromium.launch(executable_path=options.chromium, args=[
                "--no-sandbox", "--host-resolver-rules=" + ", ".join(rules).replace("{usual}", str(usual))])

        browser = launch()
        for function in TESTS:
            if options.filter not in function.__name__:
                continue
            bench = Bench(browser)
            browsers = []

            def usual_port(port, bench=bench, browsers=browsers):
                """The rest of the test runs in a browser for which two-ports.test:4035 is this port."""
                browsers.append(launch(port))
                bench.context.close()
                bench.context = browsers[0].new_context()
                bench.page = bench.context.new_page()
                bench.page.set_default_timeout(15_000)

            bench.usual_port = usual_port
            name = function.__name__.replace("_", " ")
            try:
                function(bench)
                assert not bench.uncaught, f"uncaught in the page: {bench.uncaught}"
                passed += 1
                print(f"ok      {name}", flush=True)
            except Exception:
                failed.append(name)
                print(f"FAILED  {name}\n{traceback.format_exc()}", flush=True)
            finally:
                bench.close()
                for other in browsers:
                    other.close()
        browser.close()
    for name in failed:
        print(f"failed: {name}")
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
