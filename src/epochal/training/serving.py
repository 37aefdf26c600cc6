"""What a process of the `Pool` does: tasks, one after the other, until its pipe ends."""

import contextlib
import pickle
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from epochal.errors import DeviceFault, DeviceFull
from epochal.experiments.frames import broken

__all__ = ["LEAVES", "serve"]

LEAVES = (DeviceFull, DeviceFault)
"""Errors after which a process ends, which frees its memory of the GPU for a new one."""


def serve(
    pipe: "Connection[Any, Any]",
    begin: Callable[..., Callable[[Any], Any]],
    place: int,
    arguments: tuple[Any, ...],
) -> None:
    """What a process does: tasks, one after the other, until the pipe ends."""
    try:
        work = begin(place, *arguments)
    except Exception as error:
        _send(pipe, "unfit", error)
        return
    _send(pipe, "ready", None)
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: tuple[str, Any] = ("done", work(task))
        except Exception as error:
            answer = ("full" if isinstance(error, DeviceFull) else "failed", error)
        _send(pipe, *answer)
        if isinstance(answer[1], LEAVES):
            return


def _send(pipe: "Connection[Any, Any]", kind: str, value: object) -> None:
    if isinstance(value, Exception):
        value = _sent(value)
    with contextlib.suppress(OSError):  # the controller is gone, and so are we soon
        pipe.send((kind, value))


def _sent(error: Exception) -> Exception:
    """``error`` if it comes through a pipe as it is, else what it means for a claim."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever a foreign class raises
        return broken(error)
    return error
