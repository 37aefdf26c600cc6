"""The texts of a claim: its row in the table, and what stands around its plots."""

from typing import Any

from epochal.claims.claim import Claim
from epochal.judging.findings import Findings
from epochal.judging.repeat import first_command
from epochal.judging.result import Result, case_of
from epochal.report.shown import judged, machines, special
from epochal.report.text import middle
from epochal.report.verdict import (
    code_of,
    confusions,
    control_of,
    notes_of,
    own_seed,
    settings_of,
    verdict_of,
)

__all__ = ["parts_of", "row_of"]


def row_of(findings: Findings, claim: Claim) -> dict[str, Any]:
    """The row of ``claim`` in the table of verdicts."""
    found = judged(findings, claim)
    several = len(found) > 1
    shown = [
        {
            "status": each.status,
            "notes": ", ".join(special(claim, each, findings)),
            "seeds": f"{each.k} of {each.n}",
            "medians": (f"{each.device}: " if several else "")
            + middle(each, case_of(claim, each).rule),
        }
        for each in found
    ]
    return {
        "id": claim.id,
        "says": claim.says,
        "ours": claim.ours,
        "source": claim.source.key,
        "tier": claim.tier,
        "verdicts": [each.status for each in found] or ["not-run"],
        "devices": sorted({each.device for each in found}),
        "shown": shown or [{"status": "not run", "notes": "", "seeds": "", "medians": ""}],
    }


def parts_of(findings: Findings, claim: Claim) -> dict[str, Any]:
    """What the template of a claim shows besides the claim itself."""
    found = judged(findings, claim)
    case = case_of(claim, found[0]) if found else claim.case("full")
    if case is None:
        raise AssertionError(f"{claim.id} has no case")
    names = ("status", "where", "notes", "sentence")
    return {
        "verdicts": [
            dict(zip(names, (each.status, *verdict_of(claim, each, findings)), strict=True))
            for each in found
        ],
        "own_seed": own_seed(claim, found[0]) if found else "",
        "notes": [*notes_of(claim, found[0])] if found else [],
        "rule": found[0].rule if found else case.rule.describe(),
        "seeds": _seeds(found),
        "confused": [*confusions(case, found[0], findings)] if found else [],
        "control": control_of(claim, findings),
        "settings": settings_of(case),
        "count": len(case.horizons),
        "own_code": code_of(case.rule),
        "repeat": (found[0].repeat if found else "") or first_command(claim, findings.cases),
        "machine": machines(found) if found else "",
    }


def _seeds(found: list[Result]) -> dict[str, Any] | None:
    """A table of every seed's numbers, as they are stored."""
    if not any(each.outcomes for each in found):
        return None
    several = len(found) > 1
    names = list(dict.fromkeys(name for r in found for o in r.outcomes for name in o["numbers"]))
    rows = [
        {
            "holds": "holds" if outcome["holds"] else "fails",
            "cells": [
                outcome["seed"],
                *([f"{result.device}, {result.kind}"] if several else []),
                "holds" if outcome["holds"] else "fails",
                *(_cell(outcome, name) for name in names),
            ],
        }
        for result in found
        for outcome in result.outcomes
    ]
    return {"heads": ["seed", *(["device"] if several else []), "", *names], "rows": rows}


def _cell(outcome: dict[str, Any], name: str) -> str:
    if name not in outcome["numbers"]:
        return ""
    value = outcome["numbers"][name]
    if value is not None:
        return f"{value:.6g}"
    diverged = outcome["diverged"]
    return "never" if diverged is None else f"diverged at epoch {diverged}"
