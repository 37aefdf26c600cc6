"""Rules made of parts: those that rules with a name stand for, and some without a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from epochal import (
    AnyOfSeeds,
    Condition,
    EpochsRatio,
    FitsBy,
    OfOneRun,
    Optimizer,
    RisesAtMost,
    Runs,
    Scheduler,
    Series,
    ShareOfSeeds,
    Table,
    Training,
    best_of,
    departure,
    different_bits,
    fitted_radius,
    largest_error,
    learning_rate,
    loss_rise,
    mse,
    mse_difference,
    mse_over_line,
    share,
)
from epochal.claims.verdicts import judge
from epochal.errors import SpecError
from epochal.experiments.snapshots import always_kept, snapshot_epochs
from epochal_testing.numbers import NUMBERS
from epochal_testing.rows import ALL, KINDS, LAST, some
from epochal_testing.synthetic import EXPERIMENT, PROBE, TARGET, case, claim, diverged, runs

CENTRE, EDGES = mse(region=(0, 2.5)), mse(region=(5, np.inf))

FITS = {arm: mse(arm).below(0.05) for arm in ("deep", "wide", "shallow", "narrow")}

TWINS: dict[str, object] = {
    "FitsBy": mse().below(0.05).by(LAST),
    "StaysAbove": mse().below(0.05).never(LAST),
    "MseAt": mse(relative=True).above(0.9).at(LAST),
    "SharesAt": share(4).within(0.35, 0.7).at(LAST) & share(14).below(0.08).at(LAST),
    "ShareBy": share(4).above(0.9).by(LAST),
    "LowBeforeHigh": share(4).above(0.5).before(share(14).above(0.5), LAST, times=2),
    "MseRatioAt": (mse("over") / mse("under")).within(0, 0.5).at(LAST),
    "ShareRatioAt": (share(arm="over") / share(arm="under")).within(0.9, 1.1).at(LAST),
    "LossRises": loss_rise().above(2).ever(LAST, after=20),
    "RisesAtMost": loss_rise().above(2).never(LAST, after=20),
    "MaxErrorAt": largest_error().below(0.1).at(LAST),
    "ProbeAgrees": (mse(on="probe") / mse()).within(0.8, 1.25).at(LAST),
    "IsAffine": departure().below(1e-5).at(LAST) & mse_over_line().above(0.99).at(LAST),
    "SameBits": different_bits("one", "two").below(1).throughout(LAST),
    "SameLosses": mse_difference("one", "two").below(0.01).throughout(LAST),
    "WhichFit": (
        FITS["deep"].by(LAST)
        & FITS["wide"].by(LAST)
        & FITS["shallow"].not_by(LAST)
        & FITS["narrow"].not_by(LAST)
    ),
    "EpochsRatio": mse("a").below(0.1).ratio_of_epochs(mse("b").below(0.1), 2000, 1, 4),
}
"""By the name of a rule, the same made of parts; their outcomes have tests by the rule's name."""


@pytest.mark.parametrize("name", TWINS)
def test_a_rule_with_a_name_stands_for_its_composition(name: str) -> None:
    rule = NUMBERS[name] if name in NUMBERS else KINDS[name].rule
    assert rule.made == TWINS[name]  # type: ignore[union-attr]


def test_regions_are_judged_like_three_rules_at_one_epoch() -> None:
    twin = CENTRE.below(0.1).at(LAST) & EDGES.above(0.2).at(LAST) & mse().above(0.2).at(LAST)
    rows = KINDS["CentreBeforeEdges"]
    holds, made = some(rows, 200)
    assert [each.holds for each in twin.outcomes(made)] == holds.tolist()
    assert rows.rule.describe() == twin.describe()


# ------------------------------------------------------------- what no rule with a name can say

FALLING = np.exp(-np.arange(ALL + 1) / 10)


def made(**errors: object) -> dict[str, Runs]:
    """Runs by the name of their setting; errors are one row a seed."""
    rows = {name: np.array(each, float) for name, each in errors.items()}
    return {name: runs(range(44, 44 + len(each)), each) for name, each in rows.items()}


def test_edges_before_centre() -> None:
    rule = EDGES.below(0.1).before(CENTRE.below(0.1), LAST)
    at = snapshot_epochs(ALL)
    edges, centre = np.abs(PROBE) >= 5, np.abs(PROBE) <= 2.5
    shown = np.zeros((2, len(at), len(PROBE)))
    for seed, (before, after) in enumerate(((edges, centre), (centre, edges))):
        shown[seed] = TARGET * ((at[:, None] >= 20) & before | (at[:, None] >= 60) & after)
    outcomes = rule.outcomes({"run": runs([44, 45], np.array([FALLING] * 2), predictions=shown)})
    assert [each.holds for each in outcomes] == [True, False]
    first = "epoch for MSE(|x| ≥ 5) < 0.1", "epoch for MSE(|x| ≤ 2.5) < 0.1"
    assert outcomes[0].numbers == {first[0]: 20, first[1]: 60}
    assert outcomes[1].numbers == {first[0]: 60, first[1]: 20}
    assert rule.describe() == "MSE(|x| ≥ 5) < 0.1 before MSE(|x| ≤ 2.5) < 0.1, by epoch 100"
    assert rule.marks().kind == "regions"
    assert rule.marks().regions == (2.5, 5)


def test_at_most_twice_the_best_of_three_settings() -> None:
    best = best_of(mse("a"), mse("b"), mse("c"))
    rule = (mse("new") / best).below(2).at(50)
    steady = np.ones((2, ALL + 1))
    errors = {"new": [[1.9], [2.1]] * steady, "a": 3 * steady, "b": steady, "c": 9 * steady}
    outcomes = rule.outcomes(made(**errors))
    assert [each.holds for each in outcomes] == [True, False]
    assert outcomes[0].numbers == {
        "ratio": 1.9,
        "MSE new": 1.9,
        "least of MSE(a), MSE(b), MSE(c)": 1.0,
    }
    assert rule.describe() == "at 50: MSE(new) / least of MSE(a), MSE(b), MSE(c) < 2"
    assert rule.needs() == {"new": 50, "a": 50, "b": 50, "c": 50}


def test_a_fit_that_never_spikes_again() -> None:
    rule = mse().below(0.1).by(40) & loss_rise().above(2).never(LAST, after=40)
    spiky = FALLING.copy()
    spiky[70] *= 5
    early = FALLING.copy()
    early[20] *= 5
    slow = np.ones(ALL + 1)
    outcomes = rule.outcomes(made(run=[early, spiky])) + rule.outcomes(made(run=[slow, slow]))
    assert [each.holds for each in outcomes] == [True, False, False, False]
    assert rule.needs() == {"run": LAST}
    assert rule.marks().epochs == (40, LAST)
    assert rule.describe() == (
        "MSE < 0.1 by epoch 40; MSE never > 2 times its running minimum from epoch 40 to 100"
    )


def test_one_setting_gets_ahead_of_another_for_a_time() -> None:
    rule = (mse("momentum") / mse("plain")).below(0.5).by(30) & (
        mse("momentum") / mse("plain")
    ).within(0.9, 1.1).at(LAST)
    plain = np.ones(ALL + 1)
    ahead = np.where(np.arange(ALL + 1) < 50, 0.4, 1.0)
    outcomes = rule.outcomes(made(momentum=[ahead, plain], plain=[plain, plain]))
    assert [each.holds for each in outcomes] == [True, False]


def test_a_slow_sine_is_learned_while_the_error_is_large() -> None:
    rule = share(4).above(0.9).at(50) & mse(relative=True).above(0.3).at(50)
    learned = np.zeros((2, ALL + 1, 2))
    learned[0, 20:, 0] = 0.95
    errors = np.full((2, ALL + 1), 0.4 * TARGET.var())
    outcomes = rule.outcomes({"run": runs([44, 45], errors, shares=learned)})
    assert [each.holds for each in outcomes] == [True, False]
    assert rule.marks().kind == "shares"
    assert rule.marks().shares == {4: (0.9,)}


@dataclass(frozen=True)
class Spread(OfOneRun):
    """The standard deviation of the predictions, a quantity of this file's own."""

    word = "spread of the net"
    probed = True

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        run = runs[self.arm].until(epoch)
        return Series(run.snapshots, run.predictions.std(axis=2))


def test_a_quantity_of_ones_own_is_judged_like_any_other() -> None:
    rule = Spread().above(0.5).by(LAST)
    shown = np.zeros((2, len(made(run=[FALLING] * 2)["run"].snapshots), len(PROBE)))
    shown[0, 30:] = TARGET
    made_of = {"run": runs([44, 45], np.array([FALLING] * 2), predictions=shown)}
    outcomes = rule.outcomes(made_of)
    assert [each.holds for each in outcomes] == [True, False]
    assert outcomes[0].numbers["first epoch above"] == 30
    assert rule.describe() == "spread of the net > 0.5 by epoch 100"
    verdict = judge(case(rule), lambda _, seeds: {"run": some_runs(seeds)}, 5)
    assert verdict.status == "refuted"


@dataclass(frozen=True)
class Outside(Condition):
    """The quantity lies outside of two bounds, a condition of this file's own."""

    direction = "outside"

    def met(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        assert self.low is not None
        assert self.high is not None
        return np.isfinite(values) & ((values < self.low) | (values > self.high))

    def text(self, word: str = "") -> str:
        name = " ".join(filter(None, (self.quantity.name, word)))
        return f"{name} outside ({self.low:g}, {self.high:g})"


def test_a_condition_of_ones_own_is_judged_like_any_other() -> None:
    outside = Outside(share(4), 0.4, 0.6)
    learned = np.zeros((2, ALL + 1, 2))
    learned[0, :, 0], learned[1, :, 0] = 0.5, np.where(np.arange(ALL + 1) < 60, 0.5, 0.9)
    made_of = {"run": runs([44, 45], np.array([FALLING] * 2), shares=learned)}
    found = outside.by(LAST).outcomes(made_of)
    assert [each.holds for each in found] == [False, True]
    assert [each.numbers for each in found] == [
        {"first epoch outside": None},
        {"first epoch outside": 60},
    ]
    assert [each.holds for each in outside.never(50).outcomes(made_of)] == [True, True]
    assert claim(outside.by(9)).rule.describe() == "share(ω = 4) outside (0.4, 0.6) by epoch 9"


@dataclass(frozen=True)
class Drawn(OfOneRun):
    """A quantity that draws."""

    word = "draw"

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        run = runs[self.arm].until(epoch)
        return Series(run.snapshots, np.random.random((len(run.seeds), len(run.snapshots))))


@dataclass(frozen=True)
class Written(OfOneRun):
    """A quantity that writes into what it is given."""

    word = "written"

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        runs[self.arm].mse[:] = 0.0
        return Series(np.arange(epoch + 1), runs[self.arm].mse[:, : epoch + 1])


def test_a_quantity_that_draws_or_writes_breaks_its_claim_and_no_other() -> None:
    told = judge(case(Drawn().below(0.5).at(LAST)), lambda _, seeds: {"run": some_runs(seeds)})
    assert told.status == "broken"
    assert told.why.startswith("at 100: draw < 0.5: asked twice about the same runs, its numbers")
    kept = some_runs([44])
    told = judge(case(Written().below(0.5).at(LAST)), lambda _, seeds: {"run": kept}, 1)
    assert told.status == "broken"
    assert "ValueError: assignment destination is read-only (test_compositions.py:" in told.why
    assert kept.mse.any()


class Nameless(OfOneRun):
    """A quantity without a name, whose values have no row for each seed."""

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        return Series(np.arange(epoch + 1), runs[self.arm].mse[0, : epoch + 1])


class Flat(Nameless):
    word = "flat"


def test_a_quantity_of_ones_own_needs_a_name_and_a_row_for_each_seed() -> None:
    with pytest.raises(SpecError, match=r"quantity\.word = '': a text is needed"):
        Nameless()
    told = judge(case(Flat().below(1).by(9)), lambda _, seeds: {"run": some_runs(seeds)})
    assert told.status == "broken"
    assert "series.values.shape = (10,): it has a row for each seed and a column" in told.why


def some_runs(seeds: Sequence[int]) -> Runs:
    return runs(list(seeds), np.array([FALLING] * len(seeds)))


def test_a_composition_is_the_rule_of_a_claim_and_of_a_rate() -> None:
    rule = mse().below(0.01).by(LAST)
    assert judge(case(rule), lambda _, seeds: {"run": some_runs(seeds)}).status == "reproduced"
    rate = ShareOfSeeds(of=rule, low=0.1, seeds=10)
    found = judge(case(rate), lambda _, seeds: {"run": some_runs(seeds)})
    assert found.status == "reproduced"
    assert rate.describe() == "of 10 seeds a share in [0.1, 1]: MSE < 0.01 by epoch 100"


# ---------------------------------------------------------------------------- more parts


def test_a_condition_may_have_to_last() -> None:
    errors = np.where(np.arange(ALL + 1) % 10 == 5, 0.01, 1.0)  # one epoch in ten
    once, stays = errors.copy(), np.where(np.arange(ALL + 1) >= 70, 0.01, errors)
    below = mse().below(0.1)
    rows = made(run=[once, stays])
    assert [each.holds for each in below.by(LAST).outcomes(rows)] == [True, True]
    found = below.for_good().by(LAST).outcomes(rows)
    assert [each.holds for each in found] == [False, True]
    assert found[1].numbers["first epoch below"] == 70
    assert below.for_good().by(LAST).describe() == "MSE < 0.1 for good by epoch 100"


def test_a_condition_may_be_asked_throughout() -> None:
    errors = np.full((3, ALL + 1), 0.05)
    errors[1, 60], errors[2, 10] = 0.5, 0.5
    rule = mse().below(0.1).throughout(LAST, after=20)
    found = rule.outcomes(made(run=errors))
    assert [each.holds for each in found] == [True, False, True]
    assert found[1].numbers == {"largest MSE": 0.5, "first epoch not met": 60}
    assert rule.describe() == "MSE < 0.1 throughout, from epoch 20 to 100"
    lost = diverged(made(run=errors)["run"], 0, 50)
    assert not rule.outcomes({"run": lost})[0].holds


def test_what_is_not_met_by_an_epoch_may_diverge_first() -> None:
    rule = mse().below(0.01).not_by(LAST)
    slow = made(run=np.ones((2, ALL + 1)))["run"]
    found = rule.outcomes({"run": diverged(slow, 1, 50)})
    assert [each.holds for each in found] == [True, True]
    assert not rule.outcomes(made(run=[FALLING]))[0].holds
    assert rule.describe() == "not MSE < 0.01 by epoch 100"
    above = mse().above(2).not_by(LAST).outcomes({"run": diverged(slow, 1, 50)})
    assert [each.holds for each in above] == [True, False]


def test_the_fitted_radius_is_a_quantity_of_its_own() -> None:
    rule = fitted_radius(0.1).above(5).by(LAST)
    rows = KINDS["RadiusGrows"]
    holds, made_of = some(rows)
    found = [each.holds for each in rule.outcomes(made_of)]
    assert all(found[i] for i in np.flatnonzero(holds))
    assert rule.describe() == "fitted radius(MSE < 0.1) > 5 by epoch 100"
    assert rule.marks().regions == (5,)
    with pytest.raises(SpecError, match=r"mse_below = 1.2: the best straight line has MSE"):
        claim(fitted_radius(1.2).above(5).by(9))


def test_a_bound_may_be_relative_to_the_learning_rate() -> None:
    rule = (mse() / learning_rate()).below(100).at(LAST)
    assert rule.describe() == "at 100: MSE / learning rate < 100"
    for rate, status in ((1e-3, "reproduced"), (1e-8, "refuted")):
        setting = replace(EXPERIMENT, optimizer=Optimizer("SGD", lr=rate))
        asked = claim(rule, experiments=setting).cases[0]
        verdict = judge(asked, lambda _, seeds: {"run": some_runs(seeds)})
        assert verdict.status == status
        assert verdict.outcomes[0].numbers["learning rate"] == rate


def test_a_ratio_of_epochs_is_asked_of_any_two_conditions() -> None:
    rule = share(14).above(0.5).ratio_of_epochs(share(4).above(0.5), LAST, low=2)
    learned = np.zeros((3, ALL + 1, 2))
    learned[:, 10:, 0] = 1
    learned[0, 40:, 1] = learned[1, 15:, 1] = 1
    outcomes = rule.numbers({"run": runs([44, 45, 46], np.ones((3, ALL + 1)), shares=learned)})
    assert [each.numbers["ratio"] for each in outcomes] == [4, 1.5, None]
    assert [each.holds for each in outcomes] == [True, False, True]
    assert outcomes[2].interval == (10, np.inf)
    assert rule.describe() == (
        "epochs to share(ω = 14) > 0.5 over epochs to share(ω = 4) > 0.5, at least 2, within 100"
    )


def test_joined_rules_hold_for_a_seed_that_may_diverge() -> None:
    lost = mse().below(0.01).not_by(LAST) & mse().below(2).by(LAST - 50)
    slow = made(run=np.ones((1, ALL + 1)))["run"]
    assert lost.outcomes({"run": diverged(slow, 0, 80)})[0].holds


# ------------------------------------------------------------------------------ what is refused

SCHEDULED = replace(EXPERIMENT, scheduler=Scheduler("StepLR", step_size=5))
OWN = Training(train=print, flops_an_epoch=1.0)
UNNAMED = replace(EXPERIMENT, optimizer=Optimizer("Adam"))


def _relative(setting: object) -> object:
    rule = (mse() / learning_rate()).below(1).at(5)
    return claim(rule, experiments=setting)


def _ratio_of_one() -> object:
    return mse().below(0.1).ratio_of_epochs(mse().below(0.1), 9, low=2)


def _ratio_of_two() -> object:
    return mse().below(0.1).ratio_of_epochs(mse().below(0.2), 9)


HELD = replace(EXPERIMENT, inputs=None, target=Table([0, 1, 2], [0, 1, 4]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: mse().below(0), "condition.high = 0: it must be above 0"),
        (lambda: mse().within(0.2, 0.1), "condition.high = 0.1: it must exceed low = 0.2"),
        (lambda: mse().within(None, None), "a condition has at least one bound"),
        (lambda: mse(on="test"), "quantity.on = 'test'"),
        (lambda: mse(region=(3, 2)), "quantity.region = \\(3, 2\\): it holds no position"),
        (lambda: mse("a") / mse("a"), "quantity.under = 'MSE\\(a\\)': a quantity is divided by"),
        (lambda: best_of(mse("a")), "quantity.of = 1: it is the least of several"),
        (lambda: loss_rise().above(1), "every error is as large as its own minimum"),
        (lambda: mse().below(0.1).by(0), "rule.epoch = 0"),
        (lambda: mse().below(0.1).by(10, after=10), "rule.after = 10: it must come before epoch"),
        (lambda: mse().below(0.1).before(mse().below(0.1), 9), "not met before itself"),
        (lambda: mse().below(0.1).for_good().at(9), "it is asked of one value; leave for_good"),
        (lambda: mse().below(0.1).for_good().over(2, 9), "it is asked of one value; leave for_go"),
        (lambda: mse_difference("a", "a"), "quantity.second = 'a': it is compared with itself"),
        (lambda: _ratio_of_one(), "rule.other = 'MSE < 0.1': a condition is compared with itself"),
        (lambda: _ratio_of_two(), "rule.low = None: a band has at least one bound"),
        (lambda: _relative(SCHEDULED), "it has no one learning rate: a scheduler changes it"),
        (lambda: _relative(OWN), "it has no one learning rate: its training is a function of"),
        (lambda: _relative(UNNAMED), "it has no one learning rate: its optimizer names none"),
        (lambda: claim(share(7).above(0.9).by(9)), "the target has waves of 4, 14"),
        (lambda: claim(mse().below(1.5).by(9)), "passes it"),
        (lambda: claim(mse(on="probe").below(1e-3).by(9), experiments=HELD), "is not known"),
        (lambda: claim(mse(region=(90, 99)).below(1e-3).by(9)), "no point of the evaluation grid"),
        (lambda: claim(mse("b").below(1e-3).by(9), experiments=EXPERIMENT), "use one of these"),
    ],
)
def test_what_cannot_be_asked_is_refused(make: object, told: str) -> None:
    with pytest.raises(SpecError, match=told):
        make()  # type: ignore[operator]


def test_rules_of_every_kind_are_joined() -> None:
    rows = KINDS["CentreBeforeEdges"]
    holds, runs_of = some(rows, 40)
    for joined in (rows.rule & mse().above(0.2).at(LAST), mse().above(0.2).at(LAST) & rows.rule):  # type: ignore[operator]
        assert [each.holds for each in joined.outcomes(runs_of)] == holds.tolist()
        assert joined.marks().regions == (2.5, 5)
        assert joined.needs() == {"run": LAST}
    both = FitsBy(epoch=9, mse_below=0.1) & RisesAtMost(epoch=30, after=9, times=2)
    assert claim(both).rule.describe() == (
        "MSE < 0.1 by epoch 9; MSE never > 2 times its running minimum from epoch 9 to 30"
    )
    assert both.marks().epochs == (9, 30)


def test_a_rule_about_a_number_is_not_joined() -> None:
    ratio = EpochsRatio(epoch=9, over="a", under="b", mse_below=0.1, high=2)
    for left, right in ((mse().below(0.1).by(9), ratio), (ratio, mse().below(0.1).by(9))):
        with pytest.raises(SpecError, match="join rules that hold or fail for a seed"):
            left & right


@pytest.mark.parametrize("kind", [ShareOfSeeds, AnyOfSeeds])
def test_a_rule_about_many_seeds_is_not_joined(kind: type) -> None:
    fits = mse().below(0.1).by(9)
    with pytest.raises(SpecError, match=f"rule = '{kind.__name__}': it does not hold or fail"):
        fits & kind(of=fits)


def test_rules_are_joined_one_after_another() -> None:
    one, two, three = (mse().below(each).by(9) for each in (0.3, 0.2, 0.1))
    both = one & two & three
    assert both == one & (two & three)
    assert both.outcomes(made(run=[FALLING] * 2))[0].numbers.keys() == {
        "first epoch below",
        "least MSE",
        "first epoch below, MSE < 0.2 by epoch 9",
        "least MSE, MSE < 0.2 by epoch 9",
        "first epoch below, MSE < 0.1 by epoch 9",
        "least MSE, MSE < 0.1 by epoch 9",
    }


def test_the_least_error_on_the_grid_is_one_that_every_stored_run_has() -> None:
    rule = mse(on="probe").below(0.01).by(LAST + 17)
    at = snapshot_epochs(LAST + 20)
    shown = np.zeros((1, len(at), len(PROBE)))
    shown[:, at == LAST + 5] = TARGET  # a snapshot that longer runs no longer have
    long = np.ones((1, LAST + 21))
    [outcome] = rule.outcomes({"run": runs([44], long, predictions=shown)})
    assert LAST + 5 not in always_kept(LAST + 17)
    assert outcome.numbers["first epoch below"] is None
    assert outcome.numbers["least probe MSE"] == pytest.approx(np.mean(TARGET**2))
