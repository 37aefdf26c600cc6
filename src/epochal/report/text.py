"""Verdicts in words: numbers, error rates, and the small report of a red one."""

from collections.abc import Collection, Mapping
from typing import Any

from epochal.claims.case import Case
from epochal.claims.claim import Claim
from epochal.claims.rules.base import Rule
from epochal.claims.statistics import Rates
from epochal.claims.verdicts import Status
from epochal.gate.changes import is_epoch
from epochal.judging.findings import CaseResult
from epochal.judging.result import Result, case_of

__all__ = ["asked", "explanation_of", "middle", "notes_on", "numbers", "share_reused", "sure"]

DECIDED = (Status.REPRODUCED.value, Status.REFUTED.value)
MOST_NUMBERS = 6
BELOW = "first epoch below"
"""The number of rules that wait for an error below a threshold."""

MOST_SEEDS = 20
"""The report of a claim with more seeds counts them instead of listing them."""


def share_reused(origins: Collection[str]) -> str:
    """How much of a verdict came from the journal, in words, by the origins of its runs.

    >>> share_reused(["reused", "trained"])
    '1 of 2 from the journal'
    >>> share_reused(["reused"]), share_reused(["extended"])
    ('from the journal', '')
    """
    count = sum(origin == "reused" for origin in origins)
    if not count:
        return ""
    part = "" if count == len(origins) else f"{count} of {len(origins)} "
    return f"{part}from the journal"


def notes_on(case: Case, result: Result) -> list[str]:
    """What a reader should know of a verdict: of its thresholds and points, and what was no feat.

    A threshold that is passed at epoch 0 says nothing about learning.
    """
    early = sum(
        outcome["holds"] and any(_is_early(*number) for number in outcome["numbers"].items())
        for outcome in result.outcomes
    )
    seeds = f"{early} of {result.n} seeds"
    return [*case.notes, *([f"the untrained net passes the threshold in {seeds}"] if early else [])]


def _is_early(name: str, value: float | None) -> bool:
    return name.startswith(BELOW) and value == 0


def explanation_of(found: CaseResult, trace: str = "") -> str:
    """What was claimed, how it was read, what each seed showed, and how to repeat it.

    ``trace`` is the traceback to show below what broke.
    """
    case, claim, result = found.case, found.case.claim, found.result
    lines = [
        f"{case.id}: {result.status}, expected {found.expected or 'nothing yet'}",
        f"  says     {claim.says}",
        f"  reading  {claim.reading}",
        f"  rule     {result.rule}",
        f"  seeds    {result.k} of {result.n} hold; {sure(result.rates(claim), result)}"
        + (f".{request}" if (request := asked(claim, result)) else ""),
    ]
    if case.kind == "control" and claim.control is not None:
        lines.insert(3, f"  control  {claim.control.change}")
    if case.kind == "reduced" and claim.reduced is not None:
        lines.insert(3, f"  reduced  {claim.reduced.why}")
    lines += [f"  note     {note}" for note in notes_on(case, result)]
    for outcome in result.outcomes if result.n <= MOST_SEEDS else ():
        lines.append(f"  seed {outcome['seed']:<4}{'holds' if outcome['holds'] else 'fails'}  ")
        lines[-1] += numbers(outcome, case.rule)
    if result.why:
        lines.append(f"  why      {result.why}")
        lines += [f"           {line}" for line in trace.splitlines()]
    lines.append(f"  repeat   {result.repeat}")
    return "\n".join(lines)


def numbers(outcome: Mapping[str, Any], rule: Rule | None = None) -> str:
    """Return the numbers of one seed in words; a ``rule`` states its threshold.

    >>> numbers({"numbers": {"first epoch below": None, "MSE": 0.01}, "diverged": None})
    'never below, MSE 0.01'
    """
    parts = [
        _number(name, value, _threshold(rule), 6) for name, value in outcome["numbers"].items()
    ]
    if len(parts) > MOST_NUMBERS:
        parts[MOST_NUMBERS:] = [f"and {len(parts) - MOST_NUMBERS} more"]
    if outcome["diverged"] is not None:
        parts.insert(0, f"diverged at epoch {outcome['diverged']}")
    return ", ".join(parts)


def middle(result: Result, rule: Rule | None = None) -> str:
    """Return the medians of the first two numbers; a ``rule`` states its threshold."""
    if result.status == Status.BROKEN.value:
        return result.why[:60]
    if result.status == Status.ESTIMATED.value:
        return result.why
    diverged = [each["diverged"] for each in result.outcomes if each["diverged"] is not None]
    parts = [
        _number(name, value, _threshold(rule)) + _censored(censored, result.n, value)
        for name, (value, censored) in result.medians().items()
    ][:2]
    if diverged:
        seeds = f"{len(diverged)} of {result.n} seeds"
        first = f"diverged in {seeds}, earliest at epoch {min(diverged)}"
        parts = [first] if len(diverged) == result.n else [first, *parts]
    if result.interval is not None:
        parts.insert(0, f"interval [{result.interval[0]:.3g}, {result.interval[1]:.3g}]")
    return ", ".join(parts) + (" (in evaluation mode)" if result.evaluated else "")


def _number(name: str, value: float | None, threshold: str = "", digits: int = 3) -> str:
    """A number of a rule in words: ``below 0.05 at epoch 218``, ``never below 0.05``."""
    first, _, setting = name.partition(", ")
    of = f"{setting}: " if setting else ""
    if first == BELOW:
        below = f"below{threshold}"
        return f"{of}never {below}" if value is None else f"{of}{below} at epoch {value:.0f}"
    if value is None:
        return f"{of}{first}: never"
    return f"{of}{first} {value:.0f}" if is_epoch(first) else f"{of}{first} {value:.{digits}g}"


def _threshold(rule: Rule | None) -> str:
    first = next(iter(getattr(rule, "rules", ())), rule)  # of rules joined by &
    if share := getattr(first, "variance_share_below", None):
        return f" {share:g} of the variance"
    if mse := getattr(first, "mse_below", None):
        return f" {mse:g}"
    condition = getattr(getattr(first, "made", first), "condition", None)
    return f" {condition.bounds[-1]:g}{condition.quantity.unit}" if condition else ""


def _censored(count: int, seeds: int, value: float | None) -> str:
    return f" ({count} of {seeds} seeds never)" if count and value is not None else ""


def sure(rates: Rates | None, result: Result) -> str:
    """How often the test that decided is wrong."""
    if rates is None:
        if result.status == Status.ESTIMATED.value:
            return result.why
        return "decided by an interval" if result.interval else "no test was made"
    return (
        f"this test is wrong in at most {max(rates.false_holds, rates.false_fails):.1%} of cases "
        f"and stays undecided in {rates.undecided:.1%}"
    )


def asked(claim: Claim, result: Result) -> str:
    """A word on what the test asks of the seeds, where they did not agree."""
    if not 0 < result.k < result.n or result.interval is not None:
        return ""
    bounds = case_of(claim, result).bounds
    return (
        f" Seeds disagree: the test distinguishes {bounds.high:.0%} of all seeds from "
        f"{bounds.low:.0%}, and "
        f"{result.k} of {result.n} {'decide' if result.status in DECIDED else 'do not decide'} it."
    )


def case_id(result: Result) -> str:
    """The id of the case that a result is of."""
    return f"{result.claim}~control" if result.kind == "control" else result.claim
