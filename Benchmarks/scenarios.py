# Swift GotAPI · SPDX-License-Identifier: MIT
"""The scenarios of script/bench: each fills its rows of the table."""

import contextlib
import os
import signal
import socket
import time

from application import Application, Failure
import disturbance
from disturbance import WORST, blocking, eating, killing
from figures import at_most, ratio_at_least, ratio_at_most
from servers import resident_bytes

# Library, id, and what it is written in.
SAMPLES = (
    ("helloworld", "com.github.futomi.hello-world", "C"), ("lightemulator", "com.github.futomi.lightemulator", "C++"),
    ("simpleclock", "com.github.futomi.hello-clock", "Swift"))
SERVICES = (3, 100, 1_000)
SOCKETS_IDLE = 10_000
SUBSCRIPTIONS_OUTLIVE = 12  # seconds; a client's subscriptions live for 10 s without a socket
POLL = 0.0005  # seconds
# How a plug-in runs: isolation, lane, and what an echo is to reach of the floor.
VARIANTS = {"isolated": ("process", "thread", 0.65), "thread": ("none", "thread", 0.7), "inline": ("none", "inline", 0.85)}


def of_tls(title, tls):
    return f"{title}{', TLS' * tls}"


def echo(workplace, table):
    for tls in (False, True):
        with contextlib.ExitStack() as running:
            servers = {"floor": running.enter_context(workplace.floor(tls))}
            for name, (isolation, lane, _) in VARIANTS.items():
                servers[name] = running.enter_context(
                    workplace.gateway(["echo"], tls, isolation, {"com.example.echo": {"lane": lane}}))
            for connections in (1, 32, 256):
                found = workplace.medians({
                    name: lambda server=server: workplace.echo(server, connections)
                    for name, server in servers.items()})
                title = of_tls(f"echo, {connections} connection{'s' * (connections > 1)}", tls)
                for name, (_, _, share) in VARIANTS.items():
                    table.add(title, name, "requests/s", found[name][0], found["floor"][0],
                              target=ratio_at_least(share) if connections > 1 else None)
                for name in VARIANTS:
                    table.add(title, name, "ms, p99", found[name][1], found["floor"][1],
                              target=ratio_at_most(2) if (connections, name) == (32, "isolated") else None)


def connect(workplace, table):
    for tls in (False, True):
        with workplace.gateway(["echo"], tls) as gateway:
            found = workplace.medians({
                "isolated": lambda: workplace.load("connects", gateway, "--seconds", workplace.seconds)["connects"]})
            table.add(of_tls("connect flow and a socket", tls), "isolated", "clients/s", found["isolated"])


def discovery(workplace, table):
    with contextlib.ExitStack() as running:
        servers = {count: running.enter_context(workplace.gateway(
            ["many"], items={"com.example.many": {"config": {"services": count}}})) for count in SERVICES}
        tokens = {count: server.connect().token for count, server in servers.items()}
        lists = workplace.medians({count: lambda count=count: workplace.wrk(
            servers[count], 32, f"servicediscovery?nonce=a&accessToken={tokens[count]}") for count in SERVICES})
        for count in SERVICES:
            table.add(f"discovery, {count:,} services", "isolated", "requests/s", lists[count][0])
        requests = workplace.medians({count: lambda count=count: workplace.wrk(
            servers[count], 32, f"t?serviceId=many-2&nonce=a&accessToken={tokens[count]}") for count in SERVICES})
        for count in SERVICES[1:]:
            # The floor is the gateway with three.
            table.add(f"request, {count:,} services beside {SERVICES[0]}", "isolated", "requests/s",
                      requests[count][0], requests[SERVICES[0]][0], target=ratio_at_least(0.9))


def delivered(workplace, server, sockets):
    """Pushes a second, to a server of its own: it goes on pushing."""
    return workplace.load("pushes", server, "--sockets", sockets, "--seconds", workplace.seconds)["delivered"]


def pushes(workplace, table):
    for sockets in (500, 2_000):
        def measure(start):
            with start() as server:
                return delivered(workplace, server, sockets)
        found = workplace.medians({
            "floor": lambda: measure(workplace.floor),
            "isolated": lambda: measure(lambda: workplace.gateway(["fanout"])),
            "thread": lambda: measure(lambda: workplace.gateway(["fanout"], isolation="none"))})
        for name in ("isolated", "thread"):
            table.add(f"pushes to {sockets:,} sockets", name, "pushes/s", found[name], found["floor"],
                      target=ratio_at_least(0.6))


def others(workplace, table):
    """What others notice of a plug-in or a subscriber that misbehaves. The floor is the same gateway, left in peace."""
    def measure(disturb):
        with workplace.gateway(["echo", "blocks", *WORST]) as gateway:
            workplace.echo(gateway, 32)  # warm
            with disturb(gateway):
                return workplace.echo(gateway, 32)
    disturbances = {
        "in peace": disturbance.none, "while one blocks its thread": blocking, "while one is killed, 5 a second": killing,
        "while one eats memory, 1 a second": eating}
    found = workplace.medians({name: lambda disturb=disturb: measure(disturb)
                               for name, disturb in disturbances.items()})
    rate, slowest = found["in peace"]
    for name in list(disturbances)[1:]:
        # Rounds of one and the same differ by some hundredths.
        target = ratio_at_least(0.95) if disturbances[name] is blocking else None
        table.add(f"echo {name}", "isolated", "requests/s", found[name][0], rate, target=target)
        table.add(f"echo {name}", "isolated", "ms, p99", found[name][1], slowest)

    def push(with_silent_one):
        with workplace.gateway(["fanout"]) as gateway:
            if not with_silent_one:
                return delivered(workplace, gateway, 500)
            application = gateway.connect()
            silent = application.open_socket()
            status, answer = application.ask("PUT", "t", "fanout")
            if status != 200:
                raise Failure(f"{status} {answer}")
            figure = delivered(workplace, gateway, 500)
            silent.close()
            application.close()
            return figure
    found = workplace.medians({"without": lambda: push(False), "with": lambda: push(True)})
    table.add("pushes while one more does not read", "isolated", "pushes/s", found["with"], found["without"],
              target=ratio_at_least(0.95))


def seconds_until(condition):
    began = time.monotonic()
    while not condition():
        if time.monotonic() > began + 60:
            raise Failure("it did not come within a minute")
        time.sleep(POLL)
    return time.monotonic() - began


def changes(workplace, table):
    """How long it takes until a new version answers, and one that has crashed."""
    with workplace.gateway([]) as gateway:
        name = "libgotapi-plugin-versions-c.so"
        application = gateway.connect()

        def answers(version):
            # Asked all the while, and none may fail.
            status, answer = application.ask("GET", "t", "versions-c")
            if status != 200 or answer["result"] != 0:
                raise Failure(f"a request failed in a reload: {status} {answer}")
            return answer["data"] == version

        def change(version):
            gateway.install(workplace.library(f"versions-c-{version}"), name)
            gateway.signal(signal.SIGHUP)
            return seconds_until(lambda: answers(version))
        gateway.install(workplace.library("versions-c-1"), name)
        gateway.signal(signal.SIGHUP)
        seconds_until(lambda: application.ask("GET", "t", "versions-c")[0] == 200)
        versions = iter([2, 1] * (workplace.rounds + 1))
        found = workplace.medians({"": lambda: change(next(versions))})
        table.add("SIGHUP until the new version answers", "isolated", "ms", found[""] * 1000)

    def crash():
        with workplace.gateway(["echo"]) as gateway:
            application = gateway.connect()
            application.ask("GET", "t", "echo")
            os.kill(gateway.runners()["com.example.echo"], signal.SIGKILL)
            seconds_until(lambda: application.ask("GET", "t", "echo")[0] != 200)
            return seconds_until(lambda: application.ask("GET", "t", "echo")[0] == 200)
    found = workplace.medians({"": crash})
    table.add("a crash until it answers again", "isolated", "ms", found[""] * 1000)


def idle(workplace, table):
    """Memory of sockets that are open, and of those that were. The applications stay, with their tokens, and the allocator
    keeps what was freed: so what counts is that the same sockets, opened again and again, need no more."""
    for tls in (False, True):
        with workplace.gateway(["echo"], tls) as gateway:
            with workplace.crowd(gateway, 100):
                pass
            before = gateway.resident_bytes
            with workplace.crowd(gateway, SOCKETS_IDLE) as crowd:
                opened, closed = gateway.resident_bytes, []
                for word in ("closed", "open", "closed", "open", "closed"):
                    crowd.turn(word)
                    if word == "closed":
                        time.sleep(SUBSCRIPTIONS_OUTLIVE)
                        closed.append(gateway.resident_bytes)
            title = of_tls(f"{SOCKETS_IDLE:,} idle sockets", tls)
            table.add(title, "open", "kB each", (opened - before) / SOCKETS_IDLE / 1000, target=at_most(40 if tls else 12))
            table.add(title, "closed, kept", "kB each", (closed[0] - before) / SOCKETS_IDLE / 1000)
            table.add(title, "again, growth", "kB each", (closed[2] - closed[0]) / (2 * SOCKETS_IDLE) / 1000,
                      target=at_most(0))


def start(workplace, table):
    for tls in (False, True):
        begun = workplace.medians({"": lambda: start_once(workplace, tls)})[""]
        table.add(of_tls("exec until the port accepts", tls), "samples", "ms", begun[0] * 1000, target=at_most(100))
        table.add(of_tls("exec until a sample has answered", tls), "samples", "ms", begun[1] * 1000,
                  target=at_most(200))
        table.add(of_tls("resident after the start", tls), "gateway", "MB", begun[2] / 1e6, target=at_most(30))
    for (_, _, language), resident in zip(SAMPLES, begun[3:]):
        table.add("resident after the start", f"runner, {language}", "MB", resident / 1e6,
                  target=at_most(6) if language == "C" else None)


def start_once(workplace, tls):
    """Seconds until the port accepts, and until a sample has answered, authorization included; bytes of the gateway and of
    the samples' runners."""
    service = "com.github.futomi.hello-world.echo"
    gateway = workplace.gateway([library for library, _, _ in SAMPLES], tls, is_awaited=False)
    with gateway:
        def accepts():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", gateway.port)) == 0
        seconds_until(accepts)
        accepted = time.monotonic()
        application = Application(gateway.port, tls)
        status, answer = application.ask("GET", "echo", service, msg="hello")
        answered = time.monotonic()
        if status != 200:
            raise Failure(f"{status} {answer}")
        application.close()
        gateway.wait()
        runners = gateway.runners()
        return (accepted - gateway.began, answered - gateway.began, gateway.resident_bytes,
                *(resident_bytes(runners[plugin]) for _, plugin, _ in SAMPLES))


def memory(workplace, table):
    with workplace.gateway(["echo"]) as gateway:
        workplace.echo(gateway, 32)
        before, requests = gateway.resident_bytes, 0
        while requests < 1_000_000:
            requests += workplace.echo(gateway, 32)[0] * workplace.seconds
        table.add("a million requests", "gateway", "MB more", (gateway.resident_bytes - before) / 1e6, target=at_most(5))
    with workplace.gateway(["echo"]) as gateway, workplace.crowd(gateway, 2_000) as crowd:
        crowd.turn("closed")
        time.sleep(SUBSCRIPTIONS_OUTLIVE)
        before = gateway.resident_bytes
        for _ in range(10):
            crowd.turn("open")
            crowd.turn("closed")
        time.sleep(SUBSCRIPTIONS_OUTLIVE)
        table.add("20,000 sockets, 2,000 at a time", "gateway", "MB more", (gateway.resident_bytes - before) / 1e6)


SCENARIOS = {
    "echo": echo, "connect": connect, "discovery": discovery, "pushes": pushes, "others": others, "changes": changes,
    "idle": idle, "start": start, "memory": memory,
}
