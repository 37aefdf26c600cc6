"""How far two settings are apart, seed by seed: in their losses, or bit by bit."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from epochal.claims.rules.parts.quantities import Quantity, Series
from epochal.claims.rules.places import check_values
from epochal.errors import SpecError
from epochal.experiments.own_loop import Experiments
from epochal.experiments.runs import Runs

__all__ = ["Difference", "DifferentBits"]


@dataclass(frozen=True)
class OfTwoRuns(Quantity):
    """A quantity of two settings, by their names in the claim."""

    first: str
    second: str

    def __post_init__(self) -> None:
        if self.first == self.second:
            rule, step = "it is compared with itself", "name the other arm"
            raise SpecError("quantity.second", self.second, rule, step)

    @property
    def arms(self) -> tuple[str, ...]:
        return self.first, self.second

    def _both(self, runs: Mapping[str, Runs], epoch: int) -> tuple[Runs, Runs]:
        return runs[self.first].until(epoch), runs[self.second].until(epoch)


@dataclass(frozen=True)
class Difference(OfTwoRuns):
    """The difference of two settings' training errors, as a share of the first one's."""

    @property
    def name(self) -> str:
        return f"difference of MSE({self.first}), MSE({self.second})"

    def check(self, experiments: Experiments) -> None:
        for arm in self.arms:
            check_values(experiments, arm)

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        a, b = self._both(runs, epoch)
        with np.errstate(divide="ignore", invalid="ignore"):
            differences = np.abs(b.mse - a.mse) / a.mse
        differences[a.mse == b.mse] = 0.0
        return Series(np.arange(epoch + 1), differences)


@dataclass(frozen=True)
class DifferentBits(OfTwoRuns):
    """1 in an epoch in which two settings' losses, or weights, are not bit for bit equal, else 0.

    Weights are compared at the snapshots that both have.
    """

    @property
    def name(self) -> str:
        return f"different bits of {self.first}, {self.second}"

    def series(self, runs: Mapping[str, Runs], epoch: int) -> Series:
        a, b = self._both(runs, epoch)
        differ = ~_equal_bits(a.loss, b.loss)
        common, ours, theirs = np.intersect1d(a.snapshots, b.snapshots, return_indices=True)
        differ[:, common] |= a.weight_hash[:, ours] != b.weight_hash[:, theirs]
        return Series(np.arange(epoch + 1), differ.astype(np.float64))


def _equal_bits(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.bool_]:
    width = f"u{a.dtype.itemsize}"
    same: NDArray[np.bool_] = a.view(width) == b.view(width)
    return same
