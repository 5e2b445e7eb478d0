#!/usr/bin/env python3
# Swift GotAPI · SPDX-License-Identifier: MIT
"""A thing to try the gateway with, and to copy from: a lamp with on, off and brightness, and a motion event.

    python3 lamp.py [--address HOST:PORT] [--pin SHA256] [--file lamp.json] [--name NAME] [--motion SECONDS]

It speaks the Native Thing protocol with nothing but Python's standard library. Its credentials are in a file of its own.
The gateway is recognized by the SHA-256 of its key (`gotapi certificate`): that of --pin, or of the first that was met.
"""
import argparse, base64, hashlib, json, os, secrets, select, socket, ssl, struct, time, uuid  # noqa: E401

PROTOTYPE = "/device/lighting/gotapi/lamp"
DEFINITION = {"observe": ["motion"], "perform": ["on", "off"], "validate": {"observe": True, "perform": True},
              "properties": {"name": True, "status": ["on", "off"], "brightness": "percentage"}}
LONGEST = 256 << 10  # bytes of a message
SILENCE = 60         # seconds; the gateway sends a ping every 20


class Refused(Exception):
    """The gateway answered with an error, an object with `permanent` and `diagnostic`."""


def key_fingerprint(certificate):
    """SHA-256 of a certificate's public key: of its SubjectPublicKeyInfo (RFC 5280, section 4.1)."""
    def content(at):  # where the content of the DER element at this place begins and ends
        length, start = certificate[at + 1], at + 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(certificate[at + 2:start], "big")
        return start, start + length

    at = content(content(0)[0])[0]  # into Certificate, then into its tbsCertificate
    for _ in range(6 if certificate[at] == 0xA0 else 5):
        at = content(at)[1]  # version, serial number, algorithm, issuer, validity, subject
    return hashlib.sha256(certificate[at:content(at)[1]]).hexdigest()


class WebSocket:
    """The client's side of RFC 6455, for texts."""

    def __init__(self, host, port, path, is_trusted):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is the key that counts
        self.socket = context.wrap_socket(socket.create_connection((host, port), timeout=10), server_hostname=host)
        self.buffer = b""
        if not is_trusted(key_fingerprint(self.socket.getpeercert(binary_form=True))):
            raise ConnectionError("that is not our gateway: its key is another one")
        key = base64.b64encode(secrets.token_bytes(16))
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Key: {key.decode()}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        if not head.startswith(b"HTTP/1.1 101 ") or accept not in head:
            raise ConnectionError(f"no WebSocket: {head.splitlines()[0].decode('latin-1')}")

    def fill(self):
        part = self.socket.recv(65536)
        if not part or len(self.buffer) > 2 * LONGEST:
            raise ConnectionError("the gateway has closed the connection")
        self.buffer += part

    def take(self, count):
        while len(self.buffer) < count:
            self.fill()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def is_readable(self, seconds):
        return self.buffer or self.socket.pending() or select.select([self.socket], [], [], max(seconds, 0))[0]

    def send(self, data, opcode=1):
        length = bytes([0x80 | len(data)]) if len(data) < 126 else struct.pack("!BH", 0xFE, len(data))
        mask = secrets.token_bytes(4)
        self.socket.sendall(bytes([0x80 | opcode]) + length + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def receive(self):
        """A text, or None where the next frame was none."""
        text, is_last = b"", False
        while not is_last:
            first, length = self.take(2)
            if length > 125:
                length = int.from_bytes(self.take(2 if length == 126 else 8), "big")
            if length + len(text) > LONGEST:
                raise ConnectionError("the message is too long")
            data, opcode = self.take(length), first & 0x0F
            if opcode == 8:
                raise ConnectionError(f"the gateway has closed the connection: {data[2:].decode(errors='replace')}")
            if opcode == 9:
                self.send(data, opcode=10)  # a ping and its pong
            if opcode < 8:
                text, is_last = text + data, first & 0x80
            elif not text:
                return None
        return text.decode()


class Lamp:
    def __init__(self, options):
        self.options, self.status, self.brightness, self.last_request = options, "off", 100, 0
        self.kept = {"uuid": str(uuid.uuid4())}
        if os.path.exists(options.file):
            with open(options.file, encoding="utf-8") as file:
                self.kept = json.load(file)
        self.keep()

    def keep(self, **changes):
        """Writes the credentials: for this user alone, and as a whole or not at all."""
        self.kept = {key: value for key, value in {**self.kept, **changes}.items() if value}
        new = self.options.file + ".new"
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(self.kept, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, self.options.file)

    def is_trusted(self, fingerprint):
        if not self.options.pin and "pin" not in self.kept:
            self.keep(pin=fingerprint)
            print(f"trusting the first gateway that was met, key SHA-256 {fingerprint}", flush=True)
        return (self.options.pin or self.kept["pin"]).lower() == fingerprint

    def state(self):
        return {"status": self.status, "updated": int(time.time() * 1000), "info": {"brightness": self.brightness}}

    # What we ask the gateway.

    def ask(self, path, **members):
        """Sends a request and returns its answer; what the gateway asks meanwhile is answered."""
        self.last_request += 1
        request = {"path": f"/api/v1/{path}", "requestID": str(self.last_request), **members}
        self.web_socket.send(json.dumps(request).encode())
        while True:
            message = self.listen(SILENCE)
            if message and message.get("requestID") == request["requestID"]:
                if "error" in message:
                    raise Refused(message["error"])
                return message

    def enter(self):
        """Says who we are, after pairing once, then what we are, and that we are here."""
        if "passCode" not in self.kept:
            self.keep(passCode=self.ask("pair", uuid=self.kept["uuid"])["result"]["passCode"])
            print("paired", flush=True)
        try:
            self.ask("hello", uuid=self.kept["uuid"], passcode=self.kept["passCode"])
        except Refused as refusal:
            if refusal.args[0].get("permanent"):
                self.keep(passCode=None)  # the owner has revoked it: we ask for a new one next time
            raise
        self.ask("prototype", things={PROTOTYPE: DEFINITION})
        udn = f"lamp-{self.kept['uuid']}"
        device = {"name": "Lamp", "maker": "Swift GotAPI", "unit": {"serial": "1", "udn": udn},
                  "model": {"name": "lamp.py", "descr": "an example", "number": "1.0"}}
        thing = {"prototype": PROTOTYPE, "name": self.options.name, "device": device, **self.state()}
        answer = self.ask("register", things={udn: thing})["things"][udn]
        if "error" in answer:
            raise Refused(answer["error"])
        self.thing_id = answer["thingID"]

    # What the gateway asks us.

    def listen(self, seconds):
        """The next answer to a request of ours, or None; a request of the gateway is answered at once."""
        end = time.monotonic() + seconds
        while self.web_socket.is_readable(end - time.monotonic()):
            self.last_heard = time.monotonic()
            message = json.loads(self.web_socket.receive() or "null")
            if message and "path" not in message:
                return message
            if message:
                answer = {"requestID": message["requestID"], **self.answer(message)}
                self.web_socket.send(json.dumps(answer).encode())
                return None
        if time.monotonic() - self.last_heard > SILENCE:
            raise ConnectionError("the gateway has gone silent")

    def answer(self, request):
        results, path = {}, request["path"].rsplit("/", 1)[-1]
        members = {"perform": "tasks", "observe": "events", "report": "events"}
        if path not in members:
            return {"error": {"permanent": True, "diagnostic": f"unknown path: {request['path']}"}}
        for key, item in request[members[path]].items():
            try:
                getattr(self, path)(key, item)
                results[key] = {"status": "success"}
            except (ValueError, TypeError, AttributeError, KeyError) as error:
                results[key] = {"error": {"permanent": True, "diagnostic": str(error)}}
        return {members[path]: results}

    def perform(self, _, task):
        verb, brightness = task["perform"], self.brightness
        if verb not in DEFINITION["perform"]:
            raise ValueError(f"a lamp cannot {verb}")
        if verb == "on" and task.get("parameter"):
            brightness = float(json.loads(task["parameter"]).get("brightness", brightness))
            if not 0 <= brightness <= 100:
                raise ValueError("brightness is 0 to 100")
        if not task.get("testOnly") and (verb, brightness) != (self.status, self.brightness):
            self.status, self.brightness, self.is_changed = verb, brightness, True
            print(f"{verb}, brightness {brightness:g} %", flush=True)

    def observe(self, event, request):
        if request["observe"] not in DEFINITION["observe"]:
            raise ValueError(f"a lamp cannot observe {request['observe']}")
        if not request.get("testOnly"):
            self.observed.add(event)

    def report(self, event, report):
        if report["reason"] != "cancel" or event not in self.observed:
            raise ValueError("invalid eventID")
        self.observed.remove(event)

    # Its life.

    def session(self):
        host, _, port = self.options.address.rpartition(":")
        self.observed, self.is_changed, self.last_heard = set(), False, time.monotonic()
        self.web_socket = WebSocket(host.strip("[]"), int(port), "/native", self.is_trusted)
        with self.web_socket.socket:
            self.enter()
            print("connected", flush=True)
            self.pause, motion = 1, time.monotonic() + self.options.motion
            while True:
                if self.is_changed:
                    self.is_changed = False
                    self.ask("update", things={self.thing_id: self.state()})
                if time.monotonic() >= motion:
                    motion += self.options.motion
                    if self.observed:
                        self.ask("report", events={event: {"reason": "observe"} for event in self.observed})
                self.listen(min(motion - time.monotonic(), SILENCE))

    def live(self):
        print(f"uuid {self.kept['uuid']}", flush=True)
        self.pause = 1
        while True:
            try:
                self.session()
            except Refused as refusal:
                print(f"refused: {refusal.args[0].get('diagnostic')}", flush=True)
            except (OSError, ValueError, KeyError) as error:
                print(f"{type(error).__name__}: {error}", flush=True)
            time.sleep(self.pause)
            self.pause = min(2 * self.pause, 30)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--address", default="localhost:4036", help="the gateway's host and TLS port")
    parser.add_argument("--pin", help="SHA-256 of the gateway's key, as `gotapi certificate` prints it")
    parser.add_argument("--file", default="lamp.json", help="where the credentials are kept")
    parser.add_argument("--name", default="Lamp")
    parser.add_argument("--motion", type=float, default=10, help="seconds between two motions, which it makes up")
    try:
        Lamp(parser.parse_args()).live()
    except KeyboardInterrupt:
        print()
