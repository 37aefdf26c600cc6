"""Boxes, tables and scaling, trained: errors of the right points, in the right units."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from epochal import (
    MLP,
    Box,
    Circle,
    Experiment,
    Formula,
    Line,
    Loop,
    Noise,
    Optimizer,
    Points,
    Scaling,
    Sine,
    Table,
    train,
)
from epochal.errors import SpecError
from epochal.experiments.data import draw
from epochal.training.engines.choice import choose, refused
from epochal.training.nets import build

NET, STEP = MLP(widths=(16,), activation="Tanh"), Optimizer("SGD", lr=0.05)
CUBE = Experiment(
    inputs=Line(low=-3, high=5, points=30),
    target=Formula("x**3"),
    net=NET,
    optimizer=STEP,
    dtype="float64",
    scaling=Scaling(inputs="standardise", target="standardise"),
)
SQUARES = Table(np.linspace(0, 2, 21), np.linspace(0, 2, 21) ** 2, held_out=0.3)


def test_a_target_of_two_coordinates_is_learned() -> None:
    plane = Experiment(
        inputs=Box(low=(-1, -1), high=(1, 1), points=50),
        target=Formula("x - y"),
        net=NET,
        optimizer=STEP,
    )
    runs = train(plane, [0, 1], epochs=200)
    assert runs.probe.shape == (576, 2)
    assert runs.train_positions.shape == (2, 50, 2)
    assert (runs.mse[:, -1] < 0.1 * runs.mse[:, 0]).all()
    error = np.square(runs.predictions[:, -1] - runs.probe_target).mean(axis=1)
    np.testing.assert_allclose(error, runs.region_mse(0, np.inf)[:, -1], rtol=1e-5)
    assert choose(plane, "cpu") == "reference"


def test_scaled_training_is_that_of_scaled_data_and_errors_are_in_own_units() -> None:
    data = draw(CUBE, 2)
    x, y = data.positions, data.positions**3
    assert abs(data.features.mean()) < 1e-12
    assert data.features.std() == pytest.approx(1)
    assert (data.offset, data.unit) == pytest.approx((y.mean(), y.std()))
    by_hand = Experiment(
        target=Table((x - x.mean()) / x.std(), (y - y.mean()) / y.std()),
        net=NET,
        optimizer=STEP,
        dtype="float64",
    )
    runs, hand = train(CUBE, [2], epochs=50), train(by_hand, [2], epochs=50)
    np.testing.assert_allclose(runs.loss, hand.loss, rtol=1e-9)
    np.testing.assert_allclose(runs.mse, hand.mse * y.var(), rtol=1e-9)
    assert runs.train_target[0].tolist() == y.tolist()
    net = build(NET, 1, 2).double()
    with torch.no_grad():
        features = torch.from_numpy((data.probe[:, None] - x.mean()) / x.std())
        first = net(features)[:, 0].numpy() * y.std() + y.mean()
    np.testing.assert_allclose(runs.predictions[0, 0], first, rtol=1e-12)
    np.testing.assert_allclose(runs.probe_target[0], data.probe**3)


def test_min_max_maps_onto_zero_to_one_and_a_constant_stays() -> None:
    rows = [[1.0, 5.0], [3.0, 5.0], [2.0, 5.0]]
    flat = replace(
        CUBE, inputs=Points(rows), target=Formula("x"), scaling=Scaling(inputs="min_max")
    )
    data = draw(flat, 0)
    assert data.features.tolist() == [[0, 0], [1, 0], [0.5, 0]]
    assert (data.offset, data.unit) == (0, 1)


def test_shares_are_those_of_predictions_in_own_units() -> None:
    sine = replace(CUBE, target=Sine(2, amplitude=40), scaling=Scaling(target="min_max"))
    runs, data = train(sine, [0], epochs=3), draw(sine, 0)
    net = build(NET, 1, 0).double()
    with torch.no_grad():
        output = net(torch.from_numpy(data.features))[:, 0].numpy() * data.unit + data.offset
    np.testing.assert_allclose(runs.projections[0, 0], data.projector @ output, rtol=1e-10)


def test_noise_is_in_the_scale_and_not_in_the_error() -> None:
    noisy = replace(CUBE, noise=Noise(5.0))
    data = draw(noisy, 0)
    assert data.unit == pytest.approx(data.noisy.std())
    assert not np.array_equal(data.noisy, data.target)
    runs = train(noisy, [0], epochs=0)
    output = np.interp(data.positions, data.probe, runs.predictions[0, 0])
    assert np.square(output - data.target).mean() == pytest.approx(runs.mse[0, 0], rel=0.05)


@pytest.mark.parametrize("batch", [None, 5])
def test_errors_of_a_table_are_those_of_the_rows_held_out(batch: int | None) -> None:
    setting = Experiment(
        target=SQUARES, net=NET, optimizer=STEP, dtype="float64", loop=Loop(batch=batch)
    )
    data, runs = draw(setting, 4), train(setting, [4], epochs=300)
    assert data.held is not None
    assert runs.train_positions[0].tolist() == data.held.positions.tolist()
    output = np.interp(data.held.positions, data.probe, runs.predictions[0, -1])
    error = np.square(output - data.held.target).mean()
    assert error == pytest.approx(runs.mse[0, -1], rel=1e-2)
    assert runs.mse[0, -1] < 0.5 * runs.mse[0, 0]
    assert not (runs.mse == runs.loss).any()


def test_going_on_with_a_table_and_scaling_gives_the_same_bits() -> None:
    from epochal.training.engines.reference import train_seed

    setting = Experiment(
        target=SQUARES,
        net=NET,
        optimizer=STEP,
        loop=Loop(batch=4),
        scaling=Scaling(inputs="min_max", target="standardise"),
    )
    whole, part = train_seed(setting, 1, "cpu", 40), train_seed(setting, 1, "cpu", 17)
    again = train_seed(setting, 1, "cpu", 40, part)
    for name in ("loss", "mse", "predictions"):
        assert np.array_equal(getattr(whole, name), getattr(again, name), equal_nan=True)


def test_prefix_sum_leaves_scaled_data_to_reference() -> None:
    circle = replace(CUBE, inputs=Circle(points=30), target=Sine(2), net=MLP(widths=(9,)))
    assert refused(circle) == "its data are scaled: inputs by standardise, target by standardise"


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(SpecError, match="did you mean 'standardise'"):
        Scaling(inputs="standardize")
