"""Learning drift: whether the same seeds learn otherwise than before, beyond the tolerance.

Of each setting samples at some epochs (`epochal.judging.samples`), and of each claim the numbers
of its rule, are paired by seed: by log ratio, or by difference where a sample has a sign.
The margin is `FACTOR` times the noise floor: the largest change of any seed when points are
reordered or computed in float64. Learning drifted by either of two rules.

- The mean change has a Student t interval, which lies beyond the margin as a whole. Where the
  margin is so large that this could tell nothing (`LARGEST`), the setting is chaotic there.
- So many seeds lie beyond the margin, in either direction, that equivalent changes would put them
  there by chance in less than 1 of 3003 cases. This finds nets that start or learn otherwise, some
  better and some worse. Under equivalent changes alone all seeds and changes are exchangeable: k of
  n seeds lie beyond the m that the noise floor rests on in C(n, k) / C(n + m, k) of all orders.
  With 5 seeds under each of two changes these are all of 5, or 14 of 20.

It did not drift where every seed, or the whole interval, lies within the margin. Otherwise it is
open, and more seeds can decide. Epoch 0 is among the epochs: what moves there was drawn or built
otherwise; so is epoch 1, which still shows the order in which points were taken.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from epochal.claims.statistics import t_interval
from epochal.gate.changes import mean_change
from epochal.gate.quantities import Key, Quantity
from epochal.gate.tolerances import Tolerances

__all__ = ["ALL", "Drift", "drifts", "verdict_alone"]

PARTS = (0.2, 0.5, 1)
"""At which parts of its smooth epochs a setting is compared, beside the first two and the last."""

LOOKS = 6
"""How many epochs of a quantity these are at most."""

ALPHA = 0.01
"""Two-sided, for all looks at a quantity together."""

SEEDS = 3
"""Fewer common seeds have no interval that is worth one."""

ALL = 5
"""Fewer common seeds lie all beyond the margin too often."""

CHANCE = 1 / math.comb(15, 5)
"""How often equivalent changes may put so many seeds beyond the margin, at most: 1 of 3003."""


@dataclass(frozen=True)
class Drift:
    """One quantity before and after.

    Attributes:
        of: the claims that it stands for.
        key: what it is.
        changes: of each common seed, log(after / before) or after - before.
        margin: from which on it drifted; None where verdicts alone are gated.
        smooth: whether the mean of the seeds tells drift too, and not only many of them.
        behind: how many seeds under equivalent changes the margin rests on.
    """

    of: tuple[str, ...]
    key: Key
    changes: tuple[float, ...]
    margin: float | None
    smooth: bool
    behind: int = 0

    @cached_property
    def interval(self) -> tuple[float, float] | None:
        """Of the mean change; None where the seeds are too few, or one is infinite."""
        if len(self.changes) < SEEDS or not all(map(math.isfinite, self.changes)):
            return None
        if not any(self.changes):
            return 0.0, 0.0
        return t_interval(self.changes, 1 - ALPHA / LOOKS)

    @property
    def can_tell(self) -> bool:
        """Whether drift could be told at all: the margin is known, and the seeds are enough."""
        enough = SEEDS if self.smooth else ALL
        return self.margin is not None and len(self.changes) >= enough

    @property
    def bit_equal(self) -> bool:
        """Whether no seed moved at all, to the digits that are kept."""
        return not any(self.changes)

    @property
    def moved(self) -> bool:
        """Whether learning drifted."""
        return self.shifted or self.scattered

    @property
    def within(self) -> bool:
        """Whether learning did not drift: every seed, or their mean, is within the margin."""
        if self.margin is None:
            return False
        low, high = self.interval or (-math.inf, math.inf)
        return not self._beyond or (-self.margin <= low and high <= self.margin)

    @property
    def open(self) -> bool:
        """Whether more seeds are needed to tell."""
        return self.can_tell and self.smooth and not self.moved and not self.within

    @property
    def _beyond(self) -> int:
        """How many seeds lie beyond the margin."""
        margin = math.inf if self.margin is None else self.margin
        return sum(abs(each) > margin for each in self.changes)

    @property
    def scattered(self) -> bool:
        """Whether more seeds lie beyond the margin than equivalent changes would put there."""
        n, k = len(self.changes), self._beyond
        if n < ALL or not k:
            return False
        return math.comb(n, k) / math.comb(n + self.behind, k) <= CHANCE

    @property
    def shifted(self) -> bool:
        """Whether the seeds together moved in one direction."""
        if self.margin is None or not self.smooth or len(self.changes) < SEEDS:
            return False
        if self.interval is None:  # what came to be on one side alone, in most seeds
            return sum(map(math.isinf, self.changes)) > len(self.changes) / 2
        return self.interval[0] > self.margin or self.interval[1] < -self.margin

    @property
    def mean(self) -> float:
        """The mean change of the seeds, as every table of comparisons tells it."""
        return mean_change(self.changes)

    def shown(self, change: float) -> str:
        """A change as a reader takes it: a factor, or a difference."""
        if not self.key.relative:
            return f"{change:+.3g}"
        return f"× {math.exp(change) if change < BIG else math.inf:.4g}"

    @property
    def text(self) -> str:
        """What moved and by how much: the mean, or the seeds' span where they have no direction."""
        if self.shifted or not self.scattered:
            return f"{self.key}: {self.shown(self.mean)}"
        span = f"{self.shown(min(self.changes))} to {self.shown(max(self.changes))}"
        return f"{self.key}: {span}, {self._beyond} of {len(self.changes)} seeds"


BIG = 700.0
"""No float has so large a logarithm."""


def drifts(
    before: Mapping[Key, Quantity],
    after: Mapping[Key, Quantity],
    known: Tolerances,
    claims_of: Mapping[str, Sequence[str]],
) -> list[Drift]:
    """What can be said of every quantity that is looked at and that both sides have.

    Args:
        before: by their keys.
        after: by their keys.
        known: the tolerances.
        claims_of: by what a quantity is of, the claims that it stands for.
    """
    found = []
    for key in _looked_at(before.keys() & after.keys(), known):
        changes = tuple(before[key].changes(after[key]).values())
        claims = tuple(claims_of.get(key.of, (key.of,)))
        margin, smooth = known.margin(key), known.is_smooth(key)
        behind = 0 if margin is None else known.behind(key)
        found.append(Drift(claims, key, changes, margin, smooth, behind))
    return found


def verdict_alone(found: Iterable[Drift], settings: Collection[str]) -> list[str]:
    """Those of ``settings``, by digest, of which nothing but the verdict was compared."""
    measured = {each.key.of for each in found if each.can_tell}
    return [each for each in settings if each not in measured]


def _looked_at(keys: Iterable[Key], known: Tolerances) -> list[Key]:
    """Of samples the first two, those at parts of the smooth epochs, and the last."""
    chosen, sampled = list[Key](), dict[tuple[str, str], list[Key]]()
    for key in sorted(keys, key=lambda each: (each.of, each.name, each.epoch or 0)):
        if key.epoch is None:
            chosen.append(key)
        elif known.margin(key) is not None:
            sampled.setdefault((key.of, key.name), []).append(key)
    for of_one in sampled.values():
        smooth = [key.epoch or 0 for key in of_one if known.is_smooth(key)]
        epochs = {key.epoch or 0: key for key in of_one}
        at = {*list(epochs)[:2], max(epochs)}
        for aim in [part * max(smooth) for part in PARTS] if smooth else ():
            at.add(min(smooth, key=lambda epoch, aim=aim: abs(epoch - aim)))  # type: ignore[misc]
        chosen += [epochs[epoch] for epoch in sorted(at)]
    return chosen
