"""A journal that cannot be used is told in one line, is left as it was, and costs nothing."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from epochal.journal import schema
from epochal.journal.store import Journal
from epochal.journal.units import Session
from epochal_testing import sessions
from epochal_testing.journals import (
    LINE,
    databases,
    program,
    put,
    refused,
    said,
    said_at_end,
    unit,
    whole,
)

MINE = Session(id="mine")
PAGE = 4096

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="it needs Linux")

USES: dict[str, Callable[[Journal], object]] = {
    "check": lambda journal: journal.check(),
    "row": lambda journal: journal.row(unit()),
    "runs": lambda journal: journal.runs(unit()),
    "take": lambda journal: journal.take(unit(), 20, MINE),
    "put": lambda journal: put(journal, MINE, 44),
    "begin": lambda journal: journal.begin(MINE),
    "notes": lambda journal: journal.notes(),
}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A journal with the rows 0 to 9, which nobody has open."""
    made = Journal(tmp_path / "journal.sqlite")
    made.begin(MINE)
    put(made, MINE, *range(10))
    assert set(databases(tmp_path)) == {"journal.sqlite"}
    return made


def everywhere(path: Path) -> str:
    """The one line that every use of ``path`` ends in."""
    lines = {refused(partial(use, Journal(path))) for use in USES.values()}
    assert len(lines) == 1
    return lines.pop()


# ------------------------------------------------------------------------- no place for it


def test_a_folder_is_no_journal(tmp_path: Path) -> None:
    assert everywhere(tmp_path) == (
        f"--journal = '{tmp_path}': it is a folder; name a file, such as {tmp_path}/journal"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_folder_cannot_be_made_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "Not a directory" in everywhere(tmp_path / "file" / "journal")
    assert "it cannot be read" in everywhere(tmp_path / "file" / "deep" / "journal")
    assert (tmp_path / "file").read_text("utf-8") == "in the way"


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    assert "File name too long" in everywhere(tmp_path / ("x" * 300))


@LINUX
@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/proc/journal", "it cannot be written to"),
        ("/proc/none/journal", "its folder cannot be made"),
        ("/sys/journal", "it cannot be written to"),
        ("/dev/null", "it is no file"),
    ],
)
def test_what_cannot_be_written_is_refused(path: str, told: str) -> None:
    assert told in everywhere(Path(path))


@pytest.mark.skipif(os.name == "nt", reason="it needs named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "it is no file" in everywhere(tmp_path / "pipe")


def test_a_file_of_another_user_is_refused_or_used_as_it_may_be(journal: Journal) -> None:
    journal.path.chmod(0o000)
    if os.access(journal.path, os.R_OK):
        pytest.skip("permissions do not hold for this user")
    assert "it cannot be read (Permission denied)" in everywhere(journal.path)


# ------------------------------------------------------------------------------ other files


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE runs (theirs TEXT)")
        database.execute("PRAGMA user_version = 1")
        database.commit()


def newer(path: Path) -> None:
    put(Journal(path), MINE, 1)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
        database.execute("ALTER TABLE runs RENAME TO trainings")


def half(path: Path) -> None:
    put(Journal(path), MINE, *range(10))
    path.write_bytes(path.read_bytes()[: 7 * PAGE])


OTHERS: dict[str, tuple[Callable[[Path], object], str]] = {
    "text": (lambda path: path.write_text("epoch,loss\n" * 99), "it is not a journal"),
    "short text": (lambda path: path.write_text("SQLite format 3\0"), "it is not a journal"),
    "picture": (lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" * 999), "it is not a journal"),
    "zeros": (lambda path: path.write_bytes(bytes(PAGE)), "it is not a journal"),
    "foreign": (foreign, "it is a database of another program"),
    "newer": (newer, f"(schema 99, this one knows {max(schema.MIGRATIONS)}); update epochal, or"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_file_that_is_no_journal_of_ours_is_named_and_left_alone(
    tmp_path: Path, name: str
) -> None:
    make, told = OTHERS[name]
    make(tmp_path / "file")
    before = databases(tmp_path)
    assert told in everywhere(tmp_path / "file")
    assert databases(tmp_path) == before


def test_an_empty_file_becomes_a_journal(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    put(Journal(tmp_path / "file"), MINE, 1)
    assert whole(Journal(tmp_path / "file"), 1)


# ------------------------------------------------------------------------------------ damage


@pytest.mark.parametrize("kept", [101, PAGE, 5 * PAGE + 7, 0.5, 0.9])
def test_a_file_that_was_cut_off_is_refused(journal: Journal, kept: float) -> None:
    data = journal.path.read_bytes()
    size = int(kept * len(data)) if kept < 1 else int(kept)
    journal.path.write_bytes(data[:size])
    line = refused(journal.check)
    assert "it is damaged (" in line
    assert "move it away (`sqlite3 journal.sqlite .recover` may rescue rows)" in line
    assert journal.path.read_bytes() == data[:size]


def flip(data: bytearray, blob: bytes) -> None:
    """Changes a bit of ``blob`` in ``data``, not of the page numbers that lie between its parts.

    All copies are changed: SQLite leaves old ones in pages that it has moved rows out of.
    """
    start = data.find(blob)
    while start >= 0:
        at = start + len(blob) // 2
        data[at if at % PAGE >= 4 else at + 4] ^= 1
        start = data.find(blob, start + 1)


def test_damage_in_a_row_is_found_when_it_is_read_and_costs_no_other(journal: Journal) -> None:
    with journal._reading() as database:
        rows = database.execute("SELECT arrays, final_state FROM runs ORDER BY seed").fetchall()
    data = bytearray(journal.path.read_bytes())
    flip(data, rows[3]["arrays"][:99])
    flip(data, rows[5]["final_state"][:99])
    journal.path.write_bytes(data)
    journal.check()
    line = refused(lambda: journal.runs(unit(3)))
    assert "it is damaged (seed 3 of experiment 0123456789abcdef: its bytes do not match" in line
    assert "seed 5" in refused(lambda: journal.runs(unit(5), with_state=True))
    assert journal.runs(unit(5)).epochs_done == 20
    assert whole(journal, 0, 1, 2, 4, 6, 7, 8, 9)
    assert journal.path.read_bytes() == data


def test_damage_in_the_tables_is_found_by_the_check(journal: Journal) -> None:
    data = journal.path.read_bytes()
    tables = [k for k in range(1, len(data) // PAGE) if data[k * PAGE] in (2, 5, 10, 13)]
    for page in tables[:: len(tables) // 8]:
        wrong = bytearray(data)
        wrong[page * PAGE : page * PAGE + 99] = b"\xa5" * 99
        journal.path.write_bytes(wrong)
        assert "it is damaged (" in refused(journal.check)
        assert journal.path.read_bytes() == wrong


def test_text_that_was_damaged_is_told_as_damage(journal: Journal) -> None:
    with journal._writing() as database:
        database.execute("UPDATE sessions SET record = '{\"git\": '")
    assert "it is damaged (" in refused(journal.sessions)
    with journal._writing() as database:
        database.execute("UPDATE sessions SET record = CAST(x'ff00' AS TEXT)")
    refused(journal.sessions)
    assert whole(journal, *range(10))


def test_a_unit_without_a_row_is_named(journal: Journal) -> None:
    assert "it has no row of this unit" in refused(lambda: journal.runs(unit(99)))


# ------------------------------------------------------------------------- locked, and full


def test_a_file_that_another_program_keeps_locked_is_named(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.1)
    before = journal.path.read_bytes()
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for use in ("check", "take", "put", "begin"):
            line = refused(partial(USES[use], journal))
            assert "another program kept it locked for 0 s; close that program, or" in line
        assert whole(journal, *range(10))
    assert journal.path.read_bytes() == before
    journal.check()


def test_a_file_that_is_locked_for_a_moment_is_waited_for(journal: Journal) -> None:
    text = """
with journal._writing():
    print("holds", flush=True)
    time.sleep(1)
"""
    with program(journal, text) as process:
        assert said(process) == "holds"
        put(journal, MINE, 10)
    assert whole(journal, 10)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nothing can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(journal: Journal) -> tuple[str, list[int]]:
    """Puts rows until the disk is full; the line, and the seeds that were stored."""
    stored: list[int] = []

    def go_on() -> None:
        for seed in range(1000):
            put(journal, MINE, seed, epochs=900)
            stored.append(seed)

    return refused(go_on), stored


def test_a_full_disk_costs_nothing_that_was_finished(small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(300_000))
    journal = Journal(small_disk / "journal.sqlite")
    line, stored = fill(journal)
    assert "its disk is full; what was finished before is kept; make room, or" in line
    assert len(stored) > 2
    assert whole(journal, *stored)
    (small_disk / "ballast").unlink()
    journal.check()
    put(journal, MINE, 999)
    assert whole(journal, *stored, 999)


def test_a_disk_without_any_room_is_told_at_once(small_disk: Path) -> None:
    with suppress(OSError):
        (small_disk / "ballast").write_bytes(bytes(2**21))
    assert "its disk is full" in refused(Journal(small_disk / "journal.sqlite").check)
    (small_disk / "ballast").unlink()
    put(Journal(small_disk / "journal.sqlite"), MINE, 1)


LIMITED = """
import resource
from epochal.errors import JournalError
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
seed = 100
try:
    while True:
        put(journal, session, seed, epochs=900)
        seed += 1
except JournalError as error:
    print(seed)
    print(error)
    print(whole(journal, *range(100, seed)))
"""


def test_a_file_that_may_not_grow_keeps_what_was_finished(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    journal = Journal(tmp_path / "journal.sqlite")
    with program(journal, LIMITED) as process:
        last, line, kept = said_at_end(process).splitlines()
    assert LINE.fullmatch(line)
    assert "what was finished before is kept" in line
    assert int(last) > 102
    assert kept == "True"
    journal.check()
    put(journal, MINE, 1)
    assert whole(journal, 1, *range(100, int(last)))


# ------------------------------------------------------------------------------- a session


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: path.mkdir(), "it is a folder; name a file, such as j.sqlite/journal"),
        (lambda path: path.write_bytes(b"\x89PNG" * 99), "it is not a journal; name another file"),
        (half, "it is damaged (database disk image is malformed); move it away ("),
    ],
    ids=["folder", "picture", "damaged"],
)
def test_a_session_ends_with_one_line_and_trains_nothing(
    tmp_path: Path, make: Callable[[Path], object], told: str
) -> None:
    sessions.prepare(tmp_path, 'CLAIMS = [claim("fits", experiment=COUNTED)]\n')
    make(tmp_path / "j.sqlite")
    before = databases(tmp_path)
    ended = sessions.run(tmp_path, "--journal", "j.sqlite")
    assert ended.code == 4
    [line] = [each for each in ended.text.splitlines() if "ERROR" in each]
    assert line.startswith(f"ERROR: --journal = 'j.sqlite': {told}")
    assert LINE.fullmatch(line.removeprefix("ERROR: "))
    assert "Traceback" not in ended.text
    assert ended.trained == ()
    assert databases(tmp_path) == before
