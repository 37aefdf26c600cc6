"""Tables of classes that everybody uses: XOR, parity, spirals and modular addition."""

import itertools
import math
from typing import Any

import numpy as np
from numpy.random import RandomState

from epochal.errors import SpecError
from epochal.experiments.checks import natural, number, whole
from epochal.experiments.labels import Labels

__all__ = ["modular_addition", "parity", "spirals", "xor"]


def xor(points: int = 4, sd: float = 0.0) -> Labels:
    """Exclusive or: class 1 where one of two inputs is 1 and the other 0.

    Args:
        points: a multiple of 4; each corner of the unit square has as many.
        sd: of the normal noise by which points are off their corner, drawn once for all seeds.

    >>> xor().of.y.tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    if natural("xor.points", points) % 4:
        raise SpecError("xor.points", points, "each corner has as many", "give a multiple of 4")
    corners = np.array([*itertools.product((0.0, 1.0), repeat=2)] * (points // 4))
    off = RandomState(0).normal(0.0, 1.0, corners.shape) * number("xor.sd", sd)
    name = "XOR" if not sd else f"XOR with noise {sd:g}"
    return Labels.table(corners + off, corners.sum(axis=1) % 2, name=name)


def parity(bits: int, relevant: int | None = None, held_out: Any = 0.0) -> Labels:
    """The parity of the first ``relevant`` of ``bits`` inputs ±1, on all 2^bits rows.

    Class 1 is an odd number of ones.

    >>> parity(3, 2).of.shape
    (8, 3)
    """
    if whole("parity.bits", bits, 1) > 16:
        rule = f"the table would have {2.0**bits:g} rows"
        raise SpecError("parity.bits", bits, rule, "give 16 or less")
    asked = bits if relevant is None else whole("parity.relevant", relevant, 1)
    if asked > bits:
        raise SpecError("parity.relevant", asked, f"there are {bits} bits", "give no more")
    rows = np.array([*itertools.product((-1.0, 1.0), repeat=bits)])
    name = f"parity of {asked} of {bits} bits"
    return Labels.table(rows, (rows[:, :asked] > 0).sum(axis=1) % 2, held_out, name)


def spirals(
    points: int = 200, turns: float = 1.75, arms: int = 2, sd: float = 0.0, held_out: Any = 0.0
) -> Labels:
    """Spirals around each other, a class each.

    Args:
        points: of each spiral, equally spaced in angle.
        turns: of each, from the centre to radius 1.
        arms: the number of spirals.
        sd: of the normal noise of coordinates, drawn once for all seeds.
        held_out: as of a `Table`.

    >>> spirals(points=50, arms=3).count
    3
    """
    whole("spirals.points", points, 2)
    whole("spirals.arms", arms, 2)
    along = np.linspace(0.05, 1, points)
    angles = [
        2 * math.pi * (number("spirals.turns", turns) * along + n / arms) for n in range(arms)
    ]
    x = np.concatenate([np.stack([along * np.cos(a), along * np.sin(a)], axis=1) for a in angles])
    x = x + RandomState(0).normal(0.0, 1.0, x.shape) * number("spirals.sd", sd)
    noise = f" with noise {sd:g}" if sd else ""
    name = f"{arms} spirals of {turns:g} turns{noise}"
    return Labels.table(x, np.repeat(np.arange(arms), points), held_out, name)


def modular_addition(p: int, held_out: Any = 0.0) -> Labels:
    """a + b modulo ``p`` for all pairs, each number as ``p`` inputs of which one is 1.

    >>> table = modular_addition(5, held_out=0.2)
    >>> table.count, table.of.shape, table.of.held
    (5, (25, 10), 5)
    """
    if whole("modular_addition.p", p, 2) > 113:
        rule = f"the table would have {p * p} rows of {2 * p} inputs"
        raise SpecError("modular_addition.p", p, rule, "give 113 or less")
    a, b = np.divmod(np.arange(p * p), p)
    x = np.concatenate([np.eye(p)[a], np.eye(p)[b]], axis=1)
    return Labels.table(x, (a + b) % p, held_out, f"addition modulo {p}")
