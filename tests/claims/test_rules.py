"""Rules on runs of which the answer is known, and the error rates of the verdicts they lead to."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import epochal
from epochal import (
    Bounds,
    Cell,
    CentreBeforeEdges,
    EpochsMap,
    EpochsRatio,
    Exponent,
    FitsBy,
    IsAffine,
    LosesFit,
    LowBeforeHigh,
    MseAt,
    MseRatioAt,
    RadiusGrows,
    Runs,
    SameBits,
    ShareBy,
    Sine,
    StaysAbove,
    WhichFit,
)
from epochal.claims.claim import Case
from epochal.claims.rules.base import NumberRule, Rule
from epochal.claims.verdicts import Status, judge
from epochal.errors import SpecError
from epochal.experiments.runs import PER_SEED, snapshot_epochs
from epochal.experiments.thin import always_kept, thinned
from epochal_testing.rows import (
    ALL,
    BEYOND,
    EPOCHS,
    KINDS,
    LAST,
    NEVER,
    Rows,
    passing,
    rising,
    steady,
)
from epochal_testing.synthetic import (
    EXPERIMENT,
    PROBE,
    TARGET,
    Flags,
    Values,
    claim,
    diverged,
    runs,
)

RATIO = EpochsRatio(over="a", under="b", mse_below=0.1, low=1, high=4, epoch=2000)
POWER = Exponent(
    arms=(("k1", 1), ("k2", 2), ("k4", 4), ("k8", 8)), mse_below=0.1, low=1.5, high=2.5, epoch=4000
)
NUMBERS: dict[str, NumberRule] = {"EpochsRatio": RATIO, "Exponent": POWER}

every_rule = pytest.mark.parametrize("rows", KINDS.values(), ids=KINDS)


def case(rule: Rule) -> Case:
    found = claim(rule).case("full")
    assert found is not None
    return found


def some(rows: Rows, n: int = 40) -> tuple[Flags, dict[str, Runs]]:
    rng = np.random.default_rng(0)
    holds = rng.random(n) < 0.5
    return holds, rows.make(rng, holds, range(44, 44 + n))


def held(rows: Rows, made: Mapping[str, Runs]) -> list[bool]:
    return [outcome.holds for outcome in rows.rule.outcomes(made)]


# ------------------------------------------------------------------------------- every rule


def test_every_rule_is_tested_here() -> None:
    exported = [getattr(epochal, name) for name in epochal.__all__]
    names = {each.__name__ for each in exported if hasattr(each, "needs")}
    assert names == {*KINDS, *NUMBERS, "ShareOfSeeds"}  # which has a file of its own, test_share
    assert all(name == type(rows.rule).__name__ for name, rows in KINDS.items())


@every_rule
def test_a_rule_holds_on_the_rows_where_it_should_and_fails_on_the_others(rows: Rows) -> None:
    holds, made = some(rows, 200)
    outcomes = rows.rule.outcomes(made)
    assert [outcome.holds for outcome in outcomes] == holds.tolist()
    assert [outcome.seed for outcome in outcomes] == list(range(44, 244))
    assert all(type(outcome.holds) is bool for outcome in outcomes)
    assert all(outcome.diverged is None for outcome in outcomes)


@every_rule
def test_what_comes_after_the_rules_epoch_does_not_matter(rows: Rows) -> None:
    holds, made = some(rows)
    cut = {name: each.until(LAST) for name, each in made.items()}
    late = {name: diverged(each, 3, LAST + 1) for name, each in made.items()}
    assert rows.rule.outcomes(cut) == rows.rule.outcomes(made)
    assert rows.rule.outcomes(late) == rows.rule.outcomes(made)
    assert held(rows, cut) == holds.tolist()


@every_rule
def test_a_seed_is_judged_without_regard_to_the_seeds_beside_it(rows: Rows) -> None:
    _, made = some(rows, 12)
    alone = []
    for row in range(12):
        parts = {}
        for name, each in made.items():
            fields = {field: getattr(each, field)[row : row + 1] for field in PER_SEED}
            parts[name] = replace(each, **fields)
        alone += rows.rule.outcomes(parts)
    assert alone == rows.rule.outcomes(made)


named_divergence = {name: rows for name, rows in KINDS.items() if "*" not in rows.lost}
judged_false = pytest.mark.parametrize("rows", named_divergence.values(), ids=named_divergence)


@judged_false
@pytest.mark.parametrize("epoch", [0, 1, LAST - 2, LAST])
def test_a_diverged_seed_fails_and_the_others_do_not(rows: Rows, epoch: int) -> None:
    made = rows.make(np.random.default_rng(1), np.ones(4, bool), range(4))
    for arm in made.keys() - set(rows.lost):
        gone = {**made, arm: diverged(made[arm], 2, epoch)}
        outcomes = rows.rule.outcomes(gone)
        assert [outcome.holds for outcome in outcomes] == [True, True, False, True]
        assert [outcome.diverged for outcome in outcomes] == [None, None, epoch, None]
        shown = [number for outcome in outcomes for number in outcome.numbers.values()]
        assert all(number is None or math.isfinite(number) for number in shown)


@every_rule
def test_a_seed_that_was_never_finite_fails(rows: Rows) -> None:
    made = rows.make(np.random.default_rng(1), np.ones(2, bool), range(2))
    lost = {name: diverged(each, 0, 0) for name, each in made.items()}
    for each in lost.values():
        each.loss[0] = np.nan
    assert held(rows, lost) == [False, True]


def test_a_fit_that_is_lost_by_divergence_counts_as_lost_and_one_that_never_was_does_not() -> None:
    reached = np.array([10, 10, NEVER])[:, None] <= EPOCHS
    made = runs(range(3), np.where(reached, 0.04, 1.0))
    for row, epoch in ((0, 50), (1, 5), (2, 50)):
        made = diverged(made, row, epoch)
    outcomes = LosesFit(epoch=LAST, mse_below=0.05, mse_above=10).outcomes({"run": made})
    assert [each.numbers["lost at"] for each in outcomes] == [50, None, None]
    assert [each.holds for each in outcomes] == [True, False, False]


def test_a_cell_that_is_never_fitted_or_diverges_is_later_than_any_other() -> None:
    cells = tuple(Cell(name, x, 1) for x, name in enumerate("abc"))
    rule = EpochsMap(epoch=LAST, mse_below=0.05, cells=cells)
    never = below_at(NEVER)["run"]
    lost = diverged(below_at(10)["run"], 0, 50)
    made = {"a": below_at(7)["run"], "b": lost, "c": never}
    [found] = rule.outcomes(made)
    assert found.holds
    assert found.numbers == {"cells fitted": 1, "a": 7, "b": None, "c": None}
    [found] = rule.outcomes({**made, "a": lost})  # nothing grows from never to never
    assert not found.holds


def test_an_arm_that_diverges_has_not_fitted_unless_it_had() -> None:
    rule = WhichFit(epoch=LAST, mse_below=0.05, fails=("run",))
    gone = diverged(diverged(below_at(10, NEVER)["run"], 0, 50), 1, 50)
    assert [each.holds for each in rule.outcomes({"run": gone})] == [False, True]
    fits = replace(rule, fits=("run",), fails=())
    assert [each.holds for each in fits.outcomes({"run": gone})] == [False, False]


@pytest.mark.parametrize(
    "rule", [*(rows.rule for rows in KINDS.values()), *NUMBERS.values()], ids=[*KINDS, *NUMBERS]
)
def test_a_rule_tells_its_needs_its_marks_and_itself(rule: Rule) -> None:
    last = max(rule.needs().values())
    assert rule.marks().epochs[-1] == last
    assert rule.marks().kind in ("mse", "shares", "regions", "map", "slope")
    assert "\n" not in rule.describe()
    assert len(rule.describe()) < 120


# ----------------------------------------------------------- the error rates of whole verdicts


def verdicts(rows: Rows, share: float, replications: int) -> list[Status]:
    rng = np.random.default_rng(5)

    def ask(_: Case, seeds: Sequence[int]) -> Mapping[str, Runs]:
        return rows.make(rng, rng.random(len(seeds)) < share, seeds)

    return [judge(case(rows.rule), ask).status for _ in range(replications)]


@every_rule
def test_a_verdict_is_wrong_no_more_often_than_its_bounds_say(rows: Rows) -> None:
    bounds, n = Bounds(), 200
    for share in (bounds.low / 2, bounds.low, bounds.high, (1 + bounds.high) / 2):
        right, wrong = Status.REPRODUCED, Status.REFUTED
        allowed = bounds.beta
        if share <= bounds.low:
            right, wrong, allowed = wrong, right, bounds.alpha
        found = verdicts(rows, share, n)
        assert found.count(wrong) <= allowed * n
        assert found.count(right) >= 0.9 * n


def passage(at: Values, epochs: int) -> Values:
    """Errors that first fall below 0.1 at ``at``, rounded to an epoch."""
    mse: Values = np.where(np.arange(epochs + 1)[None] >= np.round(at)[:, None], 0.01, 1.0)
    return mse


def ratio_runs(ratios: Values, seeds: Sequence[int]) -> dict[str, Runs]:
    under = np.full(len(ratios), 100.0)
    return {
        "a": runs(seeds, passage(under * ratios, RATIO.epoch)),
        "b": runs(seeds, passage(under, RATIO.epoch)),
    }


def power_runs(exponents: Values, seeds: Sequence[int], c: float = 20.0) -> dict[str, Runs]:
    return {
        name: runs(seeds, passage(c * frequency**exponents, POWER.epoch))
        for name, frequency in POWER.arms
    }


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


# --------------------------------------------------------------------------- rules one by one


def below_at(*epochs: float) -> dict[str, Runs]:
    """One seed for each of ``epochs``, which gets below 0.05 there."""
    at, ones = np.array(epochs, float), np.ones(len(epochs))
    mse = passing(np.random.default_rng(0), at, before=ones, after=0.04 * ones)
    return {"run": runs(range(len(epochs)), mse)}


def test_a_fit_at_the_last_epoch_counts_and_one_after_it_does_not() -> None:
    made = below_at(LAST, LAST + 1, 0)
    fits, stays = FitsBy(epoch=LAST, mse_below=0.05), StaysAbove(epoch=LAST, mse_above=0.05)
    assert [each.holds for each in fits.outcomes(made)] == [True, False, True]
    assert [each.holds for each in stays.outcomes(made)] == [False, True, False]
    assert [each.numbers["first epoch below"] for each in fits.outcomes(made)] == [LAST, None, 0]
    assert [each.numbers["least MSE"] for each in stays.outcomes(made)] == [0.04, 1, 0.04]


def test_an_error_of_exactly_the_threshold_is_not_below_it() -> None:
    made = {"run": runs([0], steady(np.array([0.05])))}
    assert not FitsBy(epoch=LAST, mse_below=0.05).outcomes(made)[0].holds
    assert StaysAbove(epoch=LAST, mse_above=0.05).outcomes(made)[0].holds


def test_errors_are_mean_squares_whatever_the_loss_was() -> None:
    made = {"run": replace(below_at(10)["run"], mse=2 * below_at(10)["run"].loss)}
    assert not FitsBy(epoch=LAST, mse_below=0.05).outcomes(made)[0].holds
    assert FitsBy(epoch=LAST, mse_below=0.09).outcomes(made)[0].holds


def test_a_seed_that_fits_and_then_diverges_fails() -> None:
    made = {"run": diverged(below_at(10)["run"], 0, 50)}
    assert not FitsBy(epoch=LAST, mse_below=0.05).outcomes(made)[0].holds
    assert FitsBy(epoch=49, mse_below=0.05).outcomes(made)[0].holds


def test_a_fit_that_comes_too_early_is_none_where_the_rule_says_after() -> None:
    made = below_at(LAST, 20, 21, 0)
    rule = FitsBy(epoch=LAST, after=20, mse_below=0.05)
    assert [each.holds for each in rule.outcomes(made)] == [True, False, True, False]


def test_a_fit_on_the_probe_grid_is_seen_at_snapshots_that_stored_runs_have() -> None:
    made = runs([0, 1], np.full((2, 1001), 0.3))
    late = made.snapshots >= 300
    made.predictions[1, late] = TARGET
    rule = FitsBy(epoch=1000, mse_below=0.05, on="probe")
    for each in (made, thinned(made, [1000]), thinned(made, [990, 310])):
        found = rule.outcomes({"run": each})
        assert [each.holds for each in found] == [False, True]
        first = min(epoch for epoch in always_kept(1000) if epoch >= 300)
        assert found[1].numbers["first epoch below"] == first
        assert found[0].numbers["least probe MSE"] == pytest.approx(np.square(TARGET).mean())
    assert rule.describe() == "probe MSE < 0.05 by epoch 1000"


def test_errors_may_be_asked_of_the_probe_grid() -> None:
    made = runs([0, 1], steady(np.array([0.3, 0.3])))
    made.predictions[0] = TARGET
    half = replace(made, predictions=made.predictions / 2 + TARGET / 2)
    rule = MseAt(epoch=LAST, variance_share_above=0.9, on="probe")
    assert [each.holds for each in rule.outcomes({"run": made})] == [False, True]
    below = MseAt(epoch=LAST, variance_share_below=0.9, on="probe")
    assert [each.holds for each in below.outcomes({"run": made})] == [True, False]
    ratio = MseRatioAt(epoch=LAST, over="half", under="run", high=0.3, low=0.2, on="probe")
    found = ratio.outcomes({"run": made, "half": half})
    assert [each.holds for each in found] == [False, True]
    assert found[1].numbers["ratio"] == pytest.approx(0.25)


def test_a_radius_counts_only_where_all_within_it_is_fitted() -> None:
    snapshots = snapshot_epochs(ALL)
    hole = np.where(np.abs(PROBE) < 1, 0, TARGET)
    shown = np.where(snapshots[:, None] < 50, 0, hole)[None]
    made = {"run": runs([0], steady(np.array([0.3])), predictions=shown)}
    rule = RadiusGrows(epoch=LAST, mse_below=0.1, ends_at=5)
    number = rule.outcomes(made)[0].numbers["last radius"]
    assert number is not None
    assert number < 1


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


def test_the_centre_and_edges_ask_for_a_large_error_only_if_told_to() -> None:
    holds, made = some(KINDS["CentreBeforeEdges"])
    made["run"] = replace(made["run"], mse=made["run"].mse * 0.5)
    rule = KINDS["CentreBeforeEdges"].rule
    assert isinstance(rule, CentreBeforeEdges)
    assert not any(each.holds for each in rule.outcomes(made))
    without = replace(rule, mse_above=None).outcomes(made)
    assert [each.holds for each in without] == holds.tolist()


def test_a_straight_line_that_is_not_the_best_is_still_affine() -> None:
    mse = steady(np.array([9.0, 0.1]))
    found = IsAffine(epoch=LAST).outcomes({"run": runs([0, 1], mse)})
    assert [each.holds for each in found] == [True, False]
    assert found[0].numbers["departure"] == pytest.approx(0)


def test_the_share_of_the_variance_is_taken_from_the_training_points() -> None:
    made = {"run": runs([0], steady(np.array([0.3])))}
    scaled = replace(made["run"], train_target=2 * made["run"].train_target)
    number = MseAt(epoch=LAST, variance_share_above=0.1)
    one, other = (number.outcomes({"run": each})[0] for each in (made["run"], scaled))
    share, quarter = one.numbers["MSE / variance"], other.numbers["MSE / variance"]
    assert share is not None
    assert quarter == pytest.approx(share / 4)


def test_a_fit_may_be_asked_for_as_a_share_of_the_variance_of_a_seeds_own_target() -> None:
    made = {"run": runs([44, 45], np.full((2, 10), 0.02))}
    made["run"].train_target[1] *= 10
    found = FitsBy(epoch=9, variance_share_below=0.01).outcomes(made)
    variance = float(np.var(made["run"].train_target[1]))
    assert [each.holds for each in found] == [False, True]
    assert found[1].numbers == {
        "first epoch below": 0,
        "least MSE / variance": pytest.approx(0.02 / variance),
    }


@pytest.mark.parametrize("asked", [{}, {"mse_below": 0.1, "variance_share_below": 0.1}])
def test_a_fit_has_one_threshold(asked: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="one of mse_below and variance_share_below is needed"):
        FitsBy(epoch=9, **asked)


def test_a_ratio_may_be_asked_to_be_larger_alone() -> None:
    made = {name: runs([44], np.full((1, 10), mse)) for name, mse in (("a", 0.4), ("b", 0.1))}
    for low, holds in ((3.9, True), (4.1, False)):
        rule = MseRatioAt(epoch=9, over="a", under="b", low=low)
        assert [each.holds for each in rule.outcomes(made)] == [holds]
    assert rule.describe() == "at 9: 4.1 < MSE(a) / MSE(b)"
    with pytest.raises(SpecError, match="without a bound every ratio is in"):
        MseRatioAt(epoch=9, over="a", under="b")


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


def test_with_stays_a_share_that_falls_back_has_not_passed_yet() -> None:
    shares = np.zeros((4, 101, 2))
    shares[:, 10:, 0] = 1.0
    shares[:, 60:, 1] = 1.0
    shares[1, 30:50, 0] = 0.0  # falls back once, and is there for good from 50 on
    shares[2, 100, 0] = 0.0  # is not there at the end
    shares[3, :, 0] = 1.0  # always was
    made = {"run": runs(range(44, 48), np.ones((4, 101)), shares=shares)}
    asked = LowBeforeHigh(epoch=100, low=4, high=14, times=2)
    assert [each.holds for each in asked.outcomes(made)] == [True] * 4
    found = replace(asked, stays=True).outcomes(made)
    assert [each.numbers["epoch for 4"] for each in found] == [10, 50, None, 0]
    assert [each.holds for each in found] == [True, False, False, True]
    assert "for good" in replace(asked, stays=True).describe()


def test_a_share_that_falls_back_has_still_been_reached() -> None:
    share = rising(np.random.default_rng(0), np.array([30.0]), 0.9)
    share[0, 31:] = 0
    both = np.stack([share, share], axis=2)
    rule = ShareBy(epoch=LAST, angular_frequency=14, share_above=0.9)
    found = rule.outcomes({"run": runs([0], steady(np.ones(1)), shares=both)})[0]
    assert found.holds
    assert found.numbers == {f"share at {LAST}": 0, "first epoch above": 30}


def test_a_fast_wave_that_never_comes_bounds_the_ratio_from_below() -> None:
    def holds(slow: float, fast: float, times: float) -> bool:
        rng, rule = np.random.default_rng(0), LowBeforeHigh(epoch=LAST, low=4, high=14, times=times)
        both = [rising(rng, np.array([at]), rule.share_above) for at in (slow, fast)]
        made = runs([0], steady(np.ones(1)), shares=np.stack(both, axis=2))
        return rule.outcomes({"run": made})[0].holds

    assert holds(20, NEVER, times=4.9)
    assert not holds(20, NEVER, times=5.1)
    assert not holds(NEVER, NEVER, times=0.1)
    assert holds(20, 61, times=3)
    assert not holds(20, 60, times=3)


def test_two_arms_that_overflow_in_the_last_epoch_fail_without_a_warning() -> None:
    arms = {name: diverged(runs([0], steady(np.ones(1))), 0, 10) for name in ("over", "under")}
    rule = MseRatioAt(epoch=10, over="over", under="under", high=2)
    found = rule.outcomes(arms)[0]
    assert not found.holds
    assert set(found.numbers.values()) == {None}


def test_equal_bits_name_the_first_epoch_that_differs() -> None:
    loss = steady(np.array([0.3, 0.3]))
    other = loss.copy()
    other[1, [40, 70]] = -0.0, 1.0
    made = {"one": runs([0, 1], loss), "two": runs([0, 1], other)}
    found = SameBits(epoch=LAST, first="one", second="two").outcomes(made)
    assert [each.numbers["first difference"] for each in found] == [None, 40]
    assert SameBits(epoch=39, first="one", second="two").outcomes(made)[1].holds


def test_minus_zero_and_zero_are_different_bits() -> None:
    made = {"one": runs([0], steady(np.zeros(1))), "two": runs([0], -steady(np.zeros(1)))}
    assert not SameBits(epoch=LAST, first="one", second="two").outcomes(made)[0].holds


# ------------------------------------------------------------------------------ numbers a seed


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
    assert verdict.why == "3 of 12 seeds never got there, so there is no interval"


def test_the_rows_go_on_after_the_last_epoch_of_the_rules() -> None:
    assert EPOCHS[-1] == ALL == LAST + BEYOND
    assert all(set(rows.rule.needs().values()) == {LAST} for rows in KINDS.values())


def test_rules_about_shares_are_refused_where_the_target_names_no_waves() -> None:
    class Flat(Sine):
        waves = ()

    experiment = replace(EXPERIMENT, target=Flat(2))
    for name in ("SharesAt", "ShareBy", "LowBeforeHigh"):
        with pytest.raises(SpecError, match="the target names no waves; give it waves, or ask for"):
            KINDS[name].rule.check({"run": experiment})
