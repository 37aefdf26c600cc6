"""Rules made of parts: those that rules with a name stand for, and some without a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from epochal import (
    EpochsRatio,
    FitsBy,
    OfOneRun,
    RisesAtMost,
    Runs,
    Series,
    ShareOfSeeds,
    Table,
    best_of,
    largest_error,
    loss_rise,
    mse,
    share,
)
from epochal.claims.rules.base import SeedRule
from epochal.claims.verdicts import judge
from epochal.errors import SpecError
from epochal.experiments.runs import always_kept, snapshot_epochs
from epochal_testing.rows import ALL, KINDS, LAST, some
from epochal_testing.synthetic import EXPERIMENT, PROBE, TARGET, case, claim, diverged, runs

CENTRE, EDGES = mse(region=(0, 2.5)), mse(region=(5, np.inf))

TWINS: dict[str, SeedRule] = {
    "FitsBy": mse().below(0.05).by(LAST),
    "StaysAbove": mse().below(0.05).never(LAST),
    "MseAt": mse(relative=True).above(0.9).at(LAST),
    "CentreBeforeEdges": (
        CENTRE.below(0.1).at(LAST) & EDGES.above(0.2).at(LAST) & mse().above(0.2).at(LAST)
    ),
    "SharesAt": share(4).within(0.35, 0.7).at(LAST) & share(14).below(0.08).at(LAST),
    "ShareBy": share(4).above(0.9).by(LAST),
    "MseRatioAt": (mse("over") / mse("under")).within(0, 0.5).at(LAST),
    "ShareRatioAt": (share(arm="over") / share(arm="under")).within(0.9, 1.1).at(LAST),
    "LossRises": loss_rise().above(2).ever(LAST, after=20),
    "RisesAtMost": loss_rise().above(2).never(LAST, after=20),
    "MaxErrorAt": largest_error().below(0.1).at(LAST),
    "ProbeAgrees": (mse(on="probe") / mse()).within(0.8, 1.25).at(LAST),
}
"""By the name of a rule of its own, the same made of parts."""


@pytest.mark.parametrize("name", TWINS)
def test_a_composition_holds_on_the_rows_where_it_should(name: str) -> None:
    rows, twin = KINDS[name], TWINS[name]
    holds, made = some(rows, 200)
    lost = {name: diverged(each, 1, 30) for name, each in made.items()}
    lost = {name: diverged(each, 2, LAST + 5) for name, each in lost.items()}
    assert [each.holds for each in twin.outcomes(made)] == holds.tolist()
    holds[1] = False  # the seed that diverges in the rule's time; the other one does so after it
    outcomes = twin.outcomes(lost)
    assert [each.holds for each in outcomes] == holds.tolist()
    assert [each.diverged for each in outcomes] == [None, 30, *[None] * 198]


@pytest.mark.parametrize("name", TWINS)
def test_the_rule_with_a_name_shows_what_its_composition_does(name: str) -> None:
    rows, twin = KINDS[name], TWINS[name]
    _, made = some(rows, 20)
    pairs = zip(twin.outcomes(made), rows.rule.outcomes(made), strict=True)
    for composed, named in pairs:
        assert (composed.seed, composed.holds) == (named.seed, named.holds)
        if name != "ShareBy":  # which shows its share at the end, and not the largest one
            assert set(composed.numbers.values()) <= set(named.numbers.values())


# ------------------------------------------------------------- what no rule with a name can say

FALLING = np.exp(-np.arange(ALL + 1) / 10)


def made(**errors: object) -> dict[str, Runs]:
    """Runs of two seeds, by the name of their setting; errors are one row a seed."""
    return {name: runs([44, 45], np.array(rows, float)) for name, rows in errors.items()}


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

    probed = True

    @property
    def name(self) -> str:
        return self._named("spread of the net")

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


def some_runs(seeds: Sequence[int]) -> Runs:
    return runs(list(seeds), np.array([FALLING] * len(seeds)))


def test_a_composition_is_the_rule_of_a_claim_and_of_a_rate() -> None:
    rule = mse().below(0.01).by(LAST)
    assert judge(case(rule), lambda _, seeds: {"run": some_runs(seeds)}).status == "reproduced"
    rate = ShareOfSeeds(of=rule, low=0.1, seeds=10)
    found = judge(case(rate), lambda _, seeds: {"run": some_runs(seeds)})
    assert found.status == "reproduced"
    assert rate.describe() == "of 10 seeds a share in [0.1, 1]: MSE < 0.01 by epoch 100"


# ------------------------------------------------------------------------------ what is refused

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
