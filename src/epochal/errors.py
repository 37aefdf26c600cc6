"""Errors that say which field, which value, which rule, and what to do next.

Every error of bad input is one sentence of four parts, so that whoever reads it need not
read the code:

>>> str(SpecError("optimizer.lr", -0.1, "a learning rate is above 0", "give one such as 1e-3"))
'optimizer.lr = -0.1: a learning rate is above 0; give one such as 1e-3'
"""

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from difflib import get_close_matches
from enum import IntEnum
from pathlib import Path

__all__ = [
    "BrokenRun",
    "ClusterError",
    "DeviceError",
    "DeviceFault",
    "DeviceFull",
    "EpochalError",
    "Exit",
    "Interrupted",
    "JournalError",
    "Refusals",
    "SessionError",
    "SpecError",
    "all_of",
    "as_typed",
    "nearest",
]


LONGEST = 100
"""Characters of a value that an error shows."""


class Exit(IntEnum):
    """Exit codes of a run of claims beside pytest's own (0 to 5), the gravest first."""

    VERDICT = 6
    """A verdict changed: against what is expected, or against the baseline."""
    BROKEN = 7
    """A claim could not be run."""
    UNDECIDED = 8
    """Under ``--strict``: a claim stayed undecided. At the gate: one that was decided before, or
    whether learning drifted."""
    DRIFTED = 9
    """At the gate: learning drifted."""
    SLOWER = 10
    """``epochal ab``: an epoch became slower."""
    NOTHING = 11
    """At the gate, or in ``epochal ab``: nothing could be compared."""


class EpochalError(Exception):
    """The base of all errors that epochal raises on purpose."""


class SpecError(EpochalError, ValueError):
    """A field of a specification, an option or a file breaks a rule.

    Args:
        field: where the value stands, as the user wrote it (``"optimizer.lr"``, ``"--device"``).
        value: the value received.
        rule: the rule that it breaks.
        next_step: what to write instead.

    Attributes:
        line: of the file that it stands in, where that is known and not where it was noticed.
    """

    line: int | None = None

    def __init__(self, field: str, value: object, rule: str, next_step: str) -> None:
        super().__init__(field, value, rule, next_step)
        self.field, self.value, self.rule, self.next_step = field, value, rule, next_step

    def __str__(self) -> str:
        return f"{self.field} = {_shown(self.value)}: {self.rule}; {self.next_step}"

    def under(self, owner: str) -> "SpecError":
        """The same error with the field named from one level further out."""
        moved = type(self)(f"{owner}.{self.field}", self.value, self.rule, self.next_step)
        moved.line = self.line
        return moved

    def at(self, line: int) -> "SpecError":
        """The same error, said to stand on ``line``."""
        self.line = line
        return self


def as_typed(path: str | os.PathLike[str]) -> str:
    """A path as a person would type it: relative where it lies below the working directory.

    >>> as_typed(os.path.abspath("reports")), as_typed("/dev/null")
    ('reports', '/dev/null')
    """
    with suppress(ValueError, OSError):  # it lies elsewhere, or this folder is gone
        return str(Path(path).relative_to(Path.cwd()))
    return os.fspath(path)


def _shown(value: object) -> str:
    """A value in one line without its address; a short one, unless it is a name or a path."""
    if isinstance(value, str):
        return repr(as_typed(value) if os.path.isabs(value) else value)
    try:
        text = re.sub(r" at 0x[0-9a-f]+", "", " ".join(repr(value).split()))
    except Exception:  # of a class of somebody's own
        text = f"<{type(value).__name__}>"
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 2]} …"


class Refusals(EpochalError):
    """Several errors of bad input, each in a line of its own.

    Args:
        errors: two or more.
    """

    def __init__(self, errors: Sequence[SpecError]) -> None:
        super().__init__(errors)
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join(map(str, self.errors))


def all_of(errors: Sequence[SpecError]) -> EpochalError:
    """One error that says all of ``errors``, of which there is at least one, each once."""
    different = list({str(each): each for each in errors}.values())
    return different[0] if len(different) == 1 else Refusals(different)


class DeviceError(SpecError):
    """A device was asked for that is unknown or not there."""


class SessionError(SpecError):
    """Something that the whole session depends on is gone."""


class JournalError(SessionError):
    """The journal cannot be used, or does not hold what is asked of it."""


class ClusterError(SessionError):
    """The cluster cannot be reached, or has no worker that can train."""


class BrokenRun(EpochalError):
    """A training could not be run; it counts neither for a claim nor against it.

    Args:
        why: in one line.
        trace: the traceback's own frames, and all of them; empty where it has none.
    """

    def __init__(self, why: str, trace: tuple[str, str] = ("", "")) -> None:
        super().__init__(why, trace)
        self.why, self.trace = why, trace

    def __str__(self) -> str:
        return self.why


class DeviceFull(BrokenRun):
    """A GPU had no room for a process; another process may train the same later."""


class DeviceFault(BrokenRun):
    """A training failed and left its process unable to use the GPU."""


class Interrupted(EpochalError):
    """Training was stopped from outside before it finished."""


def nearest(name: str, names: Iterable[str]) -> str:
    """The next step for a misspelt name: the right one if it is near, else a few to choose from.

    >>> nearest("SDG", ["SGD", "Adam"])
    "did you mean 'SGD'?"
    >>> nearest("zzz", ["SGD", "Adam"])
    'choose one of Adam, SGD'
    """
    known = sorted(names)
    lowered = {each.lower(): each for each in known}
    close = get_close_matches(name.lower(), lowered, n=1, cutoff=0.5)
    if close:
        return f"did you mean {lowered[close[0]]!r}?"
    shown = ", ".join(known[:12]) + (" …" if len(known) > 12 else "")
    return f"choose one of {shown}"
