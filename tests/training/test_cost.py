"""About how long claims take: a rough number, and the right one of two engines."""

from dataclasses import replace

import pytest

from epochal import MLP, Circle, FitsBy, Loop, Training
from epochal.claims.cost import shares
from epochal.training.cost import hours, seconds_an_epoch
from epochal_testing.synthetic import EXPERIMENT, claim

SHORT = claim(FitsBy(epoch=10, mse_below=0.1)).cases[0]


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


def test_prefix_sum_is_reckoned_with_where_it_trains() -> None:
    wide = replace(EXPERIMENT, inputs=Circle(points=1001), net=MLP(widths=(4000,)))
    assert seconds_an_epoch(wide) < seconds_an_epoch(wide, engine="reference")
    assert seconds_an_epoch(wide, "cuda:0") != seconds_an_epoch(wide)
    assert seconds_an_epoch(wide, "cuda:0") == seconds_an_epoch(wide, "cuda:0", "reference")


def test_a_large_net_takes_less_on_a_gpu_and_a_small_one_about_the_same() -> None:
    large = replace(EXPERIMENT, net=MLP(widths=(1024,) * 4))
    assert seconds_an_epoch(large, "cuda:0") < seconds_an_epoch(large) / 10
    assert seconds_an_epoch(EXPERIMENT, "cuda:0") > seconds_an_epoch(EXPERIMENT) / 10
