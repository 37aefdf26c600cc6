"""Is command B better than command A? Paired seeds, and as few as it takes.

Both are run on the same seeds, A first. What they print is kept in the journal.
"""

import hashlib
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from epochal.claims.paired import Paired
from epochal.errors import SpecError
from epochal.journal.commands import Commands

__all__ = ["APART", "Comparison", "code_of", "compare", "design"]

APART = 100_000
"""Seeds of a campaign's candidates are so far apart, so that none meets those of another."""

MOST_SHOWN = 120
"""Characters of what a command said that an error shows."""


@dataclass(frozen=True)
class Comparison:
    """What was found.

    Attributes:
        better: whether B is better; None where that stays open.
        gains: by how much B was better, for each seed: as shares of A where ``relative``.
        seeds: the seeds.
        relative: whether gains are shares.
    """

    better: bool | None
    gains: tuple[float, ...]
    seeds: tuple[int, ...]
    relative: bool


def design(by: float, candidates: int, test: Paired) -> Paired:
    """``test`` for one of so many ``candidates``: each gets its part of the error rate.

    With the parts the chance that any of them is falsely called better is at most the whole, by the
    union bound, however the candidates depend on each other.
    """
    return replace(test, by=by, alpha=test.alpha / candidates, gives_up=candidates > 1)


def compare(
    journal: Commands,
    commands: tuple[str, str],
    test: Paired,
    *,
    lower: bool,
    relative: bool,
    first: int,
    fresh: bool = False,
    told: Callable[[int, float, float], None] = lambda seed, a, b: None,
) -> Comparison:
    """Runs both commands on seeds from ``first`` on, until ``test`` is decided.

    Raises:
        SpecError: a command fails, or prints anything but one number.
    """
    gains: list[float] = []
    for seed in range(first, first + test.looks[-1]):
        a, b = (
            _value(journal, option, command, seed, fresh)
            for option, command in zip(("--a", "--b"), commands, strict=True)
        )
        told(seed, a, b)
        gain = a - b if lower else b - a
        if relative and a == 0:
            rule = f"for seed {seed} it prints 0, of which nothing is a share"
            raise SpecError("--a", commands[0], rule, "give --by a number without %")
        gains.append(gain / abs(a) if relative else gain)
        if test.ends(gains):
            break
    return Comparison(test.decide(gains), tuple(gains), (*range(first, seed + 1),), relative)


def _value(journal: Commands, option: str, command: str, seed: int, fresh: bool) -> float:
    code = code_of(command)
    known = None if fresh else journal.value(command, code, seed)
    if known is not None:
        return known
    began = time.monotonic()
    words = command.replace("{seed}", str(seed))
    done = subprocess.run(words, shell=True, capture_output=True, text=True)
    said = (done.stderr if done.returncode else done.stdout).strip()
    step = "its other results are kept; mend it, and repeat the command"
    if done.returncode:
        last = said.splitlines()[-1] if said else "it said nothing"
        rule = f"for seed {seed} it ends with {done.returncode} ({last[:MOST_SHOWN]})"
        raise SpecError(option, command, rule, step)
    try:
        value = float(said)
    except ValueError:
        rule = f"for seed {seed} it prints {said[:MOST_SHOWN]!r}, which is not one number"
        raise SpecError(option, command, rule, "print the number alone") from None
    if value != value or abs(value) == float("inf"):
        raise SpecError(option, command, f"for seed {seed} it prints {said}", step)
    journal.keep(command, code, seed, value, time.monotonic() - began)
    return value


def code_of(command: str) -> str:
    """A hash of the folder and of the files that ``command`` names."""
    text = hashlib.sha256(str(Path.cwd()).encode())
    for word in re.split(r"""[\s='"]+""", command):
        if word and Path(word).is_file():
            text.update(Path(word).read_bytes())
    return text.hexdigest()[:16]
