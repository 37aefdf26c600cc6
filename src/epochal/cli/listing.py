"""``epochal list`` and ``epochal show``: what the case files say."""

from argparse import Namespace

from tabulate import tabulate

from epochal.claims.claim import Claim
from epochal.claims.folder import load
from epochal.cli.shared import AS_JSON, CASES, Commands, print_json
from epochal.errors import SpecError, nearest

__all__ = ["add"]


def add(commands: Commands) -> None:
    """Adds the commands of this file to the command line."""
    listing = commands.add_parser("list", parents=[CASES, AS_JSON], help="all claims, a line each")
    listing.set_defaults(run=list_claims)

    one = commands.add_parser("show", parents=[CASES, AS_JSON], help="one claim in full")
    one.add_argument("id")
    one.set_defaults(run=show)


def list_claims(options: Namespace) -> int:
    """``epochal list``: a line a claim."""
    rows = [_summary(claim) for claim in load(options.cases)]
    if options.json:
        return print_json(rows)
    cells = [
        (row["id"], row["source"], row["tier"], row["expected"] or "none yet", row["flops_a_seed"])
        for row in rows
    ]
    print(tabulate(cells, ("claim", "source", "tier", "expected", "FLOPs a seed"), floatfmt=".1e"))
    return 0


def show(options: Namespace) -> int:
    """``epochal show``: all that a reader may ask of a claim."""
    claims, wanted = load(options.cases), options.id
    found = [claim for claim in claims if claim.id == wanted]
    if not found:
        raise SpecError(
            "id", wanted, "there is no such claim", nearest(wanted, [each.id for each in claims])
        )
    facts = _facts(found[0])
    if options.json:
        return print_json({**_summary(found[0]), **facts})
    for name, value in facts.items():
        for line, text in enumerate(str(value).splitlines() or [""]):
            print(f"{name if line == 0 else '':<13}{text}")
    return 0


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
