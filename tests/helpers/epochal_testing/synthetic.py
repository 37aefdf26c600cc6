"""Runs, claims and settings for tests: what an engine would return, made without one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from epochal import MLP, Claim, Experiment, Line, Optimizer, Runs, Source, SumOfSines, Wave
from epochal.claims.case import Case
from epochal.claims.rules.base import Rule
from epochal.experiments.runs import Measurements
from epochal.experiments.snapshots import snapshot_epochs

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]

WAVES = (Wave(4), Wave(14))
EXPERIMENT = Experiment(
    inputs=Line(low=-7.5, high=7.5, points=100),
    target=SumOfSines(WAVES),
    net=MLP(widths=(8,)),
    optimizer=Optimizer("SGD", lr=1e-3),
)
SOURCE = Source(key="test", title="t", authors="a", year=2024, url="u", story="s", bibtex="b")
PROBE = np.linspace(-7.5, 7.5, 61)
TARGET = np.sin(2 * PROBE)


def runs(
    seeds: Sequence[int],
    mse: Values,
    *,
    shares: Values | None = None,
    predictions: Values | None = None,
    hashes: NDArray[np.str_] | None = None,
    measured: Mapping[str, Values] | None = None,
) -> Runs:
    """Runs with the error ``mse`` (seed, epoch); what is not given is bland.

    Args:
        seeds: the seeds.
        mse: training error, ``(seed, epoch)``.
        shares: of the waves 4 and 14, ``(seed, epoch, 2)``; else all 0.
        predictions: on `PROBE`, ``(seed, snapshot, point)``; else all 0.
        hashes: of the weights, ``(seed, snapshot)``; else all equal.
        measured: by name what is recorded in every epoch, ``(seed, epoch)``.
    """
    n, epochs = mse.shape[0], mse.shape[1] - 1
    snapshots = snapshot_epochs(epochs)
    kept = (n, len(snapshots))
    return Runs(
        experiment="0" * 16,
        engine="synthetic",
        device="none",
        seeds=np.array(list(seeds), dtype=np.int64),
        loss=mse,
        mse=np.asarray(mse, dtype=np.float64),
        waves=np.array([wave.angular_frequency for wave in WAVES]),
        projections=np.zeros((*mse.shape, 2)) if shares is None else shares,
        snapshots=snapshots,
        probe=PROBE,
        probe_target=np.tile(TARGET, (n, 1)),
        predictions=np.zeros((*kept, len(PROBE))) if predictions is None else predictions,
        weight_hash=np.full(kept, "f" * 16) if hashes is None else hashes,
        train_positions=np.tile(PROBE, (n, 1)),
        train_target=np.tile(TARGET, (n, 1)),
        seconds=np.zeros(n),
        measured={
            name: Measurements(np.arange(epochs + 1), values)
            for name, values in (measured or {}).items()
        },
    )


def diverged(run: Runs, row: int, epoch: int) -> Runs:
    """``run`` with a seed that diverged at ``epoch``, as an engine records it."""
    loss, shares = run.loss.copy(), run.projections.copy()
    predictions, hashes = run.predictions.copy(), run.weight_hash.copy()
    loss[row, epoch], loss[row, epoch + 1 :] = np.inf, np.nan
    shares[row, epoch:] = np.nan
    predictions[row, run.snapshots >= epoch] = np.nan
    hashes[row, run.snapshots > epoch] = ""
    measured = {}
    for name, each in run.measured.items():
        values = each.values.copy()
        values[row, each.epochs > epoch] = np.nan
        measured[name] = replace(each, values=values)
    return replace(
        run,
        loss=loss,
        mse=loss.astype(np.float64),
        projections=shares,
        predictions=predictions,
        weight_hash=hashes,
        measured=measured,
    )


def claim(rule: Rule, **changes: Any) -> Claim:
    """A claim that asks ``rule`` of `EXPERIMENT` under every name that the rule uses."""
    fields: dict[str, Any] = {
        "id": "c",
        "source": SOURCE,
        "where": "here",
        "says": "something",
        "reading": "thus",
        "experiments": dict.fromkeys(rule.needs(), EXPERIMENT),
        "rule": rule,
    }
    return Claim(**{**fields, **changes})


def case(rule: Rule) -> Case:
    """The case of such a claim in the full tier."""
    found = claim(rule).case("full")
    assert found is not None
    return found
