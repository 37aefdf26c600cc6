"""Learning drift: whether the same seeds learn otherwise than before, beyond what is benign.

Of each setting the errors at some epochs, and of each claim about epochs the epochs themselves, are
paired by seed. The mean log ratio has a Student t interval; learning drifted where the whole
interval lies beyond the margin, either way. The margin is `FACTOR` times the benign spread: the
largest ratio that another order of the points, or float64, gave any seed. Where that is so large
that nothing could be told (`LARGEST`), the setting is chaotic there and its verdict alone is gated.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from epochal.claims.statistics import t_interval
from epochal.gate.compare import is_epoch
from epochal.judging.curves import Curves
from epochal.judging.findings import Findings
from epochal.judging.result import Result

__all__ = ["Drift", "Quantity", "Spread", "drifts", "quantities", "spread", "users"]

FACTOR, LEAST, LARGEST = 3.0, 0.002, 0.1
"""The margin is so many benign spreads, at least this (the kept digits resolve 0.0001), and above
that it tells nothing: in logs."""

LOOKS = 3
"""At how many epochs the errors of a setting are compared."""

ALPHA = 0.01
"""Two-sided, for all looks at a setting together."""

SEEDS = 3
"""Fewer common seeds have no interval that is worth one."""


@dataclass(frozen=True)
class Quantity:
    """Something that every seed has one of: an error at an epoch, or an epoch.

    Attributes:
        of: the digest of a setting, or a claim and its kind.
        name: what it is, with the epoch if it is an error.
        values: by seed; None where it never came to be, or is not finite.
    """

    of: str
    name: str
    values: Mapping[int, float | None]

    @property
    def key(self) -> str:
        """Unique among quantities."""
        return f"{self.of} {self.name}"

    def logs(self, other: "Quantity") -> dict[int, float]:
        """log(other / this) of each seed that both have; infinite where only one came to be."""
        common = sorted(self.values.keys() & other.values.keys())
        return {seed: _log_ratio(self.values[seed], other.values[seed]) for seed in common}


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
        """From which log ratio on a quantity drifted; None where it is chaotic or not known."""
        if key not in self.largest:
            return None
        margin = max(LEAST, FACTOR * self.largest[key])
        return margin if margin <= LARGEST else None

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


@dataclass(frozen=True)
class Drift:
    """One quantity before and after.

    Attributes:
        of: the claims that it stands for.
        name: what it is.
        logs: log(after / before) of each common seed.
        margin: from which on it drifted; None where verdicts alone are gated.
        interval: of the mean log ratio; None where the seeds are too few, or one is infinite.
    """

    of: tuple[str, ...]
    name: str
    logs: tuple[float, ...]
    margin: float | None
    interval: tuple[float, float] | None

    @property
    def bit_equal(self) -> bool:
        """Whether no seed moved at all, to the digits that are kept."""
        return not any(self.logs)

    @property
    def moved(self) -> bool:
        """Whether learning drifted."""
        if self.margin is None or len(self.logs) < SEEDS:
            return False
        if self.interval is None:  # what came to be on one side alone, in most seeds
            return sum(map(math.isinf, self.logs)) > len(self.logs) / 2
        return self.interval[0] > self.margin or self.interval[1] < -self.margin

    @property
    def ratio(self) -> float:
        """The geometric mean of after / before over the seeds where both are there."""
        finite = [each for each in self.logs if math.isfinite(each)]
        return math.exp(sum(finite) / len(finite)) if finite else math.inf


def quantities(findings: Findings, device: str = "cpu") -> dict[str, Quantity]:
    """All that is compared of what ``findings`` have on ``device``, by their keys."""
    drawn = [each for each in findings.curves.values() if each.device == device]
    found = [quantity for curves in drawn for quantity in errors(curves)]
    for result in findings.results.values():
        if result.device != device:
            continue
        numbers = result.outcomes[0]["numbers"] if result.outcomes else {}
        for name in filter(is_epoch, numbers):
            values = {each["seed"]: each["numbers"].get(name) for each in result.outcomes}
            found.append(Quantity(_case(result), name, values))
    return {each.key: each for each in found}


def users(findings: Findings) -> dict[str, list[str]]:
    """By what a quantity is of, the claims that it stands for."""
    found: dict[str, list[str]] = {}
    for result in findings.results.values():
        found[_case(result)] = [result.claim]
        for digest in dict.fromkeys(result.experiments.values()):
            if result.claim not in (known := found.setdefault(digest, [])):
                known.append(result.claim)
    return found


def _case(result: Result) -> str:
    return f"{result.claim}/{result.kind}"


def errors(curves: Curves) -> list[Quantity]:
    """The errors of a setting at every epoch that its curves show, of the seeds that have one."""
    rows = list(zip(curves.seeds, curves.mse, strict=True))
    return [
        Quantity(
            curves.experiment,
            f"MSE at {epoch}",
            {seed: row[place] for seed, row in rows if row[place] is not None},
        )
        for place, epoch in enumerate(curves.epochs)
        if epoch
    ]


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
            largest[key] = float(f"{min(max(map(abs, logs)), 1e3):.3g}")
            seeds[key] = len(quantity.values)
    return Spread(largest, seeds, tuple(benign))


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
        found.append(Drift(claims, before[key].name, logs, known.margin(key), _interval(logs)))
    return found


def _looked_at(keys: Iterable[str], known: Spread) -> list[str]:
    """Of a setting's errors those at a fifth, a half and all of its smooth epochs."""
    chosen, smooth = list[str](), dict[str, dict[int, str]]()
    for key in sorted(keys):
        of, error, epoch = key.rpartition(" MSE at ")
        if not error:
            chosen.append(key)
        elif known.margin(key) is not None:
            smooth.setdefault(of, {})[int(epoch)] = key
    for by_epoch in smooth.values():
        last = max(by_epoch)
        aims = [last / 5, last / 2, last][:LOOKS]
        at = {min(by_epoch, key=lambda epoch, aim=aim: abs(epoch - aim)) for aim in aims}  # type: ignore[misc]
        chosen += [by_epoch[epoch] for epoch in sorted(at)]
    return chosen


def _interval(logs: Sequence[float]) -> tuple[float, float] | None:
    if len(logs) < SEEDS or not all(map(math.isfinite, logs)):
        return None
    if not any(logs):
        return 0.0, 0.0
    return t_interval(logs, 1 - ALPHA / LOOKS)


def _log_ratio(before: float | None, after: float | None) -> float:
    if not before or not after:
        return 0.0 if before == after else (math.inf if not after else -math.inf)
    return math.log(after / before)
