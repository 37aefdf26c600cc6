"""Smoke runs: the first epochs of one seed of each claim, to compare torch versions by."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from epochal.claims.case import Case
from epochal.errors import BrokenRun
from epochal.experiments.checks import natural
from epochal.experiments.runs import Runs
from epochal.judging.first_epochs import FirstEpochs
from epochal.judging.run_options import RunOptions

__all__ = ["EPOCHS", "Trace", "shortened", "smoke_run", "trace"]

EPOCHS = 200
"""Epochs of a smoke run: enough for a changed bit to reach every weight."""


@dataclass(frozen=True)
class Trace:
    """Losses and error of one seed of a case in its first epochs.

    Attributes:
        losses: a hash of every loss of every setting: equal means bit for bit equal.
        mse: the first setting's error at the end; None where it is not finite.
        why: the error, if the training broke.
    """

    losses: str = ""
    mse: float | None = None
    why: str = ""


def shortened(case: Case, epochs: int = EPOCHS) -> Case:
    """Return ``case`` with its first ``epochs`` in place of its rule."""
    horizons = {name: min(natural("--epochs", epochs), far) for name, far in case.horizons.items()}
    return replace(case, rule=FirstEpochs(horizons))


def smoke_run(plan: RunOptions, epochs: int = EPOCHS) -> Iterator[tuple[Case, str, Trace]]:
    """Train the first epochs of each case of ``plan`` on each device, into the journal."""
    from epochal.judging.runner import Runner  # late: whoever only reads needs no torch

    runner = Runner(replace(plan, seeds=1))
    runner.selected = [(shortened(case, epochs), device) for case, device in runner.selected]
    found = 0
    try:
        for case, device in runner.selected:
            try:
                shown = trace(runner.trainer.ask(case, device, [case.claim.first_seed]))
            except BrokenRun as error:
                shown = Trace(why=str(error))
            found += 1
            yield case, device, shown
    finally:
        runner.close()
        runner.journal.end(runner.session, {"looked at": found})


def trace(runs: Mapping[str, Runs]) -> Trace:
    """Return the trace of the ``runs`` of one seed, cut to the first epochs."""
    text = hashlib.sha256()
    for each in runs.values():
        text.update(each.loss.tobytes())
    last = float(next(iter(runs.values())).mse[0, -1])
    return Trace(text.hexdigest()[:16], last if abs(last) < float("inf") else None)
