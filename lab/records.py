"""What was measured of the gate itself: trials of mutants, timing sessions, simulations."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from epochal.files import load_record, save
from lab.timing_record import Simulated, TimingRecord
from lab.trial import Trial

__all__ = [
    "FOLDER",
    "append_timing",
    "load_simulated",
    "load_timings",
    "load_trials",
    "save_simulated",
    "save_trials",
]

FOLDER = Path(__file__).parent / "record"
"""Where the committed records are."""

TRIALS, TIMINGS, SIMULATED = "mutants.json", "timings.jsonl", "simulated.json"


def load_trials(folder: Path = FOLDER) -> list[Trial]:
    """Return the trials of ``folder``, none where no mutant was tried."""
    return load_record(
        "--record", folder / TRIALS, lambda rows: [Trial.from_json(row) for row in rows], []
    )


def save_trials(trials: Iterable[Trial], folder: Path = FOLDER) -> None:
    """Store ``trials``; those of other mutants stay."""
    known = {each.name: each for each in load_trials(folder)} | {e.name: e for e in trials}
    lines = ",\n".join(json.dumps(each.to_json()) for each in known.values())
    save(folder / TRIALS, f"[\n{lines}\n]\n")


def load_timings(folder: Path = FOLDER) -> list[TimingRecord]:
    """Return the recorded timing sessions, oldest first."""
    return load_record(
        "--record", folder / TIMINGS, lambda rows: [TimingRecord.from_json(row) for row in rows], []
    )


def append_timing(record: TimingRecord, folder: Path = FOLDER) -> None:
    """Append ``record``; earlier ones are never rewritten."""
    path = folder / TIMINGS
    before = path.read_text() if path.exists() else ""
    save(path, before + json.dumps(record.to_json()) + "\n")


def load_simulated(folder: Path = FOLDER) -> list[Simulated]:
    """Return what was simulated from the record, none where it was not."""
    return load_record(
        "--record", folder / SIMULATED, lambda rows: [Simulated(**row) for row in rows], []
    )


def save_simulated(found: Iterable[Simulated], folder: Path = FOLDER) -> None:
    """Replace what was simulated from a shorter record."""
    lines = ",\n".join(json.dumps(asdict(each)) for each in found)
    save(folder / SIMULATED, f"[\n{lines}\n]\n")
