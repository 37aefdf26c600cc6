"""What is kept of one judged case: enough to rebuild its verdict and its row.

A `Result` holds the outcome of every seed as plain JSON values, so that it can travel from a test
worker, be committed in the baseline, and be read by reports without torch.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from epochal.claims.case import Case
from epochal.claims.claim import Claim
from epochal.claims.rules.base import Outcome, Rule
from epochal.claims.rules.share import ShareOfSeeds
from epochal.claims.statistics import Rates, error_rates
from epochal.claims.verdicts import Standing, Status, Verdict, standing
from epochal.experiments.runs import Runs
from epochal.identity.digest import digest, own_code
from epochal.judging.independent import losses
from epochal.judging.rounding import significant
from epochal.training.engines.choice import FORMER

__all__ = ["Result", "case_of", "result", "rule_code"]


@dataclass(frozen=True, kw_only=True)
class Result:
    """A judged case on one device.

    Attributes:
        claim: the claim's id.
        kind: ``full``, ``reduced`` or ``control``.
        device: ``cpu`` or ``cuda:N``.
        hardware: the device's own name.
        status: the verdict's word.
        outcomes: one a seed: ``seed``, ``holds``, ``numbers``, ``diverged``, ``between`` where a
            number is censored and bounded, and ``losses``, a hash of every loss up to the rule's
            epoch: equal means bit for bit equal.
        interval: for a rule about a number.
        fixed: whether the number of seeds was fixed.
        why: what broke, or why it is undecided.
        rule: the predicate that decided, in words.
        rule_code: a digest of the claim's own code that decided; nothing where there is none.
        experiments: digests by the experiment's name in the claim.
        engine: the engine that ran, by its present name.
        seconds: training time of all seeds together, as far as the rule needs it.
        environment: what it was measured on, as `Environment.described` gives it.
        evaluated: whether errors were measured in evaluation mode, where nets give other outputs.
        repeat: what to type, in the project's root, to train it anew.
        keys: the reuse keys of its runs, by the experiment's name in the claim.
    """

    claim: str
    kind: str
    device: str
    hardware: str
    status: str
    outcomes: list[dict[str, Any]]
    interval: list[float] | None
    fixed: bool
    why: str
    rule: str
    experiments: dict[str, str]
    engine: str
    seconds: float
    environment: dict[str, str]
    evaluated: bool = False
    repeat: str = ""
    rule_code: str = ""
    keys: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "engine", FORMER.get(self.engine, self.engine))

    @property
    def key(self) -> str:
        """Unique among findings."""
        return f"{self.claim}/{self.kind}/{self.device}"

    @property
    def asked(self) -> tuple[object, ...]:
        """What was asked: equal for results that can be compared."""
        return self.kind, self.experiments, self.rule, self.rule_code

    @property
    def k(self) -> int:
        """How many seeds held."""
        return sum(outcome["holds"] for outcome in self.outcomes)

    @property
    def n(self) -> int:
        """How many seeds were used."""
        return len(self.outcomes)

    def rates(self, claim: Claim) -> Rates | None:
        """The exact error rates of the test that decided, None for a rule about a number."""
        case = case_of(claim, self)
        by_interval = hasattr(case.rule, "numbers") or isinstance(case.rule, ShareOfSeeds)
        if by_interval or self.status == Status.BROKEN.value:
            return None
        return error_rates(case.bounds, fixed=self.n if self.fixed else None)

    def standing(self, expected: str | None) -> Standing:
        """How it stands to the expected verdict."""
        return standing(Status(self.status), expected)

    def medians(self) -> dict[str, tuple[float | None, int]]:
        """For each number its median over the seeds that have it, and how many have none."""
        names = next((list(outcome["numbers"]) for outcome in self.outcomes), [])
        found: dict[str, tuple[float | None, int]] = {}
        for name in names:
            values = [outcome["numbers"][name] for outcome in self.outcomes]
            known = [value for value in values if value is not None]
            median = float(np.median(known)) if known else None
            found[name] = (median, len(values) - len(known))
        return found


def result(
    case: Case,
    device: str,
    verdict: Verdict,
    runs: Mapping[str, Runs],
    environment: dict[str, str],
    fixed: bool,
) -> Result:
    """What is kept of ``verdict``; ``runs`` may be empty where nothing was trained."""
    first = next(iter(runs.values()), None)
    return Result(
        claim=case.claim.id,
        kind=case.kind,
        device=device,
        hardware=first.device if first else "",
        status=verdict.status.value,
        outcomes=[_outcome(each, case, runs) for each in verdict.outcomes],
        interval=list(map(significant, verdict.interval)) if verdict.interval else None,  # type: ignore[arg-type]
        fixed=fixed,
        why=verdict.why,
        rule=case.rule.describe(),
        rule_code=rule_code(case.rule),
        experiments={name: case.experiments[name].digest for name in case.horizons},
        engine=first.engine if first else "",
        seconds=round(
            sum(float(run.until(case.horizons[n]).seconds.sum()) for n, run in runs.items()), 1
        ),
        environment=environment,
        evaluated=any(run.evaluated for run in runs.values()),
    )


def case_of(claim: Claim, result: Result) -> Case:
    """The case of ``claim`` that ``result`` answers."""
    return next(case for case in claim.cases if case.kind == result.kind)


def rule_code(rule: Rule) -> str:
    """A digest of the code of a claim's own that ``rule`` reaches; nothing where there is none."""
    found = own_code(rule)
    return digest(found) if found else ""


def _outcome(outcome: Outcome, case: Case, runs: Mapping[str, Runs]) -> dict[str, Any]:
    numbers = {name: significant(value, 5) for name, value in outcome.numbers.items()}
    kept = {**asdict(outcome), "numbers": numbers, "losses": losses(outcome.seed, case, runs)}
    if outcome.between is None:
        del kept["between"]  # few rules have one
    return kept
