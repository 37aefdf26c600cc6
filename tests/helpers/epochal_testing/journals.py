"""Journals for tests: runs of one seed, what is stored of them, and processes that use them."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from epochal import Runs
from epochal.errors import JournalError
from epochal.identity.usable import Row
from epochal.journal.store import Journal
from epochal.journal.units import Session, Unit
from epochal_testing import sessions, synthetic

LINE = re.compile(r"--journal = '.+': .+; .+")
"""What was wrong with the journal, and what to do next."""


def unit(seed: int = 44) -> Unit:
    return Unit("0123456789abcdef", seed, "a machine")


def trained(seed: int = 44, epochs: int = 20, scale: float = 1.0) -> Runs:
    """Runs of one seed; a shorter one has the first epochs of a longer one."""
    rng = np.random.default_rng(seed)
    losses = (scale * rng.random((1, 1000)))[:, : epochs + 1]
    made = synthetic.runs([seed], losses, shares=rng.random((1, 1000, 2))[:, : epochs + 1])
    return replace(made, experiment=unit().experiment, states=(f"{seed} after {epochs}".encode(),))


def put(journal: Journal, session: Session, *seeds: int, epochs: int = 20) -> None:
    """Stores finished trainings."""
    for seed in seeds:
        journal.put(unit(seed), trained(seed, epochs), session, began=0, finished=True)


def found(journal: Journal, seed: int = 44) -> Row:
    """The row of ``seed``, which must be there."""
    row = journal.row(unit(seed))
    assert row is not None
    return row


def assert_same(one: Runs, other: Runs, states: bool = True) -> None:
    """Every field is equal to the last bit and of the same type."""
    for each in fields(Runs):
        a, b = getattr(one, each.name), getattr(other, each.name)
        if isinstance(a, np.ndarray):
            assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes()), each.name
        elif each.name != "states" or states:
            assert (type(a), a) == (type(b), b), each.name


def timeless(runs: Runs) -> Runs:
    """``runs`` without how long they took, which no two trainings share."""
    return replace(runs, seconds=np.zeros_like(runs.seconds))


def whole(journal: Journal, *seeds: int) -> bool:
    """Whether the rows of ``seeds`` are as `put` stored them."""
    for seed in seeds:
        runs = journal.runs(unit(seed), with_state=True)
        assert_same(runs, trained(seed, runs.epochs_done))
    return True


def refused(make: Callable[[], object]) -> str:
    """The line of the `JournalError` that ``make`` raises."""
    with pytest.raises(JournalError) as caught:
        make()
    assert LINE.fullmatch(str(caught.value)), str(caught.value)
    return str(caught.value)


PRELUDE = """
import sys, time
from pathlib import Path
from epochal_testing.journals import *
journal, session = Journal(Path(sys.argv[1])), Session(id="theirs")
"""


@contextmanager
def program(journal: Journal, text: str) -> Iterator["subprocess.Popen[str]"]:
    """A process that runs ``text`` on ``journal``; it is killed with SIGKILL at the block's end."""
    process = subprocess.Popen(
        [sys.executable, "-c", PRELUDE + text, str(journal.path)],
        cwd=sessions.ROOT,
        env=sessions.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(process: "subprocess.Popen[str]") -> str:
    """The next line that ``process`` prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def said_at_end(process: "subprocess.Popen[str]") -> str:
    """All that ``process`` still prints; it must end well."""
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0, text
    return text


def databases(folder: Path) -> dict[str, bytes]:
    """The bytes of every file in ``folder``."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
