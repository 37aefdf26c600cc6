"""A job: one setting and seed to train, and its training in parts, wherever it is done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING, Protocol

from epochal.experiments.experiment import Experiment
from epochal.experiments.own_loop import Training
from epochal.experiments.runs import Runs
from epochal.identity.digest import specification
from epochal.identity.usable import Wanted, usable
from epochal.journal.retention import Needed, thinned
from epochal.journal.store import Journal
from epochal.journal.units import LeaseOutcome, Session, Unit
from epochal.process import kept
from epochal.training.answer import Answer
from epochal.training.checkpoints import LONG, in_parts

if TYPE_CHECKING:
    from epochal.training.variants import Variant

__all__ = ["Job", "JobRunner", "Progress", "Urgency", "resumed", "stored", "trained"]

Watch = Callable[[int, float], None]
"""Called with the epoch and the loss; raises `Interrupted` to stop the training."""


@dataclass(frozen=True)
class Job:
    """One unit to train: what a worker is given.

    Attributes:
        unit: its key in the journal.
        experiment: what is trained.
        device: ``cpu`` or ``cuda:N``.
        epochs: how many in all.
        engine: the engine's name, or ``auto``.
        done: how many epochs the journal had when the job was made.
        snapshots: the epochs of which predictions are needed.
        needed: what any claim at hand may ask for.
        variant: another way to train it, which is stored as a fact of the unit's environment.
    """

    unit: Unit
    experiment: Experiment | Training
    device: str
    epochs: int
    engine: str
    done: int = 0
    snapshots: frozenset[int] = frozenset()
    needed: Needed | None = None
    variant: "Variant | None" = None


class Urgency(IntEnum):
    """How soon a job is trained: the lower, the sooner."""

    FURTHER = 0
    """Further seeds, for which a verdict waits."""
    FIRST = 1
    """The first seeds of a claim."""
    SPARE = 2
    """Seeds that a verdict may need; they are trained by workers that would be idle."""


@dataclass(frozen=True)
class Progress:
    """Where a worker stands in the job with this number."""

    job: int
    epoch: int
    loss: float


class JobRunner(Protocol):
    """Whoever trains jobs: processes of this machine, or a cluster."""

    journal: Journal
    session: Session

    def submit(
        self, job: Job, urgency: Urgency = Urgency.FIRST
    ) -> tuple[int, Answer[LeaseOutcome]]:
        """Queue a job; return its number, as `progress` shows it, and its answer."""

    def wait(self, answer: Answer[LeaseOutcome], seconds: float | None = None) -> bool:
        """Wait at most ``seconds`` for ``answer``; return whether it is done."""

    def progress(self) -> list[Progress]:
        """Return where each worker stands."""

    def idle(self) -> int:
        """Return how many workers may train spare seeds, since they have nothing else to do."""

    def cancel(self, number: int) -> None:
        """Give up a job that is no longer needed."""

    def close(self) -> None:
        """Stop training; what is not stored by then is dropped."""


def resumed(journal: Journal, session: Session, job: Job) -> Runs | None:
    """Return the stored runs from which the training of ``job`` resumes, if there are any."""
    row = journal.row(job.unit)
    if isinstance(job.experiment, Training) or row is None:
        return None
    if usable(row, Wanted(since=session.since)) is not None:
        return None
    earlier = journal.runs(job.unit, with_state=True)
    return earlier if earlier.states else None


def trained(
    job: Job,
    device: str,
    earlier: Runs | None,
    watch: Watch,
    checkpoint: float,
    long: float = LONG,
) -> Iterator[Runs]:
    """Train ``job`` on ``device`` from ``earlier`` on; yield runs that grow.

    A training that takes ``long`` times ``checkpoint`` seconds or more yields about every
    ``checkpoint`` seconds. What no claim will ask for is left out of the last runs.
    """
    watch(0 if earlier is None else earlier.epochs_done, float("nan"))
    train = partial(_up_to, job, device, watch)
    if isinstance(job.experiment, Training):
        parts = iter([train(job.epochs, None)])
    else:
        parts = in_parts(train, job.epochs, earlier, checkpoint, long=long)
    needed = job.needed
    for runs in parts:
        if runs.epochs_done >= job.epochs and needed is not None and job.epochs >= needed.epochs:
            runs = thinned(runs, needed.snapshots | job.snapshots, needed.points)
        yield runs


def stored(journal: Journal, session: Session, job: Job, runs: Runs, began: int) -> None:
    """Commit ``runs`` of ``job``, trained from the epoch ``began`` on."""
    finished = runs.epochs_done >= job.epochs
    journal.put(job.unit, runs, session, began, finished, specification(job.experiment))


def _up_to(job: Job, device: str, watch: Watch, epochs: int, earlier: Runs | None) -> Runs:
    from epochal.training.dry_run import guarded
    from epochal.training.train import train_seeds

    trains = train_seeds if job.variant is None else job.variant.train
    with guarded(job.experiment), kept():
        return trains(
            job.experiment,
            [job.unit.seed],
            device,
            epochs,
            engine=job.engine,
            earlier=[earlier] if earlier is not None else [],
            watch=watch,
        )
