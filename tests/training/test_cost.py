"""About how long claims take: a rough number, and the right one of two engines."""

from dataclasses import replace
from typing import Any

import pytest

from epochal import MLP, Circle, FitsBy, Loop, Training
from epochal.claims.cost import shares
from epochal.training.cost import LEAST_SECONDS, RECENT, hours, pace, seconds_an_epoch
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


def row(seconds: float, epochs: int = 100, device: str = "cpu (a CPU)") -> dict[str, Any]:
    """A stored run, as the journal lists it."""
    run = {"experiment": EXPERIMENT.digest, "epochs_done": epochs, "device": device}
    return {**run, "seconds": seconds}


def test_stored_runs_tell_the_pace_of_a_machine() -> None:
    expected = 100 * seconds_an_epoch(EXPERIMENT)
    rows = [row(expected * times, 100) for times in (30, 40, 1000)]
    assert min(each["seconds"] for each in rows) > LEAST_SECONDS
    assert pace(rows, [EXPERIMENT]) == pytest.approx(40)
    assert pace([*rows, row(1e-3), row(9.0, 0)], [EXPERIMENT]) == pytest.approx(40)
    assert pace(rows, [replace(EXPERIMENT, probe=999)]) == 1
    assert pace(rows, [EXPERIMENT], "cuda:0") == 1
    assert pace([], [EXPERIMENT]) == 1


def test_the_latest_runs_count() -> None:
    expected = 100 * seconds_an_epoch(EXPERIMENT)
    rows = [row(expected * 30)] * RECENT + [row(expected * 60)] * RECENT
    assert pace(rows, [EXPERIMENT]) == pytest.approx(60)


def test_an_activation_that_is_no_relu_takes_longer() -> None:
    plain = replace(EXPERIMENT, net=MLP(widths=(200,)))
    tanh = replace(plain, net=MLP(widths=(200,), activation="Tanh"))
    double = replace(tanh, dtype="float64")
    assert seconds_an_epoch(plain) < seconds_an_epoch(tanh) < seconds_an_epoch(double)
