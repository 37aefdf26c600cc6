"""Verdicts: outcomes of seeds, in seed order, through the claim's test to one word."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from epochal.claims.case import Case
from epochal.claims.rules.base import NumberRule, Outcome, RunsOf, SeedRule
from epochal.claims.rules.share import ShareOfSeeds
from epochal.claims.statistics import (
    Rates,
    band_decision,
    error_rates,
    exact_interval,
    least_more,
    sequential_decision,
    t_interval,
)
from epochal.errors import BrokenRun, Interrupted, SessionError
from epochal.experiments.frames import broken
from epochal.experiments.runs import Runs
from epochal.identity.digest import own_code

__all__ = [
    "Ask",
    "Standing",
    "Status",
    "Verdict",
    "decided_by",
    "first_seeds",
    "judge",
    "outcomes_of",
    "standing",
]


class Status(StrEnum):
    """What can be said of a claim."""

    REPRODUCED = "reproduced"
    REFUTED = "refuted"
    UNDECIDED = "undecided"
    ESTIMATED = "estimated"
    BROKEN = "broken"

    @property
    def sentence(self) -> str:
        """What it means."""
        return {
            "reproduced": "the seeds show what the claim says",
            "refuted": "the seeds show the opposite of what the claim says",
            "undecided": "the seeds did not settle it within the claim's budget",
            "estimated": "it asks how often something holds: a share, with its interval",
            "broken": "it could not be run, which counts neither way",
        }[self.value]


class Standing(StrEnum):
    """How a verdict stands to the expected one."""

    AS_EXPECTED = "as expected"
    CHANGED = "changed"
    NEW = "new"
    UNDECIDED = "undecided"
    ESTIMATED = "estimated"
    BROKEN = "broken"


@dataclass(frozen=True)
class Verdict:
    """The end of judging.

    Attributes:
        status: the word.
        outcomes: one a seed, in seed order, those that were used.
        rates: the exact error rates of the test, None for a rule about a number.
        interval: of the number, for a rule about one.
        why: what broke, why it stayed undecided, or what was estimated.
        trace: of what broke, the frames of the claim's own code, and all frames.
    """

    status: Status
    outcomes: tuple[Outcome, ...] = ()
    rates: Rates | None = None
    interval: tuple[float, float] | None = None
    why: str = ""
    trace: tuple[str, str] = ("", "")

    @property
    def k(self) -> int:
        """How many seeds held."""
        return sum(outcome.holds for outcome in self.outcomes)

    @property
    def n(self) -> int:
        """How many seeds were used."""
        return len(self.outcomes)


Ask = Callable[[Case, Sequence[int]], Mapping[str, Runs]]
"""Trains the experiments of a case for some seeds and gives their runs by name."""


def judge(case: Case, ask: Ask, seeds: int | None = None) -> Verdict:
    """The verdict on ``case``.

    Args:
        case: what to judge.
        ask: gives the runs of the next seeds; seeds are taken strictly in order.
        seeds: a fixed number of seeds instead of the sequential test.

    An exception while training makes the verdict broken; `Interrupted` and `SessionError` pass
    through.
    """
    try:
        if hasattr(case.rule, "numbers"):
            return _judge_number(case, ask, seeds)
        if isinstance(case.rule, ShareOfSeeds):
            asked = first_seeds(case, seeds)
            return _share_verdict(case, case.rule, outcomes_of(case, ask(case, asked)))
        return _judge_seeds(case, ask, seeds)
    except (Interrupted, SessionError, KeyboardInterrupt):
        raise
    except Exception as error:
        failed = broken(error)
        return Verdict(Status.BROKEN, why=failed.why, trace=failed.trace)


def outcomes_of(case: Case, runs: Mapping[str, Runs]) -> list[Outcome]:
    """What the rule of ``case`` says of each seed of ``runs``.

    Raises:
        BrokenRun: code of the claim's own says something else of the same runs when asked again.
    """
    given = {name: RunsOf.of(run, case.experiments[name]) for name, run in runs.items()}
    numeric = hasattr(case.rule, "numbers")
    ask = cast(NumberRule, case.rule).numbers if numeric else cast(SeedRule, case.rule).outcomes
    outcomes = ask(given)
    if own_code(case.rule) and repr(outcomes) != repr(ask(given)):
        rule = f"{case.rule.describe()}: asked twice about the same runs, its numbers differ"
        raise BrokenRun(f"{rule}; compute them from the runs alone, without drawing or counting")
    return outcomes


def decided_by(case: Case, outcomes: Sequence[Outcome]) -> Verdict:
    """The verdict that these outcomes give, as if so many seeds had been asked for."""
    if hasattr(case.rule, "numbers"):
        return _number_verdict(case, outcomes, 1 - case.claim.looks.alpha)
    if isinstance(case.rule, ShareOfSeeds):
        return _share_verdict(case, case.rule, outcomes)
    return _seeds_verdict(case, outcomes, len(outcomes))


def first_seeds(case: Case, seeds: int | None = None) -> range:
    """The seeds that any verdict on ``case`` needs, before the first decision can fall."""
    claim = case.claim
    if seeds is None and isinstance(case.rule, ShareOfSeeds):
        seeds = case.rule.seeds
    if seeds is None:
        numeric = hasattr(case.rule, "numbers")
        seeds = claim.looks.seeds[0] if numeric else least_more(0, 0, case.bounds)
    return range(claim.first_seed, claim.first_seed + seeds)


def standing(status: Status, expected: str | None) -> Standing:
    """How ``status`` stands to the expected verdict.

    >>> standing(Status.REFUTED, "refuted").value, standing(Status.REFUTED, "reproduced").value
    ('as expected', 'changed')
    """
    if status in (Status.BROKEN, Status.UNDECIDED, Status.ESTIMATED):
        return Standing(status.value)
    if expected is None:
        return Standing.NEW
    return Standing.AS_EXPECTED if status.value == expected else Standing.CHANGED


def _judge_seeds(case: Case, ask: Ask, seeds: int | None) -> Verdict:
    bounds = case.bounds
    first, outcomes = case.claim.first_seed, list[Outcome]()
    decision: bool | None = None
    while decision is None:
        k, n = sum(outcome.holds for outcome in outcomes), len(outcomes)
        more = seeds - n if seeds is not None else least_more(k, n, bounds)
        if more == 0:
            break
        outcomes += outcomes_of(case, ask(case, range(first + n, first + n + more)))
        decision = _decision(outcomes, case, seeds)
    return _seeds_verdict(case, outcomes, seeds)


def _seeds_verdict(case: Case, outcomes: Sequence[Outcome], seeds: int | None) -> Verdict:
    decision = _decision(outcomes, case, seeds)
    rates = error_rates(case.bounds, fixed=seeds)
    why = "" if decision is not None else f"{len(outcomes)} seeds did not settle it"
    return Verdict(_status(decision), tuple(outcomes), rates, why=why)


def _decision(outcomes: Sequence[Outcome], case: Case, seeds: int | None) -> bool | None:
    holds = [outcome.holds for outcome in outcomes]
    if seeds is not None:
        return case.bounds.decide(sum(holds), len(holds))
    return sequential_decision(holds, case.bounds)[0]


def _judge_number(case: Case, ask: Ask, seeds: int | None) -> Verdict:
    looks = case.claim.looks
    first, outcomes = case.claim.first_seed, list[Outcome]()
    confidence = looks.confidence if seeds is None else 1 - looks.alpha
    verdict = Verdict(Status.UNDECIDED)
    for look in looks.seeds if seeds is None else (seeds,):
        outcomes += outcomes_of(case, ask(case, range(first + len(outcomes), first + look)))
        verdict = _number_verdict(case, outcomes, confidence)
        if verdict.status is not Status.UNDECIDED:
            break
    return verdict


def _number_verdict(case: Case, outcomes: Sequence[Outcome], confidence: float) -> Verdict:
    rule, interval = cast(NumberRule, case.rule), None
    values = [next(iter(outcome.numbers.values())) for outcome in outcomes]
    known = [value for value in values if value is not None]
    decision: bool | None
    if len(known) == len(values) and len(known) >= 5:
        interval = _interval(known, confidence, rule.logarithmic)
        decision = band_decision(interval, *rule.band)
    else:
        decision = _by_sign(outcomes, *rule.band, confidence)
    if decision is not None:
        return Verdict(_status(decision), tuple(outcomes), None, interval)
    return Verdict(Status.UNDECIDED, tuple(outcomes), None, interval, _why_no_number(outcomes))


def _share_verdict(case: Case, rule: ShareOfSeeds, outcomes: Sequence[Outcome]) -> Verdict:
    k, n = sum(outcome.holds for outcome in outcomes), len(outcomes)
    level = 1 - case.claim.looks.alpha
    interval = low, high = exact_interval(k, n, level)
    if rule.band is None:
        reason = f"{k} of {n}, {100 * level:g}% interval [{low:.2f}, {high:.2f}]"
        return Verdict(Status.ESTIMATED, tuple(outcomes), None, interval, reason)
    decision = band_decision(interval, *rule.band)
    why = "" if decision is not None else "the interval of the share crosses the band's edge"
    return Verdict(_status(decision), tuple(outcomes), None, interval, why)


def _by_sign(
    outcomes: Sequence[Outcome], low: float, high: float, confidence: float
) -> bool | None:
    """The decision where some numbers are only known to lie on one side of something.

    All n seeds, at least 5, must lie in the band, or beyond the same edge of it. A median at that
    edge gives this in 1 of 2^n cases, which must not be more than this look may be wrong.
    """
    known = [outcome.interval for outcome in outcomes]
    if len(known) < 5 or 0.5 ** len(known) > 1 - confidence:
        return None
    decisions = {each and band_decision(each, low, high) for each in known}
    if decisions == {True}:
        return True
    sides = {each and (each[1] < low, each[0] > high) for each in known}
    return False if decisions == {False} and len(sides) == 1 else None


def _interval(values: Sequence[float], confidence: float, log: bool) -> tuple[float, float]:
    if not log:
        return t_interval(values, confidence)
    low, high = t_interval([math.log(value) for value in values], confidence)
    return math.exp(low), math.exp(high)


def _why_no_number(outcomes: Sequence[Outcome]) -> str:
    censored = sum(next(iter(outcome.numbers.values())) is None for outcome in outcomes)
    if censored:
        return f"{censored} of {len(outcomes)} seeds never reached it, so there is no interval"
    if len(outcomes) < 5:
        return f"{len(outcomes)} seeds are too few for an interval, which needs 5"
    return "the interval crosses the band's edge"


def _status(decision: bool | None) -> Status:
    if decision is None:
        return Status.UNDECIDED
    return Status.REPRODUCED if decision else Status.REFUTED
