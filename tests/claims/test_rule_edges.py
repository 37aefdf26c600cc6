"""Rules one by one, where a reader might wonder what counts."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from epochal import (
    CentreBeforeEdges,
    FitsBy,
    IsAffine,
    LowBeforeHigh,
    MseAt,
    MseRatioAt,
    RadiusGrows,
    SameBits,
    ShareBy,
    StaysAbove,
)
from epochal.errors import SpecError
from epochal.experiments.snapshots import always_kept, snapshot_epochs
from epochal.journal.retention import thinned
from epochal_testing.rows import ALL, KINDS, LAST, NEVER, below_at, rising, some, steady
from epochal_testing.synthetic import PROBE, TARGET, diverged, runs


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
