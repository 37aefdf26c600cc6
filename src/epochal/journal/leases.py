"""Leases: who is training what, so that no two processes train the same.

A lease is a row with a beat that its holder renews. It ends when the holder lets go of it, when
the holder's process is seen to be gone, or when the beat has stopped for a while: on another
machine, in another container, or where the process stands still.
"""

import os
import platform
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from epochal.errors import JournalError

__all__ = ["beating", "is_live", "me"]

BEAT_SECONDS, EXPIRY_SECONDS = 5.0, 30.0


def me() -> str:
    """This process, as a lease names it: host, process namespace, number."""
    return f"{_place()} {os.getpid()}"


def _place() -> str:
    namespace = ""
    with suppress(OSError):
        namespace = os.readlink("/proc/self/ns/pid")
    return f"{platform.node()} {namespace}"


def is_live(lease: sqlite3.Row | None) -> bool:
    """Whether somebody still holds ``lease``."""
    if lease is None or time.time() - lease["beat"] > EXPIRY_SECONDS:
        return False
    place, _, number = str(lease["holder"]).rpartition(" ")
    return place != _place() or _runs(int(number))


def _runs(process: int) -> bool:
    if os.name == "nt":  # where signal 0 is no question; the beat alone tells
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def beating(renew: Callable[[], None]) -> Iterator[None]:
    """Calls ``renew`` every few seconds from a thread until the block ends."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(BEAT_SECONDS):
            with suppress(JournalError):  # a locked file is tried again at the next beat
                renew()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
