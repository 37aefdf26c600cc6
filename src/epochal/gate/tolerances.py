"""Tolerances: how much equivalent computations change a quantity, and the margin of drift."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from epochal.files import load_record, save, writable
from epochal.gate.changes import LEAST
from epochal.gate.quantities import Key, Quantity

__all__ = [
    "FACTOR",
    "FILE",
    "LARGEST",
    "Tolerances",
    "load_tolerances",
    "measured",
    "save_tolerances",
]

FILE = "tolerances.json"

FACTOR, LARGEST = 3.0, 0.1
"""The margin is `FACTOR` times the noise floor and at least `LEAST`. The mean of a quantity whose
margin is above `LARGEST` shows no drift. All are changes of a log."""

Number = TypeVar("Number", int, float)

BOUNDLESS = 1e3
"""Noise floor of a quantity that exists on one side of an equivalent change only."""


@dataclass(frozen=True)
class Tolerances:
    r"""Noise floors: the largest change of each quantity under equivalent computations.

    Attributes:
        largest: the largest \|change| of any seed under any of them.
        seeds: the number of seeds that were trained.
        changes: names of the equivalent computations.
    """

    largest: Mapping[Key, float] = field(default_factory=dict)
    seeds: Mapping[Key, int] = field(default_factory=dict)
    changes: tuple[str, ...] = ()

    def margin(self, key: Key) -> float | None:
        """Return the smallest change that counts as drift, or None if it was not measured."""
        if key not in self.largest:
            return None
        largest = self.largest[key]
        return math.inf if largest >= BOUNDLESS else max(LEAST, FACTOR * largest)

    def is_smooth(self, key: Key) -> bool:
        """Return True if the margin is small enough for the mean of the seeds to show drift."""
        margin = self.margin(key)
        return margin is not None and margin <= LARGEST

    def behind(self, key: Key) -> int:
        """Return the number of measured changes that the margin rests on."""
        return self.seeds[key] * max(1, len(self.changes))

    def updated(self, newer: "Tolerances") -> "Tolerances":
        """Return these tolerances and ``newer`` ones; of a quantity of both, the larger floor.

        Another machine rounds otherwise, and what it measured does not undo what was seen before.
        """
        return Tolerances(
            _larger(self.largest, newer.largest), _larger(self.seeds, newer.seeds), newer.changes
        )

    def to_json(self) -> dict[str, Any]:
        """Return JSON values, by setting or claim and name: seeds, epochs, largest changes."""
        rows: dict[str, dict[str, list[Any]]] = {}
        for key in sorted(self.largest, key=lambda each: (each.of, each.name, each.epoch or 0)):
            row = rows.setdefault(key.of, {}).setdefault(key.name, [self.seeds[key], [], []])
            row[1].append(key.epoch)
            row[2].append(self.largest[key])
        return {"changes": list(self.changes), "seeds, epochs, largest change": rows}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Tolerances":
        """Return the tolerances from `to_json`."""
        largest, seeds = dict[Key, float](), dict[Key, int]()
        for of, names in value["seeds, epochs, largest change"].items():
            for name, (count, epochs, changes) in names.items():
                for epoch, change in zip(epochs, changes, strict=True):
                    key = Key(of, name, epoch)
                    largest[key], seeds[key] = float(change), int(count)
        return cls(largest, seeds, tuple(value["changes"]))


def _larger(one: Mapping[Key, Number], other: Mapping[Key, Number]) -> dict[Key, Number]:
    found = dict(one)
    for key, value in other.items():
        found[key] = max(value, found.get(key, value))
    return found


def measured(
    reference: Mapping[Key, Quantity], equivalent: Mapping[str, Mapping[Key, Quantity]]
) -> Tolerances:
    """Return the tolerances of quantities.

    Args:
        reference: the quantities of the unchanged settings.
        equivalent: the same quantities under each equivalent computation, by its name.
    """
    largest: dict[Key, float] = {}
    seeds: dict[Key, int] = {}
    for key, quantity in reference.items():
        changes = [
            change
            for under in equivalent.values()
            if key in under
            for change in quantity.changes(under[key]).values()
        ]
        if changes:
            largest[key] = float(f"{min(max(map(abs, changes)), BOUNDLESS):.3g}")
            seeds[key] = len(quantity.values)
    return Tolerances(largest, seeds, tuple(equivalent))


def load_tolerances(folder: Path) -> Tolerances:
    """Return the tolerances in the baseline's ``folder``; empty ones if none were measured."""
    return load_record("--baseline", folder / FILE, Tolerances.from_json, Tolerances())


def save_tolerances(tolerances: Tolerances, folder: Path) -> None:
    """Write ``tolerances`` into the baseline's ``folder``."""
    rows = tolerances.to_json()
    name = "seeds, epochs, largest change"
    tight = (",", ":")
    lines = ",\n".join(
        f"  {json.dumps(of)}: {json.dumps(row, separators=tight)}" for of, row in rows[name].items()
    )
    head = f'{{\n "changes": {json.dumps(rows["changes"])},\n "{name}": {{\n'
    save(writable(folder, "--baseline") / FILE, f"{head}{lines}\n }}\n}}\n")
