"""The future of a task, for which a main thread may wait that Ctrl-C interrupts."""

import threading
from concurrent.futures import Future
from typing import TypeVar

__all__ = ["Answer"]

T = TypeVar("T")


class Answer(Future[T]):
    """A future with a `wait` that an interrupt leaves intact.

    `concurrent.futures.wait` holds the future's lock for a moment. A KeyboardInterrupt in that
    moment leaves it locked, and the thread that sets the result then waits for ever.

    >>> answer = Answer[int]()
    >>> answer.wait(seconds=0)
    False
    >>> answer.set_result(3)
    >>> answer.wait(), answer.result()
    (True, 3)
    """

    def __init__(self) -> None:
        super().__init__()
        self._is_settled = False
        self._latch = threading.Lock()  # acquiring it is one step, which an interrupt cannot split
        self._latch.acquire()
        self.add_done_callback(self._settle)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait at most ``seconds`` (without a limit if None); return whether it is done."""
        timeout = -1 if seconds is None else seconds
        if not self._is_settled and self._latch.acquire(timeout=timeout):
            self._latch.release()
        return self._is_settled

    def _settle(self, _: "Future[T]") -> None:
        self._is_settled = True
        self._latch.release()
