# Swift GotAPI · SPDX-License-Identifier: MIT
"""What a scenario of script/bench has at hand: servers, and what loads them."""

import json
import pathlib
import re
import subprocess

import figures
from servers import Floor, Gateway


class Workplace:
    def __init__(self, options):
        self.rounds, self.seconds = options.rounds, options.seconds
        self.products, self.folder = pathlib.Path(options.products), pathlib.Path(options.folder)
        self.count = 0
        key, crt = self.folder / "floor.key", self.folder / "floor.crt"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", crt], check=True, capture_output=True)
        self.certificate = (crt, key)

    def library(self, name):
        return self.folder / "libraries" / f"libgotapi-plugin-{name}.so"

    def gateway(self, plugins, tls=False, isolation="process", items=None, is_awaited=True):
        self.count += 1
        home = self.folder / f"gateway-{self.count}"
        return Gateway(
            self.products / "gotapi", home, [self.library(name) for name in plugins], tls, isolation, items,
            is_awaited=is_awaited)

    def floor(self, tls=False):
        self.count += 1
        return Floor(self.products / "floor", self.folder, f"floor-{self.count}", self.certificate if tls else None)

    def medians(self, measures):
        return figures.medians(measures, self.rounds)

    # Load

    def load(self, command, server, *words):
        """What Benchmarks/load prints, which is JSON."""
        run = subprocess.run(self.load_words(command, server, *words), capture_output=True, text=True)
        if run.returncode != 0:
            raise SystemExit(f"{' '.join(run.args)}:\n{run.stdout}{run.stderr}")
        return json.loads(run.stdout)

    def load_words(self, command, server, *words):
        return [str(self.products / "load"), command, "--port", str(server.port), *map(str, words),
                *["--tls"] * server.tls, *["--floor"] * isinstance(server, Floor)]

    def crowd(self, gateway, count):
        return Crowd(self.load_words("idle", gateway, "--sockets", count))

    def wrk(self, server, connections, path):
        """Requests a second, and the 99th percentile of their times in milliseconds."""
        scheme = "https" if server.tls else "http"
        words = ["wrk", "-t1", f"-c{connections}", f"-d{self.seconds}", "--latency",
                 "-H", f"Origin: {scheme}://localhost:{server.port}", f"{scheme}://127.0.0.1:{server.port}/gotapi/{path}"]
        said = subprocess.run(words, capture_output=True, text=True).stdout
        rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
        slowest = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", said)
        if not rate or not slowest or "Non-2xx" in said or "Socket errors" in said:
            raise SystemExit(f"{' '.join(words)}:\n{said}")
        return float(rate[1]), float(slowest[1]) * {"us": 0.001, "ms": 1, "s": 1000}[slowest[2]]

    def echo(self, server, connections, service="echo"):
        """``wrk`` against an echo; the floor knows no token."""
        if isinstance(server, Floor):
            token = "none"
        else:
            application = server.connect()
            token = application.token
            application.close()
        return self.wrk(server, connections, f"t?serviceId={service}&msg=hello&nonce=abcdef0123&accessToken={token}")


class Crowd:
    """Idle sockets, each of an application of its own; opened again, they belong to the same ones."""

    def __init__(self, words):
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.expect("open")

    def expect(self, word):
        if self.process.stdout.readline() != f"{word}\n":
            raise SystemExit(f"the sockets are not {word}")

    def turn(self, word):
        """Closes the sockets (``closed``), or opens others (``open``)."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.expect(word)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()
