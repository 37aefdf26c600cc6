"""Trainings that a claim brings itself."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from epochal import Line, Runs, Sine, SumOfSines, Training, Wave, train
from epochal.errors import BrokenRun, Interrupted, SpecError
from epochal.experiments.data import Data, draw
from epochal.experiments.runs import PER_SEED, flaw
from epochal.experiments.snapshots import snapshot_epochs
from epochal.training.randomness import moved, states
from epochal_testing import synthetic

LINE = Line(low=-1, high=1, points=30)
WAVES = SumOfSines((Wave(2), Wave(9)))
Steps = Iterator[tuple[Any, Callable[[Any], Any]]]


def own(function: Callable[..., Any], **more: Any) -> Training:
    given = {"inputs": LINE, "target": WAVES, "probe": 41, **more}
    return Training(train=function, flops_an_epoch=1.0, **given)


def slope(data: Data, seed: int, device: str) -> Steps:
    """Gradient descent on the slope of a line through the origin, from the seed's slope."""
    weight = float(seed)

    def predict(features: Any) -> Any:
        return weight * features[:, 0]

    while True:
        residual = predict(data.features) - data.target
        yield 0.5 * np.mean(residual**2), predict
        weight -= 0.1 * float(np.mean(residual * data.features[:, 0]))


def with_torch(data: Data, seed: int, device: str) -> Steps:
    """The same with autograd, on tensors."""
    weight = torch.tensor(float(seed), dtype=torch.float64, requires_grad=True)
    x, y = torch.from_numpy(data.features), torch.from_numpy(data.target[:, None])

    def predict(features: Any) -> Any:
        return weight * torch.from_numpy(features)

    while True:
        loss = 0.5 * ((weight * x - y) ** 2).mean()
        yield loss, predict
        weight.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        with torch.no_grad():
            weight -= 0.1 * weight.grad  # type: ignore[operator]


def test_a_generator_is_all_that_a_loop_needs() -> None:
    runs = train(own(slope), [3, 4], epochs=40)
    data = draw(own(slope), 3)  # type: ignore[arg-type]
    assert flaw(runs) == ""
    assert (runs.seeds.tolist(), runs.epochs_done, runs.engine) == ([3, 4], 40, "own")
    assert runs.snapshots.tolist() == snapshot_epochs(40).tolist()
    weight: Any = 3.0
    x = data.features[:, 0]
    for epoch in range(41):
        output = weight * x
        error = np.square(output - data.target).mean()
        assert runs.mse[0, epoch] == pytest.approx(error, rel=1e-12)
        assert runs.loss[0, epoch] == pytest.approx(error / 2, rel=1e-12)
        assert runs.projections[0, epoch] == pytest.approx(data.projector @ output, rel=1e-9)
        weight -= 0.1 * np.mean((output - data.target) * x)
    assert runs.waves.tolist() == [2, 9]
    assert runs.probe_target[0].tolist() == data.probe_target.tolist()
    assert runs.predictions.shape == (2, len(runs.snapshots), 41)


def test_torchs_tensors_do_as_well() -> None:
    one, other = (train(own(each), [3], epochs=40) for each in (slope, with_torch))
    for name in ("loss", "mse", "projections", "predictions"):
        assert np.allclose(getattr(one, name), getattr(other, name), rtol=1e-10)


def test_a_longer_training_has_the_same_first_epochs() -> None:
    short, long = (train(own(slope), [3], epochs=each) for each in (20, 50))
    assert long.until(20).loss.tobytes() == short.loss.tobytes()
    assert long.until(20).weight_hash.tolist() == short.weight_hash.tolist()


def test_a_generator_that_diverges_ends_there() -> None:
    def explodes(data: Data, seed: int, device: str) -> Steps:
        for epoch in range(10**9):
            yield (1.0 if epoch < 5 else float("inf")), lambda features: features[:, 0]

    runs = train(own(explodes), [0], epochs=20)
    assert runs.diverged_at() == [5]
    assert np.isnan(runs.loss[0, 6:]).all()


def test_a_generator_is_closed_when_it_has_gone_far_enough() -> None:
    closed = []

    def closes(data: Data, seed: int, device: str) -> Steps:
        try:
            while True:
                yield 1.0, lambda features: features[:, 0]
        finally:
            closed.append(seed)

    train(own(closes), [7], epochs=3)
    assert closed == [7, 7, 7]  # twice for the first steps alone


def unseeded(generator: str) -> Callable[[Data, int, str], Steps]:
    def loop(data: Data, seed: int, device: str) -> Steps:
        drawn: Callable[[], float] = {
            "Python's": random.random,
            "numpy's": np.random.rand,
            "torch's": lambda: float(torch.rand(1)),
            "the system's": lambda: np.random.default_rng().random(),
        }[generator]
        while True:
            weights = drawn() * np.eye(1, dtype=float)[0]
            yield float(weights[0]), partial(np.dot, b=weights)

    return loop


@pytest.mark.parametrize("generator", ["Python's", "numpy's", "torch's"])
def test_global_generators_are_set_from_the_seed_and_put_back(generator: str) -> None:
    before = states()
    one, again, other = (train(own(unseeded(generator)), [each], epochs=5) for each in (3, 3, 4))
    assert one.loss.tobytes() == again.loss.tobytes() != other.loss.tobytes()
    assert moved(before) == []


def test_a_function_that_returns_runs_draws_from_the_seed_too() -> None:
    def function(seed: int, device: str, epochs: int) -> Runs:
        return synthetic.runs([seed], np.random.rand(1, epochs + 1))

    one, again = (train(own(function), [3], epochs=5) for _ in range(2))
    assert one.loss.tobytes() == again.loss.tobytes()


def test_a_loop_that_draws_from_the_system_is_broken() -> None:
    rule = (
        "loop gives different numbers in its first steps, twice for one seed: draw from a "
        "generator that is set from the seed"
    )
    with pytest.raises(BrokenRun, match=rule):
        train(own(unseeded("the system's")), [3], epochs=5)


def test_a_watch_stops_a_generator() -> None:
    def stop(epoch: int, loss: float) -> None:
        raise Interrupted("enough")

    with pytest.raises(Interrupted):
        train(own(slope), [0], epochs=10**5, watch=stop)


def ends(data: Data, seed: int, device: str) -> Steps:
    yield 1.0, lambda features: features[:, 0]


def gives_losses(data: Data, seed: int, device: str) -> Any:
    while True:
        yield 1.0


def predicts_wrongly(data: Data, seed: int, device: str) -> Steps:
    while True:
        yield 1.0, lambda features: np.zeros((len(features), 2))


def whole(change: Callable[[Runs], Runs]) -> Callable[[int, str, int], Runs]:
    def function(seed: int, device: str, epochs: int) -> Runs:
        return change(synthetic.runs([seed], np.geomspace(1, 0.01, epochs + 1)[None]))

    return function


BROKEN = {
    "ends after 1 steps": (
        ends,
        "ends ended after 1 steps, and 21 are needed: let its loop run forever; epochal stops it",
    ),
    "no pair": (gives_losses, "gives_losses gave 1.0, not a loss and a function"),
    "a wrong shape": (
        predicts_wrongly,
        "predicts_wrongly's predictions have shape (30, 2) for 30 points where (30,) is needed",
    ),
    "no runs": (lambda seed, device, epochs: None, "<lambda> returned a NoneType, not Runs"),
    "another seed": (
        whole(lambda runs: replace(runs, seeds=runs.seeds + 1)),
        "function returned seeds [1] and 20 epochs, not seed 0 and 20 epochs",
    ),
    "too short": (
        whole(lambda runs: runs.until(10)),
        "function returned seeds [0] and 10 epochs, not seed 0 and 20 epochs",
    ),
    "no axis of seeds": (
        whole(lambda runs: replace(runs, loss=runs.loss[0])),
        "function returned Runs whose loss has shape (21,) where (1, 21) is needed",
    ),
    "other snapshots": (
        whole(lambda runs: replace(runs, snapshots=runs.snapshots[::-1])),
        "function returned Runs whose snapshots are not those of snapshot_epochs(20)",
    ),
}


@pytest.mark.parametrize(("function", "line"), BROKEN.values(), ids=BROKEN)
def test_what_is_not_as_needed_is_told_in_one_line(function: Any, line: str) -> None:
    with pytest.raises(BrokenRun) as caught:
        train(own(function), [0], epochs=20)
    assert str(caught.value) == line


@pytest.mark.parametrize("name", [name for name in PER_SEED if name not in ("seeds", "loss")])
def test_each_axis_is_looked_at(name: str) -> None:
    runs = synthetic.runs([0], np.ones((1, 21)))
    assert flaw(runs) == ""
    if name != "train_positions":  # any number of points, the same as of train_target
        longer: Any = {name: np.repeat(getattr(runs, name), 2, axis=0)}
        wrong = replace(runs, **longer)
        assert flaw(wrong).startswith(name)


def test_a_generator_needs_inputs_and_a_target() -> None:
    for missing in ("inputs", "target"):
        with pytest.raises(SpecError, match=f"training.{missing} = None: an? .* is needed; give"):
            own(slope, **{missing: None})
    assert own(lambda seed, device, epochs: None, inputs=None).inputs is None


def test_what_a_generator_is_given_counts() -> None:
    assert len({own(slope).digest, own(slope, target=Sine(3)).digest, own(with_torch).digest}) == 3
    assert "slope\n30 points on [-1, 1], uniform\nsin(2" in own(slope).describe()
