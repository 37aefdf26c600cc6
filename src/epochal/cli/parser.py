"""The command line: ``epochal list``, ``show``, ``report`` and the other commands."""

import argparse
import io
import os
import sys
from collections.abc import Sequence

from epochal.cli import (
    ab,
    better,
    comparing,
    explain,
    listing,
    planning,
    project,
    showing,
    smoke,
    stored,
    tolerances,
    trying,
)
from epochal.cli.shared import OWN_CASES
from epochal.errors import EpochalError, Exit
from epochal.shipped import shipped
from epochal.version import __version__

__all__ = ["main", "make_parser"]

FORMER = {"glance": "smoke", "spread": "tolerances"}
"""Commands by their former names, which still work and are in no help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code.

    4 for wrong input, 7 where the command did its work and a claim or a case file is refused.
    """
    for stream in (sys.stdout, sys.stderr):  # a terminal may not know "→"
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    typed = list(sys.argv[1:] if arguments is None else arguments)
    bench = typed[:1] == ["bench"]
    options = make_parser().parse_args(
        ["bench"] if bench else [FORMER.get(each, each) for each in typed[:1]] + typed[1:]
    )
    if getattr(options, "cases", None) == OWN_CASES and not OWN_CASES.is_dir():
        options.cases = shipped("cases")
    try:
        code: int = project.bench(typed[1:]) if bench else options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads has enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 0
    except EpochalError as error:
        for line in str(error).splitlines():
            print(f"ERROR: {line}", file=sys.stderr)
        return 4
    return code or (Exit.BROKEN if getattr(options, "refused", False) else 0)


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of ``epochal``."""
    parser = argparse.ArgumentParser(prog="epochal", description="Claims about how nets learn.")
    parser.add_argument("--version", action="version", version=f"epochal {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    groups = (
        listing,
        planning,
        stored,
        showing,
        explain,
        trying,
        comparing,
        smoke,
        ab,
        better,
        tolerances,
        project,
    )
    for group in groups:
        group.add(commands)
    return parser
