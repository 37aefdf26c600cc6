"""Sentences whose every number comes from claims and results, and the answer made of them.

A field ``{claim-id: what}`` of a `epochal.claims.source.Sentence` gives, of what the claim's result
holds,

- ``k`` and ``n``: how many seeds hold, and of how many;
- a number by its name in the row, such as ``least MSE``: the median over seeds; ``min NAME`` and
  ``max NAME`` are the extremes. "never" stands where most seeds have none;
- ``own seed``: whether the seed that the source itself used is among those that hold;

and of the claim itself

- ``rule.FIELD``: a field of the rule that was judged, such as ``rule.epoch``;
- ``ARM.FIELD``: a field of an experiment, such as ``run.loop.batch`` or ``run.optimizer.lr``,
  and ``run.net.width``, its largest;
- ``updates ARM``: how many updates the experiment makes in the rule's epochs.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from epochal.claims.case import Case
from epochal.claims.claim import Claim
from epochal.claims.cost import updates_an_epoch
from epochal.claims.source import FIELD, Answer, Sentence, Source
from epochal.errors import SpecError
from epochal.experiments.experiment import Experiment
from epochal.experiments.nets import MLP
from epochal.experiments.parts import Named
from epochal.judging.findings import Findings
from epochal.judging.result import Result, case_of
from epochal.report.drawn import Picture
from epochal.report.shown import judged

__all__ = ["NOT_RUN", "page", "said"]

NOT_RUN = "not run"


def page(
    source: Source,
    answer: Answer,
    claims: Sequence[Claim],
    findings: Findings,
    drawn: Mapping[str, Picture | None],
) -> str:
    """The answer's page, in Markdown.

    Raises:
        SpecError: a field asks for what its claim does not have.
    """
    by_id = {claim.id: claim for claim in claims}
    paragraphs = [
        " ".join(filter(None, (said(each, by_id, findings) for each in paragraph)))
        for paragraph in answer.paragraphs
    ]
    figure = drawn.get(answer.picture)
    links = ", ".join(f"[{name}]({source.key}.md#{name})" for name in answer.claims)
    parts = [
        f"# {answer.title}",
        *paragraphs,
        f"![{figure.words}]({figure.path})" if figure else "",
        f"<sub>Every number comes from runs: {links}.</sub>",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def said(sentence: Sentence, claims: Mapping[str, Claim], findings: Findings) -> str:
    """The sentence as its claim's verdict has it, with its fields filled in.

    Raises:
        SpecError: a field asks for what its claim does not have.
    """
    found = judged(findings, claims[sentence.by])
    text = sentence.said(found[0].status if found else NOT_RUN)
    return FIELD.sub(lambda field: _filled(claims[field[1]], field[2], findings), text)


def _filled(claim: Claim, what: str, findings: Findings) -> str:
    found = judged(findings, claim)
    result = found[0] if found else None
    case = case_of(claim, result) if result else Case(claim, claim.rule, claim.experiments_by_name)
    value = _of_case(case, what)
    if value is None and result is None:
        return f"({NOT_RUN})"
    if value is None and result is not None:
        own = what == "own seed"
        value = _own_seed(result, claim.source.seed) if own else _of_result(result, what)
    if value is None:
        names = list(result.medians()) if result else []
        step = f"ask for k, n, rule.FIELD, ARM.FIELD or one of {', '.join(names)}"
        raise SpecError(f"answer: {claim.id}", what, "it has no such number", step)
    return _in_words(value)


def _of_case(case: Case, what: str) -> Any:
    """A field of the rule or of an experiment, by its path; None if that is not what is asked."""
    first, _, rest = what.partition(".")
    if what.startswith("updates "):
        arm = what.removeprefix("updates ")
        experiment = case.experiments.get(arm)
        known = isinstance(experiment, Experiment) and arm in case.horizons
        return case.horizons[arm] * updates_an_epoch(experiment) if known else None  # type: ignore[arg-type]
    if not rest:
        return None
    found: Any = case.rule if first == "rule" else case.experiments.get(first)
    for name in rest.split("."):
        if isinstance(found, Named):
            found = found.keywords.get(name)
        elif isinstance(found, MLP) and name == "width":
            found = max(found.widths)
        else:
            found = getattr(found, name, None)
    return found


def _of_result(result: Result, what: str) -> Any:
    if what in ("k", "n"):
        return getattr(result, what)
    first, _, rest = what.partition(" ")
    pick = {"min": min, "max": max}.get(first)
    name = rest if pick is not None else what
    if name not in result.medians():
        return None
    if pick is None:
        median, censored = result.medians()[name]
        return math.inf if median is None or 2 * censored >= result.n else median
    values = [outcome["numbers"][name] for outcome in result.outcomes]
    return pick(math.inf if value is None else value for value in values)


def _own_seed(result: Result, seed: int | None) -> str:
    held = [outcome["holds"] for outcome in result.outcomes if outcome["seed"] == seed]
    if not held:
        return "your own seed not tried"
    return "your own seed among them" if held[0] else "your own seed not among them"


def _in_words(value: Any) -> str:
    """A number with two digits, or all of them before the point.

    >>> _in_words(2350), _in_words(0.04321), _in_words(526.0), _in_words(float("inf"))
    ('2350', '0.043', '526', 'never')
    """
    if isinstance(value, float) and math.isinf(value):
        return "never"
    if isinstance(value, int | float):
        return f"{value:.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"
    return str(value)
