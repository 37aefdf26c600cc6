"""What the journal has is not trained again: real sessions, one after another and two at once."""

import re
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from epochal.claims.folder import load
from epochal.experiments.runs import Runs
from epochal.journal.schema import MIGRATIONS
from epochal.journal.store import Journal
from epochal.journal.units import Unit
from epochal_testing import journals, sessions
from epochal_testing.sessions import Background, Session

OWN = """
from epochal import StaysAbove

OPEN = Path(__file__).with_name("open")


def waits(seed, device, epochs):
    with LOG.open("a") as log:
        log.write(f"{seed} {epochs}\\n")
    end = time.monotonic() + 60
    while not OPEN.exists() and time.monotonic() < end:
        time.sleep(0.02)
    return trained(seed, device, epochs)


def burns(seed, device, epochs):
    with LOG.open("a") as log:
        log.write(f"{seed} burns\\n")
    raise RuntimeError("the net caught fire")


def by(epoch, mse_below=100.0):
    return FitsBy(epoch=epoch, mse_below=mse_below)


def tiny(probe, **changes):
    return replace(TINY, probe=probe, **changes)


WAITS = Training(train=waits, flops_an_epoch=1.0)
BURNS = Training(train=burns, flops_an_epoch=1.0)
"""

CLAIMS = f"""{OWN}
CLAIMS = [
    claim("own", experiment=WAITS, expected="reproduced"),
    claim("own-longer", by(10), COUNTED),
    claim("threshold", experiment=tiny(21), expected="reproduced"),
    claim("rule", experiment=tiny(22)),
    claim("longer", experiment=tiny(23)),
    claim("rate", experiment=tiny(24)),
    claim("burns", experiment=BURNS, bounds=ONE_SEED),  # a session ends without its later seeds
    claim("burns-too", NEVER, BURNS, bounds=ONE_SEED),
]
"""

CHANGED = f"""{OWN}
CLAIMS = [
    claim("own", experiment=WAITS, expected="reproduced"),
    claim("own-longer", by(40), COUNTED),
    claim("threshold", NEVER, tiny(21), expected="reproduced"),
    replace(
        claim("rule", StaysAbove(epoch=20, mse_above=100.0), tiny(22)), reading="In another way."
    ),
    claim("longer", by(50), tiny(23)),
    claim("rate", experiment=tiny(24, optimizer=Optimizer("SGD", lr=0.2))),
]
"""

GOOD = ("own", "own-longer", "threshold", "rule", "longer", "rate")
UNITS = 3 * len(GOOD)
BURNT = ("44 burns",)
LINE = f"{sessions.HEADER}{CLAIMS}".split('burns\\n")')[0].count("\n") + 2
FIRE = (
    "broken",
    "0 of 0",
    f"RuntimeError: the net caught fire (tiny.py:{LINE} in burns)",
    "none yet",
)

SPOILS = """
import sqlite3

JOURNAL = Path(__file__).parents[1] / "j.sqlite"


def newer():
    with sqlite3.connect(JOURNAL) as database:
        database.execute("PRAGMA user_version = 99")


def damaged():
    data = JOURNAL.read_bytes()
    JOURNAL.write_bytes(data[:4096] + bytes(len(data) - 4096))


def spoils(seed, device, epochs):
    from epochal.journal.store import Journal

    end = time.monotonic() + 60
    while not Journal(JOURNAL).verdicts() and time.monotonic() < end:
        time.sleep(0.02)
    with LOG.open("a") as log:
        log.write(f"{seed} spoils\\n")
    HOW()
    return trained(seed, device, epochs)


CLAIMS = [
    claim("fits", experiment=COUNTED, expected="reproduced"),
    claim("spoils", experiment=Training(train=spoils, flops_an_epoch=1.0)),
    claim("later", experiment=Training(train=counted, flops_an_epoch=2.0)),
]
"""

TIMING = """
import os
from pathlib import Path

from epochal.journal.store import Journal

FOLDER = Path(__file__).parents[1]


def test_timing(benchmark):
    benchmark.pedantic(lambda: None, rounds=1)
    judged = len(Journal(FOLDER / "j.sqlite").verdicts())
    with (FOLDER / "timed.txt").open("a") as log:
        log.write(f"{os.environ.get('PYTEST_XDIST_WORKER', 'alone')} after {judged}\\n")
    assert not (FOLDER / "slow").exists()
"""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session on an empty journal."""
    folder = prepared(tmp_path_factory.mktemp("first"), CLAIMS)
    return sessions.run(folder, "-v", "--journal", "j.sqlite")


@pytest.fixture(scope="module")
def again(first: Session, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The same once more."""
    folder = prepared(tmp_path_factory.mktemp("again"), CLAIMS, first)
    return sessions.run(folder, "-v", "--journal", "j.sqlite")


@pytest.fixture(scope="module")
def changed(first: Session, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A session over claims that have changed since."""
    folder = prepared(tmp_path_factory.mktemp("changed"), CHANGED, first)
    return sessions.run(folder, "-v", "--journal", "j.sqlite")


@pytest.fixture(scope="module")
def spread(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The first session again, but with two workers of pytest-xdist, and a timing."""
    folder = prepared(tmp_path_factory.mktemp("spread"), CLAIMS)
    (folder / "bench" / "test_timing.py").write_text(TIMING)
    return sessions.run(folder, "-n", "2", "--journal", "j.sqlite")


def test_a_first_session_trains_each_seed_once(first: Session) -> None:
    assert first.code == 7, first.text
    assert set(first.rows()) == {*GOOD, "burns", "burns-too"}
    assert tally(first) == f"reused 0 seeds, trained {UNITS}"
    assert len(rows(first)) == UNITS
    assert first.trained == (
        *("44 20", "45 20", "46 20"),
        *("44 10", "45 10", "46 10"),
        *BURNT,
    )


def test_a_second_session_trains_nothing_but_what_failed(first: Session, again: Session) -> None:
    assert again.trained == BURNT
    assert tally(again) == f"reused {UNITS} seeds"
    assert (again.code, again.rows()) == (first.code, first.rows())
    before, now = rows(first), rows(again)
    assert {key: row[:4] for key, row in now.items()} == {
        key: row[:4] for key, row in before.items()
    }
    assert_same_bits(again, first)


def test_a_report_from_the_journal_is_the_report_of_who_trained(
    first: Session, again: Session
) -> None:
    made = {path.relative_to(first.folder): path for path in (first.folder / "report").rglob("*.*")}
    assert len(made) == 2 + len(GOOD)
    for name, path in made.items():
        assert (again.folder / name).read_bytes() == path.read_bytes(), name


def test_what_comes_from_the_journal_is_marked(first: Session, again: Session) -> None:
    assert "from the journal" not in first.text
    assert told(again) == {
        name: f"{line} (from the journal)" if name in GOOD else "BROKEN: BROKEN"
        for name, line in told(first).items()
    }
    for name in GOOD:
        assert re.search(rf"^{name} .* \d+ s, from the journal ", again.text, re.M), name
    assert not re.search(r"^burns.* from the journal", again.text, re.M)


def test_what_failed_is_tried_once_in_each_session(first: Session, again: Session) -> None:
    for session in (first, again):
        assert [each for each in session.trained if "burns" in each] == list(BURNT)
        assert [session.rows()[name] for name in ("burns", "burns-too")] == [FIRE, FIRE]
        assert session.text.count("why      RuntimeError: the net caught fire") == 2
    failed = [each["session"] for each in journal(again).notes(kind="failed")]
    assert sorted(failed.count(each) for each in set(failed)) == [1, 1]


def test_fresh_trains_all_anew_to_the_same_bits(first: Session, tmp_path: Path) -> None:
    folder = prepared(tmp_path, CLAIMS, first)
    fresh = sessions.run(folder, "-v", "--fresh", "--journal", "j.sqlite")
    assert fresh.trained == first.trained
    assert tally(fresh) == f"reused 0 seeds, trained {UNITS}"
    assert told(fresh) == told(first)
    assert (fresh.code, fresh.rows()) == (first.code, first.rows())
    assert_same_bits(fresh, first)
    before, now = ({row.session for row in rows(each).values()} for each in (first, fresh))
    assert len(before) == len(now) == len(before ^ now) / 2 == 1


def test_a_changed_threshold_rule_or_reading_judges_the_stored_runs(
    first: Session, changed: Session
) -> None:
    assert changed.code == 6, changed.text
    assert changed.rows()["threshold"][:2] == ("changed: refuted", "0 of 3")
    assert "In another way." in (changed.folder / "report" / "tiny.md").read_text("utf-8")
    assert {name: line for name, line in told(changed).items() if "journal" in line} == {
        "own": "AS EXPECTED: REPRODUCED (from the journal)",
        "threshold": "CHANGED: REFUTED (from the journal)",
        "rule": "NEW: REFUTED (from the journal)",
    }
    before, now = rows(first), rows(changed)
    for name in ("own", "threshold", "rule"):
        assert [now[unit][:4] for unit in units(changed, name)] == [
            before[unit][:4] for unit in units(first, name)
        ]


def test_a_longer_horizon_than_any_claim_had_is_trained_anew_and_said(
    first: Session, changed: Session
) -> None:
    told = "retrained 6 from epoch 0 (no saved state)"
    assert tally(changed) == f"reused 9 seeds, trained 3, {told}"
    before, now = rows(first), rows(changed)
    assert units(changed, "longer") == units(first, "longer")
    for unit in units(changed, "longer"):
        assert (now[unit].began, before[unit].runs.epochs_done) == (0, 20)
        assert now[unit].runs.epochs_done == 50
        assert now[unit].session != before[unit].session


def test_an_own_training_and_a_changed_setting_are_trained_from_the_start(
    first: Session, changed: Session
) -> None:
    assert changed.trained == ("44 40", "45 40", "46 40")
    before, now = rows(first), rows(changed)
    assert units(changed, "own-longer") == units(first, "own-longer")
    assert not set(units(changed, "rate")) & set(before)
    for name in ("own-longer", "rate"):
        assert [now[unit].began for unit in units(changed, name)] == [0, 0, 0]
    assert set(now) == {*before, *units(changed, "rate")}


def test_what_is_partly_stored_ends_as_if_it_was_trained_at_once(
    changed: Session, tmp_path: Path
) -> None:
    once = sessions.run(prepared(tmp_path, CHANGED), "--journal", "j.sqlite")
    assert tally(once) == "reused 0 seeds, trained 18"
    assert (once.code, once.rows()) == (changed.code, changed.rows())
    assert_same_bits(once, changed)


def test_more_seeds_train_only_those_that_are_new(first: Session, tmp_path: Path) -> None:
    folder = prepared(tmp_path, CLAIMS, first)
    options = ("--seeds", "5", "--claims", "own", "--journal", "j.sqlite")
    more = sessions.run(folder, "-v", *options)
    assert more.trained == ("47 20", "48 20")
    assert tally(more) == "reused 3 seeds, trained 2"
    assert more.rows()["own"][1] == "5 of 5"
    assert told(more) == {"own": "AS EXPECTED: REPRODUCED (3 of 5 from the journal)"}
    before, now = rows(first), rows(more)
    assert {key: now[key][:4] for key in before} == {key: row[:4] for key, row in before.items()}
    assert {seed for _, seed in set(now) - set(before)} == {47, 48}


def test_two_sessions_at_once_share_the_work_and_end_as_one_alone(
    first: Session, tmp_path: Path
) -> None:
    sessions.prepare(tmp_path, CLAIMS)
    both = [Background(tmp_path, "--journal", "j.sqlite") for _ in range(2)]
    try:
        await_training(2, tmp_path, both)
        (tmp_path / "cases" / "open").touch()
        one, other = (each.end() for each in both)
    finally:
        for each in both:
            each.kill()
    for ended in (one, other):
        assert (ended.code, ended.rows()) == (first.code, first.rows()), ended.text
    log = (tmp_path / "cases" / "trained.txt").read_text("utf-8").splitlines()
    assert sorted(set(log)) == sorted(first.trained)
    assert [each for each in set(log) - set(BURNT) if log.count(each) > 1] == []
    shares = [
        re.fullmatch(r"reused (\d+) seeds, trained (\d+)", tally(each)) for each in (one, other)
    ]
    reused, trained = zip(*(map(int, share.groups()) for share in shares if share), strict=True)
    assert reused == trained[::-1]
    assert sum(trained) == UNITS
    assert_same_bits(one, first)
    assert [each["summary"]["exit code"] for each in journal(one).sessions()] == [7, 7]
    assert len(journal(one).verdicts()) == 2 * len(first.rows())


def test_xdist_fills_its_journal_with_the_same_bits(first: Session, spread: Session) -> None:
    assert (spread.code, spread.rows()) == (first.code, first.rows()), spread.text
    assert tally(spread) == f"reused 0 seeds, trained {UNITS}"
    assert_same_bits(spread, first)
    good = [each for each in first.trained if each not in BURNT]
    assert sorted(each for each in spread.trained if each not in BURNT) == sorted(good)
    [session] = journal(spread).sessions()
    assert {row.session for row in rows(spread).values()} == {session["id"]}
    assert session["summary"]["exit code"] == 7


def test_xdist_tries_once_what_fails(spread: Session) -> None:
    assert sorted(each for each in spread.trained if "burns" in each) == list(BURNT)
    assert len(journal(spread).notes(kind="failed")) == len(BURNT)


def test_xdist_runs_timings_once_alone_and_when_all_is_judged(spread: Session) -> None:
    assert (spread.folder / "timed.txt").read_text("utf-8") == "alone after 8\n"
    section = spread.text.split(" timings, alone ")[1].split("= broken verdicts =")[0]
    assert "test_timing" in section
    assert re.search(r"1 passed, 8 deselected in ", section), section


def test_a_timing_that_fails_under_xdist_is_red(tmp_path: Path) -> None:
    sessions.prepare(tmp_path, 'CLAIMS = [claim("fits")]\n')
    (tmp_path / "bench" / "test_claims.py").unlink()
    (tmp_path / "bench" / "test_timing.py").write_text(TIMING)
    (tmp_path / "slow").touch()
    ended = sessions.run(tmp_path, "-n", "1", "--journal", "j.sqlite")
    assert (tmp_path / "timed.txt").read_text("utf-8") == "alone after 0\n"
    assert "AssertionError" in ended.text.split(" timings, alone ")[1]
    assert ended.code == 1, ended.text


def test_a_journal_that_a_newer_version_takes_over_ends_the_session_and_loses_nothing(
    tmp_path: Path,
) -> None:
    known = max(MIGRATIONS)
    rule = f"a newer epochal wrote it (schema 99, this one knows {known}); update epochal, or "
    assert_ends_with_one_line(tmp_path, "newer", rule)
    with closing(sqlite3.connect(tmp_path / "j.sqlite")) as database:
        [version] = database.execute("PRAGMA user_version").fetchone()
        database.execute(f"PRAGMA user_version = {known}")
    kept = Journal(tmp_path / "j.sqlite")
    kept.check()
    assert (version, len(kept.contents()), len(kept.verdicts())) == (99, 3, 1)


def test_a_journal_that_is_damaged_in_mid_session_ends_it(tmp_path: Path) -> None:
    assert_ends_with_one_line(tmp_path, "damaged", "it is damaged (")


class Row(NamedTuple):
    """A row of the journal."""

    session: str
    began: int
    finished: float
    state: str
    runs: Runs


STORED = Row._fields[:4]
"""What of a row stands beside its arrays."""


def prepared(folder: Path, claims: str, earlier: Session | None = None) -> Path:
    """A folder in which nothing waits, with the journal of an earlier session."""
    sessions.prepare(folder, claims)
    (folder / "cases" / "open").touch()
    if earlier is not None:
        with (
            closing(sqlite3.connect(earlier.folder / "j.sqlite")) as stored,
            closing(sqlite3.connect(folder / "j.sqlite")) as copy,
        ):
            stored.backup(copy)
    return folder


def await_training(count: int, folder: Path, running: list[Background]) -> None:
    """Waits until ``count`` seeds are being trained."""
    log, end = folder / "cases" / "trained.txt", time.monotonic() + 60
    while not log.exists() or len(log.read_text("utf-8").splitlines()) < count:
        assert time.monotonic() < end, "\n".join(each.text for each in running)
        time.sleep(0.02)


def tally(session: Session) -> str:
    """What the session says of seeds that were reused, extended and trained."""
    [line] = re.findall(r"^journal: (.*); j\.sqlite$", session.text, re.M)
    return str(line)


def told(session: Session) -> dict[str, str]:
    """What it says of each claim under -v."""
    return dict(re.findall(r"test_claim\[(.*)\] (.*?) +\[ *\d+%\]", session.text))


def journal(session: Session) -> Journal:
    return Journal(session.folder / "j.sqlite")


def rows(session: Session) -> dict[tuple[str, int], Row]:
    """The rows of its journal by experiment and seed, each of which has one."""
    found: dict[tuple[str, int], Row] = {}
    for each in journal(session).contents():
        unit = Unit(each["experiment"], each["seed"], each["environment"])
        runs = journal(session).runs(unit, with_state=True)
        assert unit.key[:2] not in found
        found[unit.key[:2]] = Row(**{name: each[name] for name in STORED}, runs=runs)
    return found


def units(session: Session, claim: str) -> list[tuple[str, int]]:
    """The keys in `rows` of the first seeds of a claim."""
    [found] = [each for each in load(session.folder / "cases") if each.id == claim]
    return [(found.experiments_by_name["run"].digest, seed) for seed in (44, 45, 46)]


def assert_same_bits(one: Session, other: Session) -> None:
    """All that ``one`` has in its journal ``other`` has too, but for the time that it took."""
    theirs = rows(other)
    for key, row in rows(one).items():
        assert row.state == theirs[key].state
        journals.assert_same(timeless(row.runs), timeless(theirs[key].runs))


def timeless(runs: Runs) -> Runs:
    return replace(runs, seconds=runs.seconds * 0)


def assert_ends_with_one_line(folder: Path, how: str, rule: str) -> None:
    """A session whose journal is spoilt tells so, and shows what was judged before."""
    sessions.prepare(folder, SPOILS.replace("HOW", how))
    ended = sessions.run(folder, "--journal", "j.sqlite")
    assert ended.trained == ("44 20", "45 20", "46 20", "44 spoils")
    assert "Traceback" not in ended.text, ended.text
    [line] = [each.strip("! ") for each in ended.text.splitlines() if "--journal =" in each]
    assert line.startswith(f"Interrupted: ERROR: --journal = 'j.sqlite': {rule}")
    assert journals.LINE.fullmatch(line.removeprefix("Interrupted: ERROR: "))
    assert ended.code == 2
    assert ended.rows()["fits"][0] == "as expected: reproduced"
    assert not {"spoils", "later"} & set(ended.rows())
    assert "| [fits]" in (folder / "report" / "index.md").read_text("utf-8")
    assert [path.name for path in (folder / "report" / "figures").iterdir()] == ["fits.png"]
