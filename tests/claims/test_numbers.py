"""Rules about a number a seed: what they find, and how often verdicts on them are wrong."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from epochal import EpochsRatio, Runs
from epochal.claims.case import Case
from epochal.claims.rules.base import NumberRule
from epochal.claims.verdicts import Status, judge
from epochal.errors import SpecError
from epochal.experiments.runs import PER_SEED
from epochal_testing.numbers import POWER, RATIO, passage, power_runs, ratio_runs
from epochal_testing.rows import ALL, LAST, steady
from epochal_testing.synthetic import Values, case, diverged, runs


def judged_numbers(
    rule: NumberRule,
    make: Callable[[Values, Sequence[int]], dict[str, Runs]],
    draw: Callable[[np.random.Generator, int], Values],
    replications: int,
) -> list[Status]:
    rng = np.random.default_rng(6)

    def ask(_: Case, seeds: Sequence[int]) -> Mapping[str, Runs]:
        return make(draw(rng, len(seeds)), seeds)

    return [judge(case(rule), ask).status for _ in range(replications)]


@pytest.mark.parametrize("tails", [3, 1000], ids=["heavy", "normal"])
@pytest.mark.parametrize("edge", [1, -1], ids=["outside", "inside"])
def test_a_verdict_on_a_ratio_at_the_bands_edge_is_rarely_wrong(tails: int, edge: int) -> None:
    def draw(rng: np.random.Generator, n: int) -> Values:
        spread = 0.2 * rng.standard_t(tails, n).clip(-6, 6)
        drawn: Values = np.exp(math.log(RATIO.band[1]) + 0.005 * edge + spread)
        return drawn

    found = judged_numbers(RATIO, ratio_runs, draw, 300)
    wrong = Status.REPRODUCED if edge == 1 else Status.REFUTED
    assert found.count(wrong) <= 0.05 * 300
    assert Status.BROKEN not in found


@pytest.mark.parametrize("tails", [3, 1000], ids=["heavy", "normal"])
@pytest.mark.parametrize("edge", [1, -1], ids=["outside", "inside"])
def test_a_verdict_on_an_exponent_at_the_bands_edge_is_rarely_wrong(tails: int, edge: int) -> None:
    def draw(rng: np.random.Generator, n: int) -> Values:
        spread = 0.1 * rng.standard_t(tails, n).clip(-6, 6)
        drawn: Values = POWER.band[0] - 0.003 * edge + spread.clip(-0.8, 0.8)
        return drawn

    found = judged_numbers(POWER, power_runs, draw, 200)
    wrong = Status.REPRODUCED if edge == 1 else Status.REFUTED
    assert found.count(wrong) <= 0.05 * 200
    assert Status.BROKEN not in found


def test_numbers_well_inside_and_well_outside_are_told_apart() -> None:
    def around(middle: float) -> Callable[[np.random.Generator, int], Values]:
        return lambda rng, n: middle * np.exp(0.2 * rng.standard_t(3, n).clip(-4, 4))

    inside = judged_numbers(RATIO, ratio_runs, around(2), 60)
    outside = judged_numbers(RATIO, ratio_runs, around(7), 60)
    assert inside.count(Status.REPRODUCED) >= 54
    assert outside.count(Status.REFUTED) >= 54


def censored_ratio(over: Sequence[float], under: Sequence[float], **changes: Any) -> Status:
    made = {
        "a": runs(range(len(over)), passage(np.array(over), RATIO.epoch)),
        "b": runs(range(len(over)), passage(np.array(under), RATIO.epoch)),
    }

    def ask(_: Case, seeds: Sequence[int]) -> Mapping[str, Runs]:
        return {name: one(each, seeds) for name, each in made.items()}

    return judge(case(replace(RATIO, **changes)), ask, seeds=len(over)).status


def one(made: Runs, seeds: Sequence[int]) -> Runs:
    rows = [seed - 44 for seed in seeds]
    return replace(made, **{field: getattr(made, field)[rows] for field in PER_SEED})


LONG = 5000.0


@pytest.mark.parametrize(
    ("over", "under", "changes", "status"),
    [
        ([LONG] * 5, [100] * 5, {}, Status.REFUTED),  # at least 20 times, and at most 4 were asked
        ([LONG] * 5, [100] * 5, {"high": None}, Status.REPRODUCED),
        ([LONG, 900, 900, 900, 900], [100] * 5, {}, Status.REFUTED),
        ([LONG, 300, 900, 900, 900], [100] * 5, {}, Status.UNDECIDED),
        ([LONG, 900, 900, 900, 10], [100] * 5, {}, Status.UNDECIDED),  # beyond both edges
        ([LONG] * 5, [1000] * 5, {}, Status.UNDECIDED),  # at least 2, which tells nothing
        ([100] * 5, [LONG] * 5, {}, Status.REFUTED),
        ([LONG] * 5, [LONG] * 5, {}, Status.UNDECIDED),
        ([LONG] * 4, [100] * 4, {}, Status.UNDECIDED),  # too few
    ],
)
def test_a_censored_ratio_is_bounded_and_decides_where_every_seed_is_on_one_side(
    over: list[float], under: list[float], changes: dict[str, Any], status: Status
) -> None:
    assert censored_ratio(over, under, **changes) is status


@pytest.mark.parametrize("edge", [1, -1], ids=["outside", "inside"])
@pytest.mark.parametrize("spread", [0.4, 1.0])
def test_a_verdict_with_censored_seeds_at_the_bands_edge_is_rarely_wrong(
    edge: int, spread: float
) -> None:
    rule = replace(RATIO, low=None, high=2)

    def make(ratios: Values, seeds: Sequence[int]) -> dict[str, Runs]:
        under = np.full(len(ratios), 500.0)  # of 2000 epochs: a ratio above 4 is censored
        return {
            "a": runs(seeds, passage(under * ratios, rule.epoch)),
            "b": runs(seeds, passage(under, rule.epoch)),
        }

    def draw(rng: np.random.Generator, n: int) -> Values:
        drawn: Values = np.exp(math.log(2) + 0.005 * edge + spread * rng.standard_normal(n))
        return drawn

    found = judged_numbers(rule, make, draw, 300)
    wrong = Status.REPRODUCED if edge == 1 else Status.REFUTED
    assert found.count(wrong) <= 0.05 * 300
    assert any(status is Status.UNDECIDED for status in found)


def test_a_ratio_of_epochs_may_be_that_of_a_share() -> None:
    both = np.zeros((1, ALL + 1, 2))
    slow, fast = both.copy(), both.copy()
    slow[:, 30:, 0], fast[:, 10:, 0], fast[:, 2:, 1] = 0.95, 0.95, 5
    made = {"a": runs([0], steady(np.ones(1)), shares=slow)}
    made["b"] = runs([0], steady(np.ones(1)), shares=fast)
    rule = EpochsRatio(over="a", under="b", share_above=0.9, low=2, epoch=LAST)
    assert rule.numbers(made)[0].numbers == {"ratio": 3, "a": 30, "b": 10}


def test_a_number_may_be_bounded_on_one_side() -> None:
    larger = replace(RATIO, low=4, high=None)

    def around(ratio: float) -> Callable[[np.random.Generator, int], Values]:
        return lambda rng, n: ratio * np.exp(0.05 * rng.normal(size=n))

    assert judged_numbers(larger, ratio_runs, around(6), 1) == [Status.REPRODUCED]
    assert judged_numbers(larger, ratio_runs, around(2), 1) == [Status.REFUTED]
    assert "at least 4" in larger.describe()
    assert "p at most 2" in replace(POWER, low=None, high=2).describe()
    with pytest.raises(SpecError, match="a band has at least one bound"):
        replace(POWER, low=None, high=None)


def test_an_exponent_recovers_a_known_power_law() -> None:
    truth = np.array([1.0, 1.5, 2.0, 2.5])
    found = POWER.numbers(power_runs(truth, range(4)))
    slopes = [each.numbers["exponent"] for each in found]
    assert slopes == pytest.approx(truth.tolist(), abs=0.01)
    assert [found[0].holds, found[2].holds] == [False, True]


def test_an_exponent_does_not_depend_on_the_factor_before_the_power() -> None:
    for c in (10.0, 20.0, 40.0):
        found = POWER.numbers(power_runs(np.array([2.0]), [0], c))[0]
        assert found.numbers["exponent"] == pytest.approx(2, abs=1e-9)


def test_a_ratio_is_the_quotient_of_two_first_passages() -> None:
    found = RATIO.numbers(ratio_runs(np.array([0.5, 3.0, 8.0]), range(3)))
    assert [each.numbers["ratio"] for each in found] == [0.5, 3, 8]
    assert [each.holds for each in found] == [False, True, False]
    assert found[1].numbers == {"ratio": 3, "a": 300, "b": 100}


@pytest.mark.parametrize("arm", ["a", "b"])
@pytest.mark.parametrize("at", [0.0, 1e9], ids=["before training", "never"])
def test_a_ratio_without_both_passages_is_censored(arm: str, at: float) -> None:
    made = ratio_runs(np.full(5, 2.0), range(5))
    first = passage(np.array([at]), RATIO.epoch)
    made[arm].loss[3] = first[0]
    found = RATIO.numbers(made)
    assert [each.numbers["ratio"] for each in found] == [2, 2, 2, None, 2]
    assert not found[3].holds


@pytest.mark.parametrize("at", [0.0, 1e9], ids=["before training", "never"])
def test_an_exponent_without_all_passages_is_censored(at: float) -> None:
    made = power_runs(np.full(5, 2.0), range(5))
    made["k4"].loss[1] = passage(np.array([at]), POWER.epoch)[0]
    found = POWER.numbers(made)
    assert [each.numbers["exponent"] is None for each in found] == [False, True, *[False] * 3]
    assert not found[1].holds


def test_a_seed_that_diverges_before_it_gets_there_is_censored() -> None:
    ratio = ratio_runs(np.full(5, 2.0), range(5))
    ratio["a"] = diverged(ratio["a"], 2, 150)
    found = RATIO.numbers(ratio)
    assert [each.diverged for each in found] == [None, None, 150, None, None]
    assert found[2].numbers["ratio"] is None
    assert not found[2].holds
    power = power_runs(np.full(5, 2.0), range(5))
    power["k8"] = diverged(power["k8"], 4, 60)
    found = POWER.numbers(power)
    assert [each.diverged for each in found] == [None, None, None, None, 60]
    assert found[4].numbers["exponent"] is None


def test_censored_seeds_leave_a_number_undecided() -> None:
    def ask(_: Case, seeds: Sequence[int]) -> Mapping[str, Runs]:
        made = ratio_runs(np.full(len(seeds), 2.0), seeds)
        made["a"].loss[0] = 1.0
        return made

    verdict = judge(case(RATIO), ask)
    assert verdict.status is Status.UNDECIDED
    assert verdict.why == "3 of 12 seeds never reached it, so there is no interval"
