# Swift GotAPI · SPDX-License-Identifier: MIT
"""Measures the gateway beside the floor, in turn, and prints the medians: what script/bench runs."""

import argparse

from figures import Table, about_this_run
from scenarios import SCENARIOS
from workplace import Workplace


def main():
    parser = argparse.ArgumentParser(prog="script/bench")
    parser.add_argument("--products", required=True, help="where gotapi, floor and load are")
    parser.add_argument("--folder", required=True, help="of this run, with the plug-ins in libraries")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--json")
    parser.add_argument("--markdown")
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", choices=[[], *SCENARIOS], default=[])
    options = parser.parse_args()
    about = about_this_run(options)
    table = Table()
    table.begin()
    workplace = Workplace(options)
    for name in options.scenarios or SCENARIOS:
        SCENARIOS[name](workplace, table)
        # After each, so that an hour's figures are not lost with the last one.
        if options.json:
            table.write_json(options.json, about)
        if options.markdown:
            table.write_markdown(options.markdown, about)


main()
