"""The command line: ``epochal list``, ``show``, ``report`` and the other commands."""

import argparse
import sys
from collections.abc import Sequence

from epochal.cli import comparing, glancing, listing, selftest, speed, spreading, stored, timing
from epochal.errors import EpochalError
from epochal.version import __version__

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code, 4 for wrong input."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except EpochalError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 4
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="epochal", description="Claims about how nets learn.")
    parser.add_argument("--version", action="version", version=f"epochal {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    for group in (listing, stored, comparing, glancing, timing, selftest, spreading, speed):
        group.add(commands)
    return parser
