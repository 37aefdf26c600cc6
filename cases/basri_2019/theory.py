"""What theory says of a wide net of one hidden ReLU layer on the circle, of which the first learns.

With m units, output weights of ±1 for good, and f(x) = (1/√m) Σ aᵣ relu(wᵣ·x), gradient descent on
½Σ(f − y)² follows a linear system for m → ∞ as long as the weights move little: its kernel depends
on the angle between two points alone, so that at n regular points its matrix is circulant, and each
sine is an eigenvector. See Basri et al. 2019 (arXiv 1906.00425v3), Section 4.
"""

import math

import numpy as np

from epochal.experiments.inputs import Array

__all__ = ["curve", "eigenvalue", "epochs_to", "kernel", "printed", "spectrum"]


def kernel(angle: Array, bias: bool = False) -> Array:
    """The tangent kernel of two points at ``angle`` (radians), any shape.

    Of hidden units w·x + b with x on the circle: (cos + 1)·P(both active) with a bias, else
    cos·P(both active). The paper's H with a bias is half of it, as it has (x, 1)/√2 for the input;
    its code, and so this function, has not.

    >>> kernel(np.array([0.0, np.pi])).tolist(), kernel(np.array([0.0]), bias=True).tolist()
    ([0.5, -0.0], [1.0])
    """
    cosine = np.cos(angle)
    both = (np.pi - np.arccos(np.clip(cosine, -1.0, 1.0))) / (2 * np.pi)
    found: Array = (cosine + 1.0 if bias else cosine) * both
    return found


def spectrum(points: int, bias: bool = False) -> Array:
    """The eigenvalues of (1/n)·kernel at n = ``points`` regular points, by the wavenumber k.

    Found by the Fourier transform of one row, k = 0 … n/2, shape ``(n // 2 + 1,)``. Each but the
    first, and the last if n is even, belongs to a sine and a cosine.
    """
    row = kernel(2 * np.pi * np.arange(points) / points, bias)
    found: Array = np.fft.rfft(row).real / points
    return found


def printed(k: int, bias: bool = False) -> float:
    """What Eq. 12 (without bias) and twice Eq. 13 (with) of the paper print for the wavenumber k.

    They are the coefficients of the kernel's cosine series, which are twice its eigenvalues for
    k ≥ 1.
    """
    if k < 0:
        raise ValueError(f"k = {k}: a wavenumber is 0 or more")
    if bias:
        if k <= 1:
            return 1 / np.pi**2 + 1 / 4 if k == 0 else 2 / np.pi**2 + 1 / 4
        return 2 / (np.pi**2 * k**2) if k % 2 else _even(k)
    if k <= 1:
        return 1 / 4 if k else 1 / np.pi**2
    return 0.0 if k % 2 else _even(k)


def _even(k: int) -> float:
    return float(2 * (k**2 + 1) / (np.pi**2 * (k**2 - 1) ** 2))


def eigenvalue(k: int, bias: bool = False) -> float:
    """The eigenvalue of (1/n)·kernel that belongs to the wavenumber k, for many points.

    >>> bool(abs(eigenvalue(4) - spectrum(4096)[4]) < 1e-6)
    True
    """
    return printed(k, bias) / (2 if k else 1)


def curve(k: int, rate: float, points: int, epochs: int, bias: bool = False) -> Array:
    """The predicted ‖f − y‖/‖y‖ of a sine at epochs 0 … ``epochs``, from f = 0 on.

    Args:
        k: its wavenumber.
        rate: the step η of gradient descent on ½Σ(f − y)².
        points: n.
        epochs: how many.
        bias: whether hidden units have one.

    Returns:
        ``(epochs + 1,)``: |1 − ηnλ|^t.
    """
    found: Array = abs(1 - rate * points * eigenvalue(k, bias)) ** np.arange(epochs + 1.0)
    return found


def epochs_to(share: float, k: int, rate: float, points: int, bias: bool = False) -> float:
    """The predicted epoch at which ‖f − y‖²/‖y‖² falls to ``share``; infinite where it never does.

    >>> round(epochs_to(0.1, 16, rate=0.01, points=1001)), epochs_to(0.1, 3, 0.01, 1001)
    (287, inf)
    """
    factor = abs(1 - rate * points * eigenvalue(k, bias))
    if factor >= 1:
        return math.inf
    return 0.0 if factor == 0 else math.log(share) / (2 * math.log(factor))
