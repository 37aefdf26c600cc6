"""Verdicts as text: the terminal's table and the small report of a red one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from tabulate import tabulate

from epochal.claims.claim import Claim
from epochal.claims.statistics import Rates
from epochal.claims.verdicts import Standing, Status
from epochal.judging.findings import CaseResult
from epochal.judging.result import Result

__all__ = ["asked", "explanation_of", "numbers", "share_reused", "sure", "table"]

DECIDED = (Status.REPRODUCED.value, Status.REFUTED.value)
MOST_NUMBERS = 6

CELLS = ("verdict", "seeds", "medians", "time")


def table(found: Sequence[CaseResult], left_out: Sequence[Claim], tier: str) -> str:
    """The table of verdicts, a row a claim, with rows for the claims that the tier left out.

    With several devices each has its own columns.
    """
    devices = list(dict.fromkeys(each.result.device for each in found))
    by_case: dict[str, dict[str, CaseResult]] = {}
    for each in found:
        by_case.setdefault(each.case.id, {})[each.result.device] = each
    rows = [
        [
            _name(row.values()),
            *(cell for name in devices for cell in _cells(row.get(name))),
            _expected(row.values()),
        ]
        for row in by_case.values()
    ]
    for claim in left_out:
        blank = [""] * (len(CELLS) * len(devices) - 1)
        rows.append([claim.id, f"not in {tier}: --tier {claim.tier}", *blank, claim.expected or ""])
    shown = [next(iter(row.values())).case for row in by_case.values()]
    several = len(devices) > 1
    headers = [f"{cell} {name}" if several else cell for name in devices for cell in CELLS]
    text = tabulate(rows, ["claim", *headers, "expected"], tablefmt="simple", disable_numparse=True)
    star = "* our own claim, not the source's. " if any(c.claim.ours for c in shown) else ""
    flat = [f"\n{each.id}: {'; '.join(each.notes)}." for each in shown if each.notes]
    return f"{text}\n{star}Time is training time, seeds together.{''.join(flat)}"


def _expected(found: Iterable[CaseResult]) -> str:
    expected = next((each.expected for each in found if each.expected), None)
    estimates = any(each.standing is Standing.ESTIMATED for each in found)
    return expected or ("none" if estimates else "none yet")


def _name(found: Collection[CaseResult]) -> str:
    reduced = any(each.result.kind == "reduced" for each in found)
    case = next(iter(found)).case
    return case.id + (" (reduced)" if reduced else "") + (" *" if case.claim.ours else "")


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


def _cells(found: CaseResult | None) -> tuple[str, str, str, str]:
    if found is None:
        return "", "", "", ""
    result, standing = found.result, found.standing.value
    verdict = result.status if standing == result.status else f"{standing}: {result.status}"
    stored = share_reused(found.origins.values())
    time = f"{result.seconds:.0f} s" + (f", {stored}" if stored else "")
    return verdict, f"{result.k} of {result.n}", middle(result), time


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
    lines += [f"  note     {note}" for note in case.notes]
    for outcome in result.outcomes:
        lines.append(f"  seed {outcome['seed']:<4}{'holds' if outcome['holds'] else 'fails'}  ")
        lines[-1] += numbers(outcome)
    if result.why:
        lines.append(f"  why      {result.why}")
        lines += [f"           {line}" for line in trace.splitlines()]
    lines.append(f"  repeat   {result.repeat}")
    return "\n".join(lines)


def numbers(outcome: Mapping[str, Any]) -> str:
    """The numbers of one seed, "never" for a censored one.

    >>> numbers({"numbers": {"first epoch": None, "MSE": 0.01}, "diverged": None})
    'first epoch never, MSE 0.01'
    """
    parts = [
        f"{name} {'never' if value is None else f'{value:g}'}"
        for name, value in outcome["numbers"].items()
    ]
    if len(parts) > MOST_NUMBERS:
        parts[MOST_NUMBERS:] = [f"and {len(parts) - MOST_NUMBERS} more"]
    if outcome["diverged"] is not None:
        parts.insert(0, f"diverged at epoch {outcome['diverged']}")
    return ", ".join(parts)


def middle(result: Result) -> str:
    """The medians of the two most telling numbers, and how many seeds never got there."""
    if result.status == Status.BROKEN.value:
        return result.why[:60]
    if result.status == Status.ESTIMATED.value:
        return result.why
    diverged = [each["diverged"] for each in result.outcomes if each["diverged"] is not None]
    parts = [_median(name, *found) for name, found in result.medians().items()][:2]
    if diverged:
        first = (
            f"diverged in {len(diverged)} of {result.n} seeds, earliest at epoch {min(diverged)}"
        )
        parts = [first] if len(diverged) == result.n else [first, *parts]
    if result.interval is not None:
        parts.insert(0, f"interval [{result.interval[0]:.3g}, {result.interval[1]:.3g}]")
    return ", ".join(parts) + (" (in evaluation mode)" if result.evaluated else "")


def _median(name: str, value: float | None, censored: int) -> str:
    if value is None:
        return f"{name} never"
    return f"{name} {value:.3g}" + (f" ({censored} never)" if censored else "")


def sure(rates: Rates | None, result: Result) -> str:
    """How often the test that decided is wrong."""
    if rates is None:
        if result.status == Status.ESTIMATED.value:
            return result.why
        return "decided by an interval" if result.interval else "no test was made"
    return (
        f"this test says so wrongly in at most {max(rates.false_holds, rates.false_fails):.1%} "
        f"of cases and stays undecided in {rates.undecided:.1%}"
    )


def asked(claim: Claim, result: Result) -> str:
    """A word on what the test asks of the seeds, where they did not agree."""
    if not 0 < result.k < result.n or result.interval is not None:
        return ""
    low, high = claim.bounds.low, claim.bounds.high
    return (
        f" Seeds disagree: the test asks whether it holds for {high:.0%} of all seeds or for "
        f"{low:.0%}, and {result.k} of {result.n} "
        + ("tell these apart." if result.status in DECIDED else "do not tell these apart.")
    )


def case_id(result: Result) -> str:
    """The id of the case that a result is of."""
    return f"{result.claim}~control" if result.kind == "control" else result.claim
