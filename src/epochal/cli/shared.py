"""What several commands share: options, and JSON as output."""

import argparse
import json
from pathlib import Path
from typing import Any

__all__ = ["AS_JSON", "CASES", "JOURNAL", "OWN_CASES", "Commands", "print_json"]

Commands = Any
"""What `argparse.ArgumentParser.add_subparsers` gives; its type is private."""


def _option(flag: str, **keywords: Any) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(flag, **keywords)
    return parser


AS_JSON = _option("--json", action="store_true", help="JSON instead of text")
OWN_CASES = Path("cases")
CASES = _option("--cases", type=Path, default=OWN_CASES, help="the folder of case files")
JOURNAL = _option(
    "--journal", type=Path, default=Path(".epochal/journal.sqlite"), help="the journal's file"
)


def print_json(value: Any) -> int:
    """Prints ``value`` as JSON; gives the exit code 0."""
    print(json.dumps(value, indent=1, ensure_ascii=False))
    return 0
