"""Sends parts of jobs to Dask's scheduler, and gives back what came of them."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from epochal.cluster import remote
from epochal.cluster.fleet import Fleet, Kind
from epochal.cluster.remote import Part
from epochal.experiments.runs import Runs
from epochal.journal.units import LeaseOutcome, Session
from epochal.training.answer import Answer
from epochal.training.job import Job

__all__ = ["Sender", "Task"]

FETCHERS, CLOSE_SECONDS = 8, 5.0
"""How many results are fetched at a time, and how long cancelling may take at the end."""


@dataclass(eq=False)
class Task:
    """A job on its way.

    Attributes:
        number: unique in a session, in the order of submission.
        job: what is trained.
        content: the job, pickled.
        kind: of worker.
        urgency: the lower, the sooner.
        answer: for whoever waits.
        future: Dask's, while a part is at a worker.
        key: of that part.
        worker: the address of the worker that has started it; nothing before.
        is_leased: whether the journal has this process's lease of its unit.
        earlier: the runs that the next part resumes.
        began: the epoch from which this session trains it.
        starts: how often its present part was started.
        spared: how often its worker was gone, and nobody had seen it start there.
    """

    number: int
    job: Job
    content: bytes
    kind: Kind
    urgency: int
    answer: Answer[LeaseOutcome] = field(default_factory=Answer)
    future: Any = None
    key: str = ""
    worker: str = ""
    is_leased: bool = False
    earlier: Runs | None = None
    began: int = 0
    starts: int = 0
    spared: int = 0

    def __lt__(self, other: "Task") -> bool:
        return (self.urgency, self.number) < (other.urgency, other.number)


class Sender:
    """One client's futures.

    Args:
        fleet: the workers.
        session: whose jobs these are.
        said: called with what a worker says of a part: number, key, address, epoch and loss.
        ended: called with a task, its future and what came of it.

    Attributes:
        sent: how many parts are at workers, by the kind's name.
    """

    def __init__(
        self,
        fleet: Fleet,
        session: Session,
        said: Callable[..., None],
        ended: Callable[[Task, Any, object], None],
    ) -> None:
        self.fleet, self._session, self._said, self._ended = fleet, session, said, ended
        self._topic = f"epochal-{session.id}"
        self._fetchers = ThreadPoolExecutor(FETCHERS)
        self._client: Any = None
        self.sent = Counter[str]()
        self.listen()

    @property
    def is_of_former_client(self) -> bool:
        """Whether the connection has another client than the one that has sent its parts."""
        return self.fleet.connection.client is not self._client

    def listen(self) -> None:
        """Hear what workers say through the client of this moment."""
        self._client = self.fleet.connection.client
        self._client.subscribe_topic(self._topic, lambda event: self._said(*event[1]))

    def send(self, task: Task) -> None:
        """Send the next part of ``task``."""
        task.key = f"{self._topic}-{task.number}-{time.monotonic_ns()}"
        part = Part(
            task.number,
            task.key,
            task.content,
            self.fleet.files,
            task.earlier,
            self._session.checkpoint,
            self._topic,
        )
        resources = {task.kind.name: 1} | ({"GPU": 1} if task.kind.device != "cpu" else {})
        future = self._client.submit(
            remote.train,
            part,
            key=task.key,
            resources=resources,
            priority=-task.urgency,
            pure=False,
        )
        task.future = future
        self.sent[task.kind.name] += 1
        future.add_done_callback(lambda ended: self._soon(self._fetch, task, ended))

    def landed(self, task: Task) -> None:
        """Forget the future of ``task``, which has ended."""
        task.future, task.key, task.worker = None, "", ""
        self.sent[task.kind.name] -= 1

    def withdraw(self, task: Task) -> None:
        """Cancel the part of ``task`` that is at a worker, if one is."""
        if task.future is not None:
            future = task.future
            self.landed(task)
            self._soon(self._client.cancel, [future])

    def close(self, tasks: Iterable[Task]) -> None:
        """Cancel all parts that are at workers."""
        futures = [task.future for task in tasks if task.future is not None]
        if futures:
            with contextlib.suppress(Exception):  # the scheduler is gone, and the parts with it
                self._soon(self._client.cancel, futures).result(CLOSE_SECONDS)
        self._fetchers.shutdown(wait=False, cancel_futures=True)

    def _soon(self, work: Callable[..., object], *arguments: Any) -> "Future[object]":
        """Do ``work`` in a thread, which may have to wait for the scheduler."""
        try:
            return self._fetchers.submit(work, *arguments)
        except RuntimeError:  # closed meanwhile
            return Future()

    def _fetch(self, task: Task, ended: Any) -> None:
        came: object = None
        try:
            if ended.status == "finished":
                came = ended.result()
            elif ended.status == "error":
                came = ended.exception()
        except Exception as error:  # the connection was lost meanwhile
            came = error if isinstance(error, OSError) else None
        self._ended(task, ended, came)
