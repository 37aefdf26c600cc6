"""The command line: ``epochal list | show | report | history | compare``."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from epochal import commands
from epochal.errors import EpochalError

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
    as_json = argparse.ArgumentParser(add_help=False)
    as_json.add_argument("--json", action="store_true", help="JSON instead of text")
    cases = argparse.ArgumentParser(add_help=False)
    cases.add_argument("--cases", type=Path, default=Path("cases"), help="the folder of case files")
    journal = argparse.ArgumentParser(add_help=False)
    journal.add_argument(
        "--journal", type=Path, default=Path(".epochal/journal.sqlite"), help="the journal's file"
    )
    add = parser.add_subparsers(dest="command", required=True).add_parser

    listing = add("list", parents=[cases, as_json], help="all claims, a line each")
    listing.set_defaults(run=commands.list_claims)

    show = add("show", parents=[cases, as_json], help="one claim in full")
    show.add_argument("id")
    show.set_defaults(run=commands.show)

    report = add(
        "report", parents=[cases, journal, as_json], help="rebuild a report without training"
    )
    report.add_argument("--environment", metavar="NAME", help="only what was measured there")
    report.add_argument("--baseline", type=Path, help="rebuild it from this baseline instead")
    report.add_argument(
        "--report", type=Path, default=Path(".epochal/report"), help="where to write"
    )
    report.set_defaults(run=commands.report)

    history = add("history", parents=[journal, as_json], help="what ran, when, where")
    history.add_argument("claim", nargs="?", help="the verdicts on this claim over time")
    history.add_argument("--environments", action="store_true", help="where runs come from")
    history.add_argument("--plot", type=Path, metavar="PNG", help="draw the claim's verdicts")
    history.set_defaults(run=commands.history)

    compare = add(
        "compare",
        parents=[journal, as_json],
        help="two measurements side by side; exit code 1 if a verdict differs",
        description="Each side is a journal, a baseline's folder, or an environment of the "
        "journal: the beginning of its key, or facts such as torch=2.13.0 or device=cuda.",
    )
    compare.add_argument("a", metavar="A")
    compare.add_argument("b", metavar="B")
    compare.add_argument("--markdown", type=Path, metavar="FILE", help="write a page, too")
    compare.set_defaults(run=commands.compare)
    return parser


if __name__ == "__main__":
    sys.exit(main())
