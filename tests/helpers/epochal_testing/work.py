"""What processes of a `Pool` do in tests; they are asked for it by name."""

import os
import signal
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from epochal.errors import DeviceFault, DeviceFull
from epochal.experiments.data import Data
from epochal.experiments.inputs import Array


class Foreign(Exception):
    """An error that does not come through a pipe."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


def begin(place: int) -> Callable[[Any], Any]:
    """Does what a task names: ``(what, value)``."""

    def work(task: tuple[str, Any]) -> Any:
        what, value = task
        return TASKS[what](place, value)

    return work


def die(place: int, number: int) -> None:
    os.kill(os.getpid(), number)


def sleep(place: int, seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def fail(place: int, value: object) -> None:
    raise ValueError(f"no {value}")


def fill(place: int, room: int) -> int:
    """Answers with its place where there is room, on the last ``room`` of three places."""
    time.sleep(0.05)
    if place < 3 - room:
        raise DeviceFull("cuda:0 has no room")
    return place


def fault(place: int, value: object) -> None:
    raise DeviceFault("CUDA error: device-side assert triggered")


def fail_foreign(place: int, value: object) -> None:
    raise Foreign(1, 2)


def cut_short(place: int, value: object) -> None:
    """Sends the first bytes of an answer, and is gone."""
    frame = sys._getframe()
    while "pipe" not in frame.f_locals:
        assert frame.f_back is not None
        frame = frame.f_back
    os.write(frame.f_locals["pipe"].fileno(), struct.pack("!i", 10**6) + b"begun")
    os._exit(5)


def die_later(place: int, seconds: float) -> int:
    """Answers, and dies when it has nothing to do."""
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()
    return os.getpid()


def slowly(data: Data, seed: int, device: str) -> Iterator[tuple[float, Callable[[Array], Array]]]:
    """A loop of a hundredth of a second an epoch, however fast the machine is."""

    def predict(features: Array) -> Array:
        return share * features[:, 0]

    share = -float(seed)
    while True:
        yield float(np.mean((predict(data.features) - data.target) ** 2)), predict
        time.sleep(0.01)
        share = 1 - 0.9 * (1 - share)


TASKS: dict[str, Callable[[int, Any], Any]] = {
    "echo": lambda place, value: value,
    "place": lambda place, value: place,
    "die": die,
    "exit": lambda place, code: os._exit(code),
    "sleep": sleep,
    "fail": fail,
    "fail foreign": fail_foreign,
    "fill": fill,
    "fault": fault,
    "process": lambda place, value: os.getpid(),
    "cut short": cut_short,
    "die later": die_later,
}


def begin_wrongly(place: int) -> Callable[[Any], Any]:
    raise LookupError("no such folder")


def begin_dying(place: int) -> Callable[[Any], Any]:
    os._exit(4)
