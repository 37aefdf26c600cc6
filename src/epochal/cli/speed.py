"""``epochal speed``: the exact engine beside stock, in one sitting."""

from argparse import Namespace

from epochal.cli.shared import Commands
from epochal.experiments.checks import natural
from epochal.files import expanded, save, writable

__all__ = ["add"]

SIZES = ((1001, 4000), (1001, 8000), (1001, 16000), (2002, 16000))
"""Points and units; each of the last three has one half of its size beside it."""


def add(commands: Commands) -> None:
    """Adds the command of this file to the command line."""
    parser = commands.add_parser(
        "speed",
        help="how fast the exact engine is beside stock, measured anew",
        description="Times both engines on all sizes in alternation, and writes speed.md. It needs "
        "two cores that are free, and about four minutes.",
    )
    parser.add_argument("--repeats", type=int, default=5, metavar="N", help="blocks (default: 5)")
    parser.add_argument("--report", type=expanded, default="reports", help="where the page goes")
    parser.set_defaults(run=measure)


def measure(options: Namespace) -> int:
    """``epochal speed``: every size of net in turn."""
    natural("--repeats", options.repeats)
    folder = writable(options.report, "--report")
    from epochal.report.speed import ratio, speed_page
    from epochal.training.devices import describe
    from epochal.training.environment import versions
    from epochal.training.speed import measured
    from epochal.training.workers import cores

    found = []
    for points, units in SIZES:
        found.append(measured(points, units, options.repeats))
        print(f"{points} points, {units} units: × {ratio(found[-1]):.0f}", flush=True)
    machine = f"{describe('cpu')}, {cores()} cores, torch {versions()['torch']}"
    save(folder / "speed.md", speed_page(found, machine))
    print(folder / "speed.md")
    return 0
