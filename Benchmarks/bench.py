# Swift GotAPI · SPDX-License-Identifier: MIT
"""Measures the gateway beside the floor, in turn, and prints the medians: what script/bench runs."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import time

START_PATIENCE = 30  # seconds
SOCKETS_IDLE = 10_000
SERVICES = (3, 100, 1_000)


class Process:
    """A server, ended with the block that it is used in."""

    def __init__(self, words, ready, folder, name):
        self.log = folder / f"{name}.log"
        self.began = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
        deadline = self.began + START_PATIENCE
        while ready not in self.log.read_text(errors="replace"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise SystemExit(f"{words[0]} did not start:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.002)
        self.start_seconds = time.monotonic() - self.began

    def resident_kilobytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+) kB", status, re.M).group(1))

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise SystemExit(f"process {self.process.pid} did not end within 15 s: {self.log}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for index, one in enumerate(sockets):
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Bench:
    def __init__(self, options):
        self.options = options
        self.products = pathlib.Path(options.products)
        self.folder = pathlib.Path(options.folder)
        self.rows = []
        self.count = 0
        key, certificate = self.folder / "floor.key", self.folder / "floor.crt"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
            check=True, capture_output=True)
        self.tls = (str(certificate), str(key))

    # Servers

    def gateway(self, plugins, tls=False, isolation="process", items=None):
        """A gateway of its own, with these libraries of the fixtures, and its port."""
        self.count += 1
        home = self.folder / f"gateway-{self.count}"
        (home / "plugins").mkdir(parents=True)
        for name in plugins:
            library = f"libgotapi-plugin-{name}.so"
            source = self.folder / "libraries" / library
            shutil.copy(source if source.exists() else self.folder / "samples" / library, home / "plugins" / library)
        (port,) = free_ports(1)
        configuration = {
            "ssl_engine": tls, "gotapi_if_port": port, "gotapi_if_ssl_port": port, "plugin_root_path": "plugins",
            "state_path": "state", "http_server_document_root": "plugins", "ws_connection_limit": 100_000,
            "log_level": "warning", "plugins": {"isolation": isolation, "items": items or {}},
        }
        (home / "config.json").write_text(json.dumps(configuration))
        process = Process(
            [str(self.products / "gotapi"), "serve", "--config", "config.json"],
            "Your web application can be accessed at", home, "gateway")
        return process, port

    def floor(self, tls=False):
        self.count += 1
        port = free_ports(1)[0] - 1  # the one behind it is for WebSockets
        words = [str(self.products / "floor"), str(port), str(os.cpu_count())] + (list(self.tls) if tls else [])
        return Process(words, "ready", self.folder, f"floor-{self.count}"), port

    # Load

    def load(self, *words, tls=False, floor=False):
        words = [str(self.products / "load"), *words] + ["--tls"] * tls + ["--floor"] * floor
        run = subprocess.run(words, capture_output=True, text=True)
        if run.returncode != 0:
            raise SystemExit(f"{' '.join(words)}:\n{run.stdout}{run.stderr}")
        return run.stdout

    def token(self, port, tls):
        return self.load("token", "--port", str(port), tls=tls).strip()

    def wrk(self, port, connections, path, tls):
        """Requests a second, and the 99th percentile of their times in milliseconds."""
        scheme = "https" if tls else "http"
        words = ["wrk", "-t1", f"-c{connections}", f"-d{self.options.seconds}", "--latency",
                 "-H", f"Origin: {scheme}://localhost:{port}", f"{scheme}://127.0.0.1:{port}{path}"]
        run = subprocess.run(words, capture_output=True, text=True)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", run.stdout)
        slowest = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", run.stdout)
        if run.returncode != 0 or not rate or not slowest or "Non-2xx" in run.stdout or "Socket errors" in run.stdout:
            raise SystemExit(f"{' '.join(words)}:\n{run.stdout}{run.stderr}")
        return float(rate[1]), float(slowest[1]) * {"us": 0.001, "ms": 1, "s": 1000}[slowest[2]]

    # Figures

    def medians(self, measures):
        """Measures each in turn, as often as there are rounds; the machine's moods then hit all of them."""
        figures = {name: [] for name in measures}
        for measure in measures.values():
            measure()  # warm
        for _ in range(self.options.rounds):
            for name, measure in measures.items():
                figures[name].append(measure())
        return {
            name: tuple(statistics.median(column) for column in zip(*values))
            if isinstance(values[0], tuple) else statistics.median(values)
            for name, values in figures.items()
        }

    def row(self, scenario, variant, unit, value, floor=None):
        ratio = None if floor is None or floor == 0 else value / floor
        self.rows.append({
            "scenario": scenario, "variant": variant, "unit": unit, "value": value, "floor": floor, "ratio": ratio})
        shown = "" if floor is None else f"{floor:>12,.1f}{ratio:>8.2f}" if ratio is not None else f"{floor:>12,.1f}"
        print(f"{scenario:<34}{variant:<12}{value:>12,.1f} {unit:<12}{shown}", flush=True)

    # Scenarios

    def echo(self):
        for tls in (False, True):
            floor, floor_port = self.floor(tls)
            isolated, isolated_port = self.gateway(["echo"], tls)
            thread, thread_port = self.gateway(["echo"], tls, isolation="none")
            with floor, isolated, thread:
                ports = {"floor": floor_port, "isolated": isolated_port, "thread": thread_port}
                paths = {name: "/gotapi/t?serviceId=echo&msg=hello&nonce=abcdef0123&accessToken=" + (
                    "none" if name == "floor" else self.token(port, tls)) for name, port in ports.items()}
                for connections in (1, 32, 256):
                    found = self.medians({
                        name: lambda name=name: self.wrk(ports[name], connections, paths[name], tls) for name in ports})
                    title = f"echo, {connections} connections{', TLS' * tls}"
                    for name in ("isolated", "thread"):
                        self.row(title, name, "requests/s", found[name][0], found["floor"][0])
                    for name in ("isolated", "thread"):
                        self.row(title, name, "ms, p99", found[name][1], found["floor"][1])

    def connect(self):
        for tls in (False, True):
            gateway, port = self.gateway(["echo"], tls)
            with gateway:
                found = self.medians({"": lambda: json.loads(self.load(
                    "connects", "--port", str(port), "--seconds", str(self.options.seconds), tls=tls))["connects"]})
                self.row(f"connect flow and a socket{', TLS' * tls}", "isolated", "clients/s", found[""])

    def discovery(self):
        running = {}
        try:
            for count in SERVICES:
                gateway, port = self.gateway(["many"], items={"com.example.many": {"config": {"services": count}}})
                running[count] = (gateway, port, self.token(port, False))
            lists = self.medians({count: lambda port=port, token=token: self.wrk(
                port, 32, f"/gotapi/servicediscovery?nonce=a&accessToken={token}", False)
                for count, (_, port, token) in running.items()})
            requests = self.medians({count: lambda port=port, token=token: self.wrk(
                port, 32, f"/gotapi/t?serviceId=many-2&nonce=a&accessToken={token}", False)
                for count, (_, port, token) in running.items()})
            for count in SERVICES:
                self.row(f"discovery, {count} services", "isolated", "requests/s", lists[count][0])
            for count in SERVICES:
                # Beside the gateway with three: what a look-up costs.
                self.row(f"request, {count} services", "isolated", "requests/s", requests[count][0],
                         requests[SERVICES[0]][0])
        finally:
            for gateway, _, _ in running.values():
                gateway.end()

    def pushes(self):
        for sockets in (500, 2_000):
            def measure(start, floor):
                server, port = start()
                with server:
                    return json.loads(self.load(
                        "pushes", "--port", str(port), "--sockets", str(sockets), "--seconds",
                        str(self.options.seconds), floor=floor))["delivered"]
            found = self.medians({
                "floor": lambda: measure(self.floor, True),
                "isolated": lambda: measure(lambda: self.gateway(["fanout"]), False),
                "thread": lambda: measure(lambda: self.gateway(["fanout"], isolation="none"), False)})
            for name in ("isolated", "thread"):
                self.row(f"pushes to {sockets} sockets", name, "pushes/s", found[name], found["floor"])

    def idle(self):
        for tls in (False, True):
            gateway, port = self.gateway(["echo"], tls)
            with gateway:
                def hold(count):
                    words = [str(self.products / "load"), "idle", "--port", str(port), "--sockets", str(count)]
                    with subprocess.Popen(words + ["--tls"] * tls, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                          text=True) as crowd:
                        if crowd.stdout.readline() != "open\n":
                            raise SystemExit("the sockets could not be opened")
                        held = gateway.resident_kilobytes()
                        crowd.communicate("close\n")
                    return held
                hold(100)
                before = gateway.resident_kilobytes()
                held = hold(SOCKETS_IDLE)
                time.sleep(12)  # a client's subscriptions outlive its socket by 10 s
                after = gateway.resident_kilobytes()
                title = f"{SOCKETS_IDLE:,} idle sockets{', TLS' * tls}"
                self.row(title, "open", "kB each", (held - before) / SOCKETS_IDLE)
                self.row(title, "closed", "kB each", (after - before) / SOCKETS_IDLE)

    def start(self):
        samples = ["helloworld", "lightemulator", "simpleclock"]
        seconds, resident, runners = [], [], []
        for _ in range(self.options.rounds):
            gateway, _ = self.gateway(samples)
            with gateway:
                seconds.append(gateway.start_seconds)
                resident.append(gateway.resident_kilobytes())
                runners.append([
                    int(re.search(r"^VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1])
                    for pid in children(gateway.process.pid)])
        self.row("start with the samples", "isolated", "ms", statistics.median(seconds) * 1000)
        self.row("resident after the start", "gateway", "MB", statistics.median(resident) / 1000)
        self.row("resident after the start", "a runner", "MB", statistics.median(map(min, runners)) / 1000)
        gateway, port = self.gateway(["echo"])
        with gateway:
            path = f"/gotapi/t?serviceId=echo&msg=hello&nonce=a&accessToken={self.token(port, False)}"
            self.wrk(port, 32, path, False)
            before, requests = gateway.resident_kilobytes(), 0
            while requests < 1_000_000:
                requests += self.wrk(port, 32, path, False)[0] * self.options.seconds
            self.row("a million requests", "gateway", "MB more", (gateway.resident_kilobytes() - before) / 1000)


def children(pid):
    return [int(word) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
            for word in (task / "children").read_text().split()]


def main():
    scenarios = ["echo", "connect", "discovery", "pushes", "idle", "start"]
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("--products", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--folder", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--json")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", choices=[[], *scenarios], default=[])
    options = parser.parse_args()
    bench = Bench(options)
    print(f"{'scenario':<34}{'variant':<12}{'measured':>12} {'':<12}{'floor':>12}{'ratio':>8}")
    for name in options.scenarios or scenarios:
        getattr(bench, name)()
    if options.json:
        commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
        pathlib.Path(options.json).write_text(json.dumps({
            "date": datetime.date.today().isoformat(), "machine": platform.processor() or platform.machine(),
            "cores": os.cpu_count(), "commit": commit, "rounds": options.rounds, "seconds": options.seconds,
            "figures": bench.rows}, indent=2) + "\n")


main()
