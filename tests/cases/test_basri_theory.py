"""The theory's formulas against sums and integrals that know nothing of them."""

import math

import numpy as np
import pytest

from cases.basri_2019 import theory

BIAS = pytest.mark.parametrize("bias", [False, True])


@BIAS
def test_the_kernel_is_what_random_units_give(bias: bool) -> None:
    random = np.random.default_rng(0)
    w = random.standard_normal((400_000, 2))
    for angle in (0.3, 1.2, 2.9):
        x, z = np.array([1.0, 0.0]), np.array([math.cos(angle), math.sin(angle)])
        active = ((w @ x > 0) & (w @ z > 0)).mean()  # biases start at 0
        expected = (x @ z + bias) * active
        assert theory.kernel(np.array([angle]), bias)[0] == pytest.approx(expected, abs=3e-3)


@BIAS
def test_the_spectrum_is_that_of_the_whole_matrix(bias: bool) -> None:
    points = 64
    angles = 2 * np.pi * np.arange(points) / points
    matrix = theory.kernel(angles[:, None] - angles[None, :], bias) / points
    found = theory.spectrum(points, bias)
    for k, value in enumerate(found):
        wave = np.cos(k * angles)
        assert np.allclose(matrix @ wave, value * wave, atol=1e-14)


@BIAS
@pytest.mark.parametrize("k", range(13))
def test_eigenvalues_are_integrals_of_the_kernel(k: int, bias: bool) -> None:
    angles = np.linspace(-np.pi, np.pi, 200_001)
    values = theory.kernel(angles, bias) * np.cos(k * angles)
    integral = np.trapezoid(values, angles) / (2 * np.pi)
    assert theory.eigenvalue(k, bias) == pytest.approx(integral, abs=1e-9)
    assert theory.printed(k, bias) == pytest.approx(integral * (2 if k else 1), abs=1e-9)


def test_epochs_are_where_the_curve_passes() -> None:
    for k, bias in ((2, False), (8, False), (16, True)):
        curve = theory.curve(k, 0.004, 1001, 4000, bias) ** 2
        first = int((curve <= 0.1).argmax())
        assert first == math.ceil(theory.epochs_to(0.1, k, 0.004, 1001, bias))


def test_above_the_edge_of_stability_it_never_gets_there() -> None:
    assert theory.epochs_to(0.1, 0, 0.01, 1001, bias=True) == math.inf
    assert theory.curve(0, 0.01, 1001, 3, bias=True)[3] > 10


def test_a_negative_wavenumber_is_refused() -> None:
    with pytest.raises(ValueError, match="k = -1"):
        theory.printed(-1)
