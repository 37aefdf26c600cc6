"""The engine prefix_sum gives what reference gives, by sums over stretches of the line.

Its two ways to do the sums, compiled and in plain torch, go through the same table.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from epochal import (
    MLP,
    Circle,
    Embedding,
    Experiment,
    Initializer,
    Line,
    Loop,
    Optimizer,
    Output,
    Runs,
    Sine,
    SumOfSines,
    Wave,
)
from epochal.errors import SpecError
from epochal.training.engines import prefix_sum
from epochal.training.engines.choice import choose, facts, refused
from epochal.training.observer import Observer, SeedTraining
from epochal.training.train import train

EPOCHS = 60

SIGNED = Output(weights="signs", trained=False, scaled=True)
CIRCLE = Experiment(
    inputs=Circle(points=53, draw="uniform"),
    target=SumOfSines((Wave(2), Wave(5))),
    net=MLP(widths=(40,)),
    optimizer=Optimizer("SGD", lr=0.05),
    dtype="float64",
    probe=101,
)


def on(inputs: Line | Circle) -> Experiment:
    return replace(CIRCLE, inputs=inputs)


def net(**more: object) -> Experiment:
    return replace(CIRCLE, net=MLP(widths=(40,), **more))  # type: ignore[arg-type]


def by(name: str, **more: object) -> Experiment:
    return replace(CIRCLE, optimizer=Optimizer(name, **more))


CASES = {
    "circle, uniform": CIRCLE,
    "circle, regular": on(Circle(points=50)),
    "circle, few points": on(Circle(points=3)),
    "line": on(Line(low=-2, high=3, points=50)),
    "line, grid": on(Line(low=-2, high=2, points=33, draw="grid")),
    "line, with a constant": on(
        Line(low=-2, high=3, points=50, embedding=Embedding("constant", 0.5))
    ),
    "line, around the circle": on(
        Line(low=-2, high=9, points=50, embedding=Embedding("angle", 1.7))
    ),
    "no bias": net(bias=False),
    "no bias at all": net(bias=False, output_bias=False),
    "first layer alone": net(bias=False, output_bias=False, output=SIGNED),
    "first layer and its bias": net(
        weights=Initializer("normal_", std=2.5),
        biases=Initializer("zeros_"),
        output_bias=False,
        output=SIGNED,
    ),
    "never active": net(biases=Initializer("constant_", val=-9.0)),
    "always active": net(biases=Initializer("constant_", val=9.0)),
    "zero weights": net(weights=Initializer("zeros_")),
    "momentum": by("SGD", lr=0.02, momentum=0.9),
    "Nesterov": by("SGD", lr=0.02, momentum=0.9, nesterov=True),
    "weight decay": by("SGD", lr=0.05, weight_decay=0.01),
    "Adam": by("Adam", lr=0.01),
    "AdamW": by("AdamW", lr=0.01),
    "RMSprop": by("RMSprop", lr=0.003),
    "half the sum": replace(by("SGD", lr=1e-3), loop=Loop(loss="half_sum")),
    "gradients never zeroed": replace(CIRCLE, loop=Loop(zero_grad="never")),
    "zeroed after": replace(CIRCLE, loop=Loop(zero_grad="after", train_mode="every_epoch")),
    "a rising loss that comes down again": replace(
        net(
            weights=Initializer("normal_", std=2.5),
            biases=Initializer("zeros_"),
            output_bias=False,
            output=SIGNED,
        ),
        loop=Loop(loss="half_sum"),
        optimizer=Optimizer("SGD", lr=3.3 / (53 * 0.35)),
    ),
}


@pytest.fixture(params=["compiled", "plain torch"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "compiled":
        pytest.importorskip("numba")
    else:
        monkeypatch.setattr(prefix_sum, "compiled", None)
    return str(request.param)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def both(experiment: Experiment, epochs: int = EPOCHS, seed: int = 0) -> tuple[Runs, Runs]:
    return train(experiment, [seed], epochs=epochs, engine="reference"), train(
        experiment, [seed], epochs=epochs, engine="prefix_sum"
    )


@pytest.mark.parametrize("case", CASES)
def test_it_gives_what_stock_gives(way: str, case: str) -> None:
    reference, found = both(CASES[case])
    assert found.engine == "prefix_sum"
    # After a rise sums cancel: what remains of rounding is relative to the largest loss.
    scale = max(1.0, float(reference.loss.max()))
    np.testing.assert_allclose(found.loss, reference.loss, rtol=1e-10, atol=1e-14 * scale)
    for name in ("mse", "projections", "predictions"):
        ours, theirs = getattr(found, name), getattr(reference, name)
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-11 * scale, err_msg=name)


def test_the_rising_loss_rises(way: str) -> None:
    loss = both(CASES["a rising loss that comes down again"])[1].loss[0]
    assert loss.max() > 2 * loss[0]
    assert loss[-1] < loss[0] / 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("optimizer", [Optimizer("SGD", lr=40.0), Optimizer("SGD", lr=1e9)])
def test_it_diverges_in_the_same_epoch(way: str, dtype: str, optimizer: Optimizer) -> None:
    reference, found = both(replace(CIRCLE, dtype=dtype, optimizer=optimizer), 400)
    assert not np.isfinite(reference.loss).all()
    for name in ("loss", "mse", "projections", "predictions"):
        one, other = getattr(reference, name), getattr(found, name)
        assert np.array_equal(np.isnan(one), np.isnan(other)), name
        assert np.array_equal(np.isposinf(one), np.isposinf(other)), name


def test_in_float32_it_stays_as_near_to_float64_as_stock_does(way: str) -> None:
    single = replace(CIRCLE, dtype="float32")
    true = train(CIRCLE, [0], epochs=EPOCHS, engine="reference").loss
    reference, found = both(single)
    assert found.loss.dtype == np.float32
    assert np.abs(found.loss - true).max() <= 3 * np.abs(reference.loss - true).max() + 1e-7


def test_going_on_gives_the_bits_of_a_run_in_one_piece(way: str) -> None:
    whole = train(CIRCLE, [3], epochs=40, engine="prefix_sum")
    half = train(CIRCLE, [3], epochs=17, engine="prefix_sum")
    rest = train(CIRCLE, [3], epochs=40, engine="prefix_sum", earlier=[half])
    assert rest.loss.tobytes() == whole.loss.tobytes()
    assert rest.weight_hash.tolist() == whole.weight_hash.tolist()


def test_its_sums_are_compiled_before_workers_need_them() -> None:
    if prefix_sum.compiled is None:
        pytest.skip("numba is not there")
    for biased in (True, False):
        prefix_sum.compile_for(torch.float32, biased)
        kernels = prefix_sum.compiled.forward, prefix_sum.compiled.backward
        known = [len(each.signatures) for each in kernels]
        for inputs in (Circle(points=9), Line(low=-1, high=1, points=9)):
            single = replace(on(inputs), dtype="float32", net=MLP(widths=(9,), bias=biased))
            train(single, [0], epochs=2, engine="prefix_sum")
        assert [len(each.signatures) for each in kernels] == known


def test_where_no_folder_can_hold_compiled_code_it_is_compiled_in_each_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    numba = pytest.importorskip("numba")
    plain = numba.njit

    def read_only(cache: bool = False, **options: Any) -> Any:
        if cache:
            raise RuntimeError("cannot cache function 'f': no locator available for file 'f.py'")
        return plain(**options)

    # numba itself compiles more when it first compiles anything, and is left alone
    monkeypatch.setattr(prefix_sum.compiled, "numba", SimpleNamespace(njit=read_only))
    assert prefix_sum.compiled.jit(lambda x: x + 1.0)(2.0) == 3.0


def test_a_full_disk_keeps_no_compiled_code_and_costs_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caching = pytest.importorskip("numba.core.caching")
    saved: list[object] = []

    def full(cache: object, *given: object) -> None:
        saved.append(given)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(caching.Cache, "save_overload", full)
    assert prefix_sum.compiled.jit(plus_one)(2.0) == 3.0
    assert len(saved) == 1


def plus_one(x: float) -> float:
    return x + 1.0


def test_it_stops_where_the_loop_does(way: str) -> None:
    stop_below = float(train(CIRCLE, [0], epochs=30).loss[0, 29:].mean())  # between two epochs
    reference, found = both(replace(CIRCLE, loop=Loop(stop_below=stop_below)))
    assert (found.loss[0, 30:] == found.loss[0, 30]).all()
    np.testing.assert_allclose(found.loss, reference.loss, rtol=1e-10)
    np.testing.assert_allclose(found.predictions, reference.predictions, rtol=1e-10, atol=1e-11)


class LargerSteps(Observer):
    """Counts updates, with a learning rate 5% larger."""

    updates = 0

    def on_begin(self, training: SeedTraining) -> None:
        for group in training.optimizer.param_groups:
            group["lr"] *= 1.05

    def on_update(self, training: SeedTraining, step: Callable[[], None]) -> None:
        self.updates += 1
        step()


def test_an_observer_of_the_stock_loop_is_called_here_too(way: str) -> None:
    observers = LargerSteps(), LargerSteps()
    reference, found = (
        train(CIRCLE, [0], epochs=EPOCHS, engine=engine, observer=each)
        for engine, each in zip(("reference", "prefix_sum"), observers, strict=True)
    )
    assert found.engine == "prefix_sum"
    assert [each.updates for each in observers] == [EPOCHS, EPOCHS]
    np.testing.assert_allclose(found.loss, reference.loss, rtol=1e-10)
    assert found.loss[0, 5] != train(CIRCLE, [0], epochs=5, engine="prefix_sum").loss[0, 5]


COARSE = st.integers(-4, 4).map(lambda value: value / 2)
AXES = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)]


@given(
    st.lists(COARSE, min_size=1, max_size=9),
    st.lists(st.tuples(COARSE, COARSE, COARSE), min_size=1, max_size=6),
)
@settings(max_examples=30, deadline=None)
def test_on_a_line_it_is_every_units_own_sum_ties_and_repeated_points_too(
    positions: list[float], units: list[tuple[float, float, float]]
) -> None:
    x = torch.tensor(positions, dtype=torch.float64)[:, None]
    w, b, a = torch.tensor(units, dtype=torch.float64).unbind(1)
    check(x, w[:, None], b, a, closed=False)


@given(
    st.lists(st.sampled_from(AXES), min_size=1, max_size=9),
    st.lists(st.tuples(COARSE, COARSE, COARSE, COARSE), min_size=1, max_size=6),
)
@settings(max_examples=30, deadline=None)
def test_around_the_circle_too(
    points: list[tuple[float, float]], units: list[tuple[float, float, float, float]]
) -> None:
    x = torch.tensor(points, dtype=torch.float64)
    u, v, b, a = torch.tensor(units, dtype=torch.float64).unbind(1)
    check(x, torch.stack([u, v], 1), b, a, closed=True)


@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 30), st.booleans())
@settings(max_examples=30, deadline=None)
def test_anywhere_around_the_circle_and_after_any_move(
    seed: int, points: int, units: int, clustered: bool
) -> None:
    random = torch.Generator().manual_seed(seed)
    angle = torch.rand(points, generator=random, dtype=torch.float64)
    angle = (0.3 if clustered else 2 * torch.pi) * angle + 3
    x = torch.stack([angle.cos(), angle.sin()], 1)
    w = torch.randn(units, 2, generator=random, dtype=torch.float64)
    b = torch.randn(units, generator=random, dtype=torch.float64)
    a = torch.randn(units, generator=random, dtype=torch.float64)
    check(x, w, b, a, closed=True)


def check(x: Tensor, w: Tensor, b: Tensor, a: Tensor, closed: bool) -> None:
    """Against every unit at every point, and autograd; then after moves, small and large."""
    random = torch.Generator().manual_seed(0)
    for points in ways(x, closed):
        for far in (0.0, 0.25, 2.0, 0.0):
            # Moves by halves and quarters keep what was exactly representable so.
            steps = [torch.randint(-2, 3, each.shape, generator=random) for each in (w, b, a)]
            pairs = zip((w, b, a), steps, strict=True)
            moved = [(each + far * step).requires_grad_() for each, step in pairs]
            true = 0.5 * torch.relu(x @ moved[0].T + moved[1]) @ moved[2]
            slope = torch.linspace(-1, 2, len(x), dtype=x.dtype)
            wanted = torch.autograd.grad(true, moved, slope)
            still = [each.detach() for each in moved]
            scale = float((still[2].abs() * (still[0].norm(dim=1) + still[1].abs())).sum()) + 1
            found = points.forward(still[0], still[1], still[2], 0.5)
            assert torch.allclose(found, true.detach(), rtol=0, atol=1e-13 * scale)
            for ours, theirs in zip(
                points.backward(slope, still[0], still[1], still[2], 0.5), wanted, strict=True
            ):
                assert torch.allclose(ours, theirs, rtol=0, atol=1e-13 * scale * len(x))


def ways(x: Tensor, closed: bool) -> Iterator[prefix_sum.Points]:
    yield prefix_sum.Points(x, closed)
    kept, prefix_sum.compiled = prefix_sum.compiled, None
    try:
        yield prefix_sum.Points(x, closed)
    finally:
        prefix_sum.compiled = kept


@pytest.mark.parametrize(
    ("experiment", "why"),
    [
        (replace(CIRCLE, net=MLP(widths=(8, 8))), "not one hidden layer of ReLU"),
        (replace(CIRCLE, net=MLP(widths=(8,), activation="Tanh")), "layer of ReLU"),
        (
            on(Line(low=0, high=9, points=9, embedding=Embedding("modulo", 2.0))),
            "on a line",
        ),
        (replace(CIRCLE, loop=Loop(batch=8)), "in batches of 8"),
        (by("LBFGS", lr=0.1), "its optimizer is LBFGS"),
    ],
)
def test_what_it_cannot_train_it_refuses_by_name(experiment: Experiment, why: str) -> None:
    assert why in refused(experiment)
    assert choose(experiment, "cpu") == "reference"
    with pytest.raises(SpecError, match=why):
        train(experiment, [0], epochs=1, engine="prefix_sum")


def test_auto_takes_it_where_points_times_units_are_many() -> None:
    wide = replace(
        CIRCLE, inputs=Circle(points=1001), net=MLP(widths=(4000,)), target=Sine(3), dtype="float32"
    )
    assert choose(CIRCLE, "cpu") == "reference"
    assert choose(wide, "cpu") == "prefix_sum"
    assert choose(wide, "cpu", "reference") == "reference"
    assert choose(wide, "cuda:0") == "reference"
    assert facts("prefix_sum", wide)["numba"] == prefix_sum.compiled.VERSION
