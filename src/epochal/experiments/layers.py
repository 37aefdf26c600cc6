"""Nets for fast targets: fixed Fourier features before a perceptron, and layers of sines."""

from dataclasses import dataclass
from itertools import pairwise

from epochal.errors import SpecError
from epochal.experiments.checks import natural, positive, record

__all__ = ["FourierFeatures", "Siren", "widths_of"]


def widths_of(given: object) -> tuple[int, ...]:
    """The hidden widths of a net, checked."""
    if isinstance(given, int | str):
        rule = "one width a hidden layer is needed"
        raise SpecError("net.widths", given, rule, "give (200, 200)")
    record("net.widths", given, (tuple, list), "give (200, 200)")
    return tuple(natural("net.widths", width) for width in given)  # type: ignore[attr-defined]


@dataclass(frozen=True, kw_only=True)
class FourierFeatures:
    """cos(ω·x) and sin(ω·x) in place of the coordinates x; the ω stay while the net trains.

    Either the ``angular_frequencies`` are given, and each coordinate is taken by itself, or
    ``count`` vectors ω are drawn from the seed, each entry normal with standard deviation ``sd``.
    Tancik et al. 2020, "Fourier Features Let Networks Learn High Frequency Functions in Low
    Dimensional Domains", write cos(2πBx): their scale σ is ``sd`` = 2πσ here.

    >>> FourierFeatures(angular_frequencies=(1, 2, 4)).width(dimensions=2)
    12
    >>> FourierFeatures(count=64, sd=6.28).width(dimensions=2)
    128
    """

    angular_frequencies: tuple[float, ...] = ()
    count: int | None = None
    sd: float | None = None

    def __post_init__(self) -> None:
        field, step = "net.features.angular_frequencies", "give one such as (1, 2, 4)"
        record(field, self.angular_frequencies, (tuple, list), step)
        checked = tuple(positive(field, each) for each in self.angular_frequencies)
        object.__setattr__(self, "angular_frequencies", checked)
        drawn = self.count is not None or self.sd is not None
        if bool(checked) == drawn:
            rule = "either these are given, or count and sd, from which they are drawn"
            step = "give FourierFeatures(angular_frequencies=(1, 2, 4)), or count=64 and sd=6.28"
            raise SpecError(field, checked, rule, step)
        if drawn:
            natural("net.features.count", self.count)
            object.__setattr__(self, "sd", positive("net.features.sd", self.sd))

    def width(self, dimensions: int) -> int:
        """How many features it makes of so many coordinates."""
        return 2 * (self.count or dimensions * len(self.angular_frequencies))

    def __str__(self) -> str:
        if self.count:
            return f"{self.count} Fourier features of ω ~ N(0, {self.sd:g}²)"
        shown = ", ".join(f"{each:g}" for each in self.angular_frequencies)
        return f"Fourier features of ω = {shown}"


@dataclass(frozen=True, kw_only=True)
class Siren:
    """Layers of sin(ω·(Wx + b)), and a linear one after them, with their own initialisation.

    Sitzmann et al. 2020, "Implicit Neural Representations with Periodic Activation Functions": the
    first weights are uniform on ±1/d of d features, all later ones on ±√(6/width)/ω, with ω =
    ``hidden_omega``; biases start as torch's default has them, as in the authors' code.

    >>> str(Siren(widths=(64, 64), first_omega=10))
    '64-64 sines, ω = 10 and 30'
    """

    widths: tuple[int, ...]
    first_omega: float = 30.0
    hidden_omega: float = 30.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths", widths_of(self.widths))
        if not self.widths:
            rule, step = "it has at least one layer of sines", "give (64, 64)"
            raise SpecError("net.widths", self.widths, rule, step)
        for name in ("first_omega", "hidden_omega"):
            object.__setattr__(self, name, positive(f"net.{name}", getattr(self, name)))

    def weight_count(self, dimensions: int, outputs: int = 1) -> int:
        """How many entries the weight matrices have, biases not counted."""
        return sum(a * b for a, b in pairwise((dimensions, *self.widths, outputs)))

    @property
    def described(self) -> str:
        """What it is, for a page."""
        return str(self)

    def __str__(self) -> str:
        widths = "-".join(map(str, self.widths))
        return f"{widths} sines, ω = {self.first_omega:g} and {self.hidden_omega:g}"
