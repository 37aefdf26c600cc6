"""Targets with several outputs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from epochal import (
    MLP,
    Experiment,
    Formula,
    Function,
    Line,
    Loop,
    Noise,
    Optimizer,
    Scaling,
    Sine,
    Siren,
    Table,
    Vector,
    xor,
)
from epochal.errors import SpecError
from epochal.experiments.data import draw
from epochal.experiments.vectors import columns_of, each_output, outputs_of

BOTH = Vector((Sine(1), Formula("cos(x)")))
ROWS = Table([0, 1, 2, 3], [[0, 5], [1, 4], [4, 3], [9, 2]])


def turned(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.stack([x, -x, x**2], axis=1)


def setting(target: Any = BOTH, **more: Any) -> Experiment:
    given = {"net": MLP(widths=(8,)), "optimizer": Optimizer("SGD", lr=0.01), "probe": 21, **more}
    if not isinstance(target, Table):
        given.setdefault("inputs", Line(low=-3, high=3, points=20))
    return Experiment(target=target, **given)


def test_each_part_is_an_output() -> None:
    x = np.linspace(-3, 3, 7)
    assert BOTH.values(x) == pytest.approx(np.stack([np.sin(x), np.cos(x)], axis=1))
    assert str(BOTH) == "(sin(position), cos(x))"
    assert [each.values(x).tolist() for each in each_output(BOTH)] == BOTH.values(x).T.tolist()


def test_a_function_and_a_table_may_have_several_outputs() -> None:
    made = Function(turned, name="turned", outputs=3)
    x = np.array([1.0, 2.0])
    assert made.values(x).tolist() == [[1, -1, 1], [2, -2, 4]]
    assert [each.values(x).tolist() for each in each_output(made)] == [[1, 2], [-1, -2], [1, 4]]
    assert outputs_of(ROWS) == 2
    assert [str(each) for each in each_output(ROWS)] == ["output 0", "output 1"]
    assert Table([0, 1], [3, 4]) == Table([0, 1], [[3], [4]])  # one column is one output
    assert "1 input, 2 outputs, y from 0 to 9" in setting(ROWS).describe()


@pytest.mark.parametrize(
    ("target", "outputs"),
    [(Sine(2), 1), (BOTH, 2), (Function(turned, name="turned", outputs=3), 3), (ROWS, 2)],
    ids=["one", "vector", "function", "table"],
)
def test_a_net_gets_its_outputs_from_the_target(target: Any, outputs: int) -> None:
    made = setting(target)
    assert made.outputs == outputs
    assert made.weights == 8 + 8 * outputs
    assert setting(target, net=Siren(widths=(8,))).weights == 8 + 8 * outputs
    assert made.flops_an_epoch == 6 * made.weights * made.inputs.points
    data = draw(made, 5)
    several = () if outputs == 1 else (outputs,)
    assert data.target.shape == data.noisy.shape == (made.inputs.points, *several)
    assert data.probe_target.shape == (len(data.probe), *several)
    assert columns_of(data.target).shape == (made.inputs.points, outputs)


def test_outputs_count_in_the_digest_and_one_is_none() -> None:
    assert setting(BOTH).digest != setting(Vector((Formula("cos(x)"), Sine(1)))).digest
    one = Function(np.sinc, name="a sinc", outputs=1)
    assert setting(one).digest == setting(Function(np.sinc, name="a sinc")).digest
    three = Function(turned, name="turned", outputs=3)
    assert setting(three).digest not in (setting(one).digest, setting(BOTH).digest)


def test_noise_is_drawn_for_each_output_and_scaling_is_by_each() -> None:
    noise = draw(setting(noise=Noise(0.1)), 3)
    off = np.asarray(noise.noisy - noise.target)
    assert off.std() == pytest.approx(0.1, rel=0.4)
    assert abs(np.mean(off[:, 0] * off[:, 1])) < 0.007
    scaled = draw(setting(ROWS, scaling=Scaling(target="standardise")), 3)
    trained = (scaled.noisy - scaled.offset) / scaled.unit
    assert trained.mean(axis=0) == pytest.approx(0, abs=1e-12)
    assert trained.std(axis=0) == pytest.approx(1)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Vector((Sine(1),)), "target.parts = (Sine(angular_frequency=1"),
        (lambda: Vector((Sine(1),)), "a vector has at least two parts; give another, or the part"),
        (lambda: Vector(Sine(1)), "target.parts"),  # type: ignore[arg-type]
        (lambda: Vector((Sine(1), 3)), "a target"),  # type: ignore[arg-type]
        (lambda: Vector((Sine(1), BOTH)), "each part is a function with one output"),
        (lambda: Vector((Sine(1), ROWS)), "each part is a function with one output"),
        (lambda: Vector((Sine(1), xor())), "each part is a function with one output"),
        (lambda: Vector((Sine(1), Sine(2, scale="unit_norm"))), "learned in its own units"),
        (lambda: Function(turned, name="turned", outputs=0), "target.outputs = 0"),
        (lambda: Table([0, 1], [[1, 2], [3]]), "table.y"),
        (lambda: Table([0, 1], [[1, 2], [3, None]]), "table.y"),
        (lambda: setting(loop=Loop(loss="hinge")), "it is a loss of two classes; give Labels(…)"),
    ],
)
def test_bad_targets_are_refused_in_one_line(make: Callable[[], object], told: str) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
