"""Tasks done in this very process: for a debugger, and where starting processes takes longer."""

from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from epochal.errors import Interrupted
from epochal.training.answer import Answer

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
        self._queue: deque[tuple[Answer[Any], object]] = deque()
        self.deaths: Counter[int] = Counter()

    def submit(self, number: int, task: object, places: int | None = None) -> Answer[Any]:
        """Queue ``task``; its answer is what became of it."""
        answer = Answer[Any]()
        self._queue.append((answer, task))
        return answer

    def wait(self, answer: Answer[Any], seconds: float | None = None) -> bool:
        """Do tasks in their order until ``answer`` is done, however long that takes."""
        while not answer.done():
            each, task = self._queue.popleft()
            try:
                done = self._work(task)
            except Exception as error:
                each.set_exception(error)
            except BaseException:  # Ctrl-C; nobody may wait for this task for ever
                each.set_exception(Interrupted("the session was stopped"))
                raise
            else:
                each.set_result(done)
        return True

    def close(self) -> None:
        """Drops what was not begun."""
        while self._queue:
            self._queue.popleft()[0].set_exception(Interrupted("the session has ended"))
