"""The benign spread: how far apart seeds come by other roundings of the same computation."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from epochal.files import load_record, save, writable
from epochal.gate.quantities import Key, Quantity

__all__ = ["FACTOR", "LARGEST", "SPREAD", "Spread", "load_spread", "save_spread", "spread"]

SPREAD = "spread.json"

FACTOR, LEAST, LARGEST = 3.0, 0.002, 0.1
"""The margin is so many benign spreads, at least this (the kept digits resolve 0.0001), and above
that it tells nothing: in logs."""

BOUNDLESS = 1e3
"""Stands for a benign change after which something never came to be, or came to be at all."""


@dataclass(frozen=True)
class Spread:
    """What benign changes did to quantities.

    Attributes:
        largest: the largest |change| of any seed under any of them.
        seeds: how many seeds stand behind it.
        changes: their names.
    """

    largest: Mapping[Key, float] = field(default_factory=dict)
    seeds: Mapping[Key, int] = field(default_factory=dict)
    changes: tuple[str, ...] = ()

    def margin(self, key: Key) -> float | None:
        """From which change on a quantity drifted; None where it is not known."""
        if key not in self.largest:
            return None
        largest = self.largest[key]
        return math.inf if largest >= BOUNDLESS else max(LEAST, FACTOR * largest)

    def is_smooth(self, key: Key) -> bool:
        """Whether a quantity is known to move so little that its mean can tell drift."""
        margin = self.margin(key)
        return margin is not None and margin <= LARGEST

    def behind(self, key: Key) -> int:
        """How many seeds under benign changes its margin rests on."""
        return self.seeds[key] * max(1, len(self.changes))

    def updated(self, newer: "Spread") -> "Spread":
        """This one with what ``newer`` has measured."""
        return Spread(
            {**self.largest, **newer.largest}, {**self.seeds, **newer.seeds}, newer.changes
        )

    def to_json(self) -> dict[str, Any]:
        """As JSON values: by setting or claim and name, epochs, seeds and the largest change."""
        rows: dict[str, dict[str, list[Any]]] = {}
        for key in sorted(self.largest, key=lambda each: (each.of, each.name, each.epoch or 0)):
            row = rows.setdefault(key.of, {}).setdefault(key.name, [self.seeds[key], [], []])
            row[1].append(key.epoch)
            row[2].append(self.largest[key])
        return {"changes": list(self.changes), "seeds, epochs, largest change": rows}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Spread":
        """What `to_json` gave."""
        largest, seeds = dict[Key, float](), dict[Key, int]()
        for of, names in value["seeds, epochs, largest change"].items():
            for name, (count, epochs, changes) in names.items():
                for epoch, change in zip(epochs, changes, strict=True):
                    key = Key(of, name, epoch)
                    largest[key], seeds[key] = float(change), int(count)
        return cls(largest, seeds, tuple(value["changes"]))


def spread(
    reference: Mapping[Key, Quantity], benign: Mapping[str, Mapping[Key, Quantity]]
) -> Spread:
    """The benign spread of quantities.

    Args:
        reference: the quantities as they are.
        benign: by the name of a benign change, what they are under it.
    """
    largest: dict[Key, float] = {}
    seeds: dict[Key, int] = {}
    for key, quantity in reference.items():
        changes = [
            change
            for under in benign.values()
            if key in under
            for change in quantity.changes(under[key]).values()
        ]
        if changes:
            largest[key] = float(f"{min(max(map(abs, changes)), BOUNDLESS):.3g}")
            seeds[key] = len(quantity.values)
    return Spread(largest, seeds, tuple(benign))


def load_spread(folder: Path) -> Spread:
    """The benign spread beside the baseline in ``folder``; an empty one where none was measured."""
    return load_record("--baseline", folder / SPREAD, Spread.from_json, Spread())


def save_spread(spread: Spread, folder: Path) -> None:
    """Writes it beside the baseline."""
    rows = spread.to_json()
    name = "seeds, epochs, largest change"
    tight = (",", ":")
    lines = ",\n".join(
        f"  {json.dumps(of)}: {json.dumps(row, separators=tight)}" for of, row in rows[name].items()
    )
    head = f'{{\n "changes": {json.dumps(rows["changes"])},\n "{name}": {{\n'
    save(writable(folder, "--baseline") / SPREAD, f"{head}{lines}\n }}\n}}\n")
