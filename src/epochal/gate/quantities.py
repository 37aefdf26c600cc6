"""What is compared of how nets learn, seed by seed: errors at epochs, and epochs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from epochal.gate.compare import is_epoch
from epochal.judging.curves import Curves
from epochal.judging.findings import Findings
from epochal.judging.result import Result

__all__ = ["Quantity", "quantities", "users"]


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
    ]


def _log_ratio(before: float | None, after: float | None) -> float:
    if not before or not after:
        return 0.0 if before == after else (math.inf if not after else -math.inf)
    return math.log(after / before)
