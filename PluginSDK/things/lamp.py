#!/usr/bin/env python3
# Swift GotAPI · SPDX-License-Identifier: MIT
"""A thing to try the gateway with, and to copy from: a lamp with on, off and brightness, and a motion event.

It speaks the Native Thing protocol with nothing but Python's standard library. Its credentials are in a file of its own.
The gateway is recognized by the SHA-256 of its key (`gotapi certificate`): that of --pin, or of the first that was met.
"""
import argparse, asyncio, base64, hashlib, json, os, secrets, ssl, time, uuid  # noqa: E401

PROTOTYPE = "/device/lighting/gotapi/lamp"
DEFINITION = {"observe": ["motion"], "perform": ["on", "off"], "validate": {"observe": True, "perform": True},
              "properties": {"name": True, "status": ["on", "off"], "brightness": "percentage"}}
SILENCE = 60  # seconds; the gateway sends a ping every 20


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
    """The client's side of RFC 6455, for JSON texts."""

    async def open(self, host, port, path, is_trusted):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # it is the key that counts
        self.reader, self.writer = await asyncio.open_connection(host, port, ssl=context)
        if not is_trusted(key_fingerprint(self.writer.get_extra_info("ssl_object").getpeercert(binary_form=True))):
            raise ConnectionError("that is not our gateway: its key is another one")
        key = base64.b64encode(secrets.token_bytes(16))
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          f"Sec-WebSocket-Key: {key.decode()}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        if not head.startswith(b"HTTP/1.1 101 ") or accept not in head:
            raise ConnectionError(f"no WebSocket: {head.splitlines()[0].decode('latin-1')}")

    def send(self, data, opcode=1):
        length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
        mask = secrets.token_bytes(4)
        self.writer.write(bytes([0x80 | opcode]) + length + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    async def receive(self):
        """The next message. Pings are answered; where even they stay away, the gateway is gone."""
        while True:
            first, length = await asyncio.wait_for(self.reader.readexactly(2), SILENCE)
            if length > 125:
                length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8), "big")
            data = await self.reader.readexactly(min(length, 1 << 20))
            if first == 0x81:  # a text, as a whole: the gateway sends no fragments
                return json.loads(data)
            if first == 0x88:
                raise ConnectionError("the gateway has closed the connection")
            if first == 0x89:
                self.send(data, opcode=10)  # a ping and its pong


class Lamp:
    def __init__(self, options):
        self.options, self.status, self.brightness, self.last_request, self.pause = options, "off", 100, 0, 1
        self.kept = {"uuid": str(uuid.uuid4())}
        if os.path.exists(options.file):
            with open(options.file, encoding="utf-8") as file:
                self.kept = json.load(file)
        self.keep()
        print(f"uuid {self.kept['uuid']}", flush=True)

    def keep(self, **changes):
        """Writes the credentials: for this user alone, and as a whole or not at all."""
        self.kept.update(changes)
        new = self.options.file + ".new"
        with open(new, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            json.dump(self.kept, file)
        os.replace(new, self.options.file)

    def is_trusted(self, fingerprint):
        if not self.options.pin and not self.kept.get("pin"):
            self.keep(pin=fingerprint)
            print(f"trusting the first gateway that was met, key SHA-256 {fingerprint}", flush=True)
        return (self.options.pin or self.kept["pin"]).lower() == fingerprint

    def state(self):
        return {"status": self.status, "updated": int(time.time() * 1000), "info": {"brightness": self.brightness}}

    async def ask(self, path, **members):
        """Sends a request and returns its answer, which `listen` finds."""
        self.last_request += 1
        answer = self.answers[str(self.last_request)] = asyncio.get_running_loop().create_future()
        request = {"path": f"/api/v1/{path}", "requestID": str(self.last_request), **members}
        self.web_socket.send(json.dumps(request).encode())
        if "error" in await answer:
            raise Refused(answer.result()["error"])
        return answer.result()

    async def enter(self):
        """Says who we are, after pairing once, then what we are, and that we are here."""
        if not self.kept.get("passCode"):
            self.keep(passCode=(await self.ask("pair", uuid=self.kept["uuid"]))["result"]["passCode"])
            print("paired", flush=True)
        try:
            await self.ask("hello", uuid=self.kept["uuid"], passcode=self.kept["passCode"])
        except Refused as refusal:
            if refusal.args[0].get("permanent"):
                self.keep(passCode=None)  # the owner has revoked it: we ask for a new one next time
            raise
        await self.ask("prototype", things={PROTOTYPE: DEFINITION})
        udn = f"lamp-{self.kept['uuid']}"
        device = {"name": "Lamp", "maker": "Swift GotAPI", "unit": {"serial": "1", "udn": udn},
                  "model": {"name": "lamp.py", "descr": "an example", "number": "1.0"}}
        thing = {"prototype": PROTOTYPE, "name": self.options.name, "device": device, **self.state()}
        answer = (await self.ask("register", things={udn: thing}))["things"][udn]
        if "error" in answer:
            raise Refused(answer["error"])
        self.thing_id = answer["thingID"]
        print("connected", flush=True)

    async def live(self):
        """Tells the gateway what changes, and each motion, which it makes up, if somebody wants to know."""
        await self.enter()
        self.pause, motion = 1, time.monotonic() + self.options.motion
        while True:
            try:
                await asyncio.wait_for(self.is_changed.wait(), max(motion - time.monotonic(), 0))
                self.is_changed.clear()
                await self.ask("update", things={self.thing_id: self.state()})
            except asyncio.TimeoutError:
                motion += self.options.motion
                if self.observed:
                    await self.ask("report", events={event: {"reason": "observe"} for event in self.observed})

    async def listen(self):
        """Finds what our requests are answered, and answers the gateway's."""
        while True:
            message = await self.web_socket.receive()
            if "path" not in message:
                self.answers.pop(message["requestID"]).set_result(message)
                continue
            path, results = message["path"].rsplit("/", 1)[-1], {}
            kind = "tasks" if path == "perform" else "events"
            for key, item in message[kind].items():
                try:
                    self.do(path, key, item)
                    results[key] = {"status": "success"}
                except (ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError) as error:
                    results[key] = {"error": {"permanent": True, "diagnostic": str(error)}}
            self.web_socket.send(json.dumps({"requestID": message["requestID"], kind: results}).encode())

    def do(self, path, key, item):
        """Does what the gateway asks; an error is why not. With `testOnly` it only says whether it would."""
        if path == "report" and item["reason"] == "cancel":
            self.observed.discard(key)
        elif path in DEFINITION and item[path] not in DEFINITION[path] or path not in DEFINITION:
            raise ValueError(f"a lamp cannot {path} {item.get(path, '')}")
        elif path == "observe" and not item.get("testOnly"):
            self.observed.add(key)
        elif path == "perform":
            verb, brightness = item["perform"], self.brightness
            if verb == "on" and item.get("parameter"):
                brightness = float(json.loads(item["parameter"]).get("brightness", brightness))
                if not 0 <= brightness <= 100:
                    raise ValueError("brightness is 0 to 100")
            if not item.get("testOnly"):
                self.status, self.brightness = verb, brightness
                self.is_changed.set()
                print(f"{verb}, brightness {brightness:g} %", flush=True)

    async def session(self):
        host, _, port = self.options.address.rpartition(":")
        self.answers, self.observed, self.is_changed, self.web_socket = {}, set(), asyncio.Event(), WebSocket()
        await asyncio.wait_for(self.web_socket.open(host.strip("[]"), int(port), "/native", self.is_trusted), 10)
        tasks = [asyncio.create_task(self.listen()), asyncio.create_task(self.live())]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            ended.pop().result()  # raises why it has ended
        finally:
            for task in tasks:
                task.cancel()
            self.web_socket.writer.close()

    async def run(self):
        while True:
            try:
                await self.session()
            except Refused as refusal:
                print(f"refused: {refusal.args[0].get('diagnostic')}", flush=True)
            except (OSError, EOFError, ValueError, KeyError, asyncio.TimeoutError) as error:
                print(f"{type(error).__name__}: {error}", flush=True)
            await asyncio.sleep(self.pause)
            self.pause = min(2 * self.pause, 30)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--address", default="localhost:4036", metavar="HOST:PORT", help="where the gateway is")
    parser.add_argument("--pin", metavar="SHA256", help="of the gateway's key, as `gotapi certificate` prints it")
    parser.add_argument("--file", default="lamp.json", help="where the credentials are kept")
    parser.add_argument("--name", default="Lamp")
    parser.add_argument("--motion", type=float, default=10, metavar="SECONDS", help="between two motions")
    try:
        asyncio.run(Lamp(parser.parse_args()).run())
    except KeyboardInterrupt:
        print()
