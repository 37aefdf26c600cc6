"""Every mutant by its name."""

from collections.abc import Mapping

from epochal.errors import SpecError, nearest
from lab.mutants.built import BUILT
from lab.mutants.drawn import DRAWN
from lab.mutants.equivalent import EQUIVALENT
from lab.mutants.mutant import Mutant
from lab.mutants.slips import SLIPS
from lab.mutants.stepped import STEPPED

__all__ = ["FAULTS", "MUTANTS", "named"]

FAULTS: tuple[Mutant, ...] = (*DRAWN, *BUILT, *STEPPED, *SLIPS)
"""Small mistakes as they are made in training code."""

MUTANTS: Mapping[str, Mutant] = {each.name: each for each in (*FAULTS, *EQUIVALENT)}
"""All of them by name."""


def named(name: str) -> Mutant:
    """The mutant of that name; raises `SpecError` if there is none."""
    if name not in MUTANTS:
        raise SpecError("mutant", name, "there is no such mutant", nearest(name, list(MUTANTS)))
    return MUTANTS[name]
