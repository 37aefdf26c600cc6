"""Which picture tells a claim; it is drawn anew only where what it shows has changed."""

import hashlib
import importlib
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import RandomState

from epochal.claims.claim import Case, Claim
from epochal.claims.rules.arms import EpochsMap
from epochal.claims.rules.base import Rule
from epochal.claims.rules.numbers import Exponent
from epochal.claims.rules.share import ShareOfSeeds
from epochal.claims.source import Source
from epochal.experiments.data import draw as drawn_data
from epochal.experiments.experiment import Experiment, Training
from epochal.experiments.inputs import Circle, Line, axes_of
from epochal.experiments.tables import Table
from epochal.experiments.targets import Formula
from epochal.identity.digest import canonical
from epochal.identity.fingerprint import fingerprint
from epochal.judging.curves import Curves, significant
from epochal.judging.findings import Findings
from epochal.judging.result import Result
from epochal.report.mathematics import mathtext
from epochal.report.shown import Found, Known, Reached, Shown, Target, case_of, judged

__all__ = ["draw", "draw_if_changed", "draw_panels", "drawn_digest"]

KEY = "epochal"
"""The word under which a PNG tells what it was drawn from."""


FINE = 601
"""Points of a target's line, however few stand for the net."""


def draw(findings: Findings, claim: Claim, folder: Path) -> str | None:
    """Draws the claim into ``folder``; gives the picture's path from beside it, if there is one."""
    for result in judged(findings, claim):
        chosen = _chosen(findings, case_of(claim, result), result)
        if chosen is not None:
            kind, *shown = chosen
            path = folder / f"{claim.id}.png"
            draw_if_changed(kind, path, *shown)
            return f"figures/{path.name}"
    return None


def _chosen(findings: Findings, case: Case, result: Result) -> tuple[Any, ...] | None:
    """The kind of picture that tells ``case``, and what is shown; None where that is not known."""
    title, rule = f"{result.status}, {result.k} of {result.n} seeds: {result.rule}", case.rule
    if isinstance(rule, EpochsMap):
        return "maps", title.replace(": ", ":\n", 1), rule, _medians(rule, result)
    if isinstance(rule, Exponent):
        seeds = [outcome["numbers"] for outcome in result.outcomes]
        return "slopes", title.replace(": ", ":\n", 1), rule, seeds, result.interval
    arms = _arms(findings, case, result)
    if arms is None:
        return None
    setting, first = next(iter(case.experiments.values())), next(iter(arms.values()))
    if _is_computation(case):
        return "numbers", title, first, _position(case)
    shown, reached = (title, rule.marks(), arms), _reached(rule, result)
    if isinstance(setting.target, Table):
        return "scatter", *shown, _known(setting.target, first), reached
    if axes_of(setting.inputs) > 2:
        known = Known(y=first.target, held=[False] * len(first.target))
        return "scatter", *shown, known, reached
    if axes_of(setting.inputs) == 2:
        return "planes", *shown, _formula(case), reached
    targets = {
        name: line
        for name, curves in arms.items()
        if (line := _target(case.experiments[name], curves)) is not None
    }
    texts = _position(case), _formula(case), _trained(setting)
    return "plots", *shown, *texts, targets, reached


def _known(table: Table, curves: Curves) -> Known:
    """The points of ``table``, as the first seed of ``curves`` parts them."""
    x, y = np.asarray(table.x), np.asarray(table.y)
    held = np.isin(np.arange(len(y)), table.rows(RandomState(curves.seeds[0]))[1])
    if table.dimensions == 1:
        return Known(x=x.tolist(), y=y.tolist(), held=held.tolist())
    rows = np.array(curves.positions).astype(int)
    return Known(y=y[rows].tolist(), held=held[rows].tolist())


def _target(setting: Experiment | Training, curves: Curves) -> Target | None:
    """The target of the first seed on a grid of `FINE` points; None where it is not known."""
    if setting.inputs is None or setting.target is None:
        return None
    data = drawn_data(replace(setting, probe=max(FINE, setting.probe)), curves.seeds[0])  # type: ignore[arg-type]
    if data.probe.ndim > 1 or not np.isfinite(data.probe_target).all():
        return None
    x, y = (
        [significant(each) for each in line.tolist()] for line in (data.probe, data.probe_target)
    )
    return Target(x, y)  # type: ignore[arg-type]


def _reached(rule: Rule, result: Result) -> Reached | None:
    """What all seeds of a rate reached; None for other rules, whose few seeds are seen anyway."""
    if not isinstance(rule, ShareOfSeeds):
        return None
    first = next(iter(result.outcomes[0]["numbers"]))
    return Reached(
        name=first,
        values=[outcome["numbers"][first] for outcome in result.outcomes],
        holds=[outcome["holds"] for outcome in result.outcomes],
        thresholds=rule.marks().mse if first.endswith("MSE") else (),
    )


def _trained(setting: Experiment | Training) -> tuple[float, float] | None:
    """The range of the training points, where the probe grid goes beyond it."""
    if not isinstance(setting, Experiment) or not isinstance(setting.probe_inputs, Line):
        return None
    inputs, probed = setting.inputs, setting.probe_inputs
    if not isinstance(inputs, Line) or (inputs.low <= probed.low and probed.high <= inputs.high):
        return None
    return inputs.low, inputs.high


def _formula(case: Case) -> str:
    """The target of all settings as mathematics, where it is one formula."""
    targets = [each.target for each in case.experiments.values()]
    first = targets[0]
    same = isinstance(first, Formula) and all(each == first for each in targets)
    return mathtext(first.tree) if same and isinstance(first, Formula) else ""


def _is_computation(case: Case) -> bool:
    """Whether nothing is trained in ``case``, and its one setting gives numbers and no sine."""
    settings = list(case.experiments.values())
    target = settings[0].target
    plain = len(settings) == 1 and target is not None and not target.waves
    return plain and case.rule.marks().epochs[-1] <= 1


def _medians(rule: EpochsMap, result: Result) -> dict[str, float | None]:
    """Of each cell the median over seeds."""
    each_seed = [outcome["numbers"] for outcome in result.outcomes]
    return {arm: _median([numbers.get(arm) for numbers in each_seed]) for arm in rule.needs()}


def draw_panels(
    findings: Findings, source: Source, claims: Sequence[Claim], folder: Path
) -> str | None:
    """Draws the source's own picture, of those panels all of whose claims were judged."""
    by_id = {claim.id: claim for claim in claims}
    every = []
    for panel in source.panels:
        found = [_found(findings, by_id[name], label) for label, name in panel.claims]
        known = [each for each in found if each is not None]
        if len(known) == len(found):
            every.append(Shown(title=panel.title, shows=panel.shows, found=known))
    if not every:
        return None
    path = folder / f"{source.key}.png"
    draw_if_changed("panels", path, every)
    return f"figures/{path.name}"


def _found(findings: Findings, claim: Claim, label: str) -> Found | None:
    """What a panel shows of a claim, where it was judged."""
    for result in judged(findings, claim):
        case = case_of(claim, result)
        found = Found(label=label, marks=case.rule.marks(), axis=_position(case))
        if isinstance(case.rule, Exponent):
            seeds = [outcome["numbers"] for outcome in result.outcomes]
            return replace(found, exponent=case.rule, seeds=seeds, interval=result.interval)
        arms = _arms(findings, case, result)
        if arms is not None:
            return replace(found, curves=arms)
    return None


def _median(epochs: Sequence[float | None]) -> float | None:
    """The middle one, the later of two; None, which comes after any, where it is censored."""
    ordered = sorted(math.inf if each is None else each for each in epochs)
    middle = ordered[len(ordered) // 2] if ordered else math.inf
    return None if math.isinf(middle) else middle


def _position(case: Case) -> str:
    settings = list(case.experiments.values())
    if all(isinstance(each.inputs, Circle) for each in settings):
        return "angle θ"
    return settings[0].axis if isinstance(settings[0], Training) else "x"


def _arms(findings: Findings, case: Case, result: Result) -> dict[str, Curves] | None:
    keys = {
        name: f"{digest}-{result.device.replace(':', '')}"
        for name, digest in result.experiments.items()
    }
    marks = case.rule.marks()
    epoch = str(marks.epochs[-1])
    arms = {name: findings.curves[key] for name, key in keys.items() if key in findings.curves}
    complete = len(arms) == len(keys) and all(epoch in each.fits for each in arms.values())
    if marks.kind == "regions":
        complete = complete and all(each.heat for each in arms.values())
    return arms if complete else None


def draw_if_changed(kind: str, path: Path, *shown: Any) -> None:
    """Draws ``shown`` as `epochal.report.pictures` has it, unless ``path`` has that already."""
    wanted = _stands_for(shown, f"report.pictures.{kind}:picture")
    if drawn_digest(path) != wanted:
        drawing = importlib.import_module(f"epochal.report.pictures.{kind}")
        drawing.picture(path, *shown, facts={KEY: wanted})


def drawn_digest(path: Path) -> str | None:
    """What the picture at ``path`` says it was drawn from; None if it says nothing."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            return image.info.get(KEY)
    except OSError:  # it is not there, or no picture
        return None


def _stands_for(shown: object, drawn_by: str) -> str:
    """A digest of what is shown, of the drawing code and of the library that draws."""
    code = [fingerprint((drawn_by,)), metadata.version("matplotlib")]
    text = json.dumps([shown, code], default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: object) -> object:
    return (
        vars(value)
        if isinstance(value, Curves | Shown | Found | Known | Reached | Target)
        else canonical(value)
    )
