"""``python -m lab``: measure the gate and the engines, and write their pages."""

import argparse
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from epochal.claims.folder import load
from epochal.errors import EpochalError, SpecError, nearest
from epochal.experiments.checks import natural
from epochal.files import expanded, save, writable
from epochal.gate import baseline
from lab import records
from lab.gate_page import page, rates

__all__ = ["main", "make_parser"]

SLOWED = (0.0, 0.1, 0.2)
SIZES = ((1001, 4000), (1001, 8000), (1001, 16000), (2002, 16000))
"""Points and units; each of the last three has one half of its size among the others."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code, 4 for wrong input."""
    options, rest = make_parser().parse_known_args(arguments)
    if rest and options.run is not mutants:
        make_parser().error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    try:
        code: int = options.run(options)
    except EpochalError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 4
    return code


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of ``python -m lab``."""
    parser = argparse.ArgumentParser(prog="python -m lab", description="Measures epochal itself.")
    commands = parser.add_subparsers(required=True)
    path: dict[str, Any] = {"type": expanded, "metavar": "DIR"}

    mutant_run = commands.add_parser(
        "mutants",
        help="run mutants of the training loop through the gate",
        description="Runs pytest lab/test_mutants.py. All other options are pytest's, such as -k.",
    )
    mutant_run.set_defaults(run=mutants)

    timing = commands.add_parser(
        "aa",
        help="measure how often epochal ab is wrong",
        description="Times unchanged code against itself, or against itself slowed by a busy loop "
        "in each epoch. Appends each timing to the record, and simulates whole sessions from it.",
    )
    option = timing.add_argument
    option("--timings", type=int, default=1, metavar="N", help="number of timings (default: 1)")
    option(
        "--slowed",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="slow B by a share",
    )
    option("--busy", action="store_true", help="keep a core busy")
    option(
        "--claim",
        default="sentinel-sgd",
        help="claim (default: sentinel-sgd)",
    )
    option("--benchmark", action="store_true", help="also apply pytest-benchmark's rule mean:5%%")
    option("--cases", **path, default=Path("cases"), help="folder of case files")
    option("--record", **path, default=records.FOLDER, help="folder of the record")
    timing.set_defaults(run=aa)

    speed = commands.add_parser(
        "speed",
        help="time the engines prefix_sum and reference, and write speed.md",
        description="Times both engines on all sizes in alternation. It needs two free cores, and "
        "about four minutes.",
    )
    speed.add_argument("--repeats", type=int, default=5, metavar="N", help="periods (default: 5)")
    speed.add_argument("--report", **path, default=Path("reports"), help="folder of the page")
    speed.set_defaults(run=engines)

    device = commands.add_parser(
        "device",
        help="check a device: equal bits, distance to the CPU, host waits, time of an epoch",
    )
    device.add_argument(
        "check", choices=("repeats", "distances", "waits", "times"), help="what to check"
    )
    device.add_argument("--device", default="cuda", metavar="NAME", help="its name (default: cuda)")
    device.add_argument("--cases", **path, default=Path("cases"), help="folder of case files")
    device.set_defaults(run=device_check)

    asked = commands.add_parser(
        "tried",
        help="ask epochal try about the questions of the claims, and write tried.json",
        description="Trains for about a minute for each question.",
    )
    asked.add_argument("--baseline", **path, default=Path("reports/baseline"), help="its folder")
    asked.add_argument("--cases", **path, default=Path("cases"), help="folder of case files")
    asked.add_argument("--parts", default="*", metavar="GLOB", help="which claims (default: all)")
    asked.set_defaults(run=tried)

    listed = commands.add_parser("commands", help="write docs/commands.md from the parsers")
    listed.add_argument("--docs", **path, default=Path("docs"), help="folder of the page")
    listed.set_defaults(run=commands_docs)

    pages = commands.add_parser("page", help="write gate.md from the records and the baseline")
    pages.add_argument("--baseline", **path, default=Path("reports/baseline"), help="its folder")
    pages.add_argument("--cases", **path, default=Path("cases"), help="folder of case files")
    pages.add_argument("--record", **path, default=records.FOLDER, help="folder of the records")
    pages.add_argument("--report", **path, default=Path("reports"), help="folder of the page")
    pages.set_defaults(run=gate_page)
    return parser


def mutants(options: Namespace) -> int:
    """``python -m lab mutants``: pytest on the file of mutants."""
    return int(pytest.main([str(Path(__file__).parent / "test_mutants.py"), *options.rest]))


def aa(options: Namespace) -> int:
    """``python -m lab aa``: timings, appended to the record one by one."""
    natural("--timings", options.timings)
    if not 0 <= options.slowed < 10:
        raise SpecError("--slowed", options.slowed, "it is a share of 0 to 10", "give 0.1, say")
    if options.claim not in (known := [each.id for each in load(options.cases)]):
        step = nearest(options.claim, known)
        raise SpecError("--claim", options.claim, "there is no such claim", step)
    folder = writable(options.record, "--record")
    records.load_timings(folder)
    from lab.aa import timed
    from lab.timing_record import simulated

    for number in range(options.timings):
        each = timed(options.claim, options.cases, options.slowed, options.busy, options.benchmark)
        records.append_timing(each, folder)
        shown = (
            f"{each.timing.pace.value}, {each.timing.sessions[0].ratio:.3f}, {each.seconds:.0f} s"
        )
        rule = f", pytest-benchmark {each.benchmark}" if each.benchmark else ""
        print(f"{number + 1} of {options.timings}: {shown}{rule}", flush=True)
    record = records.load_timings(folder)
    if any(not each.slowed for each in record):
        records.save_simulated([simulated(record, slowed) for slowed in SLOWED], folder)
    print("\n".join(rates(record, records.load_simulated(folder))))
    return 0


def engines(options: Namespace) -> int:
    """``python -m lab speed``: every size of net in turn."""
    natural("--repeats", options.repeats)
    folder = writable(options.report, "--report")
    from epochal.identity.environment import versions
    from epochal.training.devices import describe
    from epochal.training.workers import cores
    from lab.speed import measured
    from lab.speed_page import ratio, speed_page

    found = []
    for points, units in SIZES:
        found.append(measured(points, units, options.repeats))
        print(f"{points} points, {units} units: × {ratio(found[-1]):.0f}", flush=True)
    machine = f"{describe('cpu')}, {cores()} cores, torch {versions()['torch']}"
    save(folder / "speed.md", speed_page(found, machine))
    print(folder / "speed.md")
    return 0


def device_check(options: Namespace) -> int:
    """``python -m lab device``: one check, as a table."""
    from epochal.training.devices import resolve
    from epochal.training.numerics import set_numerics
    from lab.device_checks import CHECKS

    [device, *_] = resolve([options.device])
    set_numerics()
    print(CHECKS[options.check](device, options.cases))
    return 0


def tried(options: Namespace) -> int:
    """``python -m lab tried``: the answers of ``epochal try``, one after the other."""
    from lab.tried import ask

    for line in ask(options.cases, writable(options.baseline, "--baseline"), options.parts):
        print(line, flush=True)
    return 0


def commands_docs(options: Namespace) -> int:
    """``python -m lab commands``: the page of all commands."""
    from lab.commands_page import commands_page

    path = writable(options.docs, "--docs") / "commands.md"
    save(path, commands_page())
    print(path)
    return 0


def gate_page(options: Namespace) -> int:
    """``python -m lab page``: what was measured of the gate."""
    path = writable(options.report, "--report") / "gate.md"
    findings, claims = baseline.load(options.baseline), load(options.cases)
    save(path, page(options.record, options.baseline, findings, claims))
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
