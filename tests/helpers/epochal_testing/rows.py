"""For each rule, synthetic runs of which it is known whether the rule holds.

The rows hold what no rule assumes: losses that spike by orders of magnitude on a minority of
epochs, and Cauchy tails across seeds. They go on for `BEYOND` epochs after the rule's last.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from epochal import (
    Band,
    Cell,
    CentreBeforeEdges,
    EdgesBeforeCentre,
    EpochsMap,
    ErrorRateAt,
    ErrorRateBy,
    FitsBy,
    IsAffine,
    LosesFit,
    LossRises,
    LowBeforeHigh,
    MaxErrorAt,
    MseAt,
    MseRatioAt,
    ProbeAgrees,
    RadiusGrows,
    RisesAtMost,
    Runs,
    SameBits,
    SameLosses,
    ShareBy,
    ShareRatioAt,
    SharesAt,
    StaysAbove,
    WhichFit,
)
from epochal.claims.rules.base import SeedRule
from epochal.experiments.snapshots import snapshot_epochs
from epochal_testing.synthetic import PROBE, TARGET, Flags, Values, runs

LAST, BEYOND = 100, 20
ALL = LAST + BEYOND
EPOCHS = np.arange(ALL + 1)
NEVER = 10 * ALL

Random = np.random.Generator
Make = Callable[[Random, Flags, Sequence[int]], dict[str, Runs]]


@dataclass(frozen=True)
class Rows:
    """A rule, and what makes runs on which it holds where ``holds`` is true."""

    rule: SeedRule
    make: Make
    lost: tuple[str, ...] = ()
    """Arms that may diverge without the rule becoming false; ``*`` is all."""


def heavy(rng: Random, *shape: int) -> Values:
    """The absolute value of Cauchy noise, cut at a million."""
    return np.minimum(np.abs(rng.standard_cauchy(shape)), 1e6)


def spiking(rows: int) -> Flags:
    """One epoch in four, so that no window of 5% of 100 epochs has its median among spikes."""
    flags: Flags = (EPOCHS[None] + np.arange(rows)[:, None]) % 4 == 0
    return flags


def spiky(rng: Random, levels: Values, both: bool = False) -> Values:
    """``levels`` (seed, epoch) with spikes upwards, or both ways, by up to a factor e^20."""
    sizes = np.minimum(heavy(rng, *levels.shape), 20)
    signs = rng.choice([-1, 1], levels.shape) if both else 1
    values: Values = levels * np.exp(np.where(spiking(len(levels)), signs * sizes, 0))
    return values


def steady(levels: Values) -> Values:
    """One level a seed, at every epoch."""
    return np.repeat(levels[:, None], ALL + 1, axis=1)


def passing(rng: Random, at: Values, before: Values, after: Values) -> Values:
    """Below a threshold from epoch ``at`` on: ``after``, with spikes, but not at ``at`` itself."""
    reached = EPOCHS[None] >= at[:, None]
    values = spiky(rng, np.where(reached, after[:, None], before[:, None]))
    values[EPOCHS[None] == at[:, None]] = after[at <= ALL]
    return values


def early(rng: Random, rows: int, most: int = LAST) -> Values:
    """An epoch from 1 to ``most`` for each row, mostly an early one."""
    epochs: Values = np.minimum(1 + np.floor(5 * heavy(rng, rows)), most)
    return epochs


def late(rng: Random, rows: int) -> Values:
    """An epoch after `LAST`, or none at all."""
    return rng.choice([LAST + 1, LAST + 7, NEVER], rows).astype(np.float64)


def fitting(rng: Random, fits: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    n = len(fits)
    at = np.where(fits, early(rng, n), late(rng, n))
    mse = passing(rng, at, before=0.06 * (1 + heavy(rng, n)), after=np.full(n, 0.04))
    return {"run": runs(seeds, mse)}


def not_fitting(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    return fitting(rng, ~holds, seeds)


def shares_of_variance(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    tail = heavy(rng, len(holds))
    levels = np.where(holds, 0.91 + tail, 0.89 / (1 + tail)) * TARGET.var()
    return {"run": runs(seeds, spiky(rng, steady(levels), both=True))}


def regions(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    return _fitted_in(np.abs(PROBE) <= 4, rng, holds, seeds)


def edges_first(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    return _fitted_in(np.abs(PROBE) > 4, rng, holds, seeds)


def _fitted_in(part: Flags, rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    """Seeds that hold are fitted in ``part``; others nowhere, or everywhere."""
    n, snapshots = len(holds), snapshot_epochs(ALL)
    nowhere = ~holds & (rng.random(n) < 0.5)
    fit = np.tile(np.where(part, TARGET, 0), (n, 1))
    fit[nowhere] = 0
    fit[~holds & ~nowhere] = TARGET
    shown = fit[:, None, :] + rng.normal(0, 0.1, (n, len(snapshots), len(PROBE)))
    one_in_window = np.isin(snapshots, [98, 110])
    shown[:, one_in_window] += rng.standard_cauchy((n, one_in_window.sum(), len(PROBE))) * 100
    return {"run": runs(seeds, steady(np.full(n, 0.3)), predictions=shown)}


def lines(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    n, snapshots = len(holds), snapshot_epochs(ALL)
    bent = ~holds & (rng.random(n) < 0.5)
    too_good = ~holds & ~bent
    slope, offset = np.minimum(heavy(rng, 2, n), 1e3)
    line = slope[:, None] * PROBE + offset[:, None] + rng.normal(0, 1e-6, (n, len(PROBE)))
    line[bent] += 1e-3 * (1 + heavy(rng, n))[bent, None] * TARGET
    shown = rng.standard_cauchy((n, len(snapshots), len(PROBE)))
    shown[:, snapshots == LAST] = line[:, None, :]
    best = np.mean((TARGET - np.polyval(np.polyfit(PROBE, TARGET, 1), PROBE)) ** 2)
    mse = spiky(rng, steady(best * np.ones(n)), both=True)
    mse[:, LAST] = best * np.where(too_good, 0.98 / (1 + heavy(rng, n)), 1 + heavy(rng, n))
    return {"run": runs(seeds, mse, predictions=shown)}


def shares(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    n, tail = len(holds), heavy(rng, len(holds))
    which = rng.integers(0, 3, n)
    slow = rng.uniform(0.36, 0.69, n)
    slow = np.where(~holds & (which == 0), 0.34 - tail, slow)
    slow = np.where(~holds & (which == 1), 0.71 + tail, slow)
    fast = np.where(~holds & (which == 2), 0.09 + tail, 0.07 - tail)
    both = np.stack([steady(slow), steady(fast)], axis=2)
    spikes = rng.standard_cauchy(both.shape) * 100
    both += np.where(spiking(n)[:, :, None], spikes, 0)
    return {"run": runs(seeds, steady(np.full(n, 0.3)), shares=both)}


def rising(rng: Random, at: Values, threshold: float) -> Values:
    """A share that first exceeds ``threshold`` at ``at``; it dips before and is anything after."""
    noise = heavy(rng, len(at), ALL + 1)
    values: Values = threshold - 0.01 - np.where(spiking(len(at)), noise, 0)
    after = EPOCHS[None] > at[:, None]
    values[after] = rng.standard_cauchy(after.sum())
    values[EPOCHS[None] == at[:, None]] = threshold + 0.01
    return values


def one_wave(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    n = len(holds)
    slow = rising(rng, np.where(holds, early(rng, n), late(rng, n)), 0.9)
    both = np.stack([slow, rng.standard_cauchy(slow.shape)], axis=2)
    return {"run": runs(seeds, steady(np.full(n, 0.3)), shares=both)}


def two_waves(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    n = len(holds)
    slow, beyond = early(rng, n, 49), late(rng, n)
    fast = np.where(rng.random(n) < 0.5, 2 * slow + 1, beyond)
    fast = np.where(holds, fast, np.maximum(2 * slow - rng.integers(0, 9, n), 1))
    missed = ~holds & (rng.random(n) < 0.3)
    slow = np.where(missed, beyond, slow)
    both = np.stack([rising(rng, slow, 0.5), rising(rng, fast, 0.5)], axis=2)
    return {"run": runs(seeds, steady(np.full(n, 0.3)), shares=both)}


def ratios(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    n, tail = len(holds), heavy(rng, len(holds))
    under = np.exp(rng.standard_cauchy(n).clip(-9, 9))
    over = under * np.where(holds, 0.49 / (1 + tail), 0.51 * (1 + tail))
    return {
        name: runs(seeds, spiky(rng, steady(levels), both=True))
        for name, levels in (("over", over), ("under", under))
    }


def share_ratios(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    n, tail = len(holds), heavy(rng, len(holds))
    under = rng.uniform(0.2, 1, n)
    factor = np.where(holds, rng.uniform(0.91, 1.09, n), rng.choice([0.89, 1.11], n))
    factor[~holds] = np.where(factor < 1, factor - tail, factor + tail)[~holds]
    made = {}
    for name, levels in (("over", under * factor), ("under", under)):
        slow = steady(levels) + np.where(spiking(n), 100 * rng.standard_cauchy((n, ALL + 1)), 0)
        both = np.stack([slow, rng.standard_cauchy(slow.shape)], axis=2)
        made[name] = runs(seeds, steady(np.full(n, 0.3)), shares=both)
    return made


def twins(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    n, snapshots = len(holds), snapshot_epochs(ALL)
    loss = spiky(rng, steady(np.full(n, 0.3)), both=True).astype(np.float32)
    other, hashes = loss.copy(), np.full((n, len(snapshots)), "f" * 16)
    other[:, LAST + 1] += 1
    for row in np.flatnonzero(~holds):
        if rng.random() < 0.5:
            epoch = rng.integers(0, LAST + 1)
            other[row, epoch] = np.nextafter(loss[row, epoch], np.float32(np.inf))
        else:
            hashes[row, rng.integers(0, (snapshots <= LAST).sum())] = "e" * 16
    return {"one": runs(seeds, loss), "two": runs(seeds, other, hashes=hashes)}  # type: ignore[arg-type]


def alike(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    loss = spiky(rng, steady(np.full(len(holds), 0.3)), both=True)
    other = loss * (1 + rng.choice([-1, 1], loss.shape) * rng.uniform(0, 0.0099, loss.shape))
    other[:, LAST + 1] *= 2
    for row in np.flatnonzero(~holds):
        other[row, rng.integers(0, LAST + 1)] *= rng.choice([0.97, 1.02 + float(heavy(rng))])
    return {"one": runs(seeds, loss), "two": runs(seeds, other)}


def some_fit(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    wrong = np.where(holds, -1, rng.integers(0, 4, len(holds)))
    fits = [wrong != arm for arm in range(2)] + [wrong == arm for arm in (2, 3)]
    names = ("deep", "wide", "shallow", "narrow")
    return {
        name: fitting(rng, flags, seeds)["run"] for name, flags in zip(names, fits, strict=True)
    }


def mapped(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    n = len(holds)
    made = {}
    rows = rng.integers(0, 2, n)  # the row that is wrong where one is
    wrong = np.where(holds, -1, rows)
    for row in range(2):
        first = early(rng, n, 40)
        times = [first, first + rng.integers(0, 50, n), late(rng, n)]
        falls = wrong == row
        times[2] = np.where(falls, np.maximum(first - 1, 0), times[2])
        for column, at in enumerate(times):
            mse = passing(rng, at, before=0.06 * (1 + heavy(rng, n)), after=np.full(n, 0.04))
            made[f"{column} × {row}"] = runs(seeds, mse)
    return made


def rising_losses(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    n = len(holds)
    mse = np.exp(-EPOCHS / 30)[None] * np.exp(rng.uniform(-0.3, 0.3, (n, ALL + 1)))
    mse[:, 10] *= 1e3  # too early to count
    mse[:, LAST + 1] *= 1e3  # too late
    for row in np.flatnonzero(holds):
        mse[row, rng.integers(20, LAST + 1)] *= 3 + float(heavy(rng))
    return {"run": runs(seeds, mse)}


def lost_fits(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    n = len(holds)
    never = ~holds & (rng.random(n) < 0.5)
    mse = np.where(never[:, None], 0.06, 0.04) * np.ones((n, ALL + 1))
    mse[:, :30] = 0.3 + heavy(rng, n, 30)
    for row in np.flatnonzero(holds | never):
        mse[row, rng.integers(31, LAST + 1)] = 0.21 + float(heavy(rng))
    mse[:, LAST + 1 :] = 1.0
    return {"run": runs(seeds, mse)}


def radii(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    n, snapshots = len(holds), snapshot_epochs(ALL)
    wrong = np.where(holds, -1, rng.integers(0, 3, n))
    grown = np.tile(snapshots / LAST * 6, (n, 1))
    grown[wrong == 0] *= 0.5  # does not get far
    grown[wrong == 1] = 6.0  # does not change
    grown[wrong == 2] = 6 * np.minimum(1, 3 - 2 * snapshots / LAST)  # shrinks again
    fit = np.where(np.abs(PROBE) <= grown[:, :, None], TARGET, 0)
    shown = fit + rng.normal(0, 0.05, fit.shape)
    shown[:, np.isin(snapshots, [96, 110])] = 1e6 * rng.standard_cauchy((n, 2, len(PROBE)))
    return {"run": runs(seeds, steady(np.full(n, 0.3)), predictions=shown)}


def largest(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    n, snapshots = len(holds), snapshot_epochs(ALL)
    shown = rng.standard_cauchy((n, len(snapshots), len(PROBE)))
    shown[:, snapshots == LAST] = TARGET + rng.uniform(-0.09, 0.09, (n, 1, len(PROBE)))
    for row in np.flatnonzero(~holds):
        shown[row, snapshots == LAST, rng.integers(len(PROBE))] += 0.2 + heavy(rng)
    return {"run": runs(seeds, steady(np.full(n, 0.3)), predictions=shown)}


def rates(rng: Random, fits: Flags, seeds: Sequence[int], name: str) -> dict[str, Runs]:
    """A rate that first is below 0.1 at an epoch where ``fits`` is true; it is anything after."""
    n = len(fits)
    at = np.where(fits, early(rng, n), late(rng, n))[:, None]
    rate = np.minimum(0.11 + heavy(rng, n, ALL + 1), 1)
    after = EPOCHS[None] > at
    rate[after] = rng.uniform(0, 1, after.sum())
    rate[EPOCHS[None] == at] = 0.09
    return {"run": runs(seeds, steady(np.full(n, 0.3)), measured={name: rate})}


def rates_at_the_end(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    n = len(holds)
    levels = np.where(holds, rng.uniform(0.41, 1, n), rng.uniform(0, 0.39, n))
    rate = np.where(spiking(n), rng.uniform(0, 1, (n, ALL + 1)), steady(levels))
    return {"run": runs(seeds, steady(np.full(n, 0.3)), measured={"error rate": rate})}


def probes(rng: Random, holds: Flags, seeds: Sequence[int]) -> dict[str, Runs]:
    n, snapshots, tail = len(holds), snapshot_epochs(ALL), 1 + heavy(rng, len(holds))
    factor = np.where(holds, rng.uniform(0.81, 1.24, n), rng.choice([0.79, 1.26], n))
    factor[~holds] = np.where(factor < 1, factor / tail, factor * tail)[~holds]
    shown = TARGET + np.sqrt(0.3 * factor)[:, None, None] * np.ones((n, len(snapshots), len(PROBE)))
    shown[:, np.isin(snapshots, [98, 110])] += 100 * rng.standard_cauchy((n, 2, len(PROBE)))
    mse = spiky(rng, steady(np.full(n, 0.3)), both=True)
    return {"run": runs(seeds, mse, predictions=shown)}


KINDS = {
    "FitsBy": Rows(FitsBy(epoch=LAST, mse_below=0.05), fitting),
    "StaysAbove": Rows(StaysAbove(epoch=LAST, mse_above=0.05), not_fitting),
    "MseAt": Rows(MseAt(epoch=LAST, variance_share_above=0.9), shares_of_variance),
    "CentreBeforeEdges": Rows(
        CentreBeforeEdges(
            epoch=LAST, centre=2.5, centre_below=0.1, edges=5, edges_above=0.2, mse_above=0.2
        ),
        regions,
    ),
    "EdgesBeforeCentre": Rows(
        EdgesBeforeCentre(
            epoch=LAST, centre=2.5, centre_above=0.2, edges=5, edges_below=0.1, mse_above=0.2
        ),
        edges_first,
    ),
    "IsAffine": Rows(IsAffine(epoch=LAST), lines),
    "SharesAt": Rows(
        SharesAt(epoch=LAST, bands=(Band(4, 0.35, 0.7), Band(14, None, 0.08))), shares
    ),
    "ShareBy": Rows(ShareBy(epoch=LAST, angular_frequency=4, share_above=0.9), one_wave),
    "LowBeforeHigh": Rows(LowBeforeHigh(epoch=LAST, low=4, high=14, times=2), two_waves),
    "MseRatioAt": Rows(MseRatioAt(epoch=LAST, over="over", under="under", high=0.5), ratios),
    "ShareRatioAt": Rows(
        ShareRatioAt(epoch=LAST, over="over", under="under", low=0.9, high=1.1), share_ratios
    ),
    "SameBits": Rows(SameBits(epoch=LAST, first="one", second="two"), twins),
    "SameLosses": Rows(SameLosses(epoch=LAST, first="one", second="two", within=0.01), alike),
    "WhichFit": Rows(
        WhichFit(epoch=LAST, mse_below=0.05, fits=("deep", "wide"), fails=("shallow", "narrow")),
        some_fit,
        lost=("shallow", "narrow"),
    ),
    "EpochsMap": Rows(
        EpochsMap(
            epoch=LAST,
            mse_below=0.05,
            cells=tuple(Cell(f"{x} × {y}", x, y) for x in range(3) for y in range(2)),
        ),
        mapped,
        lost=("*",),
    ),
    "LossRises": Rows(LossRises(epoch=LAST, after=20, times=2), rising_losses),
    "RisesAtMost": Rows(
        RisesAtMost(epoch=LAST, after=20, times=2),
        lambda rng, holds, seeds: rising_losses(rng, ~holds, seeds),
    ),
    "LosesFit": Rows(LosesFit(epoch=LAST, mse_below=0.05, mse_above=0.2), lost_fits, lost=("*",)),
    "RadiusGrows": Rows(RadiusGrows(epoch=LAST, mse_below=0.1, ends_at=5), radii),
    "MaxErrorAt": Rows(MaxErrorAt(epoch=LAST, below=0.1), largest),
    "ErrorRateBy": Rows(
        ErrorRateBy(epoch=LAST, below=0.1, on="held_out"),
        lambda rng, holds, seeds: rates(rng, holds, seeds, "held-out error rate"),
    ),
    "ErrorRateAt": Rows(ErrorRateAt(epoch=LAST, above=0.4), rates_at_the_end),
    "ProbeAgrees": Rows(ProbeAgrees(epoch=LAST, low=0.8, high=1.25), probes),
}
"""The rules that hold or fail for each seed, by name."""


def some(rows: Rows, n: int = 40) -> tuple[Flags, dict[str, Runs]]:
    """Whether the rule holds on each of ``n`` seeds, and their runs."""
    rng = np.random.default_rng(0)
    holds = rng.random(n) < 0.5
    return holds, rows.make(rng, holds, range(44, 44 + n))


def below_at(*epochs: float) -> dict[str, Runs]:
    """One seed for each of ``epochs``, which gets below 0.05 there."""
    at, ones = np.array(epochs, float), np.ones(len(epochs))
    mse = passing(np.random.default_rng(0), at, before=ones, after=0.04 * ones)
    return {"run": runs(range(len(epochs)), mse)}
