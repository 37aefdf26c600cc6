"""Mutants run through the gate: which were killed, and by what."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from epochal.claims.folder import read
from epochal.errors import SpecError
from epochal.gate import baseline
from epochal.gate.compare import Moved
from epochal.gate.gate import Gate
from epochal.gate.scratch import trained
from epochal.gate.tolerances import load_tolerances
from epochal.judging.findings import Findings
from epochal.judging.run_options import RunOptions, select
from lab.mutants.mutant import Mutant
from lab.mutants.registry import named

__all__ = ["SENTINELS", "Missed", "MutantRun", "Proving", "require_as_known", "tried"]

SENTINELS = ("sentinel-*",)
"""The claims that mutants are tried on, unless --claims names others."""


class Missed(AssertionError):
    """The gate killed an equivalent mutant, or let another survive."""


@dataclass(frozen=True)
class MutantRun:
    """Outcome of one mutant in the gate.

    Attributes:
        name: of the mutant.
        what: what it does, in words.
        declared: what should kill it: ``verdict``, ``drift``, ``either``, ``none``, or
            ``nothing`` where it is equivalent.
        claims: on which it was tried.
        verdicts: the claims whose verdict moved, on all fresh seeds too.
        drifted: what drifted, by how much.
        undecided: what stayed undecided on all seeds of the baseline, for which the gate is red.
        found: what killed it in its first run, where that was not what was declared.
    """

    name: str
    what: str
    declared: str
    claims: tuple[str, ...]
    verdicts: tuple[str, ...] = ()
    drifted: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    found: str = ""

    @property
    def killed_by(self) -> str:
        """What killed it: ``verdict``, ``drift``, both, ``undecided`` or ``nothing``."""
        by = ["verdict"] * bool(self.verdicts) + ["drift"] * bool(self.drifted)
        by += ["undecided"] * (bool(self.undecided) and not by)
        return " and ".join(by) or "nothing"

    @property
    def as_declared(self) -> bool:
        """Whether what was declared killed it; an equivalent mutant must survive."""
        if self.declared in ("nothing", "none"):
            return self.killed_by == "nothing"
        if self.declared == "either":
            return self.killed_by != "nothing"
        return self.declared in self.killed_by

    @property
    def as_known(self) -> bool:
        """Whether the outcome is as declared, or as found where the declaration was wrong."""
        return self.killed_by == self.found if self.found else self.as_declared

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "mutant": self.name,
            "what": self.what,
            "declared": self.declared,
            "claims": list(self.claims),
            "verdicts": list(self.verdicts),
            "drifted": list(self.drifted),
            "undecided": list(self.undecided),
            "found": self.found,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "MutantRun":
        """What `to_json` gave."""
        lists = {
            name: tuple(value.get(name, ()))
            for name in ("claims", "verdicts", "drifted", "undecided")
        }
        return cls(value["mutant"], value["what"], value["declared"], **lists, found=value["found"])


class Proving:
    """Where mutants are tried: the claims as they are, and the tolerances of their settings.

    Args:
        plan: of the run.

    Raises:
        SpecError: no such claims, or no tolerance was measured.
    """

    def __init__(self, plan: RunOptions) -> None:
        self.plan = replace(plan, claims=plan.claims or SENTINELS, tier="full")
        cases = select(list(read(plan.cases).claims), self.plan)
        self.known = load_tolerances(plan.baseline)
        held = (plan.baseline / "verdicts.json").exists()
        found = baseline.load(plan.baseline) if held else Findings()
        counts = [each.n for case in cases for each in found.of(case.claim.id, case.kind)]
        self.seeds = max(counts, default=None)
        if not self.known.largest:
            rule = "it holds no tolerance, so no drift can be found"
            step = f"run epochal tolerances --claims '{','.join(self.plan.claims)}'"
            raise SpecError("--baseline", str(plan.baseline), rule, step)

    @cached_property
    def gate(self) -> Gate:
        """The gate, with the results of the unchanged claims on this machine.

        It has as many seeds as the baseline, for where the first ones leave learning drift open.
        """
        return Gate(trained(replace(self.plan, seeds=self.seeds))[0], self.known)

    def run(self, name: str) -> MutantRun:
        """Run the mutant of that name through the gate."""
        return tried(named(name), self.plan, self.gate)


def tried(mutant: Mutant, plan: RunOptions, gate: Gate) -> MutantRun:
    """Run ``mutant`` through ``gate``, which has the unchanged claims of ``plan``."""
    asked = replace(plan, workers=mutant.workers or plan.workers)
    found, again, drifts = trained(asked, mutant, gate, mutant.backwards)
    pairs = gate.pairs(found.results.values(), again)
    moved = (Moved.VERDICT, Moved.UNDECIDED, Moved.BROKEN)
    numbers = [
        f"{pair.either.claim}, {pair.number}: × {pair.ratio or 0:.4g} from bit-equal training"
        for pair in pairs
        if pair.moved is Moved.NUMBERS
    ]
    return MutantRun(
        mutant.name,
        mutant.what,
        mutant.declared,
        tuple(result.claim for result in found.results.values()),
        tuple(pair.either.claim for pair in pairs if pair.after and pair.moved in moved),
        (*(f"{each.of[0]}, {each.text}" for each in drifts if each.moved), *numbers),
        tuple(f"{each.of[0]}, {each.text}" for each in drifts if each.open),
        mutant.found,
    )


def require_as_known(mutant_run: MutantRun) -> None:
    """Raise `Missed` if the outcome is not the recorded one."""
    if not mutant_run.as_known:
        seen = [*mutant_run.verdicts, *mutant_run.drifted, *mutant_run.undecided]
        where = f" ({'; '.join(seen)})" if seen else ""
        raise Missed(
            f"{mutant_run.name}, {mutant_run.what}: killed by {mutant_run.killed_by}{where}, "
            f"declared {mutant_run.declared}{mutant_run.found and f', found {mutant_run.found}'}"
        )
