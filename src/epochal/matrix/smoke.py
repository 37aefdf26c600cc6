"""A look at how claims begin to learn: the first epochs of a seed of each, which judge nothing."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from epochal.claims.claim import Case
from epochal.errors import BrokenRun
from epochal.experiments.checks import natural
from epochal.experiments.runs import Runs
from epochal.judging.first_epochs import FirstEpochs
from epochal.judging.run_options import RunOptions

__all__ = ["EPOCHS", "Seen", "glance", "looking", "seen"]

EPOCHS = 200
"""How many epochs are looked at: enough for a changed bit to have spread."""


@dataclass(frozen=True)
class Seen:
    """What one seed of a case showed in its first epochs.

    Attributes:
        losses: a hash of every loss of every setting: equal means bit for bit equal.
        mse: the first setting's error at the end; None where it is not finite.
        why: what broke, where something did.
    """

    losses: str = ""
    mse: float | None = None
    why: str = ""


def looking(case: Case, epochs: int = EPOCHS) -> Case:
    """``case`` with a look at its first epochs in place of its rule."""
    horizons = {name: min(natural("--epochs", epochs), far) for name, far in case.horizons.items()}
    return replace(case, rule=FirstEpochs(horizons))


def glance(plan: RunOptions, epochs: int = EPOCHS) -> Iterator[tuple[Case, str, Seen]]:
    """Trains a little of each case of ``plan`` on each device, into the journal."""
    from epochal.judging.runner import Runner  # late: whoever only reads needs no torch

    runner = Runner(replace(plan, seeds=1))
    runner.selected = [(looking(case, epochs), device) for case, device in runner.selected]
    found = 0
    try:
        for case, device in runner.selected:
            try:
                shown = seen(runner.trainer.ask(case, device, [case.claim.first_seed]))
            except BrokenRun as error:
                shown = Seen(why=str(error))
            found += 1
            yield case, device, shown
    finally:
        runner.close()
        runner.journal.end(runner.session, {"looked at": found})


def seen(runs: Mapping[str, Runs]) -> Seen:
    """What ``runs`` of one seed, cut to the epochs that are looked at, show."""
    text = hashlib.sha256()
    for each in runs.values():
        text.update(each.loss.tobytes())
    last = float(next(iter(runs.values())).mse[0, -1])
    return Seen(text.hexdigest()[:16], last if abs(last) < float("inf") else None)
