"""What the commands of `epochal` do; none of them needs torch."""

import json
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from tabulate import tabulate

from epochal.cases import load
from epochal.claims import Claim
from epochal.errors import SpecError, nearest
from epochal.files import save, writable
from epochal.gate import baseline
from epochal.gate.compare import Moved, surroundings
from epochal.gate.compare import compare as compare_results
from epochal.gate.sides import existing, named, side
from epochal.judged import rebuild
from epochal.report.comparison import comparison, differing, page
from epochal.report.history import claim_rows, environment_rows, session_rows, table
from epochal.results import Record

__all__ = ["compare", "history", "list_claims", "report", "show"]


def list_claims(options: Namespace) -> int:
    """``epochal list``: a line a claim."""
    rows = [_summary(claim) for claim in load(options.cases)]
    if options.json:
        return _print(rows)
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
        return _print({**_summary(found[0]), **facts})
    for name, value in facts.items():
        for line, text in enumerate(str(value).splitlines() or [""]):
            print(f"{name if line == 0 else '':<13}{text}")
    return 0


def report(options: Namespace) -> int:
    """``epochal report``: pages and pictures from the journal, or from a baseline."""
    from epochal.report.pages import write

    claims = load(options.cases)
    record = baseline.load(options.baseline) if options.baseline else _rebuilt(options, claims)
    index = write(record, claims, writable(options.report))
    if options.json:
        return _print({"index": str(index), "verdicts": record.to_json()["results"]})
    print(index)
    return 0


def _rebuilt(options: Namespace, claims: Sequence[Claim]) -> Record:
    journal = existing(options.journal)
    chosen = None if options.environment is None else named(options.environment, journal)
    return rebuild(journal, claims, chosen)


def history(options: Namespace) -> int:
    """``epochal history``: sessions, environments, or the verdicts on one claim."""
    journal = existing(options.journal)
    if options.environments:
        rows = environment_rows(journal)
    elif options.claim is None:
        rows = session_rows(journal)
    else:
        rows = claim_rows(journal, options.claim)
        if not rows:
            known = {row["claim"] for row in journal.verdicts()}
            rule = "the journal has no verdict on it"
            raise SpecError("claim", options.claim, rule, nearest(options.claim, known))
    if options.plot is not None:
        _plot(options)
    if options.json:
        return _print(rows)
    print(table(rows, common=options.environments))
    return 0


def _plot(options: Namespace) -> None:
    from epochal.report.timeline import timeline

    if options.claim is None:
        step = "add the id of a claim: epochal history CLAIM --plot PNG"
        raise SpecError("--plot", str(options.plot), "it draws one claim's verdicts", step)
    if options.plot.suffix != ".png":
        raise SpecError("--plot", str(options.plot), "a PNG is drawn", "name a file such as a.png")
    writable(options.plot.parent, "--plot")
    timeline(options.plot, options.claim, existing(options.journal).verdicts(options.claim))


def compare(options: Namespace) -> int:
    """``epochal compare``: two measurements; 1 if a verdict differs."""
    names = (options.a, options.b)
    before, after = (side(name, options.journal) for name in names)
    pairs = compare_results(before, after)
    fields = surroundings(pairs)
    if options.markdown is not None:
        writable(options.markdown.parent, "--markdown")
        save(options.markdown, page(pairs, names, fields))
    if options.json:
        _print({"differs": fields, "claims": [pair.to_json() for pair in pairs]})
    else:
        print(differing(fields) + "\n")
        print(comparison(pairs, names))
    turned = {Moved.VERDICT, Moved.UNDECIDED, Moved.BROKEN}
    return int(any(pair.moved in turned for pair in pairs))


def _print(value: Any) -> int:
    print(json.dumps(value, indent=1, ensure_ascii=False))
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
