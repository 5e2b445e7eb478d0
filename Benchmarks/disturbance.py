# Swift GotAPI · SPDX-License-Identifier: MIT
"""What disturbs a gateway while others are measured, each for as long as its block lasts."""

import contextlib
import itertools
import os
import signal
import threading

# The same library under many names: one that has crashed is away for longer each time.
WORST = tuple(f"worst-{name}" for name in (
    "null", "abort", "overflow", "exit", "loop", "memory", "processes", "program", "close", "print"))
KILLS_A_SECOND = 5
BLOCKED_REQUESTS = 16


@contextlib.contextmanager
def none(_):
    """Nothing at all."""
    yield


@contextlib.contextmanager
def blocking(gateway):
    """A plug-in that sleeps in its callback, with requests that wait for it."""
    applications = [gateway.connect() for _ in range(BLOCKED_REQUESTS)]
    for application in applications:
        application.send("GET", f"t/block?serviceId=blocks&seconds=60&accessToken={application.token}")
    yield
    for application in applications:
        application.close()


@contextlib.contextmanager
def repeating(action, period):
    """Does something again and again, with each of the worst in turn."""
    ended, failures = threading.Event(), []

    def run():
        try:
            for name in itertools.cycle(WORST):
                if ended.wait(period):
                    return
                action(name)
        except Exception as failure:
            failures.append(failure)
    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if failures:
        raise failures[0]


def killing(gateway):
    """kill -9 of the oldest process of WORST, so that each has its turn."""
    runners = gateway.runners()
    spared = {process for plugin, process in runners.items() if plugin.removeprefix("com.example.") not in WORST}

    def kill(_):
        for process in gateway.children():
            if process not in spared:
                os.kill(process, signal.SIGKILL)
                return
    return repeating(kill, 1 / KILLS_A_SECOND)


def eating(gateway):
    """Plug-ins that take memory until they are held back."""
    application = gateway.connect()
    return repeating(lambda name: application.ask("GET", "t/memory", name), 1)
