"""Targets by a formula or a function: what is worked out, what is refused, and in what words."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from epochal import MLP, Circle, Experiment, Formula, Function, Line, Noise, Optimizer, Training
from epochal.errors import SpecError
from epochal.experiments.data import Data, draw
from epochal.experiments.inputs import Array

X = np.linspace(-2, 2, 41)
BASE = Experiment(
    inputs=Line(low=-2, high=2, points=50),
    target=Formula("x"),
    net=MLP(widths=(8,)),
    optimizer=Optimizer("SGD", lr=1e-3),
)

SAME: dict[str, Callable[[Array], object]] = {
    "sin(2*x)": lambda x: np.sin(2 * x),
    "-x + +3": lambda x: -x + 3,
    "x**3 - 2*x/7": lambda x: x**3 - 2 * x / 7,
    "2": lambda x: np.full_like(x, 2),
    "pi*e": lambda x: np.full_like(x, math.pi * math.e),
    "where(x > 0, 1, -1)": lambda x: np.where(x > 0, 1.0, -1.0),
    "(x >= -1) * (x < 1)": lambda x: ((x >= -1) & (x < 1)).astype(float),
    "-1 < x <= 1": lambda x: ((x > -1) & (x <= 1)).astype(float),
    "(x == 0) + (x != 0)": np.ones_like,
    "exp(-x**2 / 2)": lambda x: np.exp(-(x**2) / 2),
    "hypot(x, 1) + mod(x, 0.5)": lambda x: np.hypot(x, 1) + np.mod(x, 0.5),
    "maximum(abs(x), minimum(x, 1e-3))": lambda x: np.maximum(abs(x), np.minimum(x, 1e-3)),
}


@pytest.mark.parametrize("text", SAME)
def test_a_formula_is_what_numpy_has_for_it(text: str) -> None:
    values = Formula(text).values(X)
    assert values.dtype == np.float64
    assert np.array_equal(values, np.asarray(SAME[text](X), float))


def test_how_it_is_written_does_not_matter() -> None:
    assert Formula(" sin( 2*x )").text == "sin(2 * x)"
    assert Formula("(x)").text == "x"
    one, other = (replace(BASE, target=Formula(text)) for text in ("x*2", "x * 2"))
    assert one.digest == other.digest != BASE.digest


BAD = {
    "": "a text is needed",
    "sin(2*x": "it does not parse, at letter 4; write one such as",
    "sine(x)": "no function sine; did you mean 'sin'?",
    "t + 1": "no coordinate or constant t",
    "sin": "no coordinate or constant sin; call it: sin(x)",
    "x^2": "the operation BitXor is not allowed; write ** for a power",
    "x > 0 and x < 1": "BoolOp is not allowed",
    "x.real": "Attribute is not allowed: x.real",
    "__import__('os').system('true')": "is not allowed",
    "np.sin(x)": "np.sin is not allowed; call functions by their bare names",
    "(lambda: x)()": "is not allowed",
    "[x for x in x]": "ListComp is not allowed",
    "x if x else 1": "IfExp is not allowed",
    "x[0]": "Subscript is not allowed",
    "'a'": "'a' is not a number",
    "True": "True is not a number",
    "1j": "1j is not a number",
    "1e999": "it has a number too large for float64",
    "1" + "0" * 400: "it has a number too large for float64",
    "sin(x, 1)": "sin takes 1 argument, and has 2",
    "where(x > 0, 1)": "where takes 3 arguments, and has 2",
    "sin(x=1)": "sin takes 1 argument, and has 0 and keywords",
    "sin(*x)": "Starred is not allowed",
    "-" * 400 + "x": "it is nested more than 100 deep",
    "(" * 400 + "x" + ")" * 400: "it does not parse",
    "x := 2": "it does not parse",
    "x; x": "it does not parse",
}


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_formula_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(SpecError) as error:
        Formula(text)
    assert str(error.value).startswith("target.text = ")
    assert BAD[text] in str(error.value)
    assert "\n" not in str(error.value)


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_no_text_does_anything_else(text: str) -> None:
    try:
        found = Formula(text)
    except SpecError:
        return
    assert found.values(X).shape == X.shape


def loop(data: Data, seed: int, device: str) -> Iterator[tuple[float, object]]:
    yield 0.0, lambda features: features[:, 0]


def test_it_is_asked_only_for_coordinates_that_there_are() -> None:
    with pytest.raises(SpecError, match="have no coordinate y; write x"):
        Training(train=loop, flops_an_epoch=1, inputs=BASE.inputs, target=Formula("y"))
    circle = Circle(points=20)
    assert replace(BASE, inputs=circle, target=Formula("cos(theta)")).target.waves == ()
    with pytest.raises(SpecError) as error:
        replace(BASE, inputs=circle)
    assert str(error.value) == (
        "target.text = 'x': 20 points on the circle, regular have no coordinate x; write theta"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("1/x", "target = '1 / x': at "),
        ("log(x)", "it is nan; change it there with where(…), or give another range"),
        ("sqrt(x)", "target = 'sqrt(x)': at -2 it is nan"),
    ],
)
def test_where_it_is_not_finite_is_named(text: str, told: str) -> None:
    inputs = Line(low=-2, high=2, points=50)
    if text == "1/x":
        inputs = Line(low=0, high=2, points=50)
    with pytest.raises(SpecError) as error:
        replace(BASE, inputs=inputs, target=Formula(text))
    assert told in str(error.value)


JUMPING = ("sign(x)", "floor(0.7*x)", "floor(3*x)", "x - floor(x)", "sign(sin(5*x))")


@pytest.mark.parametrize("text", [*JUMPING, "abs(x)", "sin(20*x)", "tanh(1e5*x)"])
def test_a_target_that_jumps_is_no_fast_wave(text: str) -> None:
    replace(BASE, inputs=Line(low=-5, high=5, points=50), target=Formula(text))


FAST = {
    "sin(2000*x)": "places it changes between two points by more than 5% of its range",
    "sin(1e6*x)": "places it changes between two points by more than 5% of its range",
    "tanh(1e5*sin(2*x))": "places it changes between two points by more than 5% of its range",
    "sign(sin(200*x))": "places it jumps again within 4 points; give more points",
}


@pytest.mark.parametrize("text", FAST)
def test_what_is_too_fast_for_the_probe_is_refused(text: str) -> None:
    with pytest.raises(SpecError) as error:
        replace(BASE, inputs=Line(low=-5, high=5, points=50), target=Formula(text))
    assert FAST[text] in str(error.value)


def test_more_points_help_where_jumps_are_close() -> None:
    inputs, comb = Line(low=-5, high=5, points=50), Formula("sign(sin(100*x))")
    with pytest.raises(SpecError, match="give more points"):
        replace(BASE, inputs=inputs, target=comb)
    replace(BASE, inputs=inputs, target=comb, probe=4001)


def parabola(x: Array) -> Array:
    return x**2


def cubic(x: Array) -> Array:
    return x**3


def one_number(x: Array) -> float:
    return 1.0


def broken(x: Array) -> Array:
    raise ZeroDivisionError("by zero")


def test_a_function_of_ones_own_is_a_target() -> None:
    target = Function(parabola, name="a parabola")
    assert str(replace(BASE, target=target).target) == "a parabola"
    assert Function(parabola).name == "parabola"
    assert np.array_equal(target.values(X), X**2)
    assert replace(BASE, target=target).digest != replace(BASE, target=Function(cubic)).digest


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (one_number, "it makes ()"),
        (broken, "it raises ZeroDivisionError: by zero; correct it"),
        (3, "a function or a class is needed"),
    ],
)
def test_a_function_that_gives_no_values_is_refused(function: object, told: str) -> None:
    with pytest.raises(SpecError) as error:
        replace(BASE, target=Function(function))  # type: ignore[arg-type]
    assert told in str(error.value)


def test_noise_is_drawn_after_the_positions_and_added_for_training_alone() -> None:
    plain, noisy = draw(BASE, 7), draw(replace(BASE, noise=Noise(0.5)), 7)
    assert np.array_equal(plain.positions, noisy.positions)
    assert np.array_equal(plain.target, noisy.target)
    assert np.array_equal(plain.noisy, plain.target)
    random = np.random.RandomState(7)
    random.uniform(-2, 2, 50)
    np.testing.assert_allclose(noisy.noisy - noisy.target, random.normal(0, 0.5, 50))
    with pytest.raises(SpecError, match=r"noise\.sd = 0: it must be above 0"):
        Noise(0)
    with pytest.raises(SpecError, match=r"noise = 0\.1: Noise is needed"):
        replace(BASE, noise=0.1)  # type: ignore[arg-type]
    assert (
        "noise of standard deviation 0.5, a variance of 0.25"
        in replace(BASE, noise=Noise(0.5)).describe()
    )
