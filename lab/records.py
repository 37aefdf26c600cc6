"""What was measured of the gate itself: runs of mutants, timing sessions, simulations."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from epochal.files import load_record, save
from lab.mutant_run import MutantRun
from lab.timing_record import Simulated, TimingRecord

__all__ = [
    "FOLDER",
    "append_timing",
    "load_mutant_runs",
    "load_simulated",
    "load_timings",
    "save_mutant_runs",
    "save_simulated",
]

FOLDER = Path(__file__).parent / "record"
"""Where the committed records are."""

MUTANTS, TIMINGS, SIMULATED = "mutants.json", "timings.jsonl", "simulated.json"


def load_mutant_runs(folder: Path = FOLDER) -> list[MutantRun]:
    """Return the runs of ``folder``, none where no mutant was tried."""
    return load_record(
        "--record", folder / MUTANTS, lambda rows: [MutantRun.from_json(row) for row in rows], []
    )


def save_mutant_runs(runs: Iterable[MutantRun], folder: Path = FOLDER) -> None:
    """Store ``runs``; those of other mutants stay."""
    known = {each.name: each for each in load_mutant_runs(folder)} | {e.name: e for e in runs}
    lines = ",\n".join(json.dumps(each.to_json()) for each in known.values())
    save(folder / MUTANTS, f"[\n{lines}\n]\n")


def load_timings(folder: Path = FOLDER) -> list[TimingRecord]:
    """Return the recorded timing sessions, oldest first."""
    return load_record(
        "--record", folder / TIMINGS, lambda rows: [TimingRecord.from_json(row) for row in rows], []
    )


def append_timing(record: TimingRecord, folder: Path = FOLDER) -> None:
    """Append ``record``; earlier ones are never rewritten."""
    path = folder / TIMINGS
    before = path.read_text("utf-8") if path.exists() else ""
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
