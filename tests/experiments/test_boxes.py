"""Inputs of several coordinates, points given by hand, and targets on them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.random import RandomState

from epochal import MLP, Box, Circle, Experiment, Formula, Function, Line, Optimizer, Points, Sine
from epochal.errors import SpecError
from epochal.experiments.data import draw
from epochal.experiments.inputs import Input, radius
from epochal.experiments.targets import Target
from epochal.identity.digest import digest

SQUARE = Box(low=(-1, -1), high=(1, 1), points=1000)
CONE = Formula("sqrt(x**2 + y**2)")


def setting(inputs: Input, target: Target, probe: int = 601) -> Experiment:
    return Experiment(
        inputs=inputs,
        target=target,
        net=MLP(widths=(3,)),
        optimizer=Optimizer("Adam", lr=1e-2),
        probe=probe,
    )


def total(positions: np.ndarray) -> np.ndarray:
    found: np.ndarray = positions.sum(axis=1)
    return found


def test_a_box_draws_each_coordinate_in_its_range() -> None:
    box = Box(low=(-1, 10), high=(1, 30), points=500)
    positions = box.positions(RandomState(3))
    assert positions.shape == (500, 2)
    assert (positions.min(axis=0) > [-1, 10]).all()
    assert (positions.max(axis=0) < [1, 30]).all()
    assert np.array_equal(positions, box.positions(RandomState(3)))
    assert np.array_equal(positions, RandomState(3).uniform((-1, 10), (1, 30), (500, 2)))


def test_data_of_two_coordinates() -> None:
    data = draw(setting(SQUARE, CONE), 0)
    assert data.features.shape == data.positions.shape == (1000, 2)
    assert data.probe.shape == data.probe_features.shape == (24 * 24, 2)
    np.testing.assert_allclose(data.target, radius(data.positions))
    np.testing.assert_allclose(data.probe_target, radius(data.probe))
    corners = data.probe[[0, 23, -24, -1]].tolist()
    assert corners == [[-1, -1], [-1, 1], [1, -1], [1, 1]]


def test_a_grid_of_training_points_has_as_many_on_each_axis() -> None:
    box = Box(low=(0, 0, 0), high=(1, 2, 3), points=27, draw="grid")
    positions = box.positions(RandomState(0))
    assert [sorted(set(positions[:, axis])) for axis in range(3)] == [
        [0, 0.5, 1],
        [0, 1, 2],
        [0, 1.5, 3],
    ]


def test_on_many_axes_the_probe_is_a_sample_that_stays() -> None:
    box = Box(low=(0,) * 5, high=(1,) * 5, points=50)
    data = draw(setting(box, Function(total, "sum")), 1)
    assert data.probe.shape == (601, 5)
    assert np.array_equal(data.probe, draw(setting(box, Function(total, "sum")), 2).probe)
    assert 0 <= data.probe.min() < data.probe.max() <= 1


def test_points_by_hand_are_the_training_points_of_every_seed() -> None:
    points = Points([3, 1, 2])
    for seed in (0, 1):
        data = draw(setting(points, Formula("x**2")), seed)
        assert data.positions.tolist() == [3, 1, 2]
        assert data.target.tolist() == [9, 1, 4]
        assert data.features.shape == (3, 1)
    assert data.probe[[0, -1]].tolist() == [1, 3]
    rows = draw(setting(Points([[0, 0], [1, 2]]), Formula("x + y")), 0)
    assert rows.target.tolist() == [0, 3]
    assert Points([[1], [2]]) == Points((1.0, 2)) != Points([1, 2.5])


def test_points_count_in_a_digest_by_their_numbers() -> None:
    assert digest(Points([1, 2])) == digest(Points(np.array([1.0, 2.0]))) != digest(Points([2, 1]))
    with pytest.raises(ValueError, match="read-only"):
        Points([1, 2]).x[0] = 3  # type: ignore[index]


def doubled(positions: np.ndarray) -> np.ndarray:
    return 2 * positions


def asked_elsewhere() -> object:
    return replace(setting(SQUARE, Formula("x + y")), probe_inputs=Circle(points=9))


def waves_of_a_box() -> object:
    return setting(Box(low=(0, 0), high=(9, 9), points=5), Formula("sin(40*x) + y"))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Box(low=(0,), high=(1,), points=5), "inputs.low = (0.0,): a box has two axes or"),
        (lambda: Box(low=(0, 0), high=(1,), points=5), "low has 2 axes, but this has 1"),
        (lambda: Box(low=(0, 2), high=(1, 2), points=5), "2 is not above 2; exchange them"),
        (lambda: Box(low=0, high=(1, 2), points=5), "inputs.low = 0: tuple or list is needed"),  # type: ignore[arg-type]
        (lambda: Box(low=(0, 0), high=(1, 2), points=0), "inputs.points = 0"),
        (lambda: Box(low=(0, 0), high=(1, 2), points=5, draw="grid"), "give one such as 4 or 9"),
        (lambda: Points([]), "inputs.x = []: its shape is (0,)"),
        (lambda: Points([1, "a"]), "inputs.x = [1, 'a']: these are not numbers"),
        (lambda: Points([[1, 2], [3]]), "these are not numbers"),
        (lambda: Points([1, float("nan")]), "at row 1 it is not finite"),
        (lambda: Points([[1, 2], [3, float("inf")]]), "at row 1, column 1 it is not finite"),
        (lambda: Points([2, 2]), "all points are the same; give two or more that differ"),
        (lambda: setting(SQUARE, Sine(2)), "a sine has one coordinate"),
        (lambda: setting(SQUARE, Formula("z")), "no coordinate z; write x, y"),
        (lambda: setting(SQUARE, Formula("theta")), "no coordinate theta; write x, y"),
        (lambda: setting(Line(low=0, high=1, points=5), Formula("y")), "coordinate y; write x"),
        (lambda: setting(Circle(points=5), Formula("x")), "write theta"),
        (lambda: setting(Box(low=(0,) * 4, high=(1,) * 4, points=5), Formula("x")), "a Function"),
        (lambda: setting(SQUARE, Formula("log(x + y)")), "target = 'log(x + y)': at -1, -1 it is"),
        (asked_elsewhere, "no coordinate x; write theta"),
        (
            waves_of_a_box,
            "along a line of the grid: in 23 places it changes between two points",
        ),
        (lambda: setting(SQUARE, Function(doubled)), "of positions of shape (576, 2) it makes"),
    ],
)
def test_bad_input_names_the_field(make: Callable[[], Any], told: str) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    assert told in str(caught.value)


def test_a_step_across_a_box_is_no_fast_target() -> None:
    step = Formula("where(x > y, 1, 0)")
    assert setting(SQUARE, step).points_kept == 601
