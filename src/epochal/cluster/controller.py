"""Hands jobs to the workers of a cluster and puts what they trained into the journal.

A thread of this process leases a job when a worker is free for it, sends it there in parts, and
stores every part that comes back. So the journal has one writer, and a worker that is lost costs
its last part.
"""

import heapq
import pickle
import queue
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from epochal.cluster.connection import DEATHS
from epochal.cluster.fleet import Fleet, Kind, differing
from epochal.cluster.patience import Patience
from epochal.cluster.remote import START, Done
from epochal.cluster.sending import Sender, Task
from epochal.errors import BrokenRun, DeviceFault, DeviceFull, Interrupted
from epochal.experiments.frames import broken
from epochal.experiments.runs import Runs
from epochal.journal.store import Journal
from epochal.journal.units import LeaseOutcome, Session
from epochal.training.answer import Answer
from epochal.training.job import Job, Progress, Urgency, resumed, stored
from epochal.training.pool import Died

__all__ = ["Controller"]

TICK_SECONDS = 0.5

SPARED = 10
"""How often a part is sent again whose worker is gone, and which nobody saw start."""

STOPPED = "the workers were stopped"


class Controller:
    """Trains jobs on a cluster, as `epochal.training.workers.Workers` does on this machine.

    Args:
        fleet: the workers.
        journal: where runs are stored.
        session: whose runs they are.
        kind_of: gives the kind of worker that trains a job.
        patience: how long it waits for a lost scheduler, or for a worker of a kind.
    """

    def __init__(
        self,
        fleet: Fleet,
        journal: Journal,
        session: Session,
        kind_of: Callable[[Job], Kind],
        patience: Patience,
    ) -> None:
        self.fleet, self.journal, self.session = fleet, journal, session
        self._kind_of, self._patience = kind_of, patience
        self._number = 0
        self._tasks: dict[int, Task] = {}
        self._waiting: dict[str, list[Task]] = {}
        self._where: dict[int, Progress] = {}
        self._events: queue.SimpleQueue[partial[None]] = queue.SimpleQueue()
        said, ended = partial(self._soon, self._said), partial(self._soon, self._ended)
        self._sender = Sender(fleet, session, said, ended)
        self._closing = self._has_ended = False
        self._door = threading.Lock()
        self._error: BaseException | None = None
        fleet.changed = partial(self._soon, self._lost)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def submit(
        self, job: Job, urgency: Urgency = Urgency.FIRST
    ) -> tuple[int, Answer[LeaseOutcome]]:
        """Queue a job; return its number, as `progress` shows it, and its answer.

        Errors of the answer are the training's own; `Died` where it ended its worker three times;
        `ClusterError` where the cluster is gone.
        """
        content = pickle.dumps(job)
        self._number += 1
        task = Task(self._number, job, content, self._kind_of(job), urgency)
        with self._door:
            if not self._has_ended:
                self._soon(self._new, task)
                return task.number, task.answer
        task.answer.set_exception(self._error or Interrupted(STOPPED))
        return task.number, task.answer

    def wait(self, answer: Answer[LeaseOutcome], seconds: float | None = None) -> bool:
        """Wait at most ``seconds`` for ``answer``; return whether it is done."""
        return answer.wait(seconds)

    def progress(self) -> list[Progress]:
        """Return where each worker stands."""
        return [*self._where.values()]

    def close(self) -> None:
        """Stop the trainings; what was not stored is dropped."""
        if not self._closing:
            self._closing = True
            self._thread.join(timeout=30)

    def idle(self) -> int:
        """Return how many workers have nothing to do, where no job waits for one."""
        free = self.fleet.slots() - self._sender.sent
        return 0 if any(self._waiting.values()) else sum(free.values())

    def cancel(self, number: int) -> None:
        """Give up a job that is no longer needed; its answer raises `Interrupted`."""
        self._soon(self._cancel, number)

    def _soon(self, work: Callable[..., None], *arguments: Any) -> None:
        """Have the controller's thread do ``work``; everything below is done by that thread."""
        self._events.put(partial(work, *arguments))

    def _serve(self) -> None:
        try:
            while not self._closing:
                with suppress(queue.Empty):
                    self._events.get(timeout=TICK_SECONDS)()
                self._keep()
                self._hand_out()
        except BaseException as error:  # the journal or the cluster is gone: nobody waits for ever
            self._error = error
        finally:
            self._end()

    def _lost(self, gone: Collection[str]) -> None:
        """Send again what was at workers that are ``gone``, or may have been.

        Dask does so too, but not where no other worker of the kind was there at that moment.
        """
        for task in [each for each in self._tasks.values() if each.future is not None]:
            if gone and (not task.worker or task.worker in gone):
                task.spared += not task.worker
                worker = task.worker or next(iter(gone))
                self._sender.withdraw(task)
                self._again_unless_it_kills(task, worker)

    def _new(self, task: Task) -> None:
        self._tasks[task.number] = task
        self._queue(task)

    def _said(self, number: int, key: str, worker: str, epoch: int, loss: float) -> None:
        task = self._tasks.get(number)
        if task is None or task.key != key:
            return
        if epoch != START:
            self._where[number] = Progress(number, epoch, loss)
            return
        task.worker, task.starts = worker, task.starts + 1
        if task.starts > DEATHS:
            self._fail(task, Died(_died(worker)))

    def _cancel(self, number: int) -> None:
        if (task := self._tasks.get(number)) is not None:
            waiting = self._waiting[task.kind.name]
            if task in waiting:
                waiting.remove(task)
                heapq.heapify(waiting)
            self._fail(task, Interrupted("it is no longer needed"))

    def _ended(self, task: Task, future: Any, came: Any) -> None:
        """Take in what came of a part: a `Done`, an error, or nothing where it was lost."""
        if task.future is not future or task.number not in self._tasks:
            return
        self._sender.landed(task)
        self._where.pop(task.number, None)
        if isinstance(came, Done):
            self._take_in(task, came)
        elif type(came).__name__ == "KilledWorker":
            task.spared += 1
            self._again_unless_it_kills(task, came.last_worker.address)
        elif came is None or isinstance(came, OSError | Interrupted):
            self._sender.listen()  # where the connection was lost, the scheduler has forgotten it
            self._not_its_fault(task)
        else:
            self._note(task, broken(came))

    def _take_in(self, task: Task, done: Done) -> None:
        unit, failure = task.job.unit, done.failure
        self.journal.note_warnings(unit, self.session, done.warnings)
        if done.refused:
            why = differing(unit.experiment, done.refused)
            self.fleet.refuse(done.worker, task.kind.name, why)
            self._not_its_fault(task)
        elif isinstance(failure, DeviceFull) and task.spared < SPARED:
            task.spared += 1
            self._not_its_fault(task)
        elif failure is not None:
            if isinstance(failure, DeviceFault):
                self.fleet.restart(done.worker)
            self._note(task, failure)
        elif done.runs is not None:
            self._store(task, done.runs, done)

    def _store(self, task: Task, runs: Runs, done: Done) -> None:
        now = replace(self.session, record={**self.session.record, **done.record})
        stored(self.journal, now, task.job, runs, task.began)
        task.starts = task.spared = 0
        if runs.epochs_done >= task.job.epochs:
            self._settle(task)
            task.answer.set_result(LeaseOutcome.LEASED)
        else:
            task.earlier = runs
            self._sender.send(task)

    def _again_unless_it_kills(self, task: Task, worker: str) -> None:
        """Break a job over which workers died; one that had not started there is sent again."""
        if task.starts >= DEATHS or task.spared >= SPARED:
            self._fail(task, Died(_died(worker)))
        else:
            self._queue(task)

    def _not_its_fault(self, task: Task) -> None:
        """Send again a part that did not end over its worker's death."""
        task.starts = max(0, task.starts - 1)
        self._queue(task)

    def _note(self, task: Task, failed: BrokenRun) -> None:
        self.journal.note(task.job.unit, self.session, failed)
        self._fail(task, failed)

    def _fail(self, task: Task, error: BaseException) -> None:
        self._sender.withdraw(task)
        self._settle(task)
        task.answer.set_exception(error)

    def _settle(self, task: Task) -> None:
        del self._tasks[task.number]
        self._where.pop(task.number, None)
        if task.is_leased:
            self.journal.release([task.job.unit])

    def _queue(self, task: Task) -> None:
        heapq.heappush(self._waiting.setdefault(task.kind.name, []), task)

    def _keep(self) -> None:
        """Renew leases and a lost connection; raise `ClusterError` where patience has run out."""
        self._patience.beat(
            lambda: self.journal.renew([t.job.unit for t in self._tasks.values() if t.is_leased])
        )
        self._patience.with_scheduler(self.fleet.connection)
        if self._sender.is_of_former_client:
            self._sender.listen()
            for task in [each for each in self._tasks.values() if each.future is not None]:
                self._sender.landed(task)
                self._not_its_fault(task)
        busy = {task.kind.name: task.kind for task in self._tasks.values()}
        self._patience.without_workers(busy, self.fleet.slots(), self.fleet.say)

    def _hand_out(self) -> None:
        if self.fleet.connection.is_open:
            slots, sent = self.fleet.slots(), self._sender.sent
            for kind, tasks in self._waiting.items():
                while tasks and sent[kind] < slots[kind]:
                    self._begin(heapq.heappop(tasks))

    def _begin(self, task: Task) -> None:
        """Lease a job and send its first part; one that needs no training is answered at once."""
        job = task.job
        if not task.is_leased:
            taken = self.journal.take(job.unit, job.epochs, self.session, job.snapshots)
            if taken is not LeaseOutcome.LEASED:
                del self._tasks[task.number]
                task.answer.set_result(taken)
                return
            task.is_leased = True
            task.earlier = resumed(self.journal, self.session, job)
            task.began = 0 if task.earlier is None else task.earlier.epochs_done
        self._sender.send(task)

    def _end(self) -> None:
        """Give everybody who waits an answer, and leave no job behind."""
        error = self._error or Interrupted(STOPPED)
        with self._door:
            self._has_ended = True
        while not self._events.empty():
            work = self._events.get()
            if work.func == self._new:
                work()
        self._sender.close(self._tasks.values())
        leased = [task.job.unit for task in self._tasks.values() if task.is_leased]
        try:
            self.journal.release(leased)
        finally:
            for task in self._tasks.values():
                task.answer.set_exception(error)
            self._tasks.clear()


def _died(worker: str) -> str:
    return f"a worker died {DEATHS} times on it, the last time {worker}; its log says how"
