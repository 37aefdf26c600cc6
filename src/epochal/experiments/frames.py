"""Where in a claim's own code an error arose."""

import sys
import traceback
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from epochal.errors import BrokenRun, EpochalError
from epochal.identity.sources import is_own_module

__all__ = ["broken", "caller", "message", "place", "summary", "traces"]

LONGEST = 300
"""Characters of an error's message that are kept: some libraries print whole arrays."""


def place(error: BaseException) -> str:
    """The innermost own line that ``error`` passed, such as ``blog.py:12 in siren``, or nothing."""
    own = _own(error.__traceback__)
    return f"{Path(own[-1].filename).name}:{own[-1].lineno} in {own[-1].name}" if own else ""


class Place(NamedTuple):
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{Path(self.file).name}:{self.line}"


def caller() -> Place:
    """Where the record is made whose ``__post_init__`` asks."""
    frame = sys._getframe(3)  # above this function, __post_init__ and the dataclass's __init__
    while frame.f_globals.get("__name__") == "dataclasses" and frame.f_back is not None:
        frame = frame.f_back  # it was made by replace
    return Place(frame.f_code.co_filename, frame.f_lineno)


def message(error: BaseException) -> str:
    """What the error says, in one line; nothing where a class of somebody's own cannot say it."""
    with suppress(Exception):
        return " ".join(str(error).split())
    return ""


def summary(error: BaseException) -> str:
    """The error and its place, in one line.

    >>> summary(ValueError("no such thing"))
    'ValueError: no such thing'
    """
    said = message(error)[:LONGEST]
    text = f"{type(error).__name__}: {said}" if said else type(error).__name__
    where = place(error)
    return f"{text} ({where})" if where else text


def traces(error: BaseException) -> tuple[str, str]:
    """The traceback of ``error``: its own frames alone, and all of them."""
    last = "".join(traceback.format_exception_only(error))
    own, all_ = _own(error.__traceback__), traceback.extract_tb(error.__traceback__)
    found = ["".join([*traceback.format_list(each), last]).rstrip() for each in (own, all_)]
    return (found[0] if own else ""), found[1]


def broken(error: Exception) -> BrokenRun:
    """``error`` as what it means for a claim: its training could not be run."""
    if isinstance(error, BrokenRun):
        return error
    why = str(error) if isinstance(error, EpochalError) else summary(error)
    return BrokenRun(why, traces(error))


def _own(trace: TracebackType | None) -> list[traceback.FrameSummary]:
    found: list[traceback.FrameSummary] = []
    while trace is not None:
        variables = trace.tb_frame.f_globals
        if is_own_module(str(variables.get("__name__", "")), variables):
            found += traceback.extract_tb(trace, limit=1)
        trace = trace.tb_next
    return found
