"""What several commands share: options, and JSON as output."""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from epochal.claims.claim import Claim
from epochal.claims.folder import read
from epochal.files import expanded

__all__ = [
    "AS_JSON",
    "CASES",
    "JOURNAL",
    "OWN_CASES",
    "Commands",
    "claims_of",
    "print_json",
    "width",
]

Commands = Any
"""What `argparse.ArgumentParser.add_subparsers` gives; its type is private."""


def _option(flag: str, **keywords: Any) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(flag, **keywords)
    return parser


AS_JSON = _option("--json", action="store_true", help="print JSON")
OWN_CASES = Path("cases")
CASES = _option(
    "--cases",
    type=expanded,
    default=OWN_CASES,
    metavar="DIR",
    help="folder of case files (default: cases, or those that come with epochal)",
)
JOURNAL = _option(
    "--journal",
    type=expanded,
    default=Path(".epochal/journal.sqlite"),
    metavar="FILE",
    help="file of finished runs (default: .epochal/journal.sqlite)",
)


def width() -> int | None:
    """Return the terminal's width in characters; None where the output is a file or a pipe."""
    known = sys.stdout.isatty() or "COLUMNS" in os.environ
    return shutil.get_terminal_size().columns if known else None


def claims_of(options: argparse.Namespace) -> list[Claim]:
    """The claims of ``--cases``; tells what is refused, for which the command's exit code is 7."""
    found = read(options.cases)
    for error in found.refused:
        print(f"ERROR: {error}", file=sys.stderr)
    options.refused = bool(found.refused)
    return list(found.claims)


SCHEMA = 1
"""The version of what ``--json`` prints; docs/schema.json describes it."""


def print_json(value: Mapping[str, Any]) -> int:
    """Prints ``value`` as JSON, with the version of its schema; gives the exit code 0."""
    print(json.dumps({"schema": SCHEMA, **value}, indent=1, ensure_ascii=False))
    return 0
