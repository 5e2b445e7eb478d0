# Swift GotAPI · SPDX-License-Identifier: MIT
"""An application as script/bench and script/ratchet play it: one request after another, and sockets."""

import base64
import hashlib
import json
import secrets
import socket
import ssl
import urllib.parse

PATIENCE = 60  # seconds; a gateway under callgrind is slow


def connect(port, tls=False):
    """A connection to loopback; any certificate will do."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not tls:
        return connection
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(connection)


class Failure(Exception):
    """What came was not what was asked for."""


class Application:
    """Key, grant, token; then requests on one connection, each with the same bytes."""

    def __init__(self, port, tls=False):
        self.port, self.tls = port, tls
        self.origin = f"{'https' if tls else 'http'}://localhost:{port}"
        self.connection, self.rest = connect(port, tls), b""
        key = secrets.token_hex(32)
        name = hashlib.sha256(key.encode()).hexdigest()[:16]
        self.get(f"availability?key={key}")
        client = self.get(f"authorization/grant?nonce=a1&keyId={name}")["clientId"]
        answer = self.get(f"authorization/accesstoken?clientId={client}&scope=all&nonce=a2")
        self.token = answer["accessToken"]

    def get(self, path):
        status, answer = self.exchange("GET", path)
        if status != 200:
            raise Failure(f"GET {path}: {status} {answer}")
        return answer

    def ask(self, method, path, service, **parameters):
        """A request in the application's name; its status and its answer."""
        parameters = {"serviceId": service, "nonce": "abcdef0123", **parameters, "accessToken": self.token}
        return self.exchange(method, f"{path}?{urllib.parse.urlencode(parameters)}")

    def exchange(self, method, path):
        self.send(method, path)
        return self.answer()

    def send(self, method, path):
        self.connection.sendall(
            f"{method} /gotapi/{path} HTTP/1.1\r\nHost: localhost:{self.port}\r\nOrigin: {self.origin}\r\n\r\n".encode())

    def answer(self):
        while (end := self.rest.find(b"\r\n\r\n")) < 0:
            self.receive()
        head, body = self.rest[:end].decode().split("\r\n"), end + 4
        lengths = [line.split(":")[1] for line in head if line.lower().startswith("content-length:")]
        length = int(lengths[0])
        while len(self.rest) < body + length:
            self.receive()
        answer, self.rest = json.loads(self.rest[body:body + length]), self.rest[body + length:]
        return int(head[0].split()[1]), answer

    def receive(self):
        received = self.connection.recv(65_536)
        if not received:
            raise Failure("the gateway closed the connection")
        self.rest += received

    def open_socket(self):
        """A GotAPI-5 socket of this application, with what has come in after the answer to its token."""
        return Socket(self)

    def close(self):
        self.connection.close()


class Socket:
    """A GotAPI-5 socket that counts what it is sent: RFC 6455, section 5."""

    def __init__(self, application):
        self.connection, self.rest = connect(application.port, application.tls), b""
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self.connection.sendall(
            f"GET /gotapi/websocket HTTP/1.1\r\nHost: localhost:{application.port}\r\nOrigin: {application.origin}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode())
        while b"\r\n\r\n" not in self.rest:
            self.receive()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise Failure(head.decode())
        text = json.dumps({"accessToken": application.token}).encode()
        # At most 125 bytes, masked with nothing.
        self.connection.sendall(bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text)
        if json.loads(self.message())["result"] != 0:
            raise Failure("the token was not verified")

    def receive(self):
        received = self.connection.recv(65_536)
        if not received:
            raise Failure("the gateway closed the socket")
        self.rest += received

    def message(self):
        """The next text. Pings are passed over: none of these sockets lives for long."""
        while True:
            kind, body = self.frame()
            if kind == 0x1:
                return body
            if kind == 0x8:
                raise Failure("the gateway closed the socket")

    def frame(self):
        while len(self.rest) < 2:
            self.receive()
        kind, length, start = self.rest[0] & 0xF, self.rest[1] & 0x7F, 2
        if length >= 126:
            start = 4 if length == 126 else 10
            while len(self.rest) < start:
                self.receive()
            length = int.from_bytes(self.rest[2:start], "big")
        while len(self.rest) < start + length:
            self.receive()
        body, self.rest = self.rest[start:start + length], self.rest[start + length:]
        return kind, body

    def close(self):
        self.connection.close()
