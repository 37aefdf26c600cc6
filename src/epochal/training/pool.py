"""Processes with a pipe and a task of their own, of which a death costs only the task it held.

No lock and no queue is shared, so nothing can be left locked or half-written by a process that is
killed: the controller hears of every end by the pipe or by the process itself, whichever is first.
"""

import atexit
import contextlib
import multiprocessing
import pickle
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

from epochal.errors import BrokenRun, Interrupted
from epochal.experiments.frames import broken
from epochal.training.answer import Answer
from epochal.training.deaths import how_it_died, memory_kills
from epochal.training.serving import LEAVES, serve

__all__ = ["DEATHS", "Died", "Pool"]

DEATHS = 3
"""The death over one task that breaks it; before that it is given to another process."""

GRACE_SECONDS, AGAIN_SECONDS = 3.0, 1.0
"""How long a process may take to end by itself before it is killed, and when it is tried again to
start one."""

Work = Callable[[Any], Any]
Begin = Callable[..., Work]


class Died(BrokenRun):
    """Processes died over one task until it was given up."""


@dataclass(eq=False)
class _Task:
    """What was submitted, pickled already."""

    number: int
    content: bytes
    places: int | None
    future: Answer[Any] = field(default_factory=Answer)


@dataclass(eq=False)
class _WorkerSlot:
    """A process in its place, its end of the pipe, and the task that it holds."""

    process: Any
    pipe: "Connection[Any, Any]"
    memory_kills: int | None
    is_ready: bool = False
    is_unfit: bool = False
    task: _Task | None = None


class Pool:
    """Up to ``count`` processes, which are started when there is something to do.

    Each calls ``begin(place, *arguments)`` once, with its place from 0 on, and gives every task to
    what that returns. A thread of the controller's hands out tasks in the order of `submit`.

    Args:
        count: the most processes.
        begin: a function at the top level of a module.
        arguments: what else it is given.
        left: called with its place when a process is gone.

    Attributes:
        deaths: how many processes died over each task, by its number; none where none did.
    """

    def __init__(
        self,
        count: int,
        begin: Begin,
        arguments: tuple[Any, ...],
        left: Callable[[int], None] = lambda place: None,
    ) -> None:
        self._begin, self._arguments, self._left = begin, arguments, left
        self._context = multiprocessing.get_context("spawn")
        self._slots: list[_WorkerSlot | None] = [None] * count
        self._queue: deque[_Task] = deque()
        self._full = set[int]()
        self.deaths: Counter[int] = Counter()
        self._failed_starts = 0
        self._closing = False
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None

    def submit(self, number: int, task: object, places: int | None = None) -> Answer[Any]:
        """Queue ``task`` under ``number`` for the first ``places`` processes, or for all of them.

        Errors of the answer are the task's own, or `Died` with the last death in words. A task that
        raises `DeviceFull` goes to another of its processes, while there is one, and the place of
        the process that had no room takes no more tasks with ``places``.
        """
        made = _Task(number, bytes(ForkingPickler.dumps(task)), places)
        with self._lock:
            if self._closing:
                made.future.set_exception(Interrupted("the workers were stopped"))
                return made.future
            self._queue.append(made)
            if self._thread is None:
                self._bell, self._ring = multiprocessing.Pipe(duplex=False)
                atexit.register(self.close)  # before multiprocessing waits for processes
                self._thread = threading.Thread(target=self._serve, daemon=True)
                self._thread.start()
        self._ring.send_bytes(b".")
        return made.future

    def wait(self, answer: Answer[Any], seconds: float | None = None) -> bool:
        """Wait at most ``seconds`` for ``answer``; return whether it is done."""
        return answer.wait(seconds)

    @contextlib.contextmanager
    def holding(self) -> Iterator[Mapping[int, int]]:
        """The number of the task that each process holds, by process; none changes meanwhile."""
        with self._lock:
            slots = [slot for slot in self._slots if slot is not None]
            yield {slot.process.pid: slot.task.number for slot in slots if slot.task is not None}

    def close(self) -> None:
        """Ends all processes, whose tasks are dropped. They should be told to stop before."""
        with self._lock:
            was_closing, self._closing = self._closing, True
        if was_closing or self._thread is None:
            return
        self._ring.send_bytes(b".")
        self._thread.join()
        atexit.unregister(self.close)

    # ------------------------------------------------------------------- the controller's thread

    def _serve(self) -> None:
        try:
            while not self._closing:
                self._turn()
        finally:
            self._end()

    def _turn(self) -> None:
        with self._lock:
            self._hand_out()
            slots = [slot for slot in self._slots if slot is not None]
            timeout = AGAIN_SECONDS if self._queue and not slots else None
        wanted = [end for slot in slots for end in (slot.pipe, slot.process.sentinel)]
        heard = connection.wait([self._bell, *wanted], timeout)
        with self._lock:
            while self._bell.poll():
                self._bell.recv_bytes()
            for slot in slots:
                if slot.pipe in heard or slot.process.sentinel in heard:
                    self._hear(slot)

    def _hand_out(self) -> None:
        """Gives a task to every process that is idle, and starts what more it takes."""
        for place, slot in enumerate(self._slots):
            if slot is not None and slot.is_ready and slot.task is None:
                task = self._next(place)
                with contextlib.suppress(OSError):  # it is gone, and `_hear` will find that out
                    if task is not None:
                        slot.pipe.send_bytes(task.content)
                        self._queue.remove(task)
                        slot.task = task
        starting = sum(slot is not None and not slot.is_ready for slot in self._slots)
        for place, slot in enumerate(self._slots):
            if slot is None and starting < len(self._queue) and self._next(place) is not None:
                self._start(place)
                starting += 1

    def _next(self, place: int) -> _Task | None:
        """The first queued task that the process at ``place`` may take."""
        return next((task for task in self._queue if self._may(place, task)), None)

    def _may(self, place: int, task: _Task) -> bool:
        return task.places is None or (place < task.places and place not in self._full)

    def _start(self, place: int) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=serve, args=(theirs, self._begin, place, self._arguments)
        )
        kills = memory_kills()
        try:
            process.start()
        except OSError as error:
            ours.close()
            self._failed_start(broken(error))
            return
        finally:
            theirs.close()
        self._slots[place] = _WorkerSlot(process, ours, kills)

    def _hear(self, slot: _WorkerSlot) -> None:
        """Takes in what a process has sent, and its end."""
        stands = self._take_in(slot)
        if not stands or not slot.process.is_alive():
            slot.process.join(GRACE_SECONDS)
            slot.process.kill()
            slot.process.join()
            if stands:
                self._take_in(slot)  # what it had sent before it ended
            self._bury(slot)

    def _take_in(self, slot: _WorkerSlot) -> bool:
        """Whether the pipe still stands after all that was in it has been taken in."""
        try:
            while slot.pipe.poll():
                kind, value = pickle.loads(slot.pipe.recv_bytes())
                if kind == "ready":
                    slot.is_ready, self._failed_starts = True, 0
                elif kind == "unfit":
                    slot.is_unfit = True
                    self._break(value)
                elif slot.task is not None:
                    task, slot.task = slot.task, None
                    if isinstance(value, LEAVES):
                        slot.is_ready, slot.is_unfit = False, True
                    if kind != "full" or not self._moved_on(task, self._slots.index(slot)):
                        _settle(task, kind, value)
        except (OSError, EOFError, pickle.UnpicklingError):
            return False  # a message that was cut short is none
        return True

    def _moved_on(self, task: _Task, place: int) -> bool:
        """Queue ``task``, which found no room at ``place``, for another place if there is one."""
        self._full.add(place)
        if any(self._may(each, task) for each in range(len(self._slots))):
            self._queue.appendleft(task)
            return True
        self._full.discard(place)
        return False

    def _bury(self, slot: _WorkerSlot) -> None:
        ran_out = slot.memory_kills is not None and memory_kills() != slot.memory_kills
        how = how_it_died(slot.process.exitcode, ran_out)
        place = self._slots.index(slot)
        self._slots[place] = None
        self._left(place)
        slot.process.close()
        slot.pipe.close()
        if slot.task is not None:
            self._charge(slot.task, how)
        elif not slot.is_ready and not slot.is_unfit:
            self._failed_start(BrokenRun(f"a worker died {how} before it started a task"))

    def _charge(self, task: _Task, how: str) -> None:
        self.deaths[task.number] += 1
        if self.deaths[task.number] < DEATHS:
            self._queue.appendleft(task)
        else:
            reason = f"a worker died {DEATHS} times on it, the last time {how}"
            task.future.set_exception(Died(reason))

    def _failed_start(self, error: BaseException) -> None:
        self._failed_starts += 1
        if self._failed_starts >= DEATHS:
            self._break(error)

    def _break(self, error: BaseException) -> None:
        """Gives up all that waits, since no process can be had."""
        self._failed_starts = 0
        while self._queue:
            self._queue.popleft().future.set_exception(error)

    def _end(self) -> None:
        with self._lock:
            self._closing = True
            slots = [slot for slot in self._slots if slot is not None]
            self._slots = [None] * len(self._slots)
            self._queue.extend(slot.task for slot in slots if slot.task is not None)
            self._break(Interrupted("the workers were stopped"))
        for slot in slots:
            slot.pipe.close()  # an idle one reads its end
        for slot in slots:
            slot.process.join(GRACE_SECONDS)
            slot.process.kill()
            slot.process.join()
            slot.process.close()
        self._bell.close()
        self._ring.close()


def _settle(task: _Task, kind: str, value: Any) -> None:
    if kind == "done":
        task.future.set_result(value)
    else:
        task.future.set_exception(value)
