"""What a run found: a result with the curves behind it, and all that a run or a baseline holds."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from epochal.claims.case import Case
from epochal.claims.verdicts import Standing, Verdict
from epochal.experiments.runs import Runs
from epochal.judging.curves import Curves, curves
from epochal.judging.repeat import command
from epochal.judging.result import Result, result
from epochal.judging.samples import Samples, samples

__all__ = ["FRESH", "CaseResult", "Finding", "Findings", "keep"]

FRESH = (500, 600)
"""Where the seeds begin that judge a verdict that moved: none of them judges or calibrates a claim.

A set after another, until one gives the verdict that was expected: on one set alone, one gate in
eleven would alarm by chance where another machine draws all seeds anew.
"""


Run = tuple[str, int, str]
"""The digest of a setting, a seed and a device."""


@dataclass(frozen=True)
class CaseResult:
    """A judged case on one device: the one record of it, from the judge to the report.

    Attributes:
        case: what was judged.
        result: what came out.
        curves: of its experiments.
        samples: of its experiments, which the gate compares.
        expected: the verdict that should come out, if any is expected.
        origins: by digest, seed and device of each run, whether it was ``trained`` or ``extended``
            in this session, or ``reused`` from the journal.
        trace: of what broke, the frames of the claim's own code, and all frames.
        again: what sets of fresh seeds gave, where this verdict was doubted.
    """

    case: Case
    result: Result
    curves: tuple[Curves, ...] = ()
    samples: tuple[Samples, ...] = ()
    expected: str | None = None
    origins: Mapping[Run, str] = field(default_factory=dict)
    trace: tuple[str, str] = ("", "")
    again: tuple[Result, ...] = ()

    @property
    def standing(self) -> Standing:
        """How the verdict stands to the expected one; as expected where a set of fresh seeds is."""
        if Standing.AS_EXPECTED in (each.standing(self.expected) for each in self.again):
            return Standing.AS_EXPECTED
        return self.result.standing(self.expected)

    def to_json(self) -> dict[str, Any]:
        """As JSON values, to travel with a test report; all but the case."""
        return {
            "result": asdict(self.result),
            "curves": [each.told for each in self.curves],
            "samples": [asdict(each) for each in self.samples],
            "expected": self.expected,
            "standing": self.standing.value,
            "origins": [[*run, origin] for run, origin in self.origins.items()],
            "trace": list(self.trace),
            "again": [asdict(each) for each in self.again],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any], case: Case) -> "CaseResult":
        """What `to_json` gave of a finding about ``case``."""
        own, every = value["trace"]
        return cls(
            case,
            Result(**value["result"]),
            tuple(Curves(**each) for each in value["curves"]),
            tuple(Samples(**each) for each in value["samples"]),
            value["expected"],
            {(digest, seed, device): origin for digest, seed, device, origin in value["origins"]},
            (own, every),
            tuple(Result(**each) for each in value["again"]),
        )


Finding = CaseResult
"""Its name in copies of ``bench/test_claims.py``."""


@dataclass
class Findings:
    """Results and curves of a session, or of the committed baseline.

    Attributes:
        results: by their keys.
        curves: by their keys.
        samples: by their keys.
        cases: the folder of their case files, where it is not the project's own.
        dates: when results of earlier sessions were judged, in seconds since 1970, by their keys.
        tried: sentences of ``epochal try`` about settings of claims, by ``id`` or
            ``id:experiment``.
    """

    results: dict[str, Result] = field(default_factory=dict)
    curves: dict[str, Curves] = field(default_factory=dict)
    samples: dict[str, Samples] = field(default_factory=dict)
    cases: str = ""
    dates: dict[str, float] = field(default_factory=dict)
    tried: dict[str, list[str]] = field(default_factory=dict)

    def add(
        self, found: Result, drawn: Sequence[Curves] = (), sampled: Sequence[Samples] = ()
    ) -> None:
        """Takes in a result, in place of an older one of the same case and device."""
        self.results[found.key] = found
        for some in sampled:
            known = self.samples.get(some.key)
            self.samples[some.key] = some if known is None else some.merged(known)
        for each in drawn:
            held = self.curves.get(each.key)
            self.curves[each.key] = each if held is None else held.merged(each)

    def of(self, claim: str, kind: str | None = None) -> list[Result]:
        """The results of a claim, the full one before the reduced one."""
        order = Case.KINDS.index
        found = [each for each in self.results.values() if each.claim == claim]
        kept = [each for each in found if kind is None or each.kind == kind]
        return sorted(kept, key=lambda each: (order(each.kind), each.device))

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "results": [asdict(each) for each in self.results.values()],
            "curves": [each.told for each in self.curves.values()],
            "samples": [asdict(each) for each in self.samples.values()],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Findings":
        """What `to_json` gave."""
        results = [Result(**each) for each in value["results"]]
        drawn = [Curves(**each) for each in value["curves"]]
        sampled = [Samples(**each) for each in value.get("samples", ())]
        return cls(
            {each.key: each for each in results},
            {each.key: each for each in drawn},
            {each.key: each for each in sampled},
        )


def keep(
    case: Case,
    device: str,
    verdict: Verdict,
    runs: Mapping[str, Runs],
    environment: dict[str, str],
    fixed: bool,
    cases: str = "",
) -> CaseResult:
    """What is kept of ``verdict`` on ``runs``, which may go further than it needed.

    ``cases`` is the folder of case files, where it is not the project's own.
    """
    bare = case.kind == "control" or case.rule.marks().kind in ("map", "slope")
    drawn = () if bare else runs.values()
    found = result(case, device, verdict, runs, environment, fixed)
    return CaseResult(
        case,
        replace(found, repeat=command(found, case.claim, cases)),
        tuple(curves(each, device, case.rule.marks()) for each in drawn),
        () if case.kind == "control" else tuple(samples(each, device) for each in runs.values()),
        case.expected(device),
        trace=verdict.trace,
    )
