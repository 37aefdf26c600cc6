"""Tasks done in this very process: for a debugger, and where starting processes takes longer."""

from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from epochal.errors import Interrupted

__all__ = ["Inline"]


class Inline:
    """What a `Pool` is, without processes: a task is done when somebody waits for it.

    Args:
        work: what is called with each task.

    Attributes:
        deaths: none; a task that ends its process ends this one.
    """

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self._work = work
        self._queue: deque[tuple[Future[Any], object]] = deque()
        self.deaths: Counter[int] = Counter()

    def submit(self, number: int, task: object) -> "Future[Any]":
        """Queues ``task``; its future gives what became of it."""
        future: Future[Any] = Future()
        self._queue.append((future, task))
        return future

    def wait(self, future: "Future[Any]", seconds: float | None = None) -> bool:
        """Does tasks in their order until ``future`` is done, however long that takes."""
        while not future.done():
            each, task = self._queue.popleft()
            try:
                answer = self._work(task)
            except Exception as error:
                each.set_exception(error)
            except BaseException:  # Ctrl-C; nobody may wait for this task for ever
                each.set_exception(Interrupted("the session was stopped"))
                raise
            else:
                each.set_result(answer)
        return True

    def close(self) -> None:
        """Drops what was not begun."""
        while self._queue:
            self._queue.popleft()[0].set_exception(Interrupted("the session has ended"))
