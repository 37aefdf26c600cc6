"""The benign spread: how far apart seeds come by other roundings of the same computation."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from epochal.gate.quantities import Quantity

__all__ = ["FACTOR", "LARGEST", "Spread", "spread"]

FACTOR, LEAST, LARGEST = 3.0, 0.002, 0.1
"""The margin is so many benign spreads, at least this (the kept digits resolve 0.0001), and above
that it tells nothing: in logs."""

BOUNDLESS = 1e3
"""Stands for a benign change after which something never came to be, or came to be at all."""


@dataclass(frozen=True)
class Spread:
    """What benign changes did to quantities.

    Attributes:
        largest: by the quantity's key, the largest |log ratio| of any seed under any of them.
        seeds: how many seeds stand behind it, by the key.
        changes: their names.
    """

    largest: Mapping[str, float] = field(default_factory=dict)
    seeds: Mapping[str, int] = field(default_factory=dict)
    changes: tuple[str, ...] = ()

    def margin(self, key: str) -> float | None:
        """From which log ratio on a quantity drifted; None where it is not known."""
        if key not in self.largest:
            return None
        largest = self.largest[key]
        return math.inf if largest >= BOUNDLESS else max(LEAST, FACTOR * largest)

    def is_smooth(self, key: str) -> bool:
        """Whether a quantity is known to move so little that its mean can tell drift."""
        margin = self.margin(key)
        return margin is not None and margin <= LARGEST

    def updated(self, newer: "Spread") -> "Spread":
        """This one with what ``newer`` has measured."""
        return Spread(
            {**self.largest, **newer.largest}, {**self.seeds, **newer.seeds}, newer.changes
        )

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        rows = {key: [self.largest[key], self.seeds[key]] for key in sorted(self.largest)}
        return {"changes": list(self.changes), "largest log ratio, seeds": rows}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Spread":
        """What `to_json` gave."""
        rows = value["largest log ratio, seeds"]
        return cls(
            {key: float(row[0]) for key, row in rows.items()},
            {key: int(row[1]) for key, row in rows.items()},
            tuple(value["changes"]),
        )


def spread(
    reference: Mapping[str, Quantity], benign: Mapping[str, Mapping[str, Quantity]]
) -> Spread:
    """The benign spread of quantities, by their keys.

    Args:
        reference: the quantities as they are.
        benign: by the name of a benign change, what they are under it.
    """
    largest: dict[str, float] = {}
    seeds: dict[str, int] = {}
    for key, quantity in reference.items():
        logs = [
            log
            for under in benign.values()
            if key in under
            for log in quantity.logs(under[key]).values()
        ]
        if logs:
            largest[key] = float(f"{min(max(map(abs, logs)), BOUNDLESS):.3g}")
            seeds[key] = len(quantity.values)
    return Spread(largest, seeds, tuple(benign))
