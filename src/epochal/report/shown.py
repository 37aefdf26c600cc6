"""What index and pages share: which results of a claim are shown, and in what words."""

import html
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from epochal.claims.claim import Claim
from epochal.claims.rules.base import PlotHints
from epochal.claims.rules.named.numbers import Exponent
from epochal.claims.verdicts import Standing
from epochal.judging.curves import Curves
from epochal.judging.findings import Findings
from epochal.judging.result import Result, case_of

__all__ = [
    "SIGNS",
    "Card",
    "Found",
    "Known",
    "Labelled",
    "Reached",
    "Shot",
    "Shown",
    "Target",
    "case_of",
    "cell",
    "dated",
    "judged",
    "machines",
    "sign",
    "special",
    "thresholds",
]

SIGNS = {
    Standing.AS_EXPECTED: "as expected",
    Standing.NEW: "new",
    Standing.CHANGED: "**changed**",
    Standing.UNDECIDED: "undecided",
    Standing.ESTIMATED: "no verdict",
    Standing.BROKEN: "**broken**",
}


HIDDEN = re.compile(r"key$|^device$|^engine ")
"""Facts of an environment that tell a reader nothing, or that stand there already."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a panel shows of one claim: the numbers of an exponent, or curves.

    Attributes:
        label: of its curves.
        marks: the thresholds of its rule.
        axis: what its positions are called.
        curves: of each experiment, by its name in the claim.
        exponent: the rule, where it is one.
        seeds: what an exponent's seeds found.
        interval: of the exponent.
    """

    label: str
    marks: PlotHints
    axis: str
    curves: Mapping[str, Curves] = field(default_factory=dict)
    exponent: Exponent | None = None
    seeds: Sequence[Mapping[str, float | None]] = ()
    interval: Sequence[float] | None = None


@dataclass(frozen=True, kw_only=True)
class Known:
    """The points of which the target is known, for a picture of single points.

    Attributes:
        x: their position, where they have one coordinate; else their predictions are drawn against
            ``y``, in the order of the curves' positions.
        y: the target.
        held: whether the first seed holds a point out.
    """

    x: Sequence[float] = ()
    y: Sequence[float]
    held: Sequence[bool]


@dataclass(frozen=True, kw_only=True)
class Labelled:
    """Points and their classes, for a picture of classes.

    Attributes:
        x: their positions, with one coordinate or two; none where they have more.
        y: their classes, where positions are given.
        held: whether the first seed holds a point out, or without positions any.
    """

    x: Sequence[Any] = ()
    y: Sequence[float] = ()
    held: Sequence[bool]


@dataclass(frozen=True)
class Target:
    """The target of a setting as a line: its values ``y`` at positions ``x``."""

    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class Reached:
    """What the seeds of a rate reached: their first number by its name, and whether each holds.

    A value is None where a seed never got there. ``thresholds`` are on the same axis.
    """

    name: str
    values: Sequence[float | None]
    holds: Sequence[bool]
    thresholds: Sequence[float] = ()


@dataclass(frozen=True, kw_only=True)
class Card:
    """The texts of a claim's card: its sentence, the verdict's word, its seeds and a command."""

    says: str
    status: str
    seeds: str
    command: str


@dataclass(frozen=True, kw_only=True)
class Shot:
    """What a film shows of a claim.

    Attributes:
        title: a line or two above it.
        marks: the epochs and thresholds of the rule.
        arms: the curves of each experiment, by its name in the claim, each with films.
        position: what the horizontal axis is called.
        targets: of each experiment, on a finer grid than that of its curves.
        trained: the range of the training points, where the net is shown beyond it.
        is_map: whether positions have two coordinates.
        classes: the number of classes of the target; 0 where it is no class.
        points: the points of the first seed and their classes, where they are known.
    """

    title: str
    marks: PlotHints
    arms: Mapping[str, Curves]
    position: str = "x"
    targets: Mapping[str, Target] = field(default_factory=dict)
    trained: tuple[float, float] | None = None
    is_map: bool = False
    classes: int = 0
    points: Labelled | None = None


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A panel with what its claims found."""

    title: str
    shows: str
    found: Sequence[Found]


def thresholds(
    marks: PlotHints, arms: Mapping[str, Curves], variance: float | None = None
) -> list[float]:
    """The errors that a rule asks for.

    Args:
        marks: of the rule.
        arms: the curves of each experiment, by its name in the claim.
        variance: of the target, where it is not that of the first arm's curves.
    """
    if marks.variance_share and variance is None:
        variance = float(np.var(next(iter(arms.values())).target))
    return [*marks.mse, *(share * (variance or 0.0) for share in marks.variance_share)]


def judged(findings: Findings, claim: Claim) -> list[Result]:
    """The claim's own results as it now asks for them, the one in full before the reduced one."""
    kinds = {case.kind for case in claim.cases} - {"control"}
    return [result for result in findings.of(claim.id) if result.kind in kinds]


def sign(claim: Claim, result: Result) -> str:
    """How ``result`` stands to what is expected, in words."""
    return SIGNS[result.standing(case_of(claim, result).expected(result.device))]


def special(claim: Claim, result: Result, findings: Findings) -> list[str]:
    """What is not usual about a verdict: that it was not expected, is reduced, or is older."""
    stands = sign(claim, result)
    usual = (SIGNS[Standing.AS_EXPECTED], result.status)
    notes = (
        "" if stands in usual else stands,
        "reduced" if result.kind == "reduced" else "",
        dated(findings, result),
    )
    return [each for each in notes if each]


def dated(findings: Findings, result: Result) -> str:
    """On which day an earlier session judged; nothing where it was this one."""
    at = findings.dates.get(result.key)
    return "" if at is None else f"judged on {time.strftime('%Y-%m-%d', time.gmtime(at))}"


def machines(results: Iterable[Result]) -> str:
    """The facts that all results share, once, and a line for each group with others.

    Keys and digests of code stay in the stored results.
    """
    groups = Counter(
        (
            ("hardware", result.hardware or result.device),
            ("engine", result.engine or "none"),
            *(
                (name, "older code" if name == "adopted from" else value)
                for name, value in result.environment.items()
                if not HIDDEN.search(name)
            ),
        )
        for result in results
    )
    if not groups:
        return "Nothing ran."
    shared = set.intersection(*map(set, groups))
    lines = [f"All results: {_facts(fact for fact in next(iter(groups)) if fact in shared)}."]
    for group, count in sorted(groups.items()) if len(groups) > 1 else ():
        lines.append(f"- {count} of them: {_facts(fact for fact in group if fact not in shared)}")
    return "\n\n".join([lines[0], "\n".join(lines[1:])]).strip()


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    return ", ".join(value if name == "hardware" else f"{name} {value}" for name, value in facts)


def cell(text: str) -> str:
    """Text that does not break a Markdown table."""
    return re.sub(r"\s+", " ", html.escape(text, quote=False)).replace("|", "\\|")
