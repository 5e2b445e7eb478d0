# Swift GotAPI · SPDX-License-Identifier: MIT
"""The servers that script/bench and script/ratchet start, each in a folder of its own, with ports that are free."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

from application import Application

START_PATIENCE = 120  # seconds; a gateway under callgrind is slow


def free_port(with_next=False):
    """A port of loopback that nobody listens on just now, if need be with the one behind it."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                if with_next:
                    second.bind(("127.0.0.1", port + 1))
                return port
            except (OSError, OverflowError):
                continue


def resident_bytes(process):
    """What a process has in memory."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M)[1]) * 1024


class Server:
    """A process with a port, ended with the block that it is used in."""

    def __init__(self, words, ready, folder, name, port, tls=False, environment=None, is_awaited=True):
        self.port, self.tls, self.ready = port, tls, ready
        self.log = folder / f"{name}.log"
        self.began = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, env=environment)
        if is_awaited:
            self.wait()

    def wait(self):
        """Until it says that it is ready."""
        while self.ready not in (said := self.log.read_text(errors="replace")):
            if self.process.poll() is not None or time.monotonic() > self.began + START_PATIENCE:
                self.process.kill()
                raise SystemExit(f"{' '.join(self.process.args)} did not start:\n{said}")
            time.sleep(0.002)

    @property
    def resident_bytes(self):
        return resident_bytes(self.process.pid)

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        self.signal(signal.SIGTERM)
        try:
            self.process.wait(START_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise SystemExit(f"process {self.process.pid} did not end within {START_PATIENCE} s: {self.log}") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


class Gateway(Server):
    """A gateway with some libraries, in a folder of its own."""

    def __init__(self, program, home, libraries, tls=False, isolation="process", items=None, prefix=(), environment=None,
                 is_awaited=True):
        self.program, self.home = program, home
        self.plugins = home / "plugins"
        self.plugins.mkdir(parents=True)
        for library in libraries:
            self.install(library, library.name)
        port = free_port()
        configuration = {
            "ssl_engine": tls, "gotapi_if_port": port, "gotapi_if_ssl_port": port, "plugin_root_path": "plugins",
            "state_path": "state", "http_server_document_root": "plugins", "ws_connection_limit": 100_000,
            "log_level": "warning", "native_thing": {"mdns": False},
            "plugins": {"isolation": isolation, "items": items or {}},
        }
        (home / "config.json").write_text(json.dumps(configuration))
        words = [*prefix, str(program), "serve", "--config", "config.json"]
        super().__init__(
            words, "Your web application can be accessed at", home, "gateway", port, tls, environment, is_awaited)

    def install(self, library, name):
        """Puts a library in place in one step, as its owner does."""
        temporary = self.plugins / f".{name}"
        shutil.copy(library, temporary)
        os.chmod(temporary, 0o755)
        temporary.rename(self.plugins / name)

    def connect(self):
        return Application(self.port, self.tls)

    def runners(self):
        """The processes of its plug-ins, by their ids."""
        words = [str(self.program), "plugin", "list", "--json", "--config", str(self.home / "config.json")]
        listed = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
        return {plugin["id"]: plugin["pid"] for plugin in listed if plugin.get("pid")}

    def children(self):
        """The processes that it has begun, the oldest first. The kernel says it at once, which ``runners`` does not."""
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return sorted(int(word) for task in tasks for word in task.read_text().split())


class Floor(Server):
    """Benchmarks/floor: HTTP at its port, WebSockets at the next one."""

    def __init__(self, program, folder, name, certificate=None):
        port = free_port(with_next=True)
        words = [str(program), str(port), str(os.cpu_count()), *map(str, certificate or ())]
        super().__init__(words, "ready", folder, name, port, tls=certificate is not None)
