"""What the gate knows of itself, beside the baseline: benign spread, trials, sittings."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from epochal.errors import SpecError
from epochal.files import save, writable
from epochal.gate.noticed import Trial
from epochal.gate.selftest import Sat, Simulated
from epochal.gate.spread import Spread

__all__ = [
    "append_sitting",
    "load_simulated",
    "load_sittings",
    "load_spread",
    "load_trials",
    "save_simulated",
    "save_spread",
    "save_trials",
]

SPREAD, TRIALS = "spread.json", "mutants.json"
SITTINGS, SIMULATED = "sittings.jsonl", "simulated.json"

T = TypeVar("T")


def load_spread(folder: Path) -> Spread:
    """The benign spread beside the baseline in ``folder``; an empty one where none was measured."""
    return _load(folder / SPREAD, Spread.from_json, Spread())


def save_spread(spread: Spread, folder: Path) -> None:
    """Writes it beside the baseline."""
    rows = spread.to_json()
    name = "seeds, epochs, largest change"
    tight = (",", ":")
    lines = ",\n".join(
        f"  {json.dumps(of)}: {json.dumps(row, separators=tight)}" for of, row in rows[name].items()
    )
    head = f'{{\n "changes": {json.dumps(rows["changes"])},\n "{name}": {{\n'
    save(writable(folder, "--baseline") / SPREAD, f"{head}{lines}\n }}\n}}\n")


def load_trials(folder: Path) -> list[Trial]:
    """What came of the changes that the gate was tried on, none where it was not."""
    return _load(folder / TRIALS, lambda rows: [Trial.from_json(row) for row in rows], [])


def save_trials(trials: Iterable[Trial], folder: Path) -> None:
    """Takes ``trials`` in beside the baseline; those of other changes stay."""
    known = {each.name: each for each in load_trials(folder)} | {e.name: e for e in trials}
    lines = ",\n".join(json.dumps(each.to_json()) for each in known.values())
    save(writable(folder, "--baseline") / TRIALS, f"[\n{lines}\n]\n")


def load_sittings(folder: Path) -> list[Sat]:
    """The sittings of the record, in the order in which they were held."""
    return _load(folder / SITTINGS, lambda rows: [Sat.from_json(row) for row in rows], [])


def append_sitting(sat: Sat, folder: Path) -> None:
    """Puts a sitting at the end of the record, which is never rewritten otherwise."""
    path = folder / SITTINGS
    before = path.read_text() if path.exists() else ""
    save(path, before + json.dumps(sat.to_json()) + "\n")


def load_simulated(folder: Path) -> list[Simulated]:
    """What was simulated from the record, none where it was not."""
    return _load(folder / SIMULATED, lambda rows: [Simulated(**row) for row in rows], [])


def save_simulated(found: Iterable[Simulated], folder: Path) -> None:
    """Replaces what was simulated from a shorter record."""
    lines = ",\n".join(json.dumps(asdict(each)) for each in found)
    save(folder / SIMULATED, f"[\n{lines}\n]\n")


def _load(path: Path, read: Callable[[Any], T], without: T) -> T:
    if not path.exists():
        return without
    try:
        text = path.read_text()
        if path.suffix == ".jsonl":
            return read([json.loads(line) for line in text.splitlines()])
        return read(json.loads(text))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise SpecError(
            "--baseline",
            str(path),
            f"it cannot be read ({type(error).__name__}: {error})",
            "restore it from git, or remove it and measure again",
        ) from error
