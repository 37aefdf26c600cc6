"""Real sessions over tiny claims: letters, table, exit codes, report, and what ends them badly."""

import re
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from epochal.claims.verdicts import Standing
from epochal.plugin.outcomes import exit_code
from epochal_testing import sessions
from epochal_testing.sessions import Session, Terminal

VERDICTS = {
    "fits": "as expected: reproduced",
    "never-fits": "as expected: refuted",
    "changed": "changed: reproduced",
    "new": "new: reproduced",
    "unsettled": "undecided",
    "raises": "broken",
    "counted": "as expected: reproduced",
    "counted-longer": "as expected: reproduced",
    "how-often": "estimated",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sessions.prepare(tmp_path_factory.mktemp("every"), sessions.EVERY_STANDING)


@pytest.fixture(scope="module")
def every(folder: Path) -> Session:
    """One session with every standing, its JUnit file and a baseline."""
    baseline = ("--update-baseline", "--baseline", "baseline")
    return sessions.run(folder, "--junitxml", "junit.xml", *baseline)


@pytest.fixture(scope="module")
def dying(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """In a terminal under -q: a claim that kills its worker, and one after it."""
    folder = sessions.prepare(tmp_path_factory.mktemp("dying"), sessions.DIES)
    return Terminal(folder, "-q").end()


def test_each_standing_has_its_letter_and_its_count(every: Session) -> None:
    assert "test_claims.py ..CNUB..~ " in every.text
    counted = "4 passed, 1 changed, 1 new, 1 undecided, 1 broken, 1 estimated in"
    assert re.search(counted, every.text)


def test_the_table_has_every_claim_once_with_verdict_seeds_and_expectation(every: Session) -> None:
    rows = every.rows()
    assert {name: cells[0] for name, cells in rows.items()} == VERDICTS
    assert [rows[name][1] for name in ("fits", "never-fits", "unsettled", "raises")] == [
        "3 of 3",
        "0 of 3",
        "2 of 2",
        "0 of 0",
    ]
    assert rows["changed"][-1] == "refuted"
    assert "1 more claims: 1 in --tier standard, about " in every.text
    assert rows["new"][-1] == "none yet"


def test_an_estimate_is_a_row_with_its_interval_and_its_level(every: Session) -> None:
    assert every.rows()["how-often"][1] == "0 of 10"
    assert "0 of 10, 95% interval [0.00, 0.31]" in every.text
    page = (every.folder / "report" / "tiny.md").read_text("utf-8")
    told = "**estimated** (no verdict): 0 of 10, 95% interval [0.00, 0.31]."
    assert told in page


@pytest.mark.parametrize(
    ("standing", "claim", "told"),
    [
        ("changed", "changed", "changed: reproduced, expected refuted"),
        ("broken", "raises", "why      RuntimeError: the net caught fire"),
        ("undecided", "unsettled", "why      2 seeds did not settle it"),
    ],
)
def test_what_is_not_green_has_a_section_of_its_own(
    every: Session, standing: str, claim: str, told: str
) -> None:
    section = every.text.split(f" {standing} verdicts ")[1].split("\n\n")[0]
    for line in (told, f"says     It is {claim}.", f"repeat   pytest bench/ --claims {claim}"):
        assert line in section
    assert "Traceback" not in every.text
    assert "= FAILURES =" not in every.text


def test_the_junit_file_has_the_verdict_of_each_claim(every: Session) -> None:
    root = ElementTree.parse(every.folder / "junit.xml").getroot()
    cases = list(root.iter("testcase"))
    found = {
        str(case.get("name")): {str(each.get("name")): each.get("value") for each in case[0]}
        for case in cases
    }
    assert found["test_claim[changed]"] == {
        "claim": "changed",
        "verdict": "reproduced",
        "expected": "refuted",
        "standing": "changed",
        "seeds": "3 of 3",
    }
    assert found["test_claim[raises]"]["verdict"] == "broken"
    assert found["test_claim[new]"]["expected"] == "none"
    kinds = {
        str(case.get("name")): (each.tag, each.get("type"))
        for case in cases
        for each in case
        if each.tag != "properties"
    }
    assert kinds == {
        "test_claim[changed]": ("failure", "verdict changed"),
        "test_claim[unsettled]": ("skipped", "undecided"),
        "test_claim[raises]": ("error", "broken"),
    }
    [suite] = root.iter("testsuite")
    assert [suite.get(count) for count in ("failures", "errors", "skipped")] == ["1", "1", "1"]
    assert len(found) == len(VERDICTS)


def test_claims_that_share_an_experiment_train_it_once_and_as_far_as_any_needs(
    every: Session,
) -> None:
    assert every.trained == ("44 30", "45 30", "46 30")


def test_the_report_and_a_figure_for_each_claim_that_ran_are_written(every: Session) -> None:
    report = every.folder / "report"
    index = (report / "index.md").read_text("utf-8")
    assert all(f"[{name}](tiny.md#{name})" in index for name in VERDICTS)
    drawn = {path.stem for path in (report / "figures").glob("*.png")}
    assert drawn == set(VERDICTS) - {"raises"}
    assert "report: report/index.md\nbaseline: baseline\n" in every.text


def test_pages_are_rebuilt_from_the_baseline_without_torch(every: Session) -> None:
    words = ("report", "--baseline", "baseline", "--report", "rebuilt")
    done = sessions.python(every.folder, "-X", "importtime", "-m", "epochal", *words)
    assert done.code == 0, done.text
    assert "matplotlib" in done.text
    assert not re.search(r"\| +torch\b", done.text)
    for path in (every.folder / "report").rglob("*.*"):
        again = every.folder / "rebuilt" / path.relative_to(every.folder / "report")
        assert again.read_bytes() == path.read_bytes(), path.name


def test_xdist_gives_the_same_rows_and_the_same_exit_code(every: Session) -> None:
    spread = sessions.run(every.folder, "-n", "2", "--report", "spread", "--journal", "spread/j")
    assert spread.rows() == every.rows()
    assert spread.code == every.code == 6
    assert list(spread.rows()) == list(every.rows())
    assert sorted(spread.trained) == sorted(every.trained)
    for path in (every.folder / "report" / "figures").glob("*.png"):
        assert (every.folder / "spread" / "figures" / path.name).read_bytes() == path.read_bytes()


def test_too_few_seeds_are_undecided_and_red_under_strict_alone(every: Session) -> None:
    few = sessions.run(every.folder, "--seeds", "2", "--claims", "*fits", "--strict")
    assert few.code == 8
    assert "test_claims.py UU " in few.text
    assert "repeat   pytest bench/ --claims fits --seeds 2" in few.text
    assert set(few.rows()) == {"fits", "never-fits"}


def test_a_control_must_turn_the_verdict(every: Session) -> None:
    turned = sessions.run(every.folder, "--controls", "--report", "controls")
    assert turned.code == 0, turned.text
    assert turned.rows()["fits~control"][0] == "as expected: refuted"
    assert "controls are not part of a report" in turned.text
    assert not list((every.folder / "controls").rglob("*.md"))


@pytest.mark.parametrize(
    ("standings", "code", "strict_code"),
    [
        ([Standing.AS_EXPECTED, Standing.NEW], 0, 0),
        ([Standing.UNDECIDED, Standing.AS_EXPECTED], 0, 8),
        ([Standing.UNDECIDED, Standing.BROKEN], 7, 7),
        ([Standing.UNDECIDED, Standing.BROKEN, Standing.CHANGED], 6, 6),
    ],
)
def test_the_gravest_standing_gives_the_exit_code(
    standings: list[Standing], code: int, strict_code: int
) -> None:
    assert exit_code(standings, strict=False) == code
    assert exit_code(standings, strict=True) == strict_code


def test_a_worker_that_dies_breaks_its_own_claim_alone(dying: Session) -> None:
    assert dying.code == 7, dying.text
    assert dying.rows()["dies"][0] == "broken"
    assert dying.rows()["fits"][0] == "as expected: reproduced"
    assert "seed 44: a worker died 3 times on it, the last time with exit code 3" in dying.text


def test_no_progress_is_drawn_under_q(dying: Session) -> None:
    assert "waiting for a worker" not in dying.text
    assert " of 2 " not in dying.text


def test_ctrl_c_leaves_a_report_of_what_was_finished_and_no_process(tmp_path: Path) -> None:
    terminal = Terminal(sessions.prepare(tmp_path, sessions.SLOW), "--workers", "2")
    shown = terminal.read_until("claim 2 of 3 sleeps | ")
    terminal.interrupt()  # the other two would train for hours
    ended = terminal.end()
    assert shown, ended.text
    assert ended.code == 2, ended.text
    assert ended.rows()["fits"][0] == "as expected: reproduced"
    first = r"estimated training time: .*\d (s|min|h) on 2 workers\s*\n"  # nothing is stored
    assert re.search(first, ended.text)
    assert "| [slow]" in (tmp_path / "report" / "index.md").read_text("utf-8")
    assert (tmp_path / "report" / "figures" / "fits.png").exists()
    time.sleep(0.5)
    assert terminal.left_behind() == []


ORDERED = """
def rule(epochs):
    return FitsBy(epoch=epochs, mse_below=100.0)


CLAIMS = [
    claim(name, rule(epochs), replace(TINY, probe=probe), bounds=ONE_SEED)
    for probe, (name, epochs) in enumerate([("some", 60), ("few", 20), ("most", 90)], 22)
]
"""


@pytest.mark.parametrize(
    ("workers", "order"), [("2", ["few", "most", "some"]), ("0", ["some", "few", "most"])]
)
def test_several_workers_begin_with_the_cheapest_claim_and_then_the_longest(
    tmp_path: Path, workers: str, order: list[str]
) -> None:
    folder = sessions.prepare(tmp_path, ORDERED)
    ended = sessions.run(folder, "--workers", workers, "-v")
    judged = re.findall(r"test_claim\[(\w+)\]", ended.text)
    assert list(dict.fromkeys(judged)) == order, ended.text
    assert list(ended.rows()) == ["some", "few", "most"]  # the table keeps the files' order
