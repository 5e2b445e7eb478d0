# Swift GotAPI · SPDX-License-Identifier: MIT
"""Counts the gateway's instructions under callgrind and compares them with the limits: what script/ratchet runs."""

import argparse
import json
import os
import pathlib
import platform
import re
import subprocess
import sys

from application import PATIENCE
from servers import Gateway

TOLERANCE = 0.005
WARM_UP = 300  # requests, until tables and free lists have their size
REQUESTS = 300
SOCKETS = 100
ROUNDS = 10


class CountedGateway(Gateway):
    """A gateway under callgrind, whose instructions are counted between two moments."""

    def __init__(self, options, plugin, isolation, lane):
        home = pathlib.Path(options.folder) / f"{plugin}-{isolation}-{lane}"
        self.profile, self.dumps = home / "profile", 0
        prefix = [
            # On one core, and woken threads wait until it is free.
            "taskset", "--cpu-list", str(min(os.sched_getaffinity(0))), "chrt", "--batch", "0",
            "valgrind", "--tool=callgrind", f"--callgrind-out-file={self.profile}", "--trace-children=no"]
        environment = dict(
            os.environ, LD_PRELOAD=options.preload,
            # Where entries lie in a table is the same each time.
            SWIFT_DETERMINISTIC_HASHING="1",
            # Which arena a thread gets depends on who else allocates just then.
            GLIBC_TUNABLES="glibc.malloc.arena_max=1")
        library = pathlib.Path(options.libraries) / f"libgotapi-plugin-{plugin}.so"
        super().__init__(
            pathlib.Path(options.program), home, [library], isolation=isolation,
            items={f"com.example.{plugin}": {"lane": lane}}, prefix=prefix, environment=environment)
        loops = [name for name in self.threads() if name.startswith("NIO-ELT")]
        if len(loops) != 1:
            self.end()
            raise SystemExit(f"error: the gateway has {len(loops)} event loops, and the limits are for one")

    def threads(self):
        return [task.read_text().strip() for task in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/comm")]

    def control(self, word):
        words = ["callgrind_control", word, str(self.process.pid)]
        run = subprocess.run(words, capture_output=True, text=True)
        if run.returncode != 0 or "Error" in run.stdout:
            raise SystemExit(f"error: {' '.join(words)}:\n{run.stdout}{run.stderr}")

    def instructions(self, work, count):
        """How many the work takes, done so often."""
        self.control("-z")
        for _ in range(count):
            work()
        self.control("-d")
        self.dumps += 1
        profile = pathlib.Path(f"{self.profile}.{self.dumps}").read_text()
        return int(re.search(r"^summary: (\d+)", profile, re.M)[1])

    def end(self):
        """Its clock is slow, and so would its good-bye be."""
        self.process.kill()
        self.process.wait()


def checked(status, answer):
    if status != 200:
        raise SystemExit(f"error: {status} {answer}")


def requests(options, isolation, lane):
    """Instructions for a request, one after another on one connection."""
    with CountedGateway(options, "echo", isolation, lane) as gateway:
        application = gateway.connect()

        def ask():
            checked(*application.ask("GET", "t", "echo", msg="hello"))
        for _ in range(WARM_UP):
            ask()
        return [gateway.instructions(ask, REQUESTS) / REQUESTS for _ in range(options.repeats)]


def pushes(options, isolation):
    """Instructions for a push. Each round of pushes is asked for, and has arrived before the next; what the request alone
    takes is counted, too, and taken off."""
    with CountedGateway(options, "fanout", isolation, "thread") as gateway:
        applications = [gateway.connect() for _ in range(SOCKETS)]
        sockets = [application.open_socket() for application in applications]
        for application in applications:
            checked(*application.ask("PUT", "t", "fanout"))

        def ask(rounds):
            checked(*applications[0].ask("POST", "t", "fanout", rounds=rounds))

        def push():
            ask(1)
            try:
                for served, socket in enumerate(sockets):
                    socket.message()
            except TimeoutError:
                raise SystemExit(f"error: a push did not arrive at socket {served} of {SOCKETS}, {PATIENCE} s after it was "
                                 "asked for") from None
        for _ in range(ROUNDS):
            push()
        for _ in range(WARM_UP):
            ask(0)
        return [(gateway.instructions(push, ROUNDS) - gateway.instructions(lambda: ask(0), ROUNDS)) / (ROUNDS * SOCKETS)
                for _ in range(options.repeats)]


# In process on its thread is not among them: two threads of one process wake each other sometimes before and sometimes after
# they have fallen asleep, and what that takes differs by 1 %.
MEASURES = {
    "request, in process, inline": lambda options: requests(options, "none", "inline"),
    "request, isolated": lambda options: requests(options, "process", "thread"),
    "push, isolated": lambda options: pushes(options, "process"),
}


def version(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()[0].strip()


def tools():
    """What the counts depend on beside the code. The processor is not among them: callgrind shows the same one on every
    machine that has AVX2, or else an older one."""
    flags = pathlib.Path("/proc/cpuinfo").read_text().split()
    return {
        "swift": re.search(r"Swift version \S+", version("swift", "--version"))[0], "valgrind": version("valgrind", "--version"),
        "libc": " ".join(platform.libc_ver()), "machine": platform.machine() + (" with AVX2" if "avx2" in flags else "")}


def main():
    parser = argparse.ArgumentParser(prog="script/ratchet")
    parser.add_argument("--program", required=True)
    parser.add_argument("--libraries", required=True)
    parser.add_argument("--preload", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--limits", required=True)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--lower", action="store_true")
    options = parser.parse_args()
    file = pathlib.Path(options.limits)
    stored = json.loads(file.read_text())
    limits, here = stored["limits"], tools()
    failed = lowered = False
    for title, measure in MEASURES.items():
        counts = measure(options)
        # What else happens meanwhile adds to a count, and takes nothing off.
        count, limit = round(min(counts)), limits[title]
        spread = f"{(max(counts) - min(counts)) / min(counts):.2%}"
        print(f"{title:<30}{count:>10,} instructions, limit {limit:>10,}, {count / limit - 1:+.2%}; {len(counts)} counts "
              f"within {spread}", flush=True)
        if count > limit * (1 + TOLERANCE):
            failed = True
        elif count < limit * (1 - TOLERANCE):
            lowered = True
            limits[title] = count
    if lowered and options.lower:
        file.write_text(json.dumps({"limits": limits, "counted with": here}, indent=4) + "\n")
        print(f"{file.name} is lowered.")
    elif lowered:
        print("There are fewer than the limit says. To keep it so: script/ratchet --lower")
    if failed:
        if here != stored["counted with"]:
            print(f"The limits were counted with {stored['counted with']}, and these with {here}.", file=sys.stderr)
        print("error: it takes more instructions than the limit, and 0.5 % above it, allow. Find out what costs them "
              "(callgrind_annotate shows it), or raise the limit in Benchmarks/ratchet.json by hand, with the reason in the "
              "commit.", file=sys.stderr)
        raise SystemExit(1)


main()
