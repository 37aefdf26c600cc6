"""Learning drift: whether the same seeds learn otherwise than before, beyond what is benign.

Of each setting the errors at some epochs, and of each claim about epochs the epochs themselves, are
paired by seed. The margin is `FACTOR` times the benign spread: the largest ratio that another order
of the points, or float64, gave any seed. Learning drifted by either of two rules.

- The mean log ratio has a Student t interval, which lies beyond the margin as a whole. Where the
  margin is so large that this could tell nothing (`LARGEST`), the setting is chaotic there.
- All seeds, at least `ALL`, lie beyond the margin, in whatever direction: nets that start or learn
  otherwise, better or worse by chance. If nothing but benign changes happened, five seeds would all
  lie even beyond the spread itself in 1 of 3003 cases (5!·10!/15!, five more beside five under two
  changes).

Epoch 0 is among the epochs: what moves there was drawn or built otherwise.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from epochal.claims.statistics import t_interval
from epochal.gate.quantities import Quantity
from epochal.gate.spread import Spread

__all__ = ["ALL", "Drift", "drifts"]

PARTS = (0, 0.2, 0.5, 1)
"""At which parts of its smooth epochs the errors of a setting are compared."""

ALPHA = 0.01
"""Two-sided, for all looks at a setting together."""

SEEDS = 3
"""Fewer common seeds have no interval that is worth one."""

ALL = 5
"""Fewer common seeds lie all beyond the margin too often."""


@dataclass(frozen=True)
class Drift:
    """One quantity before and after.

    Attributes:
        of: the claims that it stands for.
        name: what it is.
        logs: log(after / before) of each common seed.
        margin: from which on it drifted; None where verdicts alone are gated.
        smooth: whether the mean of the seeds tells drift too, and not only all of them together.
        interval: of the mean log ratio; None where the seeds are too few, or one is infinite.
    """

    of: tuple[str, ...]
    name: str
    logs: tuple[float, ...]
    margin: float | None
    smooth: bool
    interval: tuple[float, float] | None

    @property
    def can_tell(self) -> bool:
        """Whether drift could be told at all: the margin is known, and the seeds are enough."""
        enough = SEEDS if self.smooth else ALL
        return self.margin is not None and len(self.logs) >= enough

    @property
    def bit_equal(self) -> bool:
        """Whether no seed moved at all, to the digits that are kept."""
        return not any(self.logs)

    @property
    def moved(self) -> bool:
        """Whether learning drifted."""
        return self.shifted or self.scattered

    @property
    def scattered(self) -> bool:
        """Whether no seed is left within the margin."""
        if self.margin is None or len(self.logs) < ALL:
            return False
        return min(map(abs, self.logs)) > self.margin

    @property
    def shifted(self) -> bool:
        """Whether the seeds together moved in one direction."""
        if self.margin is None or not self.smooth or len(self.logs) < SEEDS:
            return False
        if self.interval is None:  # what came to be on one side alone, in most seeds
            return sum(map(math.isinf, self.logs)) > len(self.logs) / 2
        return self.interval[0] > self.margin or self.interval[1] < -self.margin

    @property
    def ratio(self) -> float:
        """The geometric mean of after / before over the seeds where both are there."""
        finite = [each for each in self.logs if math.isfinite(each)]
        return math.exp(sum(finite) / len(finite)) if finite else math.inf

    @property
    def told(self) -> str:
        """What moved and by how much: the mean, or the seeds' span where they have no direction."""
        if self.shifted or not self.scattered:
            return f"{self.name}: × {self.ratio:.3g}"
        low, high = math.exp(min(self.logs)), math.exp(max(self.logs))
        return f"{self.name}: × {low:.3g} to {high:.3g}, every seed"


def drifts(
    before: Mapping[str, Quantity],
    after: Mapping[str, Quantity],
    known: Spread,
    told: Mapping[str, Sequence[str]],
) -> list[Drift]:
    """What can be said of every quantity that is looked at and that both sides have.

    Args:
        before: by their keys.
        after: by their keys.
        known: the benign spread.
        told: by what a quantity is of, the claims that it stands for.
    """
    found = []
    for key in _looked_at(before.keys() & after.keys(), known):
        logs = tuple(before[key].logs(after[key]).values())
        claims = tuple(told.get(before[key].of, (before[key].of,)))
        margin, smooth = known.margin(key), known.is_smooth(key)
        found.append(Drift(claims, before[key].name, logs, margin, smooth, _interval(logs)))
    return found


def _looked_at(keys: Iterable[str], known: Spread) -> list[str]:
    """Of a setting's errors the first, those at parts of its smooth epochs, and the last."""
    chosen, of_settings = list[str](), dict[str, dict[int, str]]()
    for key in sorted(keys):
        of, error, epoch = key.rpartition(" MSE at ")
        if not error:
            chosen.append(key)
        elif known.margin(key) is not None:
            of_settings.setdefault(of, {})[int(epoch)] = key
    for by_epoch in of_settings.values():
        smooth = [epoch for epoch, key in by_epoch.items() if known.is_smooth(key)]
        at = {max(by_epoch)}
        for aim in [part * max(smooth) for part in PARTS] if smooth else ():
            at.add(min(smooth, key=lambda epoch, aim=aim: abs(epoch - aim)))  # type: ignore[misc]
        chosen += [by_epoch[epoch] for epoch in sorted(at)]
    return chosen


def _interval(logs: Sequence[float]) -> tuple[float, float] | None:
    if len(logs) < SEEDS or not all(map(math.isfinite, logs)):
        return None
    if not any(logs):
        return 0.0, 0.0
    return t_interval(logs, 1 - ALPHA / len(PARTS))
