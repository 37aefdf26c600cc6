"""The command line: ``epochal list | show | report``."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate

from epochal.cases import load
from epochal.claims import Claim
from epochal.errors import EpochalError, SpecError, nearest

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns the exit code, 4 for wrong input."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        claims = load(options.cases)
        if options.command == "list":
            _list(claims, options.json)
        elif options.command == "show":
            _show(claims, options.id, options.json)
        else:
            _report(claims, options.baseline, options.report)
    except EpochalError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 4
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="epochal", description="Claims about how nets learn.")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--cases", type=Path, default=Path("cases"), help="the folder of case files"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", parents=[shared], help="all claims, a line each")
    listing.add_argument("--json", action="store_true", help="a list of objects")
    show = commands.add_parser("show", parents=[shared], help="one claim in full")
    show.add_argument("id")
    show.add_argument("--json", action="store_true", help="one object")
    report = commands.add_parser(
        "report", parents=[shared], help="rebuild reports/ from the baseline"
    )
    report.add_argument("--baseline", type=Path, default=Path("reports/baseline"))
    report.add_argument("--report", type=Path, default=Path("reports"), help="where to write")
    return parser


def _list(claims: Sequence[Claim], as_json: bool) -> None:
    rows = [_summary(claim) for claim in claims]
    if as_json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    table = [
        (row["id"], row["source"], row["tier"], row["expected"] or "none yet", row["flops_a_seed"])
        for row in rows
    ]
    print(tabulate(table, ("claim", "source", "tier", "expected", "FLOPs a seed"), floatfmt=".1e"))


def _summary(claim: Claim) -> dict[str, object]:
    case = claim.case("full")
    assert case is not None
    return {
        "id": claim.id,
        "source": claim.source.key,
        "tier": claim.tier,
        "reduced_tier": claim.reduced.tier if claim.reduced else None,
        "expected": claim.expected,
        "ours": claim.ours,
        "says": claim.says,
        "flops_a_seed": case.flops_a_seed,
    }


def _show(claims: Sequence[Claim], wanted: str, as_json: bool) -> None:
    found = [claim for claim in claims if claim.id == wanted]
    if not found:
        raise SpecError(
            "id", wanted, "there is no such claim", nearest(wanted, [each.id for each in claims])
        )
    facts = _facts(found[0])
    if as_json:
        print(json.dumps({**_summary(found[0]), **facts}, indent=1, ensure_ascii=False))
        return
    for name, value in facts.items():
        for line, text in enumerate(str(value).splitlines() or [""]):
            print(f"{name if line == 0 else '':<13}{text}")


def _facts(claim: Claim) -> dict[str, object]:
    case = claim.case("full")
    assert case is not None
    facts: dict[str, object] = {
        "claim": claim.id + (" (ours, not the source's)" if claim.ours else ""),
        "source": f"{claim.source.title} ({claim.source.authors}, {claim.source.year})",
        "where": f"{claim.where}; {claim.source.url}",
        "says": claim.says,
        "reading": claim.reading,
        "rule": claim.rule.describe(),
        "tier": claim.tier,
    }
    if claim.reduced is not None:
        facts["reduced"] = f"{claim.reduced.why} (tier {claim.reduced.tier})"
    facts["expected"] = claim.expected or "none yet"
    if claim.found:
        facts["found"] = claim.found
    if claim.control is not None:
        facts["control"] = claim.control.change
    for name, epochs in case.horizons.items():
        facts[f"setting {name}" if len(case.horizons) > 1 else "setting"] = (
            f"{case.experiments[name].describe()}\n{epochs} epochs"
        )
    facts["cost"] = f"{case.flops_a_seed:.1e} FLOPs a seed"
    return facts


def _report(claims: Sequence[Claim], folder: Path, target: Path) -> None:
    from epochal.gate.baseline import load as load_baseline
    from epochal.report.pages import write
    from epochal.settings import writable

    print(write(load_baseline(folder), claims, writable(target)))


if __name__ == "__main__":
    sys.exit(main())
