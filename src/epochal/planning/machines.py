"""The machines of a plan: how many of which kind, and how many runs each trains at a time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from epochal.errors import SpecError
from epochal.training.workers import PROCESSES_A_GPU

__all__ = ["CPU", "Machines", "parse", "scaled"]

CPU = "cpu"


@dataclass(frozen=True)
class Machines:
    """Machines of one kind.

    Attributes:
        count: how many cores or GPUs.
        kind: ``cpu``, or a part of the GPU's name, such as ``H100``.
    """

    count: int
    kind: str

    @property
    def workers(self) -> int:
        """How many runs they train at a time."""
        return self.count if self.kind == CPU else PROCESSES_A_GPU * self.count

    @property
    def device(self) -> str:
        """The device that they train on, as torch names it."""
        return CPU if self.kind == CPU else "cuda:0"

    def __str__(self) -> str:
        return f"{self.count}x{self.kind}"


def parse(text: str) -> list[Machines]:
    """Return the machines that ``text`` lists.

    >>> [str(each) for each in parse("8xH100,64xcpu")]
    ['8xH100', '64xcpu']
    >>> parse("8xH100,64xcpu")[0].workers
    32

    Raises:
        SpecError: an entry is not a count and a kind, or a kind is listed twice.
    """
    found = [_machines(each.strip(), text) for each in text.split(",")]
    kinds = [each.kind.lower() for each in found]
    if len({*kinds}) < len(kinds):
        raise SpecError("--on", text, "each kind of machine is listed once", "add up the counts")
    return found


def _machines(entry: str, text: str) -> Machines:
    match = re.fullmatch(r"([1-9]\d*)x(\S.*)", entry)
    if match is None:
        rule = "each entry is a count, an x and a kind"
        raise SpecError("--on", text, rule, "write 64xcpu, or 8xH100,64xcpu")
    kind = match[2].lower() if match[2].lower() == CPU else match[2]
    return Machines(int(match[1]), kind)


def scaled(machines: Sequence[Machines], workers: int) -> list[Machines]:
    """Return machines of the same kinds and shares that train ``workers`` runs at a time.

    >>> [each.workers for each in scaled([Machines(2, "cpu")], 100)]
    [100]
    """
    factor = workers / sum(each.workers for each in machines)
    return [Machines(max(1, round(each.count * factor)), each.kind) for each in machines]
