"""A training that goes on, or stops at a loss, gives the bits of one in one piece."""

import io
from dataclasses import replace

import numpy as np
import pytest
import torch

from epochal import Experiment, Optimizer, Scheduler
from epochal.experiments.snapshots import at_window, snapshot_epochs
from epochal.training.train import train
from epochal_testing.settings import LONGER, SCHEDULERS, TINY, assert_same_bits

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("name", LONGER)
def test_an_extended_training_is_the_uninterrupted_one(name: str) -> None:
    experiment = LONGER[name]
    whole = train(experiment, [4], epochs=90)
    assert whole.diverged_at() == [None]
    assert len(set(whole.loss[0].tolist())) > 80
    part = train(experiment, [4], epochs=7)
    part = train(experiment, [4], epochs=8, earlier=[part])
    assert_same_bits(train(experiment, [4], epochs=90, earlier=[part]), whole)
    assert_same_bits(part, whole.until(8))


@pytest.mark.parametrize("scheduler", SCHEDULERS, ids=lambda each: each.name)
def test_a_scheduled_training_goes_on_with_the_same_bits(scheduler: Scheduler) -> None:
    free = replace(TINY, optimizer=Optimizer("SGD", lr=0.02, momentum=0.9))
    experiment = replace(free, scheduler=scheduler)
    whole = train(experiment, [4], epochs=90)
    assert not np.array_equal(whole.loss, train(free, [4], epochs=90).loss)
    part = train(experiment, [4], epochs=7)
    part = train(experiment, [4], epochs=8, earlier=[part])
    assert_same_bits(train(experiment, [4], epochs=90, earlier=[part]), whole)


@pytest.mark.parametrize("name", LONGER)
def test_a_longer_training_has_the_same_first_epochs(name: str) -> None:
    short, long = (train(LONGER[name], [2], epochs=epochs) for epochs in (23, 61))
    assert_same_bits(short, long.until(23))


def test_the_snapshots_of_a_shorter_training_are_the_first_of_a_longer_one() -> None:
    longest = snapshot_epochs(20_000).tolist()
    for epochs in (0, 1, 9, 10, 99, 100, 101, 1999, 2000, 15_000):
        assert snapshot_epochs(epochs).tolist() == [each for each in longest if each <= epochs]


def test_every_epoch_has_a_snapshot_in_its_window() -> None:
    for epoch in range(1, 3000):
        assert at_window(snapshot_epochs(epoch), epoch).any()


# ------------------------------------------------------------------------------- stopping


def stopping(name: str, seed: int) -> tuple[Experiment, int]:
    """A setting that stops at a loss that it first gets to after 20 epochs, and that epoch.

    That is the next one to be lower than all before, whatever masks this torch's dropout draws.
    """
    loss = train(LONGER[name], [seed], epochs=59).loss[0].astype(float)
    lowest = np.minimum.accumulate(loss)
    last = next(epoch for epoch in range(21, 60) if loss[epoch] < lowest[epoch - 1])
    loop = replace(LONGER[name].loop, stop_below=float(lowest[last - 1]))
    return replace(LONGER[name], loop=loop), last


@pytest.mark.parametrize("name", LONGER)
def test_a_loop_stops_at_its_loss_and_all_stays_as_it_is_then(name: str) -> None:
    experiment, last = stopping(name, 1)
    runs, free = (train(each, [1], epochs=90) for each in (experiment, LONGER[name]))
    assert_same_bits(replace(runs.until(last), experiment=free.experiment), free.until(last))
    for values in (runs.loss, runs.mse, runs.projections):
        assert (values[0, last:] == values[0, last]).all()
    later = runs.snapshots >= last
    assert len(set(runs.weight_hash[0, later])) == 1
    assert (runs.predictions[0, later] == runs.predictions[0, later][0]).all()
    ended = train(LONGER[name], [1], epochs=last)
    states = [torch.load(io.BytesIO(each.states[0]), weights_only=True) for each in (runs, ended)]
    ours, theirs = (each["net"] for each in states)
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


@pytest.mark.parametrize("name", LONGER)
@pytest.mark.parametrize("cut", [-5, -1, 0, 1, 7])
def test_a_stopped_training_that_is_extended_is_the_one_in_one_piece(name: str, cut: int) -> None:
    experiment, last = stopping(name, 1)
    part = train(experiment, [1], epochs=last + cut)
    whole = train(experiment, [1], epochs=90)
    assert_same_bits(train(experiment, [1], epochs=90, earlier=[part]), whole)
