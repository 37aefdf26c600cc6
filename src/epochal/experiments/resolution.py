"""Whether a target that declares no waves is finite, and no faster than its points can show.

Where waves are declared, their oscillations are counted instead.
"""

import numpy as np

from epochal.errors import SpecError
from epochal.experiments.inputs import Array, Input
from epochal.experiments.targets import Formula, Function, Target

__all__ = ["check_coordinates", "check_target"]

FINER, WITHIN, JUMPS = 16, 0.05, 3
"""The probe grid, joined by straight lines, follows a grid so many times finer within this part of
the target's range, but for so many jumps."""


def check_target(target: Target, inputs: Input, probed: Input, probe: int) -> None:
    """Raises `SpecError` unless ``target`` can be asked on ``inputs`` and is seen on the probe."""
    check_coordinates(target, inputs)
    if target.waves:
        return
    own = not isinstance(target, Formula | Function)
    try:
        coarse, fine = (np.asarray(probed.grid(each)) for each in (probe, FINER * probe))
        values, finer = (np.asarray(target.values(each), np.float64) for each in (coarse, fine))
    except Exception as error:
        if own:
            return  # a trial before training tells of code of the claim's own
        rule = f"it raises {type(error).__name__}: {error}"
        raise SpecError("target.function", str(target), rule, "correct it") from error
    if values.shape != coarse.shape or finer.shape != fine.shape:
        if own:
            return
        rule = f"of {coarse.shape} positions it makes {values.shape}"
        raise SpecError("target.function", str(target), rule, "return a value for each position")
    if own and not np.isfinite(finer).all():
        return
    _check_finite(target, fine, finer)
    if coarse.ndim == 1:
        _check_followed(coarse, values, fine, finer, probe)


def check_coordinates(target: Target, inputs: Input) -> None:
    """Raises `SpecError` if ``target`` is a formula of what ``inputs`` do not have."""
    if not isinstance(target, Formula):
        return
    known: tuple[str, ...] = getattr(inputs, "coordinates", target.coordinates)
    for each in target.coordinates:
        if each not in known:
            rule, step = f"{inputs} have no coordinate {each}", f"write {', '.join(known)}"
            raise SpecError("target.text", target.text, rule, step)


def _check_finite(target: Target, positions: Array, values: Array) -> None:
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        rule = f"at {positions[bad[0]]:.6g} it is {values[bad[0]]}"
        step = "change it there with where(…), or give another range"
        raise SpecError("target", str(target), rule, step)


def _check_followed(coarse: Array, values: Array, fine: Array, finer: Array, probe: int) -> None:
    inside = (fine >= coarse[0]) & (fine <= coarse[-1])
    missed = np.abs(np.interp(fine, coarse, values) - finer) > WITHIN * np.ptp(finer)
    places = np.unique(np.searchsorted(coarse, fine[missed & inside]))
    if len(places) > JUMPS:
        rule = (
            f"in {len(places)} places the target changes between two points by more than "
            f"{WITHIN:.0%} of its range"
        )
        raise SpecError("experiment.probe", probe, rule, "give more points, or a smoother target")
