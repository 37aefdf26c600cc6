"""Pictures are drawn anew only where what they show has changed, since drawing takes its time."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path

from epochal.claims.claim import Case, Claim
from epochal.claims.rules.arms import EpochsMap
from epochal.claims.rules.base import Marks
from epochal.claims.rules.numbers import Exponent
from epochal.claims.source import Source
from epochal.experiments.digest import canonical
from epochal.experiments.experiment import Training
from epochal.experiments.inputs import Circle
from epochal.judging.curves import Curves
from epochal.judging.findings import Findings
from epochal.judging.result import Result
from epochal.report.shown import Found, Shown, case_of, judged
from epochal.training.fingerprint import fingerprint

__all__ = ["draw", "draw_if_changed", "draw_panels", "drawn_digest"]

KEY = "epochal"
"""The word under which a PNG tells what it was drawn from."""


def draw(findings: Findings, claim: Claim, folder: Path) -> str | None:
    """Draws the claim into ``folder``; gives the picture's path from beside it, if there is one."""
    for result in judged(findings, claim):
        case = case_of(claim, result)
        path = folder / f"{claim.id}.png"
        title = f"{result.status}, {result.k} of {result.n} seeds: {result.rule}"
        if isinstance(case.rule, EpochsMap):
            _draw_map(path, title.replace(": ", ":\n", 1), case.rule, result)
            return f"figures/{path.name}"
        if isinstance(case.rule, Exponent):
            _draw_slope(path, title.replace(": ", ":\n", 1), case.rule, result)
            return f"figures/{path.name}"
        arms = _arms(findings, case, result)
        if arms is not None and _is_computation(case):
            _draw_numbers(path, title, next(iter(arms.values())), _position(case))
            return f"figures/{path.name}"
        if arms is not None:
            draw_if_changed(path, title, case.rule.marks(), arms, _position(case))
            return f"figures/{path.name}"
    return None


def _is_computation(case: Case) -> bool:
    """Whether nothing is trained in ``case``, and its one setting gives numbers and no sine."""
    settings = list(case.experiments.values())
    target = settings[0].target
    plain = len(settings) == 1 and target is not None and not target.waves
    return plain and case.rule.marks().epochs[-1] <= 1


def _draw_map(path: Path, title: str, rule: EpochsMap, result: Result) -> None:
    """Draws the median over seeds of each cell, unless ``path`` has that picture already."""
    each_seed = [outcome["numbers"] for outcome in result.outcomes]
    epochs = {arm: _median([numbers.get(arm) for numbers in each_seed]) for arm in rule.needs()}
    wanted = _stands_for([title, canonical(rule), epochs], "report.maps:picture")
    if drawn_digest(path) != wanted:
        from epochal.report.maps import picture

        picture(path, title, rule, epochs, {KEY: wanted})


def _draw_slope(path: Path, title: str, rule: Exponent, result: Result) -> None:
    """Draws the epochs of each seed by frequency, unless ``path`` has that picture already."""
    seeds = [outcome["numbers"] for outcome in result.outcomes]
    shown = [title, canonical(rule), seeds, result.interval]
    wanted = _stands_for(shown, "report.slopes:picture")
    if drawn_digest(path) != wanted:
        from epochal.report.slopes import picture

        picture(path, title, rule, seeds, result.interval, {KEY: wanted})


def _draw_numbers(path: Path, title: str, curves: Curves, axis: str) -> None:
    """Draws what a computation gave, unless ``path`` has that picture already."""
    wanted = _stands_for([title, vars(curves), axis], "report.numbers:picture")
    if drawn_digest(path) != wanted:
        from epochal.report.numbers import picture

        picture(path, title, curves, axis, {KEY: wanted})


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
    shown = json.loads(json.dumps(every, default=_plain))
    wanted = _stands_for(shown, "report.panels:picture")
    if drawn_digest(path) != wanted:
        from epochal.report.panels import picture

        picture(path, every, {KEY: wanted})
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


def _plain(value: object) -> object:
    return vars(value) if isinstance(value, Curves | Shown | Found) else canonical(value)


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


def draw_if_changed(
    path: Path, title: str, marks: Marks, arms: Mapping[str, Curves], position: str = "x"
) -> None:
    """Draws as `epochal.report.plots.picture` does, unless ``path`` has that picture already."""
    wanted = _digest(title, marks, arms, position)
    if drawn_digest(path) != wanted:
        from epochal.report.plots import picture

        picture(path, title, marks, arms, position, {KEY: wanted})


def drawn_digest(path: Path) -> str | None:
    """What the picture at ``path`` says it was drawn from; None if it says nothing."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            return image.info.get(KEY)
    except OSError:  # it is not there, or no picture
        return None


def _digest(title: str, marks: Marks, arms: Mapping[str, Curves], position: str) -> str:
    shown = [title, canonical(marks), position, {name: vars(each) for name, each in arms.items()}]
    return _stands_for(shown, "report.plots:picture")


def _stands_for(shown: object, drawn_by: str) -> str:
    """A digest of what is shown, of the drawing code and of the library that draws."""
    code = [fingerprint((drawn_by,)), metadata.version("matplotlib")]
    return hashlib.sha256(json.dumps([shown, code]).encode()).hexdigest()[:16]
