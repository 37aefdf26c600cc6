"""Section 4: the eigenvalues of the kernel, and what a net without biases cannot be.

Nothing is trained here: each claim is a computation, and one run of it decides.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from epochal import Bounds, Circle, Claim, Control, Line, MaxErrorAt, Training, Wave
from epochal.experiments.data import Data
from epochal.experiments.inputs import Array

from . import theory
from .source import BASRI_2019

ONCE = Bounds(low=0.04, high=0.96, max_seeds=5)
"""One run decides: nothing is drawn."""

POINTS = 2**20
"""Points around the circle at which the kernel is taken: with n its spectrum errs by 1/n² or so."""

Epochs = Iterator[tuple[float, Callable[[Array], Array]]]


@dataclass(frozen=True)
class Printed:
    """The numbers of Eq. 12, or with a bias Eq. 13, by the wavenumber; over that of ``over``."""

    bias: bool
    over: int | None = None
    waves: tuple[Wave, ...] = ()
    scale: str = "as_is"

    def values(self, positions: Array) -> Array:
        """At wavenumbers, the same shape."""
        # The kernel of the paper with a bias is half of `theory`'s, which is that of its code.
        half = 0.5 if self.bias else 1.0
        unit = 1.0 if self.over is None else half * theory.printed(self.over, self.bias)
        values = [half * theory.printed(round(k), self.bias) / unit for k in positions]
        return np.array(values)


def spectrum(data: Data, seed: int, device: str, bias: bool, over: int | None) -> Epochs:
    """The eigenvalues of the kernel at regular points, by the Fourier transform of one row."""
    found = theory.spectrum(POINTS, bias) * (0.5 if bias else 1.0)
    found = found / (1.0 if over is None else found[over])

    def predict(features: Array) -> Array:
        chosen: Array = found[np.rint(features[:, 0]).astype(int)]
        return chosen

    while True:
        yield float(np.mean((predict(data.features) - data.target) ** 2)), predict


def no_bias(data: Data, seed: int, device: str) -> Epochs:
    """Eigenvalues of the kernel without bias, over that of k = 2."""
    yield from spectrum(data, seed, device, bias=False, over=2)


def with_bias(data: Data, seed: int, device: str) -> Epochs:
    """Eigenvalues of the kernel with a bias, over that of k = 3."""
    yield from spectrum(data, seed, device, bias=True, over=3)


def no_bias_as_they_are(data: Data, seed: int, device: str) -> Epochs:
    """Eigenvalues of the kernel without bias."""
    yield from spectrum(data, seed, device, bias=False, over=None)


def computed(how: Callable[[Data, int, str], Epochs], target: Printed, first: int = 1) -> Training:
    """Wavenumbers from ``first`` to 30, each a position on a line."""
    last = 30
    count = last - first + 1
    line = Line(low=first, high=last, points=count, draw="grid")
    return Training(
        train=how,
        flops_an_epoch=POINTS,
        inputs=line,
        target=target,
        probe=count,
        draws=False,
        axis="wavenumber k",
    )


@dataclass(frozen=True)
class Nothing:
    """0 everywhere."""

    waves: tuple[Wave, ...] = ()
    scale: str = "as_is"

    def values(self, positions: Array) -> Array:
        """Zeros, the same shape as ``positions``."""
        return np.zeros_like(positions)


def odd_part(data: Data, seed: int, device: str, bias: bool) -> Epochs:
    """A random net's odd part, f(x) − f(−x), less the plane that fits it best."""
    random = np.random.default_rng(seed)
    w, b, a = (random.standard_normal(shape) for shape in ((4000, 2), 4000, 4000))

    def net(x: Array) -> Array:
        values: Array = np.maximum(x @ w.T + bias * b, 0.0) @ a / np.sqrt(len(a))
        return values

    def predict(features: Array) -> Array:
        odd = net(features) - net(-features)
        plane = np.linalg.lstsq(features, odd, rcond=None)[0]
        left: Array = odd - features @ plane
        return left

    while True:
        yield float(np.mean(predict(data.features) ** 2)), predict


def odd_part_without(data: Data, seed: int, device: str) -> Epochs:
    """Of a random net without biases."""
    yield from odd_part(data, seed, device, bias=False)


def odd_part_with(data: Data, seed: int, device: str) -> Epochs:
    """Of a random net with biases."""
    yield from odd_part(data, seed, device, bias=True)


def on_the_circle(how: Callable[[Data, int, str], Epochs]) -> Training:
    """Regular points around the circle, each with the one opposite."""
    circle = Circle(points=120)
    return Training(train=how, flops_an_epoch=1e7, inputs=circle, target=Nothing(), probe=120)


CLAIMS = [
    Claim(
        id="b19-eig-nobias",
        source=BASRI_2019,
        where="Section 4.1, Eq. 12",
        says=(
            "Without bias the kernel's eigenvalues fall like 1/k² for even wavenumbers k, and are "
            "0 for the odd ones from 3 on."
        ),
        reading=(
            "The eigenvalues of k = 1 to 30, divided by that of k = 2, equal the paper's to "
            "0.0001. They are computed from the kernel's matrix at 2^20 regular points."
        ),
        experiments=computed(no_bias, Printed(bias=False, over=2)),
        rule=MaxErrorAt(epoch=1, below=1e-4),
        expected="reproduced",
        bounds=ONCE,
        control=Control(
            change="the paper's numbers for a net with bias",
            experiments={"run": computed(no_bias, Printed(bias=True, over=2))},
        ),
    ),
    Claim(
        id="b19-eig-bias",
        source=BASRI_2019,
        where="Section 4.1, Eq. 13",
        says="With a bias the kernel has an eigenvalue above 0 for every wavenumber.",
        reading=(
            "The eigenvalues of k = 1 to 30, divided by that of k = 3, equal the paper's to 0.0001."
        ),
        experiments=computed(with_bias, Printed(bias=True, over=3)),
        rule=MaxErrorAt(epoch=1, below=1e-4),
        expected="reproduced",
        bounds=ONCE,
        control=Control(
            change="a kernel without bias, whose eigenvalue of k = 3 is 0",
            experiments={"run": computed(no_bias, Printed(bias=True, over=2))},
        ),
    ),
    Claim(
        id="b19-eig-factor2",
        source=BASRI_2019,
        where="Section 4.1, Eq. 12",
        says="The numbers of Eq. 12 are the eigenvalues of the kernel.",
        reading=(
            "For k = 0 to 30 they equal, to 0.0001, the eigenvalues of the kernel's matrix at n "
            "regular points, divided by n."
        ),
        experiments=computed(no_bias_as_they_are, Printed(bias=False), first=0),
        rule=MaxErrorAt(epoch=1, below=1e-4),
        expected="refuted",
        found=(
            "For every k from 1 on the printed number is twice the eigenvalue: it is the "
            "coefficient of cos(kθ) in the kernel's series. Ratios between wavenumbers are right, "
            "and so is the exponent. A time predicted from the printed numbers is half of the true "
            "one."
        ),
        bounds=ONCE,
        control=Control(
            change="ratios to k = 2 from k = 1 on, where a common factor cancels",
            experiments={"run": computed(no_bias, Printed(bias=False, over=2))},
        ),
    ),
    Claim(
        id="b19-odd-impossible",
        source=BASRI_2019,
        where="Section 4.1, on odd frequencies",
        says="Without bias no net of one hidden layer can represent an odd frequency from 3 on.",
        reading=(
            "For 4000 units with random weights, f(x) − f(−x) is a plane in x to 1e-10 at 120 "
            "points of the circle. A plane contains no odd sine but the first."
        ),
        experiments=on_the_circle(odd_part_without),
        rule=MaxErrorAt(epoch=1, below=1e-10),
        expected="reproduced",
        control=Control(change="biases", experiments={"run": on_the_circle(odd_part_with)}),
    ),
]
