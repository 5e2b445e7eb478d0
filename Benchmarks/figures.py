# Swift GotAPI · SPDX-License-Identifier: MIT
"""What was measured: a table on the terminal, as Markdown, and as JSON."""

import dataclasses
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess


@dataclasses.dataclass
class Target:
    """What a figure, or its ratio to the floor, is to reach."""

    comparison: str  # ≥ or ≤
    limit: float
    is_for_ratio: bool = False

    def __str__(self):
        return f"{self.comparison} {self.limit:,g}{' of floor' * self.is_for_ratio}"


def ratio_at_least(limit):
    return Target("≥", limit, is_for_ratio=True)


def ratio_at_most(limit):
    return Target("≤", limit, is_for_ratio=True)


def at_most(limit):
    return Target("≤", limit)


@dataclasses.dataclass
class Row:
    scenario: str
    variant: str
    unit: str
    value: float
    floor: float | None = None
    target: Target | None = None

    @property
    def ratio(self):
        return self.value / self.floor if self.floor else None

    @property
    def is_reached(self):
        """``None`` where there is no target, or nothing to compare."""
        value = self.ratio if self.target and self.target.is_for_ratio else self.value
        if self.target is None or value is None:
            return None
        # What is printed counts.
        value = round(value, 2 if self.target.is_for_ratio else 1)
        return value >= self.target.limit if self.target.comparison == "≥" else value <= self.target.limit

    def cells(self):
        reached = {None: "", True: "", False: " (missed)"}[self.is_reached]
        return [
            self.scenario, self.variant, f"{self.value:,.1f}", self.unit,
            "" if self.floor is None else f"{self.floor:,.1f}", "" if self.ratio is None else f"{self.ratio:.2f}",
            "" if self.target is None else f"{self.target}{reached}"]


class Table:
    TITLES = ("scenario", "variant", "measured", "unit", "floor", "ratio", "target")
    WIDTHS = (42, 15, 12, 13, 12, 7, 0)
    NUMBERS = {2, 4, 5}

    def __init__(self):
        self.rows = []

    def line(self, cells):
        padded = (f"{cell:>{width}}  " if index in self.NUMBERS else f"{cell:<{width}}"
                  for index, (cell, width) in enumerate(zip(cells, self.WIDTHS)))
        return "".join(padded).rstrip()

    def begin(self):
        print(self.line(self.TITLES), flush=True)

    def add(self, *words, **more):
        row = Row(*words, **more)
        self.rows.append(row)
        print(self.line(row.cells()), flush=True)

    def write_json(self, path, about):
        figures = [{
            "scenario": row.scenario, "variant": row.variant, "unit": row.unit, "value": row.value, "floor": row.floor,
            "ratio": row.ratio, "target": row.target and str(row.target), "reached": row.is_reached} for row in self.rows]
        pathlib.Path(path).write_text(json.dumps({**about, "figures": figures}, indent=2) + "\n")

    def write_markdown(self, path, about):
        bar = ["--:" if index in self.NUMBERS else "---" for index in range(len(self.TITLES))]
        lines = [
            "# Results of script/bench", "",
            f"{about['date']}, {about['machine']}, {about['cores']} cores, {about['system']}; commit {about['commit']}.", "",
            f"Medians of {about['rounds']} rounds of {about['seconds']} s. The gateway, the floor and the load share the "
            "machine.", "",
            *("| " + " | ".join(cells) + " |" for cells in (self.TITLES, bar, *(row.cells() for row in self.rows)))]
        pathlib.Path(path).write_text("\n".join(lines) + "\n")


def about_this_run(options):
    """When, where and what."""
    def git(*words):
        return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout.strip()
    model = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    return {
        "date": datetime.date.today().isoformat(), "machine": model[1] if model else platform.machine(),
        "cores": os.cpu_count(), "system": f"{platform.system()} {platform.release()}",
        "commit": git("rev-parse", "--short=12", "HEAD") + " with changes" * bool(git("status", "--porcelain", "-uno")),
        "rounds": options.rounds, "seconds": options.seconds}


def medians(measures, rounds):
    """Measures each in turn, as often as there are rounds; the machine's moods then hit all of them."""
    for measure in measures.values():
        measure()  # warm
    figures = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            figures[name].append(measure())
    return {
        name: tuple(statistics.median(column) for column in zip(*values)) if isinstance(values[0], tuple)
        else statistics.median(values) for name, values in figures.items()}
