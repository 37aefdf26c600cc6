"""Every change by its name, and the block in which the loop is changed."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

from epochal.errors import SpecError, nearest
from epochal.training.changes.benign import BENIGN
from epochal.training.changes.built import BUILT
from epochal.training.changes.change import Change, put_in
from epochal.training.changes.drawn import DRAWN
from epochal.training.changes.slips import SLIPS
from epochal.training.changes.stepped import STEPPED

__all__ = ["CHANGES", "FAULTS", "Change", "applied", "named"]

FAULTS: tuple[Change, ...] = (*DRAWN, *BUILT, *STEPPED, *SLIPS)
"""Small mistakes as they are made in training code."""

CHANGES: Mapping[str, Change] = {each.name: each for each in (*FAULTS, *BENIGN)}
"""All of them by name."""


def applied(name: str) -> AbstractContextManager[None]:
    """The stock loop is changed within this block; not at all where ``name`` is empty."""
    return put_in(named(name)) if name else nullcontext()


def named(name: str) -> Change:
    """The change of that name; raises `SpecError` if there is none."""
    if name not in CHANGES:
        raise SpecError("change", name, "there is no such change", nearest(name, list(CHANGES)))
    return CHANGES[name]
