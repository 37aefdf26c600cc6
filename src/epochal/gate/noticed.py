"""What the gate noticed of a change that it was tried on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Trial"]


@dataclass(frozen=True)
class Trial:
    """What the gate noticed of a change.

    Attributes:
        name: of the change.
        told: what it does, in words.
        declared: what should notice it: ``verdict``, ``drift``, ``either``, ``none``, or
            ``nothing`` where it is benign.
        claims: on which it was tried.
        verdicts: the claims whose verdict moved, on all fresh seeds too.
        drifted: what drifted, by how much.
        undecided: what stayed undecided on all seeds of the baseline, for which the gate is red.
        found: what noticed it when it was first tried, where that was not what was declared.
    """

    name: str
    told: str
    declared: str
    claims: tuple[str, ...]
    verdicts: tuple[str, ...] = ()
    drifted: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    found: str = ""

    @property
    def noticed(self) -> str:
        """What noticed it."""
        by = ["verdict"] * bool(self.verdicts) + ["drift"] * bool(self.drifted)
        by += ["undecided"] * (bool(self.undecided) and not by)
        return " and ".join(by) or "nothing"

    @property
    def as_declared(self) -> bool:
        """Whether it was noticed by what should, or not at all where nothing should."""
        if self.declared in ("nothing", "none"):
            return self.noticed == "nothing"
        if self.declared == "either":
            return self.noticed != "nothing"
        return self.declared in self.noticed

    @property
    def as_known(self) -> bool:
        """Whether it was noticed as declared, or as found where the declaration was wrong."""
        return self.noticed == self.found if self.found else self.as_declared

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "change": self.name,
            "told": self.told,
            "declared": self.declared,
            "claims": list(self.claims),
            "verdicts": list(self.verdicts),
            "drifted": list(self.drifted),
            "undecided": list(self.undecided),
            "found": self.found,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Trial":
        """What `to_json` gave."""
        lists = {
            name: tuple(value.get(name, ()))
            for name in ("claims", "verdicts", "drifted", "undecided")
        }
        return cls(value["change"], value["told"], value["declared"], **lists, found=value["found"])
