"""The sums of `prefix_sum`, compiled by numba for one thread: 10 ns or so a unit and an epoch.

Weights move little from epoch to epoch, so a unit's ends are looked for first where they lay last
time. The signs on both sides of an end prove it, since a unit changes its sign at most once along a
line, and twice around the circle.
"""

from collections.abc import Callable
from contextlib import suppress
from math import atan2, isfinite, pi
from typing import Any, TypeVar

import numba

__all__ = ["VERSION", "backward", "forward"]

VERSION: str = numba.__version__

Function = TypeVar("Function", bound=Callable[..., Any])

NEAR = 8
"""By how many points an end may have moved before it is searched for anew."""


def jit(function: Function) -> Function:
    """``function`` compiled; sums stay in the order written.

    It is kept on disk for other processes, where a folder can be written to: beside this file, or
    the user's own cache. Where it cannot be, each process compiles it.
    """
    try:
        compiled: Any = numba.njit(fastmath=False, nogil=True, cache=True)(function)
    except RuntimeError:  # numba found no such folder
        compiled = numba.njit(fastmath=False, nogil=True)(function)
    else:
        compiled._cache.save_overload = _without_errors(compiled._cache.save_overload)
    return compiled  # type: ignore[no-any-return]


def _without_errors(save: Callable[..., None]) -> Callable[..., None]:
    """``save``, which does nothing where the disk is full."""

    def save_if_it_can(*given: Any) -> None:
        with suppress(OSError):
            save(*given)

    return save_if_it_can


def inlined(function: Function) -> Function:
    """As `jit`, but written out where it is called."""
    compiled: Any = numba.njit(fastmath=False, inline="always")(function)
    return compiled  # type: ignore[no-any-return]


@inlined
def value(x: Any, i: int, u: float, v: float, b: float) -> Any:
    """What the unit (u, v), b gives at the point ``i``, before the ReLU."""
    return u * x[i, 0] + v * x[i, 1] + b


@jit
def first_from(angles: Any, angle: float) -> int:
    """The first place whose angle is at least ``angle``; n if there is none."""
    low, high = 0, len(angles)
    while low < high:
        middle = (low + high) // 2
        if angles[middle] < angle:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def positive(x: Any, start: int, step: int, count: int, u: float, v: float, b: float) -> int:
    """How many of ``count`` points from ``start`` on, along which the unit falls, are positive."""
    n = len(x)
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if value(x, (start + step * middle) % n, u, v, b) > 0:
            low = middle + 1
        else:
            high = middle
    return low


@jit
def searched(x: Any, angles: Any, u: float, v: float, b: float) -> Any:
    """Where a unit's arc begins and ends: from its top down on both sides."""
    n, turn = len(x), 2 * pi
    top = atan2(v, u)
    if top < angles[0]:
        top += turn
    bottom, turned = top + pi, 0
    if bottom >= angles[0] + turn:
        bottom, turned = bottom - turn, n
    up, down = first_from(angles, top), first_from(angles, bottom) + turned
    right = positive(x, up, 1, down - up, u, v, b)
    left = positive(x, up - 1, -1, n - (down - up), u, v, b)
    if left + right == n:
        return 0, n
    if left + right == 0:
        return 0, 0
    end = (up + right) % n
    return (up - left) % n, end if end else n


@jit
def moved(x: Any, place: int, up: bool, u: float, v: float, b: float) -> int:
    """Where near ``place`` the sign turns, to positive if ``up``; −1 where it does not."""
    n = len(x)
    place = place if place < n else 0
    for _ in range(NEAR):
        if (value(x, place, u, v, b) > 0) == up:
            before = place - 1 if place else n - 1
            if (value(x, before, u, v, b) > 0) != up:
                return place
            place = before
        else:
            place = place + 1 if place + 1 < n else 0
    return -1


@inlined
def stayed(x: Any, begin: int, end: int, u: float, v: float, b: float) -> bool:
    """Whether a unit's arc still begins and ends where it did, as it does in most epochs."""
    n = len(x)
    return (
        begin != (end if end < n else 0)
        and value(x, begin, u, v, b) > 0
        and not value(x, begin - 1 if begin else n - 1, u, v, b) > 0
        and value(x, end - 1, u, v, b) > 0
        and not value(x, end if end < n else 0, u, v, b) > 0
    )


@jit
def on_circle(x: Any, angles: Any, begin: int, end: int, u: float, v: float, b: float) -> Any:
    """Where a unit's arc lies, which lay from ``begin`` to ``end`` before."""
    n = len(x)
    if begin != (end if end < n else 0):  # neither none nor all of the points
        first, last = moved(x, begin, True, u, v, b), moved(x, end, False, u, v, b)
        if first >= 0 and last >= 0:
            return first, last if last else n
    return searched(x, angles, u, v, b)


@jit
def on_line(x: Any, begin: int, end: int, u: float, v: float, b: float) -> Any:
    """Where a unit's half-line lies; along a line it does not turn back."""
    n = len(x)
    first, last = value(x, 0, u, v, b) > 0, value(x, n - 1, u, v, b) > 0
    if first == last:
        return 0, n if first else 0
    if last:
        place = moved(x, begin if 0 < begin < n else n // 2, True, u, v, b)
        return place if place > 0 else n - positive(x, n - 1, -1, n, u, v, b), n
    place = moved(x, end if 0 < end < n else n // 2, False, u, v, b)
    return 0, place if place > 0 else positive(x, 0, 1, n, u, v, b)


@jit
def forward(
    x: Any,
    angles: Any,
    order: Any,
    w: Any,
    b: Any,
    a: Any,
    factor: float,
    begin: Any,
    end: Any,
    limit: float,
    sums: Any,
    out: Any,
) -> bool:
    """Fills ``out`` (n,), the sum over units; tells whether it can be relied on.

    Args:
        x: the sorted points, (n, 2); on a line the second column is constant.
        angles: theirs around the circle, (n,); of length 0 on a line.
        order: where each of them stands in ``out``, (n,).
        w: (m, 1 or 2). b: (m,), or of length 0. a: (m,), times ``factor``.
        begin, end: of each unit's stretch, (m,): where it lay before, and then where it lies.
        limit: how large the units may be together.
        sums: to work in, (n + 1, 3).
    """
    n, m, planar, biased = len(x), len(a), w.shape[1] == 2, len(b) > 0
    sums[:] = 0.0
    p = q = r = size = 0.0
    for j in range(m):
        u, v = float(w[j, 0]), float(w[j, 1]) if planar else 0.0
        shift, outer = float(b[j]) if biased else 0.0, factor * float(a[j])
        lo, hi = begin[j], end[j]
        if len(angles) == 0:
            lo, hi = on_line(x, lo, hi, u, v, shift)
        elif not stayed(x, lo, hi, u, v, shift):
            lo, hi = on_circle(x, angles, lo, hi, u, v, shift)
        begin[j], end[j] = lo, hi
        u, v, shift = outer * u, outer * v, outer * shift
        if not isfinite(u + v + shift):
            return False
        if lo == hi:  # never active: nothing of it may be left by rounding
            continue
        size += abs(u) + abs(v) + abs(shift)
        sums[lo, 0] += u
        sums[lo, 1] += v
        sums[lo, 2] += shift
        sums[hi, 0] -= u
        sums[hi, 1] -= v
        sums[hi, 2] -= shift
        if hi < lo:  # over the seam
            p, q, r = p + u, q + v, r + shift
    finite = True
    for i in range(n):
        p, q, r = p + sums[i, 0], q + sums[i, 1], r + sums[i, 2]
        out[order[i]] = p * x[i, 0] + q * x[i, 1] + r
        finite = finite and isfinite(out[order[i]])
    return finite and size <= limit


@jit
def backward(
    x: Any,
    order: Any,
    slope: Any,
    w: Any,
    b: Any,
    a: Any,
    factor: float,
    begin: Any,
    end: Any,
    sums: Any,
    into_w: Any,
    into_b: Any,
    into_a: Any,
) -> None:
    """Fills the gradients of w, b and a from ``slope``, that of the sum at every point, (n,)."""
    n, m, planar, biased = len(x), len(a), w.shape[1] == 2, len(b) > 0
    p = q = r = 0.0
    for i in range(n):
        sums[i, 0], sums[i, 1], sums[i, 2] = p, q, r
        g = float(slope[order[i]])
        p, q, r = p + g * x[i, 0], q + g * x[i, 1], r + g
    sums[n, 0], sums[n, 1], sums[n, 2] = p, q, r
    for j in range(m):
        lo, hi, outer = begin[j], end[j], factor * float(a[j])
        s, t, z = sums[hi, 0] - sums[lo, 0], sums[hi, 1] - sums[lo, 1], sums[hi, 2] - sums[lo, 2]
        if hi < lo:
            s, t, z = s + p, t + q, z + r
        into_w[j, 0] = outer * s
        along = float(w[j, 0]) * s
        if planar:
            into_w[j, 1] = outer * t
            along += float(w[j, 1]) * t
        if biased:
            into_b[j] = outer * z
            along += float(b[j]) * z
        into_a[j] = factor * along
