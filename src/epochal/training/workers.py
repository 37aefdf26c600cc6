"""Worker processes, one torch thread each, that fill the cores with seeds and claims.

Without any, everything is trained in this process, where a debugger can follow it. A worker leases
what it is given, so that no other process trains the same, and puts it into the journal at the
moment it is finished.
"""

import contextlib
import multiprocessing
import os
import signal
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from multiprocessing import connection
from pathlib import Path
from typing import Any

from epochal.errors import Interrupted, JournalError
from epochal.identity.environment import moment
from epochal.journal.store import Journal
from epochal.journal.units import LeaseOutcome, Session
from epochal.training import faults, warned
from epochal.training.answer import Answer
from epochal.training.inline import Inline
from epochal.training.job import Job, Progress, Urgency, resumed, stored, trained
from epochal.training.pool import Pool

__all__ = ["PROCESSES_A_GPU", "Workers", "cores"]

SLOT = 3
"""Numbers that a worker shows of itself: its job, its epoch and the loss there."""

PROCESSES_A_GPU = 4
"""How many processes train on one GPU at a time: each has a context of some hundred MB."""

POLL_SECONDS, GRACE_SECONDS = 0.25, 1.0
"""How often a worker looks whether it should stop, and how long its training may then take."""


def cores() -> int:
    """How many cores this process may use."""
    with contextlib.suppress(AttributeError):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """Processes that train jobs in the order in which they were given.

    Args:
        count: how many processes; 0 for none but this one.
        journal: what they put their results into.
        session: whose results these are.
        cases: the folder of case files, so that workers find the functions that claims bring.
        gpus: of a device, the GPUs that share its work; the first alone where it has no entry.
    """

    def __init__(
        self,
        count: int,
        journal: Journal,
        session: Session,
        cases: Path | None = None,
        gpus: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.gpus = gpus or {}
        self.count, self.journal, self.session = count, journal, session
        context = multiprocessing.get_context("spawn")
        self._stop = context.RawValue("b", 0)
        self._slots = context.RawArray("d", SLOT * max(1, count))
        self._number = 0
        shared = (self._stop, self._slots, journal, session, self.gpus)
        self.pool: Pool | Inline
        if count:
            self.pool = Pool(count, _begin, (*shared, cases), self._clear)
        else:
            self.pool = Inline(partial(_take_up_here, shared))

    def submit(
        self, job: Job, urgency: Urgency = Urgency.FIRST
    ) -> tuple[int, Answer[LeaseOutcome]]:
        """Queue a job; return its number, as `progress` shows it, and its answer.

        Jobs are trained in the order of submission, whatever their urgency.
        """
        from epochal.training.train import prepare

        prepare(job.experiment, job.device, job.engine)
        self._number += 1
        places = self.count
        if job.device != "cpu":
            places = min(places, PROCESSES_A_GPU * len(self.gpus.get(job.device, (job.device,))))
        return self._number, self.pool.submit(self._number, (self._number, job), places)

    def wait(self, answer: Answer[LeaseOutcome], seconds: float | None = None) -> bool:
        """Wait at most ``seconds`` for ``answer``; return whether it is done."""
        return self.pool.wait(answer, seconds)

    def progress(self) -> list[Progress]:
        """Where each worker stands."""
        rows = [self._slots[i : i + SLOT] for i in range(0, len(self._slots), SLOT)]
        return [Progress(int(job), int(epoch), loss) for job, epoch, loss in rows if job]

    def idle(self) -> int:
        """Return 0: the cores of this machine are for what is needed."""
        return 0

    def cancel(self, number: int) -> None:
        """Do nothing: no seed is trained here that may not be needed."""

    def close(self) -> None:
        """Stops the workers within about a second; what they were training is dropped."""
        self._stop.value = 1
        self.pool.close()

    def _clear(self, place: int) -> None:
        self._slots[SLOT * place] = 0.0


class _Worker:
    """What one worker process holds."""

    stop: Any = None
    slots: Any = ()
    place: int = 0
    journal: Journal
    session: Session
    gpus: Mapping[str, Sequence[str]]

    @classmethod
    def device(cls, name: str) -> str:
        """Return the GPU of this process among those that share the work of ``name``."""
        gpus = cls.gpus.get(name, (name,))
        return gpus[cls.place // SLOT % len(gpus)]


Shared = tuple[Any, Any, Journal, Session, Mapping[str, Sequence[str]]]
"""Stop flag, slots, journal, session and GPUs."""


def _begin(
    place: int,
    stop: Any,
    slots: Any,
    journal: Journal,
    session: Session,
    gpus: Mapping[str, Sequence[str]],
    cases: Path | None,
) -> Callable[[tuple[int, Job]], LeaseOutcome]:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the controller decides when to stop
    threading.Thread(target=_die_in_time, args=(stop,), daemon=True).start()
    warned.listen()
    from epochal.claims.folder import read
    from epochal.training.numerics import set_numerics

    set_numerics()
    _occupy(place, (stop, slots, journal, session, gpus))
    if cases is not None:
        read(cases)  # what is refused was said by the controller
    return _take_up


def _occupy(place: int, shared: Shared) -> None:
    _Worker.place = SLOT * place
    _Worker.stop, _Worker.slots, _Worker.journal, _Worker.session, _Worker.gpus = shared


def _take_up_here(shared: Shared, numbered: tuple[int, Job]) -> LeaseOutcome:
    """What a worker process does, in this one."""
    from epochal.training.numerics import numerics

    _occupy(0, shared)
    with warnings.catch_warnings(), numerics():
        warned.listen()
        return _take_up(numbered)


def _die_in_time(stop: Any) -> None:
    """Ends this process with its parent, or soon after `Workers.close` if training goes on."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    while not stop.value and not connection.wait([parent.sentinel], POLL_SECONDS):
        pass
    connection.wait([parent.sentinel], GRACE_SECONDS)
    os._exit(1)


def _take_up(numbered: tuple[int, Job]) -> LeaseOutcome:
    (number, job), journal, session = numbered, _Worker.journal, _Worker.session
    taken = journal.take(job.unit, job.epochs, session, job.snapshots)
    if taken is not LeaseOutcome.LEASED:
        return taken
    try:
        with journal.lease(job.unit):  # a failure is noted before anybody else may take it up
            try:
                _train_or_note(job, _watcher(number))
            finally:
                journal.note_warnings(job.unit, session, warned.collected())
    finally:
        _Worker.slots[_Worker.place] = 0.0
    return taken


def _train_or_note(job: Job, watch: Callable[[int, float], None]) -> None:
    try:
        _train(job, watch)
    except (Interrupted, JournalError):
        raise
    except Exception as error:
        device = _Worker.device(job.device)
        if (full := faults.full(error, device)) is not None:
            raise full from error  # another process may have room for it
        failed = faults.explained(error, device)
        _Worker.journal.note(job.unit, _Worker.session, failed)
        raise failed from error


def _train(job: Job, watch: Callable[[int, float], None]) -> None:
    journal, session = _Worker.journal, _Worker.session
    earlier = resumed(journal, session, job)
    began = 0 if earlier is None else earlier.epochs_done
    device = _Worker.device(job.device)
    for runs in trained(job, device, earlier, watch, session.checkpoint):
        now = replace(session, record={**session.record, **moment()})
        stored(journal, now, job, runs, began)


def _watcher(number: int) -> Callable[[int, float], None]:
    def watch(epoch: int, loss: float) -> None:
        if _Worker.stop.value:
            raise Interrupted(f"stopped at epoch {epoch}")
        start = _Worker.place
        _Worker.slots[start : start + SLOT] = [float(number), float(epoch), loss]

    return watch
