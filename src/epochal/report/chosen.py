"""Which picture tells a claim, or a setting without one, and what it shows."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.random import RandomState

from epochal.claims.case import Case
from epochal.claims.claim import Claim
from epochal.claims.rules.base import PlotHints, Rule
from epochal.claims.rules.named.numbers import Exponent
from epochal.claims.rules.named.several import EpochsMap
from epochal.claims.rules.parts.measured import learning_rate_of
from epochal.claims.rules.share import ShareOfSeeds
from epochal.experiments.data import draw as drawn_data
from epochal.experiments.experiment import Experiment
from epochal.experiments.inputs import Circle, Line, axes_of
from epochal.experiments.labels import Labels
from epochal.experiments.own_loop import Experiments, Training
from epochal.experiments.tables import Table, table_of
from epochal.experiments.targets import Formula
from epochal.experiments.vectors import each_output, outputs_of
from epochal.judging.curves import Curves
from epochal.judging.findings import Findings
from epochal.judging.result import Result, case_of
from epochal.judging.rounding import significant
from epochal.report.mathematics import mathtext
from epochal.report.shown import Found, Known, Labelled, Reached, Target, judged

__all__ = ["SHOWS", "arms_of", "in_panel", "in_words", "of_claim", "of_curves"]

FINE = 601
"""Points of a target's line, however few stand for the net."""


SHOWS = {
    "plots": "the net and its target over {x}",
    "scatter": "the net at the points of its table",
    "outputs": "each output of the net and its target",
    "classes": "the class that the net gives",
    "planes": "target, net and error as maps",
    "numbers": "computed numbers and those that are claimed, over {x}",
    "slopes": "the epochs of each seed by frequency, and the fitted line",
    "maps": "the epochs that each setting takes",
}
"""What each kind of picture shows."""

BESIDE = {
    "mse": "the training error",
    "regions": "the error at each position",
    "shares": "the share of each component",
}
"""What stands beside it, over epochs, by the kind of the rule; else what the rule measures."""


def in_words(findings: Findings, claim: Claim, kind: str, shown: Sequence[Any]) -> str:
    """A sentence for readers who do not see the picture of ``claim``."""
    result = judged(findings, claim)[0]
    marks = case_of(claim, result).rule.marks()
    words = SHOWS[kind].format(x=_position(case_of(claim, result).experiments))
    if kind not in ("numbers", "slopes", "maps"):
        beside = BESIDE.get(marks.kind, "what the rule measures")
        words += f" at epoch {marks.epochs[-1]}, and {beside} over epochs"
    return f"{words[0].upper()}{words[1:]}: {result.status}, {result.k} of {result.n} seeds hold"


def of_claim(
    findings: Findings, claim: Claim, results: Sequence[Result] | None = None
) -> tuple[Any, ...] | None:
    """The kind of picture that tells ``claim``, and what is shown; None where that is not known.

    Args:
        findings: results and curves.
        claim: the claim.
        results: the first of these that has curves is shown; by default of all of the claim.
    """
    for result in judged(findings, claim) if results is None else results:
        case = case_of(claim, result)
        title, rule = f"{result.status}, {result.k} of {result.n} seeds: {result.rule}", case.rule
        if isinstance(rule, EpochsMap):
            return "maps", title.replace(": ", ":\n", 1), rule, _medians(rule, result)
        if isinstance(rule, Exponent):
            seeds = [outcome["numbers"] for outcome in result.outcomes]
            return "slopes", title.replace(": ", ":\n", 1), rule, seeds, result.interval
        arms = arms_of(findings, case, result)
        if arms is not None:
            reached = _reached(rule, result)
            return of_curves(case.experiments, arms, title, rule.marks(), reached)
    return None


def of_curves(
    settings: Experiments,
    arms: Mapping[str, Curves],
    title: str,
    marks: PlotHints,
    reached: Reached | None = None,
) -> tuple[Any, ...]:
    """The kind of picture that tells such settings, and what is shown."""
    setting, first = next(iter(settings.values())), next(iter(arms.values()))
    marks = _in_units(marks, settings)
    if _is_computation(settings, marks):
        return "numbers", title, first, _position(settings)
    shown = title, marks, arms
    if isinstance(setting.target, Labels):
        points = {name: _labelled(settings[name], curves) for name, curves in arms.items()}
        names = [setting.target.name(place) for place in range(setting.target.count)]
        return "classes", *shown, points, names, reached
    if outputs_of(setting.target) > 1:
        return "outputs", *shown, *_outputs(setting, first), reached
    if isinstance(setting.target, Table):
        return "scatter", *shown, _known(setting.target, first), reached
    if axes_of(setting.inputs) > 2:
        known = Known(y=first.target, held=[False] * len(first.target))
        return "scatter", *shown, known, reached
    if axes_of(setting.inputs) == 2:
        return "planes", *shown, _formula(settings), reached
    targets = {
        name: line
        for name, curves in arms.items()
        if (line := _target(settings[name], curves)) is not None
    }
    texts = _position(settings), _formula(settings), _trained(setting)
    return "plots", *shown, *texts, targets, reached


def _in_units(marks: PlotHints, settings: Experiments) -> PlotHints:
    """``marks`` with bounds of what is measured by itself; none where learning rates differ."""
    if not marks.rate:
        return marks
    rates = {learning_rate_of(each)[0] for each in settings.values()}
    [rate] = rates if len(rates) == 1 else [None]
    bounds = {
        name: () if rate is None else tuple(bound * rate**-marks.rate for bound in each)
        for name, each in marks.measured.items()
    }
    return replace(marks, measured=bounds, rate=0)


def _labelled(setting: Experiment | Training, curves: Curves) -> Labelled:
    """The points of the first seed of ``curves`` and their classes."""
    data = drawn_data(setting, curves.seeds[0])  # type: ignore[arg-type]
    table = table_of(setting.target)
    if table is not None and table.dimensions > 2:
        return Labelled(held=[bool(table.held)])
    if axes_of(setting.inputs) > 2:
        return Labelled(held=[False])
    judged = [data.held] if data.held is not None else []
    x = np.concatenate([data.positions, *(each.positions for each in judged)])
    y = np.concatenate([data.target, *(each.target for each in judged)])
    held = np.arange(len(y)) >= len(data.target)
    return Labelled(x=_short(x), y=y.tolist(), held=held.tolist())


def _outputs(
    setting: Experiment | Training, curves: Curves
) -> tuple[list[str], list[Known], list[float]]:
    """The names of the outputs, the points where each is known, and their variances."""
    target: Any = setting.target
    names, count = [str(each) for each in each_output(target)], outputs_of(target)
    if (table := table_of(target)) is not None:
        every = np.asarray(table.y)
        x = np.asarray(table.x).tolist() if table.dimensions == 1 else ()
        rows = every if x else every[np.array(curves.positions).astype(int)]
        known = [Known(x=x, y=y.tolist(), held=[False] * len(y)) for y in rows.T]
    else:
        every = np.array(curves.target, float)
        flat = axes_of(setting.inputs) == 1
        known = [] if flat else [Known(y=y.tolist(), held=[False] * len(y)) for y in every.T]
    return names, known[:count], every.var(axis=0).round(6).tolist()


def _short(values: Any) -> Any:
    """Nested lists of ``values`` to four digits."""
    array = np.asarray(values)
    return significant(float(array)) if array.ndim == 0 else [_short(each) for each in array]


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


def _formula(settings: Experiments) -> str:
    """The target of all settings as mathematics, where it is one formula."""
    targets = [each.target for each in settings.values()]
    first = targets[0]
    same = isinstance(first, Formula) and all(each == first for each in targets)
    return mathtext(first.tree) if same and isinstance(first, Formula) else ""


def _is_computation(settings: Experiments, marks: PlotHints) -> bool:
    """Whether nothing is trained, and the one loop of the claim's own gives numbers and no sine."""
    first = next(iter(settings.values()))
    own = len(settings) == 1 and isinstance(first, Training) and marks.epochs[-1] <= 1
    return own and first.target is not None and not first.target.waves


def _medians(rule: EpochsMap, result: Result) -> dict[str, float | None]:
    """Of each cell the median over seeds."""
    each_seed = [outcome["numbers"] for outcome in result.outcomes]
    return {arm: _median([numbers.get(arm) for numbers in each_seed]) for arm in rule.needs()}


def in_panel(findings: Findings, claim: Claim, label: str) -> Found | None:
    """What a panel shows of a claim, where it was judged."""
    for result in judged(findings, claim):
        case = case_of(claim, result)
        found = Found(label=label, marks=case.rule.marks(), axis=_position(case.experiments))
        if isinstance(case.rule, Exponent):
            seeds = [outcome["numbers"] for outcome in result.outcomes]
            return replace(found, exponent=case.rule, seeds=seeds, interval=result.interval)
        arms = arms_of(findings, case, result)
        if arms is not None:
            return replace(found, curves=arms)
    return None


def _median(epochs: Sequence[float | None]) -> float | None:
    """The middle one, the later of two; None, which comes after any, where it is censored."""
    ordered = sorted(math.inf if each is None else each for each in epochs)
    middle = ordered[len(ordered) // 2] if ordered else math.inf
    return None if math.isinf(middle) else middle


def _position(settings: Experiments) -> str:
    if all(isinstance(each.inputs, Circle) for each in settings.values()):
        return "angle θ (rad)"
    first = next(iter(settings.values()))
    return first.axis if isinstance(first, Training) else "x"


def arms_of(findings: Findings, case: Case, result: Result) -> dict[str, Curves] | None:
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
