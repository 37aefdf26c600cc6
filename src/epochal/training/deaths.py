"""How a process died, in words: by which signal, and whether memory had run out."""

import contextlib
import signal
from pathlib import Path

__all__ = ["how_it_died", "memory_kills"]

CGROUPS = Path("/sys/fs/cgroup")

KILLED_OUTSIDE = 137
"""The exit code by which a shell or a container tells of SIGKILL: 128 + 9."""


def memory_kills(own: Path = Path("/proc/self/cgroup"), root: Path = CGROUPS) -> int | None:
    """How many processes of this one's cgroup were killed since memory ran out; None if unknown.

    Source: https://docs.kernel.org/admin-guide/cgroup-v2.html, ``memory.events``, and for version 1
    ``memory.oom_control``.
    """
    with contextlib.suppress(OSError, ValueError):
        for line in own.read_text("utf-8").splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers not in ("", "memory"):
                continue
            name = "memory.oom_control" if controllers else "memory.events"
            # Inside a container the path is that of the host, and its own group is the root.
            places = [root / controllers / path.strip("/"), root / controllers]
            for file in (place / name for place in places):
                if file.exists():
                    words = dict(each.split() for each in file.read_text("utf-8").splitlines())
                    return int(words["oom_kill"])
    return None


def how_it_died(code: int | None, ran_out: bool) -> str:
    """In words what an exit code tells, ``ran_out`` being what the cgroup says of memory.

    >>> how_it_died(-11, ran_out=False)
    'by signal SIGSEGV'
    >>> how_it_died(3, ran_out=False)
    'with exit code 3'
    """
    if ran_out and code in (-signal.SIGKILL, KILLED_OUTSIDE):
        return "out of memory"
    if code == KILLED_OUTSIDE:
        return f"with exit code {code}, often out of memory"
    if code is None or code >= 0:
        return f"with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    return f"by signal {name}" + (", often out of memory" if code == -signal.SIGKILL else "")
