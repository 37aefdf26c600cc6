"""What is compared of how nets learn, seed by seed: samples at epochs, and the numbers of rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from epochal.gate.changes import difference, is_rate, log_ratio
from epochal.judging.findings import Findings
from epochal.judging.result import Result
from epochal.judging.samples import Samples, is_relative

__all__ = ["Key", "Quantity", "quantities", "users"]


class Key(NamedTuple):
    """What a quantity is, unique among quantities.

    Attributes:
        of: the digest of a setting, or a claim and its kind.
        name: as of `Samples`, or of the number of a claim.
        epoch: at which it is; None for a number of a claim's rule.
    """

    of: str
    name: str
    epoch: int | None = None

    @property
    def relative(self) -> bool:
        """Whether it is compared by its ratio; else by its difference."""
        return is_relative(self.name) if self.epoch is not None else not is_rate(self.name)

    def __str__(self) -> str:
        return self.name if self.epoch is None else f"{self.name} at epoch {self.epoch}"


@dataclass(frozen=True)
class Quantity:
    """Something that every seed has one of.

    Attributes:
        key: what it is.
        values: by seed; None where it never came to be, or is not finite.
    """

    key: Key
    values: Mapping[int, float | None]

    def changes(self, other: "Quantity") -> dict[int, float]:
        """The change to ``other`` of each seed that both have, infinite where only one came to be.

        log(other / this) of what is compared by its ratio, else other - this.
        """
        change = log_ratio if self.key.relative else difference
        common = sorted(self.values.keys() & other.values.keys())
        return {seed: change(self.values[seed], other.values[seed]) for seed in common}


def quantities(findings: Findings, device: str = "cpu") -> dict[Key, Quantity]:
    """All that is compared of what ``findings`` have on ``device``."""
    sampled = [each for each in findings.samples.values() if each.device == device]
    found = [quantity for samples in sampled for quantity in of_samples(samples)]
    for result in findings.results.values():
        if result.device != device:
            continue
        numbers = result.outcomes[0]["numbers"] if result.outcomes else {}
        for name in numbers:
            values = {each["seed"]: each["numbers"].get(name) for each in result.outcomes}
            found.append(Quantity(Key(_case(result), name), values))
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


def of_samples(samples: Samples) -> list[Quantity]:
    """Every sample of a setting as a quantity."""
    return [
        Quantity(
            Key(samples.experiment, name, epoch),
            {
                seed: row[place]
                for seed, row in zip(samples.seeds, rows, strict=True)
                if place < len(row)
            },
        )
        for name, rows in samples.values.items()
        for place, epoch in enumerate(samples.epochs)
        if place < max(map(len, rows), default=0)
    ]


def _case(result: Result) -> str:
    return f"{result.claim}/{result.kind}"
