"""Whether a target that declares no waves is finite, and no faster than its points can show.

Where waves are declared, their oscillations are counted instead.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from epochal.errors import SpecError
from epochal.experiments.frames import message
from epochal.experiments.inputs import Array, Input, axes_of
from epochal.experiments.tables import table_of
from epochal.experiments.targets import Formula, Function, Target
from epochal.experiments.vectors import each_output, parts_of

__all__ = ["check_coordinates", "check_target"]

FINER, WITHIN, PLACES = 16, 0.05, 3
"""The probe grid, joined by straight lines, follows a grid so many times finer within this part of
the target's range, but for jumps, and for so many other places."""

ZOOMS = 8
"""A place is looked at so many times, each `FINER` than before: what still changes there jumps."""

APART = 4
"""Between two jumps lie so many points at least, half of what an oscillation is given."""


def check_target(target: Target, inputs: Input, probed: Input, probe: int) -> None:
    """Raises `SpecError` unless ``target`` can be asked on ``inputs`` and is seen on the probe."""
    for positions in (inputs, probed):
        check_coordinates(target, positions)
    if target.waves or table_of(target) is not None:
        return
    if len(parts := each_output(target)) > 1:
        for each in parts:
            check_target(each, inputs, probed, probe)
        return
    own = not isinstance(getattr(target, "of", target), Formula | Function)
    try:
        times = FINER ** min(2, axes_of(probed))
        coarse, fine = (np.asarray(probed.grid(each)) for each in (probe, times * probe))
        values, finer = (np.asarray(target.values(each), np.float64) for each in (coarse, fine))
    except SpecError:
        raise
    except Exception as error:
        if own:
            return  # the dry run tells of code of the claim's own
        rule = f"it raises {type(error).__name__}: {message(error)}"
        raise SpecError("target.function", str(target), rule, "correct it") from error
    if values.shape != coarse.shape[:1] or finer.shape != fine.shape[:1]:
        if own:
            return
        rule = f"of positions of shape {coarse.shape} it makes {values.shape}"
        raise SpecError("target.function", str(target), rule, "return a value for each position")
    if own and not np.isfinite(finer).all():
        return
    _check_finite(target, fine, finer)
    _check_followed(target, coarse, values, np.ptp(finer), probe)


def check_coordinates(target: Target, inputs: Input) -> None:
    """Raises `SpecError` if ``target`` is a function of what ``inputs`` do not have."""
    if len(parts := parts_of(target)) > 1:
        for part in parts:
            check_coordinates(part, inputs)
        return
    target, axes = getattr(target, "of", target), axes_of(inputs)
    if target.waves and axes > 1:
        rule = f"a sine has one coordinate, but {inputs} have {axes}"
        raise SpecError("target", str(target), rule, 'write one such as Formula("sin(2*x) * y")')
    if not isinstance(target, Formula):
        return
    known: tuple[str, ...] = getattr(inputs, "coordinates", target.coordinates)
    for each in target.coordinates:
        if each not in known:
            rule = f"{inputs} have no coordinate {each}"
            own = "give a Function of positions (n, axes)"
            step = f"write {', '.join(known)}" if known else own
            raise SpecError("target.text", target.text, rule, step)


def _check_finite(target: Target, positions: Array, values: Array) -> None:
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        place = ", ".join(f"{each:.6g}" for each in np.atleast_1d(positions[bad[0]]))
        rule = f"at {place} it is {values[bad[0]]}"
        step = "change it there with where(…), or give another range"
        raise SpecError("target", str(target), rule, step)


def _check_followed(
    target: Target, coarse: Array, values: Array, extent: float, probe: int
) -> None:
    """Raises `SpecError` unless the target is seen along each line of the grid."""
    lines = [_missed(target, *line, extent) for line in _lines(coarse, values)]
    changes, close = max(lines, key=sum)
    if changes + close > PLACES:
        along = "" if coarse.ndim == 1 else " along a line of the grid"
        fast = f"in {changes} places it changes between two points by more than {WITHIN:.0%}"
        near = f"in {close} places it jumps again within {APART} points"
        reasons = [f"{fast} of its range"] * bool(changes) + [near] * bool(close)
        rule = f"the points do not resolve the target{along}: {' and '.join(reasons)}"
        raise SpecError("experiment.probe", probe, rule, "give more points, or a smoother target")


def _lines(coarse: Array, values: Array) -> Iterator[tuple[Array, Array]]:
    """The lines of a regular grid, point by point; of a sample, which has none, a single point."""
    if coarse.ndim == 1:
        yield coarse, values
    elif coarse.shape[1] == 2:
        side = round(len(coarse) ** 0.5)
        square, heights = coarse.reshape(side, side, 2), values.reshape(side, side)
        for place in range(side):
            yield square[place], heights[place]
            yield square[:, place], heights[:, place]
    else:
        yield coarse[:1], values[:1]


def _missed(target: Target, line: Array, values: Array, extent: float) -> tuple[int, int]:
    """In how many places a straight line between two points misses the target.

    Jumps are told apart: they do not count but for those that come too soon after another, which
    are the second number.
    """
    steps = np.arange(len(line))

    def at(places: Array) -> Array:
        """The target at ``places`` along the line, in steps from point to point."""
        rows = line.reshape(len(line), -1).T
        there = np.stack([np.interp(places, steps, each) for each in rows], axis=1)
        return np.asarray(target.values(there[:, 0] if line.ndim == 1 else there), np.float64)

    finer = np.arange((len(line) - 1) * FINER + 1) / FINER
    missed = np.abs(np.interp(finer, steps, values) - at(finer)) > WITHIN * extent
    places = np.unique(np.ceil(finer[missed])) - 1
    jumps = places[_jumps(at, places, WITHIN * extent)] if len(places) > PLACES else places[:0]
    return len(places) - len(jumps), int(np.sum(np.diff(jumps) < APART))


def _jumps(at: Callable[[Array], Array], starts: Array, least: float) -> NDArray[np.bool_]:
    """Where, within a step from each of ``starts``, a change of ``least`` stays however near."""
    width, every = 1.0, np.arange(len(starts))
    for _ in range(ZOOMS):
        places = starts[:, None] + width * np.linspace(0, 1, FINER + 1)
        changes = np.abs(np.diff(at(places.ravel()).reshape(places.shape)))
        steepest = changes.argmax(axis=1)
        starts, width = places[every, steepest], width / FINER
    still: NDArray[np.bool_] = changes[every, steepest] > least
    return still
