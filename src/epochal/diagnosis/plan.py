"""How long each change is trained: successive halving, turned once from seconds into epochs.

Karnin et al. 2013, "Almost Optimal Exploration in Multi-Armed Bandits", train all candidates a
little, the best part of them longer, and so on. A rung is given in epochs of the setting as it is;
each change gets as many of its own epochs as take the same time by the cost model. So a plan that
is repeated trains the same epochs on any machine.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from epochal.diagnosis.changes import MOST_PAIRS
from epochal.errors import SpecError

__all__ = ["KEPT", "SEEDS", "Plan", "made", "repeated", "seconds"]

SEEDS, MORE_SEEDS = 3, 10
"""Seeds that each change is trained for, and those of the unchanged setting where it is cheap."""

KEPT, RUNGS = 3, 3
"""Of so many changes one is trained further, in so many rungs."""

LOOK, SEARCH, PAIRS = 0.05, 0.5, 0.3
"""The shares of the budget for the unchanged setting, for single changes, and for pairs of them,
which are tried where no single change fits; starting processes takes the rest."""


@dataclass(frozen=True)
class Plan:
    """What is trained.

    Attributes:
        seeds: seeds of the unchanged setting that are looked at.
        epochs: its epochs.
        rungs: for how long changes are trained, in epochs of the unchanged setting.
        pairs: for how long pairs of changes are, in their first rung.
    """

    seeds: int
    epochs: int
    rungs: tuple[int, ...]
    pairs: int

    @property
    def of_pairs(self) -> "Plan":
        """The same for pairs of changes, in at most two rungs."""
        rungs = (self.pairs, KEPT * self.pairs)[: len(self.rungs)]
        return Plan(self.seeds, self.epochs, rungs, self.pairs)

    def kept(self, count: int, rung: int) -> int:
        """How many of ``count`` changes are trained in the rung of this number."""
        return math.ceil(count / int(KEPT**rung))

    def described(self, count: int) -> str:
        """What is trained of ``count`` settings, in words."""
        first, *later = self.rungs
        words = (
            f"{count} settings with {SEEDS} seeds each for as long as {first} epochs of yours take"
        )
        for number, rung in enumerate(later, 1):
            words += f", the best {self.kept(count, number)} for {rung}"
        return words

    def __str__(self) -> str:
        return ",".join([f"{self.seeds}x{self.epochs}", *map(str, self.rungs)]) + f"+{self.pairs}"


def made(budget: float, an_epoch: float, epochs: int, costs: Sequence[float], workers: int) -> Plan:
    """The plan that takes about ``budget`` seconds.

    Args:
        budget: seconds.
        an_epoch: measured seconds of an epoch of the unchanged setting.
        epochs: the epochs that it is to be trained for.
        costs: for each change the cost of an epoch, in epochs of the unchanged setting.
        workers: how many processes train at a time.

    >>> made(60, 0.006, 15000, [1.0] * 20, 2)
    Plan(seeds=3, epochs=166, rungs=(64, 192, 576), pairs=60)
    >>> made(60, 0.0003, 500, [1.0] * 20, 2)
    Plan(seeds=10, epochs=500, rungs=(500,), pairs=500)
    """
    look = LOOK * budget / an_epoch
    seeds = MORE_SEEDS if MORE_SEEDS * epochs <= look else SEEDS
    first = min(epochs, max(1, int(look / seeds)))
    units = budget * max(1, workers) / an_epoch / SEEDS
    whole = math.ceil(epochs * max(costs, default=1.0))
    if epochs * sum(costs) <= SEARCH * units:
        return Plan(seeds, first, (whole,), min(whole, max(1, int(PAIRS * units / MOST_PAIRS))))
    sizes = [math.ceil(len(costs) / KEPT**rung) for rung in range(RUNGS)]
    parts = [1, *(KEPT**rung - KEPT ** (rung - 1) for rung in range(1, RUNGS))]
    unit = max(1, int(SEARCH * units / sum(a * b for a, b in zip(sizes, parts, strict=True))))
    pair = max(1, int(PAIRS * units / (MOST_PAIRS * (1 + (KEPT - 1) / KEPT))))
    return Plan(seeds, first, tuple(unit * KEPT**rung for rung in range(RUNGS)), pair)


def repeated(text: str) -> Plan:
    """The plan that ``text`` names.

    >>> repeated(str(Plan(3, 333, (86, 258), 100)))
    Plan(seeds=3, epochs=333, rungs=(86, 258), pairs=100)

    Raises:
        SpecError: it is no plan.
    """
    found = re.fullmatch(r"(\d+)x(\d+)((?:,\d+)+)\+(\d+)", text.strip())
    rungs = tuple(int(each) for each in found[3][1:].split(",")) if found else ()
    rising = all(low < high for low, high in zip((0, *rungs), rungs, strict=False))
    if not found or not rising or not all(int(found[place]) for place in (1, 2, 4)):
        step = "copy one that was printed, such as 3x640,40,120,360+60"
        raise SpecError("--repeat", text, "it is no plan", step)
    return Plan(int(found[1]), int(found[2]), rungs, int(found[4]))


UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def seconds(budget: float | str) -> float:
    """A budget in seconds.

    >>> seconds("90s"), seconds("2min"), seconds(30)
    (90.0, 120.0, 30.0)

    Raises:
        SpecError: it is no time above 0.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", str(budget).strip())
    value = float(found[1]) * UNITS.get(found[2], 0.0) if found else 0.0
    if not 0 < value < math.inf:
        rule = "it must be a time above 0"
        raise SpecError("budget", budget, rule, "give one such as 60s or 5min")
    return value
