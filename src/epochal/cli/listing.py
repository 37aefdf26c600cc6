"""``epochal list`` and ``epochal show``: what the case files say."""

from argparse import Namespace
from typing import Any

from epochal.claims.case import Case
from epochal.claims.claim import TIERS
from epochal.claims.cost import duration, may_stop, shares
from epochal.cli.shared import AS_JSON, CASES, Commands, chosen, claims_of, print_json, width
from epochal.report.history import table
from epochal.training.cost import hours

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Adds the commands of this file to the command line."""
    listing = commands.add_parser("list", parents=[CASES, AS_JSON], help="list all claims")
    listing.add_argument("--tier", choices=TIERS, default="full", help="(default: full)")
    listing.set_defaults(run=list_claims)

    one = commands.add_parser(
        "show",
        parents=[CASES, AS_JSON],
        help="show one claim",
    )
    one.add_argument("id", metavar="CLAIM", help="id of the claim")
    one.set_defaults(run=show)


def list_claims(options: Namespace) -> int:
    """``epochal list``: a line a claim, and what they take together."""
    cases = [each for claim in claims_of(options) if (each := claim.case(options.tier))]
    rows = [_summary(case) for case in cases]
    if options.json:
        return print_json({"claims": rows})
    cells = [
        {
            "claim": row["id"],
            "tier": f"{row['tier']}{', reduced' if row['reduced'] else ''}",
            "expected": row["expected"] or "none yet",
            "a seed": ("≤ " if row["may_stop"] else "") + duration(row["seconds_a_seed"] / 3600),
            "source": row["source"],
        }
        for row in rows
    ]
    print(table(cells, width=width()))
    whole = f"{_about(cases)} {duration(hours(shares(cases)))}"
    count = f"{len(cases)} claim{'s' * (len(cases) > 1)} in the tier {options.tier}"
    print(f"\n{count}: {whole} on one core for the first seeds")
    return 0


def show(options: Namespace) -> int:
    """``epochal show``: all that a reader may ask of a claim."""
    [claim] = chosen(claims_of(options), [options.id])
    case = claim.case("full")
    assert case is not None
    facts = _facts(case)
    if options.json:
        return print_json({**_summary(case), **facts})
    for name, value in facts.items():
        for line, text in enumerate(str(value).splitlines() or [""]):
            print(f"{name if line == 0 else '':<13}{text}")
    return 0


def _summary(case: Case) -> dict[str, Any]:
    claim = case.claim
    return {
        "id": claim.id,
        "source": claim.source.key,
        "tier": claim.tier,
        "reduced_tier": claim.reduced.tier if claim.reduced else None,
        "expected": claim.expected,
        "ours": claim.ours,
        "says": claim.says,
        "reduced": case.kind == "reduced",
        "flops_a_seed": case.flops_a_seed,
        "seconds_a_seed": 3600 * hours(shares([case], seeds=1)),
        "may_stop": may_stop([case]),
    }


def _about(cases: list[Case]) -> str:
    """What a time is: a bound, where a loop may stop before its horizon."""
    return "at most" if may_stop(cases) else "about"


def _facts(case: Case) -> dict[str, object]:
    claim = case.claim
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
    about = f"{_about([case])} {duration(hours(shares([case], seeds=1)))}"
    facts["cost"] = f"{case.flops_a_seed:.1e} FLOPs a seed, {about} of one core"
    return facts
