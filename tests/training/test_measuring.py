"""Measuring while a net trains: what is kept, and that no bit of the training changes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from epochal import (
    MLP,
    DeadUnits,
    Experiment,
    GradientNorm,
    LayerNorms,
    LinearRegions,
    Loop,
    Measured,
    Observer,
    Optimizer,
    Runs,
    Sharpness,
    WeightNorm,
)
from epochal.claims.cost import Share
from epochal.errors import BrokenRun, SpecError
from epochal.experiments.measures import Measure
from epochal.experiments.runs import Measurements, join
from epochal.experiments.snapshots import snapshot_epochs
from epochal.journal.arrays import pack, unpack
from epochal.journal.retention import thinned
from epochal.training.cost import hours
from epochal.training.engines.choice import choose, facts
from epochal.training.train import train
from epochal_testing.settings import TINY

ALL: tuple[Measure, ...] = (Sharpness(), WeightNorm(), GradientNorm(), DeadUnits(), LayerNorms())
EPOCHS = 12


def greedy(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Draws, differentiates, and calls the net in training mode."""
    torch.rand(3)
    np.random.rand(3)
    net.train()
    next(iter(net.parameters())).requires_grad_(False)
    loss: torch.Tensor = ((net(x) - y) ** 2).mean()
    loss.backward()  # type: ignore[no-untyped-call]
    return loss


OWN = Measured(name="greedy", function=greedy)

SETTINGS: dict[str, dict[str, Any]] = {
    "full batch": {},
    "mini-batches": {"loop": Loop(batch=7)},
    "gradients summed": {"loop": Loop(zero_grad="never")},
    "dropout and batch norm": {"net": MLP(widths=(8, 8), dropout=0.2, batch_norm=True)},
    "closure": {"optimizer": Optimizer("LBFGS", lr=0.1, max_iter=4)},
    "stops": {"loop": Loop(stop_below=0.4, loss="mean")},
    "momentum": {"optimizer": Optimizer("SGD", lr=0.05, momentum=0.9)},
}


def runs_of(setting: Experiment, epochs: int = EPOCHS, **more: Any) -> Runs:
    return train(setting, [44, 45], epochs=epochs, **more)


@pytest.mark.parametrize("name", SETTINGS)
def test_measuring_changes_no_bit_of_a_training(name: str) -> None:
    plain = replace(TINY, **SETTINGS[name])
    asked = runs_of(replace(plain, measure=(*ALL, OWN)))
    bare = runs_of(plain)
    assert asked.loss.tobytes() == bare.loss.tobytes()
    assert asked.weight_hash.tolist() == bare.weight_hash.tolist()
    assert asked.predictions.tobytes() == bare.predictions.tobytes()
    assert bare.measured == {}
    assert {*asked.measured} == {each.called for each in (*ALL, OWN)}
    for found in asked.measured.values():
        assert found.epochs.tolist() == snapshot_epochs(EPOCHS).tolist()
        assert found.values.shape[:2] == (2, len(found.epochs))
        assert np.isfinite(found.values).all()


@pytest.mark.parametrize("name", SETTINGS)
def test_a_resumed_training_measures_what_an_uninterrupted_one_does(name: str) -> None:
    setting = replace(TINY, **SETTINGS[name], measure=(Sharpness(every=5), WeightNorm()))
    whole = train(setting, [44], epochs=EPOCHS)
    part = train(setting, [44], epochs=7)
    resumed = train(setting, [44], epochs=EPOCHS, earlier=[part])
    for called, found in whole.measured.items():
        assert resumed.measured[called].epochs.tolist() == found.epochs.tolist()
        assert resumed.measured[called].values.tobytes() == found.values.tobytes()
    assert whole.measured["sharpness"].epochs.tolist() == [0, 5, 10]


def test_after_a_loop_has_stopped_measurements_stay_and_after_divergence_there_are_none() -> None:
    stops = replace(TINY, loop=Loop(stop_below=0.45, loss="mean"), measure=(WeightNorm(every=1),))
    found = train(stops, [44], epochs=400)
    ended = int(np.argmax(found.loss[0] < 0.45))
    values = found.measured["weight norm"].values[0]
    assert 0 < ended < 400
    assert len({*values[ended:].tolist()}) == 1
    assert values[ended] != values[ended - 1]
    wild = replace(TINY, optimizer=Optimizer("SGD", lr=1e6), measure=(WeightNorm(), Sharpness()))
    lost = train(wild, [44], epochs=40)
    [gone] = lost.diverged_at()
    assert gone is not None
    for each in lost.measured.values():
        assert not np.isfinite(each.values[0, each.epochs >= gone]).any()
        assert np.isfinite(each.values[0, 0])


def test_measurements_are_stored_joined_cut_and_kept_when_runs_are_thinned() -> None:
    asked = runs_of(replace(TINY, measure=ALL), 120)
    stored = unpack(pack(thinned(asked, [100])))
    for called, found in asked.measured.items():
        assert stored.measured[called].values.tobytes() == found.values.tobytes()
        assert stored.measured[called].epochs.tolist() == found.epochs.tolist()
    longer = train(replace(TINY, measure=ALL), [46], epochs=150)
    both = join([asked, longer]).measured["sharpness"]
    assert both.values.shape == (3, len(snapshot_epochs(120)))
    assert both.epochs.tolist() == snapshot_epochs(120).tolist()


def test_measures_of_any_name_are_stored_apart() -> None:
    def at(value: float) -> Measurements:
        return Measurements(np.array([0, 1]), np.full((1, 2), value))

    names = ("loss", "loss at", "at loss", "epochs of loss", "measured loss")
    asked = {name: at(place) for place, name in enumerate(names)}
    stored = unpack(pack(replace(train(TINY, [44], epochs=3), measured=asked))).measured
    assert {name: float(each.values[0, 0]) for name, each in stored.items()} == {
        name: place for place, name in enumerate(names)
    }


def test_another_observer_sees_what_it_would_see() -> None:
    class Counts(Observer):
        began, epochs, updates = 0, 0, 0

        def on_begin(self, training: Any) -> None:
            self.began += 1

        def on_epoch(self, training: Any, step: Callable[[], None]) -> None:
            self.epochs += 1
            step()

        def on_update(self, training: Any, step: Callable[[], None]) -> None:
            self.updates += 1
            step()

    counts = Counts()
    train(replace(TINY, measure=(WeightNorm(),)), [44], epochs=9, observer=counts)
    assert (counts.began, counts.epochs, counts.updates) == (1, 9, 9)


def test_a_measure_changes_the_digest_of_its_setting_alone() -> None:
    asked = replace(TINY, measure=(Sharpness(),))
    assert replace(asked, measure=()).digest == TINY.digest
    assert asked.digest != TINY.digest != replace(TINY, measure=(Sharpness(every=5),)).digest
    assert facts("reference", TINY)["code"] != facts("reference", asked)["code"]


def test_measuring_needs_the_reference_engine() -> None:
    wide = replace(
        TINY, net=MLP(widths=(200_000,)), optimizer=Optimizer("SGD", lr=1e-6), loop=Loop()
    )
    assert choose(wide, "cpu") == "prefix_sum"
    asked = replace(wide, measure=(WeightNorm(),))
    assert choose(asked, "cpu") == "reference"
    with pytest.raises(SpecError, match="it is to measure weight norm"):
        choose(asked, "cpu", "prefix_sum")


def test_what_is_measured_counts_in_the_estimated_time() -> None:
    asked = replace(TINY, measure=(Sharpness(every=10),))
    bare, more = (hours([Share(each, 44, 1000)]) for each in (TINY, asked))
    assert more / bare == pytest.approx(1 + 101 * Sharpness.PASSES / 1000)
    assert asked.describe().endswith("measured: sharpness")


# -------------------------------------------------------------------------- what is refused

CALLS: list[int] = []


def of_weights(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    with torch.no_grad():
        next(net.parameters()).add_(1)
    return 1.0


def of_data(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    y += 1
    return 1.0


def of_nothing(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    return float("nan")


def of_points(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    output: torch.Tensor = net(x)
    return output


def failing(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    raise ValueError("no such thing")


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (of_weights, "measure 'm' = 'Measured': of the untrained net it changed the weights or"),
        (of_data, "it changed the weights or the data; change copies, such as copy"),
        (of_nothing, "it gave 1 of 1 numbers that are not finite; look at logarithms"),
        (of_points, r"it gave the shape \(30, 1\); return one number, or several in one row"),
        (failing, r"it fails on the untrained net \(ValueError: no such thing"),
    ],
)
def test_a_function_that_cannot_be_kept_is_refused_before_training(
    function: Callable[..., Any], told: str
) -> None:
    setting = replace(TINY, measure=(Measured(name="m", function=function),))
    with pytest.raises(SpecError, match=told):
        train(setting, [44], epochs=3)


def later(net: torch.nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    CALLS.append(1)
    if len(CALLS) > 5:  # the dry run makes two
        of_weights(net, x, y)
    return 1.0


def test_a_function_that_changes_weights_later_breaks_the_run() -> None:
    CALLS.clear()
    setting = replace(TINY, measure=(Measured(name="later", function=later),))
    with pytest.raises(
        BrokenRun, match="epoch 3: later changed the weights or the data: change copies"
    ):
        train(setting, [44], epochs=9)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"measure": (Sharpness,)}, "measure = .*: Measure is needed"),
        ({"measure": "sharpness"}, "measure = 'sharpness': Measure is needed"),
        ({"measure": (Sharpness(), Sharpness(every=5))}, "two of what is measured have one name"),
    ],
)
def test_measures_are_checked_with_their_setting(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(SpecError, match=told):
        replace(TINY, **changes)


class Odd(Measure):
    NAME = "odd"


def test_a_measure_of_ones_own_is_a_function() -> None:
    with pytest.raises(SpecError, match="measure = 'Odd': a class of your own has no way"):
        train(replace(TINY, measure=(Odd(),)), [44], epochs=2)


def test_one_measure_may_stand_alone() -> None:
    assert replace(TINY, measure=Sharpness()).measure == (Sharpness(),)  # type: ignore[arg-type]


def test_the_dry_run_tries_every_measure_on_a_copy() -> None:
    setting = replace(TINY, measure=(LinearRegions(),))
    if TINY.net.activation.name == "ReLU":  # type: ignore[union-attr]
        assert train(setting, [44], epochs=2).measured["linear regions"].values.min() >= 1
    tanh = replace(setting, net=MLP(widths=(8,), activation="Tanh"))
    with pytest.raises(SpecError, match=r"measure = 'linear regions': the net has Tanh"):
        train(tanh, [44], epochs=2)
