"""Verdicts: outcomes in seed order to one word, and how that word stands to the expected one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from epochal import Bounds, Claim, Control, FitsBy, Looks, Reduced, Runs
from epochal.claims.case import Case
from epochal.claims.claim import TIERS
from epochal.claims.rules.base import Outcome, PlotHints
from epochal.claims.statistics import error_rates
from epochal.claims.verdicts import Standing, Status, Verdict, first_seeds, judge, standing
from epochal.errors import BrokenRun, Interrupted
from epochal.experiments.own_loop import Experiments
from epochal_testing.synthetic import EXPERIMENT, claim, runs


@dataclass(frozen=True)
class Listed:
    """Holds for the seeds that are listed."""

    holding: frozenset[int]

    def needs(self) -> dict[str, int]:
        return {"run": 1}

    def check(self, experiments: Experiments) -> None:
        return None

    def describe(self) -> str:
        return "the seed is on the list"

    def marks(self) -> PlotHints:
        return PlotHints(epochs=(1,))

    def outcomes(self, found: Mapping[str, Runs]) -> list[Outcome]:
        return [Outcome(int(s), int(s) in self.holding, {"seed": s}) for s in found["run"].seeds]


@dataclass(frozen=True)
class Numbered(Listed):
    """Gives each seed the number that is listed for it, 44 the first; None is censored."""

    holding: frozenset[int] = frozenset()
    values: tuple[float | None, ...] = ()
    band: tuple[float, float] = (1.0, 2.0)
    logarithmic: bool = False

    def numbers(self, found: Mapping[str, Runs]) -> list[Outcome]:
        return [Outcome(int(s), False, {"number": self.values[s - 44]}) for s in found["run"].seeds]


class Asked:
    """An `ask` that notes for which seeds it was asked."""

    def __init__(self) -> None:
        self.seeds: list[list[int]] = []

    @property
    def all_seeds(self) -> list[int]:
        return [seed for seeds in self.seeds for seed in seeds]

    def __call__(self, case: Case, seeds: Sequence[int]) -> Mapping[str, Runs]:
        self.seeds.append(list(seeds))
        return {"run": runs(seeds, np.ones((len(seeds), 2)))}


def full(one: Claim) -> Case:
    case = one.case("full")
    assert case is not None
    return case


def listed(*holding: int, bounds: Bounds | None = None) -> Case:
    return full(claim(Listed(frozenset(holding)), bounds=bounds or Bounds()))


def numbered(*values: float | None, log: bool = False, looks: Looks | None = None) -> Case:
    return full(claim(Numbered(values=values, logarithmic=log), looks=looks or Looks()))


# ------------------------------------------------------------------------------ yes or no


def test_three_unanimous_seeds_decide() -> None:
    for case, status in (
        (listed(44, 45, 46), Status.REPRODUCED),
        (listed(47, 48, 49), Status.REFUTED),
    ):
        asked = Asked()
        verdict = judge(case, asked)
        assert verdict.status is status
        assert asked.seeds == [[44, 45, 46]]
        assert verdict.n == 3
        assert verdict.k in (0, 3)


def test_seeds_are_asked_for_strictly_in_order_and_only_as_many_as_can_matter() -> None:
    asked = Asked()
    verdict = judge(listed(44, 46, 47, 48), asked)
    assert asked.seeds == [[44, 45, 46], [47, 48]]
    assert [outcome.seed for outcome in verdict.outcomes] == [44, 45, 46, 47, 48]
    assert (verdict.status, verdict.k, verdict.n) == (Status.REPRODUCED, 4, 5)


def test_seeds_that_disagree_to_the_end_leave_it_undecided() -> None:
    asked = Asked()
    verdict = judge(listed(*range(44, 60, 2)), asked)
    assert verdict.status is Status.UNDECIDED
    assert asked.all_seeds == list(range(44, 59))
    assert verdict.why == "15 seeds did not settle it"


def test_the_budget_of_seeds_is_the_claims_own() -> None:
    verdict = judge(listed(44, bounds=Bounds(max_seeds=4)), Asked())
    assert (verdict.status, verdict.n) == (Status.UNDECIDED, 4)


def test_seeds_go_up_from_the_claims_first_one() -> None:
    one, asked = claim(Listed(frozenset({7, 8, 9})), first_seed=7), Asked()
    assert judge(full(one), asked).status is Status.REPRODUCED
    assert asked.seeds == [[7, 8, 9]]


def test_a_fixed_number_of_seeds_is_asked_for_at_once() -> None:
    asked = Asked()
    verdict = judge(listed(44, 45, 46, 47, 48), asked, seeds=5)
    assert asked.seeds == [[44, 45, 46, 47, 48]]
    assert verdict.status is Status.REPRODUCED
    assert verdict.rates == error_rates(Bounds(), fixed=5)


def test_a_fixed_number_of_seeds_is_judged_once_at_its_end() -> None:
    verdict = judge(listed(44, 45, 46), Asked(), seeds=6)
    assert (verdict.status, verdict.k, verdict.n) == (Status.UNDECIDED, 3, 6)
    assert judge(listed(44), Asked(), seeds=1).status is Status.UNDECIDED


def test_a_verdict_carries_the_error_rates_of_its_own_test() -> None:
    bounds = Bounds(low=0.1, high=0.9)
    assert judge(listed(44, 45, 46, bounds=bounds), Asked()).rates == error_rates(bounds)


def test_the_first_seeds_are_those_that_judging_asks_for_first() -> None:
    for case in (listed(44), numbered(*[1.5] * 20)):
        for seeds in (None, 7):
            asked = Asked()
            judge(case, asked, seeds)
            assert list(first_seeds(case, seeds)) == asked.seeds[0]


# ----------------------------------------------------------------------------- what goes wrong


def test_an_exception_makes_it_broken_and_says_why() -> None:
    def fail(case: Case, seeds: Sequence[int]) -> Mapping[str, Runs]:
        raise BrokenRun("no net came back")

    verdict = judge(listed(44), fail)
    assert verdict == Verdict(Status.BROKEN, why="no net came back")
    assert (verdict.k, verdict.n) == (0, 0)


def test_an_exception_of_the_rule_makes_it_broken_too() -> None:
    verdict = judge(numbered(), Asked())
    assert verdict.status is Status.BROKEN
    assert verdict.why.startswith("IndexError: ")


@pytest.mark.parametrize("kind", [Interrupted, KeyboardInterrupt])
def test_an_interruption_passes_through(kind: type[BaseException]) -> None:
    def stop(case: Case, seeds: Sequence[int]) -> Mapping[str, Runs]:
        raise kind("enough")

    with pytest.raises(kind):
        judge(listed(44), stop)
    with pytest.raises(kind):
        judge(numbered(1.5), stop)


# ------------------------------------------------------------------------------- numbers a seed

CLOSE = (1.50, 1.51, 1.49, 1.52, 1.48, *[1.5] * 7)
FAR = (5.0, 5.1, 4.9, 5.2, 4.8, *[5.0] * 7)
WIDE = (0.6, 1.5, 2.4, 1.4, 1.6, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5)


def test_an_interval_in_the_band_reproduces_and_one_beside_it_refutes() -> None:
    for values, status in ((CLOSE, Status.REPRODUCED), (FAR, Status.REFUTED)):
        asked = Asked()
        verdict = judge(numbered(*values), asked)
        assert verdict.status is status
        assert asked.seeds == [[44, 45, 46, 47, 48]]
        assert verdict.rates is None
        assert verdict.interval is not None
        assert verdict.interval[0] < values[0] < verdict.interval[1]


def test_an_interval_across_the_edge_is_looked_at_again_with_more_seeds() -> None:
    asked = Asked()
    verdict = judge(numbered(*WIDE), asked)
    assert [len(each) for each in asked.seeds] == [5, 3, 4]
    assert asked.all_seeds == list(range(44, 56))
    assert verdict.status is Status.REPRODUCED


def test_an_interval_that_stays_across_the_edge_is_undecided() -> None:
    verdict = judge(numbered(*[0.0, 3.0] * 6), Asked())
    assert (verdict.status, verdict.n) == (Status.UNDECIDED, 12)
    assert verdict.why == "the interval crosses the band's edge"
    assert verdict.interval is not None


def test_a_censored_seed_leaves_it_undecided() -> None:
    verdict = judge(numbered(*CLOSE[:4], None, *CLOSE[5:]), Asked())
    assert verdict.status is Status.UNDECIDED
    assert verdict.why == "1 of 12 seeds never reached it, so there is no interval"
    assert verdict.interval is None


def test_ratios_are_averaged_on_the_log_scale() -> None:
    values = [0.2, 11.25] * 3
    plain, log = (
        judge(numbered(*values, log=each, looks=Looks(seeds=(6,))), Asked())
        for each in (False, True)
    )
    assert plain.interval is not None
    assert log.interval is not None
    assert sum(plain.interval) / 2 == pytest.approx(5.725)
    assert (log.interval[0] * log.interval[1]) ** 0.5 == pytest.approx(1.5)
    assert log.interval[0] > 0 > plain.interval[0]


def test_a_fixed_number_of_seeds_is_one_look_at_the_whole_level() -> None:
    asked, wide = Asked(), Asked()
    case = numbered(*CLOSE)
    fixed = judge(case, asked, seeds=5)
    assert asked.seeds == [[44, 45, 46, 47, 48]]
    several = judge(case, wide)
    assert fixed.interval is not None
    assert several.interval is not None
    assert several.interval[0] < fixed.interval[0]


def test_fewer_than_five_seeds_give_no_interval() -> None:
    verdict = judge(numbered(*CLOSE), Asked(), seeds=4)
    assert verdict.status is Status.UNDECIDED
    assert verdict.why == "4 seeds are too few for an interval, which needs 5"


# ------------------------------------------------------------------------------------ standing

STANDINGS = {
    (Status.REPRODUCED, "reproduced"): Standing.AS_EXPECTED,
    (Status.REPRODUCED, "refuted"): Standing.CHANGED,
    (Status.REPRODUCED, None): Standing.NEW,
    (Status.REFUTED, "reproduced"): Standing.CHANGED,
    (Status.REFUTED, "refuted"): Standing.AS_EXPECTED,
    (Status.REFUTED, None): Standing.NEW,
    (Status.UNDECIDED, "reproduced"): Standing.UNDECIDED,
    (Status.UNDECIDED, "refuted"): Standing.UNDECIDED,
    (Status.UNDECIDED, None): Standing.UNDECIDED,
    (Status.ESTIMATED, "reproduced"): Standing.ESTIMATED,
    (Status.ESTIMATED, "refuted"): Standing.ESTIMATED,
    (Status.ESTIMATED, None): Standing.ESTIMATED,
    (Status.BROKEN, "reproduced"): Standing.BROKEN,
    (Status.BROKEN, "refuted"): Standing.BROKEN,
    (Status.BROKEN, None): Standing.BROKEN,
}


def test_every_status_stands_somehow_to_every_expectation() -> None:
    found = {
        (status, expected): standing(status, expected)
        for status in Status
        for expected in ("reproduced", "refuted", None)
    }
    assert found == STANDINGS


def test_every_status_has_a_sentence() -> None:
    assert len({status.sentence for status in Status}) == len(Status)


# ------------------------------------------------------------------------- tiers and controls

LONG, SHORT = FitsBy(epoch=900, mse_below=0.1), FitsBy(epoch=90, mse_below=0.1)
OTHER = replace(EXPERIMENT, probe=701)


def tiered(tier: str, reduced: str | None = None, **changes: object) -> Claim:
    less = None if reduced is None else Reduced(rule=SHORT, why="shorter", tier=reduced)
    return claim(LONG, tier=tier, reduced=less, expected="reproduced", **changes)


def kinds(one: Claim) -> list[str | None]:
    cases = [one.case(tier) for tier in TIERS]
    return [None if case is None else case.kind for case in cases]


def test_a_tier_holds_the_tiers_before_it() -> None:
    assert kinds(tiered("quick")) == ["full", "full", "full"]
    assert kinds(tiered("standard")) == [None, "full", "full"]
    assert kinds(tiered("full")) == [None, None, "full"]


def test_a_reduced_claim_runs_in_the_tiers_below_its_own() -> None:
    assert kinds(tiered("standard", "quick")) == ["reduced", "full", "full"]
    assert kinds(tiered("full", "standard")) == [None, "reduced", "full"]
    case = tiered("standard", "quick").case("quick")
    assert case is not None
    assert case.rule is SHORT
    assert case.horizons == {"run": 90}
    assert case.flops_a_seed == 90 * EXPERIMENT.flops_an_epoch


def test_a_reduced_claim_may_expect_its_own_verdict() -> None:
    less = Reduced(rule=SHORT, why="too short for it", expected="refuted")
    one = claim(LONG, tier="full", reduced=less, expected="reproduced")
    quick, all_of_it = one.case("quick"), one.case("full")
    assert quick is not None
    assert all_of_it is not None
    assert (quick.expected("cpu"), all_of_it.expected("cpu")) == ("refuted", "reproduced")


@pytest.mark.parametrize(
    ("expected", "opposite"),
    [("reproduced", "refuted"), ("refuted", "reproduced"), (None, None)],
)
def test_a_control_expects_the_opposite(expected: str | None, opposite: str | None) -> None:
    control = Control(change="a finer probe", experiments={"run": OTHER})
    case = claim(LONG, expected=expected, control=control).control_case("quick")
    assert case is not None
    assert case.expected("cpu") == opposite
    assert (case.id, case.kind) == ("c~control", "control")
    assert case.experiments == {"run": OTHER}
    assert case.rule is LONG


def test_a_control_may_bring_its_own_rule_and_follows_the_claims_tier() -> None:
    control = Control(change="sooner", experiments={"run": OTHER}, rule=SHORT)
    one = tiered("standard", control=control)
    assert one.control_case("quick") is None
    case = one.control_case("standard")
    assert case is not None
    assert case.rule is SHORT
    plain = Control(change="a finer probe", experiments={"run": OTHER})
    reduced = tiered("standard", "quick", control=plain).control_case("quick")
    assert reduced is not None
    assert reduced.rule is SHORT
    assert tiered("quick").control_case("full") is None


def test_a_kind_of_device_may_have_another_verdict_for_a_reason() -> None:
    control = Control(change="a finer probe", experiments={"run": OTHER})
    other = {"cuda": ("refuted", "rounding there")}
    one = claim(LONG, expected="reproduced", expected_on=other, control=control)
    case, turned = one.case("quick"), one.control_case("quick")
    assert case is not None
    assert turned is not None
    assert [case.expected(each) for each in ("cpu", "cuda:0", "cuda:3")] == [
        "reproduced",
        "refuted",
        "refuted",
    ]
    assert [turned.expected(each) for each in ("cpu", "cuda:1")] == ["refuted", "reproduced"]
