"""Why stored runs are used or not is told by one rule, in a command and at the end of a run."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from epochal import Experiment, FitsBy, Optimizer
from epochal.identity.digest import specification
from epochal.identity.usable import Row, Wanted, usable
from epochal.journal.store import Journal
from epochal.journal.units import Session, Unit
from epochal.judging import checks
from epochal.judging.explain import explain, not_reused
from epochal.training.checks import check
from epochal_testing import journals, sessions, synthetic

HERE = {"device": "cpu", "torch": "2.13.0", "torch build": "a", "engine code": "1"}
ROW = Row("session", 0, 10.0, "finished", 500, snapshots=frozenset({0, 400, 500}))


@pytest.mark.parametrize(
    ("wanted", "facts", "why"),
    [
        (Wanted(500, (400,), facts=HERE), HERE, None),
        (Wanted(500, (400,)), None, None),
        (Wanted(facts=HERE), {**HERE, "torch build": "b"}, "another torch build"),
        (Wanted(facts=HERE), {**HERE, "engine code": "2"}, "code of the engine changed"),
        (Wanted(facts=HERE), {**HERE, "torch": "2.4", "engine code": "2"}, "another torch"),
        (Wanted(facts=HERE), {**HERE, "moon": "full"}, "another moon"),
        (Wanted(since=11.0), None, "older than this run"),
        (Wanted(501), None, "too short (500 of 501 epochs, resumed there)"),
        (Wanted(500, (400, 450)), None, "predictions were not stored (at epoch 450)"),
    ],
)
def test_a_row_is_refused_for_one_reason(
    wanted: Wanted, facts: Mapping[str, str] | None, why: str | None
) -> None:
    refusal = usable(ROW, wanted, facts)
    assert (refusal is None) == (why is None)
    assert why is None or str(refusal).startswith(why)


def put(journal: Journal, setting: object, digest: str, key: str, session: Session) -> None:
    """Stores a run of 100 epochs."""
    made = replace(journals.trained(epochs=100), experiment=digest)
    told = specification(setting)
    journal.put(Unit(digest, 44, key), made, session, 0, finished=True, specification=told)


def test_a_changed_setting_is_told_by_its_fields(tmp_path: Path) -> None:
    journal, session = Journal(tmp_path / "journal.sqlite"), Session()
    now = synthetic.EXPERIMENT
    was = replace(now, optimizer=Optimizer("SGD", lr=0.5), probe=now.probe + 1)
    case = synthetic.claim(FitsBy(epoch=50, mse_below=0.1), experiments={"run": now}).case("full")
    assert case is not None
    for key, facts in (("here", HERE), ("there", {**HERE, "torch build": "b"})):
        journal.add_environment(key, "hardware", facts)
        put(journal, now, now.digest, key, session)
    put(journal, was, was.digest, "here", session)
    result = {
        "claim": case.claim.id,
        "kind": case.kind,
        "device": "cpu",
        "experiments": {"run": was.digest},
    }
    journal.add_verdict(session, "here", result, None, trained=1)
    found = list(explain(journal, case, lambda setting: HERE))
    told = {(each.digest, None if each.refusal is None else str(each.refusal)) for each in found}
    old_lr = dict(now.optimizer.keywords)["lr"]
    assert told == {
        (now.digest, None),
        (now.digest, "another torch build (torch build b → a)"),
        (
            was.digest,
            f"the setting changed (optimizer.arguments.lr 0.5 → {old_lr}, "
            f"probe {was.probe} → its default)",
        ),
    }


def test_the_reasons_of_runs_that_were_trained_once_more_are_counted(tmp_path: Path) -> None:
    journal, now = Journal(tmp_path / "journal.sqlite"), Session()
    setting = synthetic.EXPERIMENT
    for key, facts in (
        ("here", HERE),
        ("build", {**HERE, "torch build": "b"}),
        ("gpu", {**HERE, "device": "cuda"}),
    ):
        journal.add_environment(key, "hardware", facts)
    put(journal, setting, setting.digest, "gpu", Session())
    put(journal, setting, setting.digest, "here", now)
    assert not_reused(journal, now) == {}  # on another kind of device nothing was to be reused
    put(journal, setting, setting.digest, "build", Session())
    assert not_reused(journal, now) == {"another torch build": 1}
    assert not_reused(journal, replace(now, fresh=True)) == {}


def test_a_run_tells_at_its_end_what_it_did_not_reuse(tmp_path: Path) -> None:
    folder = sessions.prepare(tmp_path, 'CLAIMS = [claim("fits", bounds=ONE_SEED)]')
    first = sessions.run(folder, "--journal", "journal")
    assert "not reused" not in first.text
    with closing(sqlite3.connect(folder / "journal")) as database:
        torch = '\'"torch": "\', \'"torch": "1\''
        database.execute(f"UPDATE environments SET facts = replace(facts, {torch})")
        database.execute("UPDATE environments SET key = 'other'")
        database.execute("UPDATE runs SET environment = 'other'")
        database.commit()
    second = sessions.run(folder, "--journal", "journal")
    assert "1 stored run not reused: 1 another torch (epochal explain CLAIM)" in second.text
    told = sessions.epochal(folder, "explain", "fits", "--journal", "journal")
    assert told.code == 0, told.text
    assert "no: another torch (torch 1" in told.text
    assert "  yes" in told.text
    wrong = sessions.epochal(folder, "explain", "fit", "--journal", "journal")
    assert wrong.code == 4
    assert "CLAIM = 'fit': there is no such claim; did you mean 'fits'?" in wrong.text


def test_a_setting_that_has_run_is_spared_the_first_step_of_an_optimizer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[bool]()

    def noted(setting: Experiment, has_run: bool) -> None:
        asked.append(has_run)
        check(setting, has_run)

    monkeypatch.setattr(checks, "check", noted)
    folder = sessions.prepare(tmp_path, 'CLAIMS = [claim("fits", bounds=ONE_SEED)]')
    for _ in range(2):
        assert sessions.run(folder, "--journal", "journal").code == 0
    assert asked == [False, True]


def test_a_row_of_an_environment_that_nobody_wrote_down_breaks_no_run(tmp_path: Path) -> None:
    journal, now = Journal(tmp_path / "journal.sqlite"), Session()
    setting = synthetic.EXPERIMENT
    put(journal, setting, setting.digest, "unknown", Session())
    journal.add_environment("here", "hardware", HERE)
    put(journal, setting, setting.digest, "here", now)
    assert not_reused(journal, now) == {}
    case = synthetic.claim(FitsBy(epoch=50, mse_below=0.1)).case("full")
    assert case is not None
    told = [str(each.refusal) for each in explain(journal, case, lambda setting: HERE)]
    assert sorted(told)[0] == "None"
    assert "another device" in "".join(told)
