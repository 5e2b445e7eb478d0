# Swift GotAPI · SPDX-License-Identifier: MIT
"""One thing, a page in a real browser, and a second application over HTTP, from the pairing on.

    python things.py --url https://localhost:PORT --gotapi PROGRAM --config FILE [--chromium PATH]

The gateway at URL, whose config.json is FILE, has no thing. lamp.py is paired in a window that PROGRAM opens and switched
from the page, and both applications are told; it is killed, and offline; it is started again, and both are told again.
"""

import argparse
import base64
import hashlib
import json
import re
import secrets
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import expect, sync_playwright

LAMP = Path(__file__).parents[3] / "PluginSDK/things/lamp.py"
PATIENCE = 30  # seconds


class Application:
    """What a program does that uses the gateway over HTTP, and hears of things over a WebSocket."""

    def __init__(self, url):
        self.url = url
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        key = secrets.token_hex(32)
        self.request("GET", "availability", key=key)
        key_id = hashlib.sha256(key.encode()).hexdigest()[:16]
        client = self.request("GET", "authorization/grant", keyId=key_id)["clientId"]
        self.token = self.request("GET", "authorization/accesstoken", clientId=client, scope="all")["accessToken"]
        self.open_socket()

    def request(self, method, path, **parameters):
        if hasattr(self, "token"):
            parameters["accessToken"] = self.token
        request = urllib.request.Request(f"{self.url}/gotapi/{path}?{urlencode(parameters)}", method=method,
                                         headers={"Origin": self.url})
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def open_socket(self):
        address = urlsplit(self.url)
        plain = socket.create_connection((address.hostname, address.port), timeout=PATIENCE)
        self.socket = self.context.wrap_socket(plain, server_hostname=address.hostname)
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self.socket.sendall((f"GET /gotapi/websocket HTTP/1.1\r\nHost: {address.netloc}\r\nOrigin: {self.url}\r\n"
                             f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                             "Sec-WebSocket-Version: 13\r\n\r\n").encode())
        self.file = self.socket.makefile("rb")
        head = iter(lambda: self.file.readline().strip(), b"")
        assert next(head).startswith(b"HTTP/1.1 101"), "no WebSocket"
        for _ in head:
            pass
        self.send(1, json.dumps({"accessToken": self.token}).encode())
        assert self.receive()["result"] == 0

    def send(self, opcode, data):
        mask = secrets.token_bytes(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(data))
        length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
        self.socket.sendall(bytes([0x80 | opcode]) + length + mask + masked)

    def receive(self):
        while True:
            first, length = self.file.read(2)
            if length > 125:
                length = int.from_bytes(self.file.read(2 if length == 126 else 8), "big")
            data = self.file.read(length)
            if first == 0x89:
                self.send(10, data)
            elif first == 0x81:
                return json.loads(data)
            else:
                raise AssertionError(f"frame {first:#x}")

    def push(self, attribute, condition=lambda push: True):
        """The next push of this kind that is as described; others are passed over."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            push = self.receive()
            if push.get("attribute") == attribute and condition(push):
                return push
        raise AssertionError(f"no {attribute}")

    def thing(self, online):
        """The id of the one thing, once it is online or not."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            services = self.request("GET", "servicediscovery")["services"]
            things = [service for service in services if "nativeThing" in service["scopes"]]
            if len(things) == 1 and things[0]["online"] == online:
                return things[0]["serviceId"]
        raise AssertionError(f"the thing did not become {'online' if online else 'offline'}")


class Lamp:
    """lamp.py as a process; one that is started again has its credentials."""

    def __init__(self, url, folder):
        self.log = folder / "lamp.log"
        self.words = [sys.executable, str(LAMP), "--address", urlsplit(url).netloc, "--file", str(folder / "lamp.json"),
                      "--motion", "0.5"]

    def __enter__(self):
        with self.log.open("w") as log:
            self.process = subprocess.Popen(self.words, stdout=log, stderr=log)
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def says(self, text):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            said = self.log.read_text()
            if text in said:
                return said
            time.sleep(0.05)
        raise AssertionError(f"the lamp does not say {text!r}:\n{self.log.read_text()}")


def moves_on(application, page, after):
    """Both are told of a motion after this moment, in milliseconds since 1970."""
    application.push("onEvent", lambda push: push["event"]["time"] > after)
    first = page.locator(".events li").first
    seen = first.text_content() if first.count() else ""
    expect(first).not_to_have_text(seen)
    expect(first).to_contain_text(": motion")


def check(page, options, folder):
    def command(*words):
        return subprocess.run([options.gotapi, "things", *words, "--config", options.config], check=True, text=True,
                              capture_output=True).stdout

    page.goto(options.url + "/tutorials/nativething.html")
    expect(page.locator("#things-count")).to_have_text("No thing is paired with this gateway.")
    application = Application(options.url)
    lamp = Lamp(options.url, folder)
    with lamp:
        uuid = lamp.says("refused: pairing is closed").split()[1]
        expect(page.locator(".thing")).to_have_count(0)
        command("pair", "--seconds", "60")
        lamp.says("connected")
        expect(page.locator("#things-count")).to_have_text("1 thing, 1 online.")
        expect(page.locator(".thing h3")).to_have_text("Lamp")

        thing = application.thing(online=True)
        for attribute, parameters in (("onPropertyChange", {}), ("onEvent", {"verb": "motion"})):
            answer = application.request("PUT", f"nativeThing/{attribute}", serviceId=thing, **parameters)
            assert answer["result"] == 0, answer
        page.locator(".events button").click()
        expect(page.locator(".events button")).to_have_text("Stop")
        moves_on(application, page, 0)

        page.locator("[data-property=brightness]").fill("40")
        page.locator('.verbs button:text-is("on")').click()
        expect(page.locator(".properties dd")).to_have_text(["on", "40\u00a0%"])
        push = application.push("onPropertyChange")
        assert (push["thing"]["status"], push["thing"]["info"]) == ("on", {"brightness": 40}), push

    expect(page.locator(".badge")).to_have_text("offline")
    expect(page.locator("#things-count")).to_have_text("1 thing, 0 online.")
    assert application.thing(online=False) == thing
    refused = application.request("POST", "nativeThing/perform", serviceId=thing, verb="off")
    assert refused["statusCode"] == 503, refused

    with lamp:
        lamp.says("connected")
        expect(page.locator(".badge")).to_have_text("online")
        assert application.thing(online=True) == thing
        moves_on(application, page, time.time() * 1_000)
        expect(page.locator(".properties dd")).to_have_text(["off", "100\u00a0%"])
        answer = application.request("POST", "nativeThing/perform", serviceId=thing, verb="on",
                                     parameter='{"brightness": 70}')
        assert answer["result"] == 0, answer
        expect(page.locator(".properties dd")).to_have_text(["on", "70\u00a0%"])
        application.push("onPropertyChange", lambda push: push["thing"]["status"] == "on")
        assert re.search(r"not paired any more", command("revoke", uuid))
        expect(page.locator("#no-things")).to_be_visible()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--gotapi", required=True)
    parser.add_argument("--config", required=True)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    expect.set_options(timeout=PATIENCE * 1_000)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        context = browser.new_context(ignore_https_errors=True)
        check(context.new_page(), options, Path(folder))
        browser.close()
    print("ok      a thing is paired, switched, away and back, as a page and another application see it")


if __name__ == "__main__":
    main()
