"""What claims will take: shared trainings once, as far as any of them goes."""

from dataclasses import replace

import pytest

from epochal import EpochsRatio, FitsBy, Loop, Optimizer, Training
from epochal.claims.cost import hours, seconds_an_epoch, shares
from epochal_testing.synthetic import EXPERIMENT, claim

SHORT, LONG = (claim(FitsBy(epoch=epoch, mse_below=0.1)).cases[0] for epoch in (10, 100))
OTHER = replace(EXPERIMENT, optimizer=Optimizer("SGD", lr=2e-3))
RATIO = claim(
    EpochsRatio(epoch=50, over="a", under="b", mse_below=0.1, high=2),
    experiments={"a": EXPERIMENT, "b": OTHER},
).cases[0]


def test_an_experiment_that_claims_share_counts_once_with_its_longest_training() -> None:
    found = {(s.experiment.digest, s.seed): s.epochs for s in shares([SHORT, LONG, RATIO])}
    assert {seed for _, seed in found} == set(range(44, 49))  # a ratio asks for five seeds
    assert [found[EXPERIMENT.digest, seed] for seed in (44, 46, 47)] == [100, 100, 50]
    assert found[OTHER.digest, 44] == 50


def test_what_is_trained_far_enough_is_not_left() -> None:
    needed = shares([SHORT], seeds=2)
    whole = hours(needed)
    assert whole == pytest.approx(2 * 10 * seconds_an_epoch(EXPERIMENT) / 3600)
    assert hours(needed, {(EXPERIMENT.digest, 44): 10}) == pytest.approx(whole / 2)
    assert hours(needed, {(EXPERIMENT.digest, 44): 9}) == pytest.approx(whole)


def test_every_update_of_an_epoch_takes_its_time() -> None:
    whole = seconds_an_epoch(EXPERIMENT)
    batches = replace(EXPERIMENT, loop=Loop(batch=30))  # of 100 points
    own = Training(train=dict, flops_an_epoch=EXPERIMENT.flops_an_epoch)
    assert seconds_an_epoch(own) == whole < seconds_an_epoch(batches) < 4 * whole
