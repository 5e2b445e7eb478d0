# Swift GotAPI · SPDX-License-Identifier: MIT
"""A small GotAPI gateway for tests of the front end, which can be slow, wrong, silent, closed and restarted.

It speaks as much of GotAPI-1 and GotAPI-5 as gotapi-client.js and the pages use, serves html/, and has the three sample
plug-ins, and a thing where it is told so. Its switches are attributes of `FakeGateway`, which may be changed while it runs. By itself:

    python3 fake_gateway.py [--port PORT] [--certificate PEM] [--tick SECONDS]
"""

import argparse
import base64
import hashlib
import hmac
import json
import secrets
import socket
import ssl
import struct
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

HERE = Path(__file__).resolve().parent
HTML = HERE.parents[2] / "html"
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
}
SERVICES = [
    {"serviceId": "com.github.futomi.hello-world.echo", "name": "hello world", "online": True, "scopes": ["echo"]},
    {"serviceId": "com.github.futomi.lightemulator.light", "name": "Light", "online": True, "scopes": ["light"]},
    {"serviceId": "com.github.futomi.hello-clock.clock", "name": "Simple Clock", "online": True, "scopes": ["clock"]},
]
THING = {"serviceId": "native.0123456789abcdef0123", "name": "Lamp", "online": True,
         "scopes": ["nativeThing", "light", "humanDetection"]}
PROTOTYPE = {"path": "/device/lighting/gotapi/lamp", "observe": ["motion"], "perform": ["on", "off"],
             "properties": {"name": True, "status": ["on", "off"], "brightness": "percentage"},
             "validate": {"observe": True, "perform": True}}
CODES = {  # code: (status, name)
    4: (404, "INVALID_ATTRIBUTE"), 5: (400, "INVALID_SERVICE_ID"), 6: (404, "UNKNOWN_SERVICE"),
    10: (400, "INVALID_PARAMETER"), 11: (403, "NOT_AUTHORIZED"), 13: (403, "INVALID_TOKEN"),
    14: (403, "OUT_OF_SCOPE"), 15: (401, "INVALID_CLIENT_ID"), 18: (403, "INVALID_ORIGIN"),
}
WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Client:
    """An application that has sent a key; `token` is empty until it is authorized."""

    def __init__(self, key):
        self.key = key
        self.key_id = hashlib.sha256(key.encode()).hexdigest()[:16]
        self.client_id = ""
        self.sockets = []
        self.clock = None
        self.watches_services = False
        self.thing_events = {}              # attribute: the parameters of its PUT


class FakeGateway:
    def __init__(self, port=0, certificate=None, tick=0.2, has_gotapi=True):
        self.port, self.certificate, self.tick = port, certificate, tick
        self.has_gotapi = has_gotapi        # False: a mere web server, as node-gotapi's second port is
        self.services = list(SERVICES)
        self.is_reference = False           # as node-gotapi: one pending client, no onServiceChange, a token counts once
        self.hmac = "right"                 # of success answers: right, wrong, none
        self.error_hmac = "right"           # of error answers given after the token was accepted
        self.delays = {}                    # profile: seconds before its answer
        self.answers = {}                   # profile: (status, bytes) instead of its answer
        self.verifies = True                # False: tokens on the WebSocket stay without an answer
        self.refuses_sockets = False        # 503 instead of a WebSocket
        self.refuses_tokens = False         # 401 on the WebSocket
        self.requests = []                  # what arrived: {method, path, query, body, parameters, headers}
        self.tokens = {}
        self.pending = []
        self.lights = {}
        self.prototype = dict(PROTOTYPE)
        self.performed = None               # the parameters of the last perform that was accepted
        self.thing = {"name": "Lamp", "status": "off", "updated": 1_700_000_000_000, "info": {"brightness": 100}}
        self.lock = threading.RLock()
        self.connections = set()
        self.silent = set()                 # connections whose other end hears nothing any more
        self.server = None

    # Life

    def start(self):
        gateway = self

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True
            request_queue_size = 64

            def handle_error(self, request, client_address):
                pass  # a browser that hangs up is no failure of the test

        handler = type("Handler", (Handler,), {"gateway": gateway})
        self.server = Server(("127.0.0.1", self.port), handler)
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self):
        """Ends as a killed process does: nothing is said on the open connections, and all tokens are forgotten."""
        self.server.shutdown()
        self.server.server_close()
        with self.lock:
            for client in self.tokens.values():
                self.stop_clock(client)
            self.tokens, self.pending = {}, []
            connections, self.connections = self.connections, set()
            self.silent.clear()
        for connection in connections:
            hang_up(connection)

    def restart(self):
        self.stop()
        return self.start()

    def fall_silent(self):
        """Lets the open connections die as those of a computer that slept: no end is told, and nothing comes over them
        any more. New ones are served."""
        with self.lock:
            self.silent |= self.connections

    @property
    def origin(self):
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    # Pushes

    def sockets(self):
        with self.lock:
            return [s for client in self.tokens.values() for s in client.sockets]

    def push(self, message, client=None):
        with self.lock:
            clients = [client] if client else list(self.tokens.values())
            newest = [c.sockets[-1] for c in clients if c.sockets]
        for web_socket in newest:
            web_socket.send_json(message)

    def change_service(self, service, state):
        with self.lock:
            self.services = [s for s in self.services if s["serviceId"] != service["serviceId"]]
            if state:
                self.services.append(service)
            watching = [c for c in self.tokens.values() if c.watches_services]
        for client in watching:
            self.push({"profile": "serviceDiscovery", "attribute": "onServiceChange", "result": 0,
                       "networkService": {**service, "state": state}}, client)

    # The sample plug-ins: each returns the members of its answer

    def plugin(self, method, profile, attribute, parameters, client):
        if profile == "echo":
            return {"result": 0, "data": parameters.get("msg", "")}
        if profile == "clock":
            if attribute != "ticktack":
                return {"result": 400, "errorMessage": "Unknow profile was requested."}
            if method not in ("PUT", "DELETE"):
                return {"result": 400, "data": None,
                        "errorMessage": f"The HTTP Method `{method.lower()}` is not supported."}
            self.stop_clock(client)
            if method == "PUT":
                self.start_clock(client)
            return {"result": 0, "data": None}
        if profile == "nativeThing":
            return self.native_thing(method, attribute, parameters, client)
        if method == "GET":
            return {"result": 400, "data": None, "errorMessage": "The HTTP Method `get` is not supported."}
        light = parameters.get("lightId", "")
        if light not in ("1", "2", "3"):
            return {"result": 400, "data": None, "errorMessage": "The specified lightId is unknown."}
        if method == "DELETE":
            self.lights.pop(light, None)
        else:
            values = {k: v for k, v in parameters.items() if k in ("name", "color", "brightness", "flashing")}
            self.lights[light] = {**self.lights.get(light, {}), **values}
        return {"result": 0, "data": None}

    # The thing

    def native_thing(self, method, attribute, parameters, client):
        if attribute in ("properties", "prototype"):
            return {"result": 0, **({"thing": self.thing} if attribute == "properties" else
                                    {"prototype": self.prototype})}
        if attribute in ("onPropertyChange", "onEvent"):
            if method == "PUT":
                client.thing_events[attribute] = parameters
            else:
                client.thing_events.pop(attribute, None)
            return {"result": 0}
        if parameters.get("verb") not in self.prototype["perform"]:
            return self.error(10, "The thing has no such verb.")
        if not next(s for s in self.services if s["serviceId"] == THING["serviceId"])["online"]:
            return {"result": 1, "statusCode": 503, "errorMessage": "[ERROR] The thing is offline."}
        if parameters.get("parameter") == "broken":
            return {"result": 1, "errorMessage": "[ERROR] invalid parameter: <b>broken</b>"}
        self.performed = parameters
        if parameters.get("testOnly") != "true":
            given = json.loads(parameters.get("parameter") or "{}")
            self.change_thing(status=parameters["verb"],
                              info={name: value for name, value in given.items() if name in self.thing["info"]})
        return {"result": 0}

    @staticmethod
    def error(code, text):
        status, name = CODES[code]
        return {"result": code, "statusCode": status, "errorMessage": f"[{name}] {text}"}

    def change_thing(self, info=None, **changes):
        """The thing says something new; None as a property's value takes it away."""
        self.thing = {**self.thing, **changes, "updated": int(time.time() * 1000),
                      "info": {k: v for k, v in {**self.thing["info"], **(info or {})}.items() if v is not None}}
        self.push_to_watchers("onPropertyChange", {"thing": {**self.thing, "info": info or {}}})

    def report_event(self, verb):
        self.push_to_watchers("onEvent", {"event": {
            "verb": verb, "parameter": "", "time": int(time.time() * 1000), "thing": self.thing}})

    def push_to_watchers(self, attribute, members):
        with self.lock:
            watching = [c for c in self.tokens.values() if attribute in c.thing_events]
        for client in watching:
            self.push({"serviceId": THING["serviceId"], "profile": "nativeThing", "attribute": attribute, "result": 0,
                       **members}, client)

    def start_clock(self, client):
        stopped = client.clock = threading.Event()

        def run():
            while not stopped.wait(self.tick):
                now = time.localtime()
                text = f"{now.tm_mon}/{now.tm_mday}/{now.tm_year}, {time.strftime('%I:%M:%S %p', now).lstrip('0')}"
                self.push({"profile": "clock", "attribute": "ticktack", "result": 0, "data": text,
                           "serviceId": "com.github.futomi.hello-clock.clock"}, client)

        threading.Thread(target=run, daemon=True).start()

    def stop_clock(self, client):
        if client.clock:
            client.clock.set()
            client.clock = None


def hang_up(connection):
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


class Handler(BaseHTTPRequestHandler):
    """One HTTP connection, which may become a WebSocket."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    gateway: FakeGateway

    def setup(self):
        super().setup()
        with self.gateway.lock:
            self.gateway.connections.add(self.connection)

    def finish(self):
        with self.gateway.lock:
            self.gateway.connections.discard(self.connection)
            self.gateway.silent.discard(self.connection)
        try:
            super().finish()
        except OSError:
            pass

    def log_message(self, *_):
        pass

    @property
    def is_silent(self):
        return self.connection in self.gateway.silent

    def do_GET(self):
        if self.is_silent:
            self.close_connection = True
            self.rfile.read()  # until the browser gives up
            return
        target = urlsplit(self.path)
        if not self.gateway.has_gotapi or not (target.path == "/gotapi" or target.path.startswith("/gotapi/")):
            self.serve_file(unquote(target.path))
        elif target.path == "/gotapi/websocket" and "upgrade" in self.headers.get("Connection", "").lower():
            self.serve_websocket()
        else:
            self.serve_gotapi(target)

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET

    def do_OPTIONS(self):
        self.answer(200, b"", "application/json", [
            ("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE, OPTIONS"),
            ("Access-Control-Allow-Headers", self.headers.get("Access-Control-Request-Headers", ""))])

    def answer(self, status, body, media_type, headers=()):
        if self.is_silent:
            return
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", self.headers.get("Origin", "*"))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-cache")
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def serve_file(self, path):
        root = HERE if path.startswith("/test/") else HTML
        file = (root / path.removeprefix("/test/").lstrip("/")).resolve()
        if file.is_dir():
            file /= "index.html"
        if root not in file.parents or not file.is_file():
            return self.answer(404, b"Not Found", "text/plain")
        self.answer(200, file.read_bytes(), MEDIA_TYPES.get(file.suffix, "application/octet-stream"))

    # GotAPI-1

    def serve_gotapi(self, target):
        gateway = self.gateway
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode() if length else ""
        parameters = dict(parse_qsl(target.query, keep_blank_values=True))
        if self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            parameters.update(parse_qsl(body, keep_blank_values=True))
        segments = [unquote(s) for s in target.path.split("/")[2:4]] + ["", ""]
        profile, attribute = segments[0], segments[1]
        with gateway.lock:
            gateway.requests.append({
                "method": self.command, "path": target.path, "query": target.query, "body": body,
                "parameters": parameters, "headers": dict(self.headers)})
        if profile in gateway.delays:
            time.sleep(gateway.delays[profile])
        if profile in gateway.answers:
            status, content = gateway.answers[profile]
            return self.answer(status, content, "application/json")

        client, members = self.members(profile, attribute, parameters)
        status = members.pop("statusCode", 200 if members["result"] == 0 else 400)
        answer = {"profile": profile, "attribute": attribute, "product": "node-gotapi" if gateway.is_reference else "swift-gotapi", "version": "1.0",
                  "statusCode": status, **members}
        if answer["result"]:
            answer.setdefault("errorCode", str(answer["result"]))
            answer["errorText"] = HTTPStatus(status).phrase
        how = gateway.error_hmac if answer["result"] else gateway.hmac
        if client and parameters.get("nonce") and how != "none":
            digest = hmac.new(client.key.encode(), parameters["nonce"].encode(), hashlib.sha256).hexdigest()
            answer["hmac"] = digest if how == "right" else digest[:-1] + ("0" if digest[-1] != "0" else "1")
        self.answer(status, json.dumps(answer).encode(), "application/json")

    def error(self, code, text="of the fake gateway"):
        return self.gateway.error(code, text)

    def members(self, profile, attribute, parameters):
        """The client whose key signs the answer, or None, and the answer's members."""
        gateway = self.gateway
        if not self.headers.get("Origin") and not self.headers.get("Referer"):
            return None, self.error(18)
        with gateway.lock:
            if profile == "availability":
                if not parameters.get("key"):
                    return None, self.error(10)
                if gateway.is_reference:
                    gateway.pending.clear()
                gateway.pending.append(Client(parameters["key"]))
                return None, {"result": 0}
            if profile == "authorization":
                return self.authorize(attribute, parameters)
            client = gateway.tokens.get(parameters.get("accessToken"))
            if not client:
                return None, self.error(13)
            if profile.lower() == "servicediscovery":
                if attribute == "onServiceChange":
                    if gateway.is_reference:
                        return client, self.error(4)
                    client.watches_services = self.command == "PUT"
                    return client, {"result": 0}
                return client, {"result": 0, "services": list(gateway.services),
                                "profile": "networkServiceDiscovery", "attribute": "getNetworkServices"}
            service_id = parameters.get("serviceId")
            if not service_id:
                return client, self.error(5)
            service = next((s for s in gateway.services if s["serviceId"] == service_id), None)
            if not service:
                return client, {"serviceId": service_id, **self.error(6)}
            if profile not in service["scopes"]:
                return client, {"serviceId": service_id, **self.error(14)}
            return client, {"serviceId": service_id,
                            **gateway.plugin(self.command, profile, attribute, parameters, client)}

    def authorize(self, attribute, parameters):
        gateway = self.gateway
        if attribute == "grant":
            key_id = None if gateway.is_reference else parameters.get("keyId")
            client = next((c for c in gateway.pending if key_id in (None, c.key_id)), None)
            if not client:
                return None, self.error(11)
            client.client_id = secrets.token_hex(32)
            return client, {"result": 0, "clientId": client.client_id}
        client = next((c for c in gateway.pending if c.client_id == parameters.get("clientId", " ")), None)
        if not client:
            return None, self.error(15)
        gateway.pending.remove(client)
        token = secrets.token_hex(32)
        gateway.tokens[token] = client
        return client, {"result": 0, "accessToken": token}

    # GotAPI-5

    def serve_websocket(self):
        gateway = self.gateway
        self.close_connection = True
        if gateway.refuses_sockets:
            return self.answer(503, b"", "text/plain")
        accept = base64.b64encode(hashlib.sha1(
            (self.headers["Sec-WebSocket-Key"] + WEBSOCKET_GUID).encode()).digest()).decode()
        self.wfile.write((
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
        self.wfile.flush()
        web_socket = WebSocket(self)
        try:
            for text in web_socket.messages():
                self.received(web_socket, text)
        finally:
            with gateway.lock:
                for client in gateway.tokens.values():
                    if web_socket in client.sockets:
                        client.sockets.remove(web_socket)

    def received(self, web_socket, text):
        gateway = self.gateway
        token = json.loads(text).get("accessToken")
        if not gateway.verifies or self.is_silent:
            return
        with gateway.lock:
            is_known = any(web_socket in client.sockets for client in gateway.tokens.values())
        if gateway.is_reference and is_known:
            return
        verify = {"profile": "authorization", "attribute": "verify", "result": 0, "serviceId": ""}
        with gateway.lock:
            client = None if gateway.refuses_tokens else gateway.tokens.get(token)
            if client and web_socket not in client.sockets:
                client.sockets.append(web_socket)
        if not client:
            verify |= {"result": 401, "errorCode": 401, "errorText": "Unauthorized", "errorMessage": "Unknown token."}
        web_socket.send_json(verify)


class WebSocket:
    """The server's side of RFC 6455, as far as a browser uses it here: whole text messages, ping and close."""

    def __init__(self, handler):
        self.handler = handler
        self.lock = threading.Lock()

    def messages(self):
        while True:
            head = self.handler.rfile.read(2)
            if len(head) < 2:
                return
            opcode, length = head[0] & 15, head[1] & 127
            if length == 126:
                length = struct.unpack(">H", self.handler.rfile.read(2))[0]
            mask = self.handler.rfile.read(4)
            data = bytes(b ^ mask[i % 4] for i, b in enumerate(self.handler.rfile.read(length)))
            if opcode == 8:
                self.send(data[:2], 8)
                return
            if opcode == 9:
                self.send(data, 10)
            elif opcode == 1:
                yield data.decode()

    def send(self, data, opcode=1):
        if self.handler.is_silent:
            return
        head = bytes([0x80 | opcode])
        head += bytes([len(data)]) if len(data) < 126 else b"\x7e" + struct.pack(">H", len(data))
        try:
            with self.lock:
                self.handler.wfile.write(head + data)
                self.handler.wfile.flush()
        except OSError:
            pass  # the peer is gone; messages() ends by itself

    def send_json(self, value):
        self.send(json.dumps(value).encode())

    def close(self, code):
        self.send(struct.pack(">H", code), 8)
        hang_up(self.handler.connection)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--certificate", help="PEM file with certificate and key: serve TLS")
    parser.add_argument("--tick", type=float, default=1.0, help="seconds between the clock's pushes")
    options = parser.parse_args()
    gateway = FakeGateway(options.port, options.certificate, options.tick).start()
    print(f"Your web application can be accessed at {gateway.origin}", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        gateway.stop()


if __name__ == "__main__":
    main()
