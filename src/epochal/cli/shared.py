"""What several commands share: options, and JSON as output."""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from epochal.claims.claim import Claim
from epochal.claims.folder import read
from epochal.errors import SpecError, nearest
from epochal.files import expanded
from epochal.gate import baseline
from epochal.gate.sides import existing
from epochal.judging.findings import Findings
from epochal.judging.rebuild import rebuild
from epochal.shipped import shipped

__all__ = [
    "AS_JSON",
    "BASELINE",
    "CASES",
    "JOURNAL",
    "OWN_CASES",
    "Commands",
    "chosen",
    "claims_of",
    "print_json",
    "stored",
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
OWN_JOURNAL = Path(".epochal/journal.sqlite")
JOURNAL = _option(
    "--journal",
    type=expanded,
    default=OWN_JOURNAL,
    metavar="FILE",
    help="file of finished runs (default: .epochal/journal.sqlite)",
)

BASELINE = _option(
    "--baseline",
    type=expanded,
    metavar="DIR",
    help="use this baseline instead of the journal",
)
COMMITTED = Path("reports/baseline")


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


def chosen(claims: Sequence[Claim], ids: Sequence[str]) -> list[Claim]:
    """The claims called ``ids``; raises `SpecError` if there is no such claim."""
    by_id = {each.id: each for each in claims}
    for wanted in ids:
        if wanted not in by_id:
            raise SpecError("CLAIM", wanted, "there is no such claim", nearest(wanted, [*by_id]))
    return [by_id[each] for each in dict.fromkeys(ids)]


def stored(options: argparse.Namespace, claims: Sequence[Claim]) -> tuple[Findings, Path]:
    """What the journal holds of ``claims``; if that is nothing, the committed baseline.

    Returns:
        The findings, and where they are from.

    Raises:
        JournalError: a journal was named that is not there.
    """
    if options.baseline is not None:
        return baseline.load(options.baseline), options.baseline
    if options.journal.exists() or options.journal != OWN_JOURNAL:
        found = rebuild(existing(options.journal), claims)
        if found.results:
            return found, options.journal
    folder = COMMITTED if COMMITTED.is_dir() else shipped("reports/baseline")
    return baseline.load(folder), folder


SCHEMA = 1
"""The version of what ``--json`` prints; docs/schema.json describes it."""


def print_json(value: Mapping[str, Any]) -> int:
    """Prints ``value`` as JSON, with the version of its schema; gives the exit code 0."""
    print(json.dumps({"schema": SCHEMA, **value}, indent=1, ensure_ascii=False))
    return 0
