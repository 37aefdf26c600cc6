"""What the page draws of a claim, and of a setting, as JSON values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from epochal.claims.claim import Claim
from epochal.claims.rules.base import PlotHints
from epochal.judging.curves import Curves
from epochal.judging.findings import Findings
from epochal.judging.result import Result, case_of
from epochal.report.chosen import of_claim
from epochal.report.fitted import power_laws
from epochal.report.shown import Known, Labelled, Target, judged, thresholds

__all__ = ["setting", "settings_of", "views"]

UNSEEN = ("heat", "heat_epochs", "heat_positions", "by_output", "experiment")
"""Fields of curves that the page does not draw."""


def settings_of(findings: Findings, claims: Sequence[Claim]) -> Iterator[Curves]:
    """The curves that the verdicts on ``claims`` speak of."""
    shown = {
        f"{digest}-{result.device.replace(':', '')}"
        for claim in claims
        for result in judged(findings, claim)
        for digest in result.experiments.values()
    }
    yield from (curves for key, curves in findings.curves.items() if key in shown)


def setting(curves: Curves) -> dict[str, Any]:
    """The curves of a setting, with their films, as far as the page draws them."""
    return {name: each for name, each in curves.told.items() if name not in UNSEEN}


def views(findings: Findings, claim: Claim) -> list[dict[str, Any]]:
    """What the plots of ``claim`` show: one view for each verdict, the one in full first."""
    return [_view(findings, claim, result) for result in judged(findings, claim)]


def _view(findings: Findings, claim: Claim, result: Result) -> dict[str, Any]:
    where = result.device + (", reduced" if result.kind == "reduced" else "")
    both = {"where": where, "seeds": _seeds(result)}
    chosen = of_claim(findings, claim, [result])
    if chosen is None:
        return {"kind": "seeds", **both}
    kind, _, *shown = chosen
    return {"kind": kind, **both, **_plots(kind, shown, claim, result)}


def _seeds(result: Result) -> dict[str, Any]:
    """The first number of every seed, in their order."""
    name = next(iter(result.outcomes[0]["numbers"]), "") if result.outcomes else ""
    return {
        "name": name,
        "seed": [each["seed"] for each in result.outcomes],
        "value": [each["numbers"].get(name) for each in result.outcomes],
        "holds": [each["holds"] for each in result.outcomes],
    }


def _plots(kind: str, shown: list[Any], claim: Claim, result: Result) -> dict[str, Any]:
    """The rest of a view, by the kind of picture, as `epochal.report.chosen` gives it."""
    if kind == "maps":
        rule, epochs = shown
        cells = [{"x": cell.x, "y": cell.y, "value": epochs[cell.arm]} for cell in rule.cells]
        return {"cells": cells, "x": rule.x, "y": rule.y, "last": rule.epoch}
    if kind == "slopes":
        rule, seeds, interval = shown
        dots = [
            {"k": k, "epochs": [each.get(name) for each in seeds], "fitted": fitted}
            for arms, fitted in ((rule.arms, True), (rule.beside, False))
            for name, k in arms
        ]
        laws = [asdict(each) for each in power_laws(rule, seeds, interval)]
        return {"dots": dots, "laws": laws, "last": rule.epoch, "below": rule.mse_below}
    rule = case_of(claim, result).rule
    if kind == "numbers":
        curves, position = shown
        return {"arms": {"run": curves.key}, "x": position, "marks": _marks(rule.marks(), [])}
    marks, arms, *rest = shown
    horizons = case_of(claim, result).horizons
    return {
        "arms": {name: curves.key for name, curves in arms.items()},
        "horizons": {name: horizons[name] for name in arms},
        "x": rest[0] if kind == "plots" else "x",
        "marks": _marks(marks, thresholds(marks, arms, _variance(kind, rest))),
        **_known(kind, rest),
    }


def _variance(kind: str, rest: list[Any]) -> float | None:
    """Of a target that curves do not have at every position; None where they have."""
    if kind == "scatter":
        return float(np.var(rest[0].y))
    return float(np.mean(rest[2])) if kind == "outputs" else None


def _marks(marks: PlotHints, errors: list[float]) -> dict[str, Any]:
    return {
        "epochs": marks.epochs,
        "kind": marks.kind,
        "mse": errors,
        "measured": marks.measured,
        "shares": {f"{wave:g}": bounds for wave, bounds in marks.shares.items()},
    }


def _known(kind: str, rest: list[Any]) -> dict[str, Any]:
    """Where the target is known, and by which names."""
    if kind == "plots":
        _, _, trained, targets, _ = rest
        lines: Mapping[str, Target] = targets
        return {"trained": trained, "targets": {name: asdict(line) for name, line in lines.items()}}
    if kind == "scatter":
        known: Known = rest[0]
        return {"points": asdict(known)}
    if kind == "classes":
        points: Mapping[str, Labelled] = rest[0]
        return {"names": rest[1], "labelled": {name: asdict(p) for name, p in points.items()}}
    if kind == "outputs":
        return {"names": rest[0], "outputs": [asdict(each) for each in rest[1]]}
    return {}
