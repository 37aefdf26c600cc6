"""`epochal.diagnose`: its answer as text, picture, page, JSON, case file and stored runs."""

import json
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from epochal import MLP, Experiment, Formula, Line, Optimizer, Table, diagnose
from epochal.claims.folder import load
from epochal.diagnosis.asked import asked, of_claim
from epochal.diagnosis.diagnose import answer
from epochal.diagnosis.page import write
from epochal.diagnosis.saved import check_saving, save_claim
from epochal.errors import SpecError
from epochal.journal.store import Journal
from epochal.journal.units import Unit
from epochal_testing import sessions
from epochal_testing.diagnosed import HEALTHY, KNOWN, Q6

SLOW = Experiment(
    inputs=Line(low=-2, high=2, points=100),
    target=Formula("sin(2*x)"),
    net=MLP(widths=(16,)),
    optimizer=Optimizer("SGD", lr=2e-3),
)
PLAN = "3x40,40,120+40"

X = np.linspace(-1, 1, 80)
Y = X**2


def small() -> nn.Module:
    return nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    journal = tmp_path_factory.mktemp("try") / "j.sqlite"
    return diagnose(SLOW, epochs=400, repeat=PLAN, workers=0, journal=journal), journal


def test_the_answer_has_its_sections_in_their_order(found: Any) -> None:
    names = [part.splitlines()[0] for part in found[0].parts]
    assert names == [
        "Your setting",
        "Before training",
        "After 40 epochs (3 seeds)",
        "What would fit",
        "The lines to change",
    ]
    assert str(found[0]) == "\n\n".join(found[0].parts)


def test_changes_are_ranked_by_epochs_to_fit(found: Any) -> None:
    rows = found[0].rows
    assert found[0].remedy is rows[0]
    assert rows[0].fits
    assert [row.rank for row in rows] == sorted(row.rank for row in rows)
    low, high = rows[0].interval
    assert low <= rows[0].epochs <= high


def test_every_row_is_in_the_journal(found: Any) -> None:
    diagnosis, path = found
    stored = {(row["experiment"], row["seed"]) for row in Journal(path).contents()}
    for row in diagnosis.rows:
        assert {(row.experiment.digest, seed) for seed in range(3)} <= stored


def test_a_plan_is_repeated_to_the_same_rows(found: Any, tmp_path: Path) -> None:
    diagnosis, _ = found
    again = diagnose(
        SLOW, epochs=400, repeat=str(diagnosis.plan), workers=0, journal=tmp_path / "j.sqlite"
    )
    assert [row.change.key for row in again.rows] == [row.change.key for row in diagnosis.rows]
    assert [row.fits_at for row in again.rows] == [row.fits_at for row in diagnosis.rows]
    assert [row.error for row in again.rows] == [row.error for row in diagnosis.rows]


def test_a_run_that_was_stored_without_its_state_is_looked_into(tmp_path: Path) -> None:
    """As those of claims are, and as a longer one of an earlier question is."""
    folder = sessions.prepare(tmp_path, sessions.EVERY_STANDING)
    path = folder / "j.sqlite"
    [claim] = [each for each in load(folder / "cases") if each.id == "fits"]
    given = of_claim(claim)
    once = partial(answer, given, workers=0, cases=folder / "cases", journal=path)
    first = once(repeat="3x20,20+20")
    journal = Journal(path)
    for row in journal.contents():
        unit = Unit(row["experiment"], row["seed"], row["environment"])
        journal.repack(unit, journal.runs(unit), row["finished"], keep_state=False)
    for epochs in (20, 10):
        again = once(repeat=f"3x{epochs},20+20")
        assert again.after is not None
        assert {each.epoch for each in again.after.end} == {epochs}
    assert first.after is not None


def test_it_is_json_and_a_page_with_a_picture(found: Any, tmp_path: Path) -> None:
    told = found[0].as_json()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    page = write(tmp_path / "out", found[0]).read_text("utf-8")
    assert "try.png" in page
    assert (tmp_path / "out" / "try.png").read_bytes().startswith(b"\x89PNG")
    for part in found[0].parts:
        assert part.split("\n", 1)[1] in page


def test_a_notebook_shows_text_and_picture(found: Any) -> None:
    shown = found[0]._repr_html_()
    assert "Before training" in shown
    assert "data:image/png;base64," in shown


def test_a_saved_claim_is_reproduced_and_its_control_turns(found: Any, tmp_path: Path) -> None:
    folder = sessions.prepare(tmp_path, "CLAIMS = []")
    path = folder / "cases" / "mine.py"
    given = asked(SLOW, 400)
    check_saving(given, path)
    assert save_claim(path, given, found[0].remedy) == [path]
    [claim] = [each for each in load(folder / "cases") if each.id == "mine-fits"]
    assert claim.experiments_by_name["run"] == found[0].remedy.experiment
    ended = sessions.run(folder, "--claims", "mine-*", "--controls")
    assert "as expected: refuted" in ended.text
    ended = sessions.run(folder, "--claims", "mine-*")
    assert "new: reproduced" in ended.text
    with pytest.raises(SpecError, match="not overwritten"):
        check_saving(given, path)


def test_the_rows_of_a_table_are_saved_beside_its_claim(tmp_path: Path) -> None:
    table = Table(np.stack([X, X**2], axis=1), np.stack([X, X + 1], axis=1), held_out=0.25)
    setting = Experiment(target=table, net=MLP(widths=(8,)), optimizer=Optimizer("Adam", lr=0.01))
    found = answer(
        asked(setting, 300), repeat="3x5,30,90+30", workers=0, journal=tmp_path / "j.sqlite"
    )
    assert found.remedy is not None
    assert found.remedy.fits
    folder = tmp_path / "cases"
    folder.mkdir()
    paths = save_claim(folder / "mine.py", found.asked, found.remedy)
    assert [each.name for each in paths] == ["mine.py", "mine.csv"]
    [claim] = load(folder)
    assert claim.experiments_by_name["run"].digest == found.remedy.experiment.digest
    assert claim.control is not None


def test_a_net_of_ones_own_and_arrays(tmp_path: Path) -> None:
    """A lambda cannot be imported by another process: it is trained in this one."""
    made = partial(diagnose, x=X, y=torch.from_numpy(Y), optimizer=Optimizer("SGD", lr=1e-4))
    found = made(lambda: small(), epochs=200, repeat="3x20,20,60+20", journal=tmp_path / "j.sqlite")
    assert not found.asked.travels()
    assert not found.fits
    assert isinstance(found.asked.experiment.target, Table)
    assert found.asked.experiment.target.held == 16
    parts = {part for row in found.rows for part in row.change.parts}
    assert parts == {"loop", "optimizer", "scaling"}
    assert "your module is its own" in str(found)
    assert "net = make_net()" in found.script[0]


def test_a_net_of_ones_own_that_can_be_imported_travels(tmp_path: Path) -> None:
    (tmp_path / "mynet.py").write_text(
        "from torch import nn\n"
        "def make():\n"
        "    return nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))\n"
    )
    (tmp_path / "ask.py").write_text(
        "import numpy as np\n"
        "from epochal import Optimizer, diagnose\n"
        "from mynet import make\n"
        "x = np.linspace(-1, 1, 40)\n"  # a script need not hide this from other processes
        "found = diagnose(make, x, x**2, optimizer=Optimizer('SGD', lr=1e-4), epochs=99,\n"
        "    repeat='3x9,9,27+9', workers=1, quiet=True)\n"
        "print(found.asked.travels(), found.remedy.runs.epochs_done)\n"
    )
    done = subprocess.run(
        [sys.executable, "ask.py"],
        cwd=tmp_path,
        env=sessions.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("True ")


@pytest.mark.parametrize("name", ["parabola", "cos 2θ, no bias", "a line without activation"])
def test_a_healthy_setting_is_told_to_fit(name: str, tmp_path: Path) -> None:
    found = answer(HEALTHY[name], workers=0, budget=40, journal=tmp_path / "j.sqlite")
    assert found.fits
    assert not found.symptoms
    assert not found.rows
    assert "It fits" in str(found)


def test_pairs_are_tried_where_no_single_change_fits(tmp_path: Path) -> None:
    found = answer(asked(Q6, 60), repeat="3x60,60+60", workers=0, journal=tmp_path / "j.sqlite")
    pairs = [row.change.key for row in found.rows if "+" in row.change.key]
    assert pairs
    needed = [each for each in pairs if "no-output-activation" in each]
    assert len(needed) > len(pairs) / 2  # without it no net can fit
    assert found.symptoms[0] == KNOWN["q6"][1]


def two(n: int) -> nn.Module:
    return nn.Linear(n, 1)


def flat() -> nn.Module:
    return nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1), nn.Flatten(0))


ADAM = Optimizer("Adam", lr=1e-2)
NAN = [*Y[:-1], float("nan")]
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "arguments": ({"what": two, "x": X, "y": Y, "optimizer": ADAM}, "it needs n"),
    "no net": ({"what": dict, "x": X, "y": Y, "optimizer": ADAM}, "nn.Module is needed"),
    "no data": ({"what": small, "optimizer": ADAM}, "needs data"),
    "no optimizer": ({"what": small, "x": X, "y": Y}, "optimizer"),
    "lengths": ({"what": small, "x": X, "y": Y[1:], "optimizer": ADAM}, "80 rows, and y has 79"),
    "nan": ({"what": small, "x": X, "y": NAN, "optimizer": ADAM}, "row 79 it is not finite"),
    "shape": (
        {"what": flat, "x": X, "y": Y, "optimizer": ADAM},
        "torch would broadcast it against the target",
    ),
    "budget": ({"what": SLOW, "budget": 0}, "it must be a time above 0"),
    "plan": ({"what": SLOW, "repeat": "3x4,9,5+9"}, "it is no plan"),
    "workers": ({"what": SLOW, "workers": -1}, "whole number of at least 0"),
    "epochs": ({"what": SLOW, "epochs": 0}, "whole number of at least 1"),
    "goal": ({"what": SLOW, "goal": -1.0}, "above 0"),
    "kind": ({"what": "a net"}, "a function or a class is needed"),
    "optimizer": (
        {"what": replace(SLOW, optimizer=Optimizer("SDG", lr=0.1))},
        "did you mean 'SGD'",
    ),
    "activation": (
        {"what": replace(SLOW, net=MLP(widths=(4,), activation="Rellu"))},
        "did you mean 'ReLU'",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_bad_input_is_one_line_before_anything_trains(name: str, tmp_path: Path) -> None:
    given, rule = WRONG[name]
    journal = tmp_path / "j.sqlite"
    with pytest.raises(SpecError) as caught:
        diagnose(**given, journal=journal)
    assert rule in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not journal.exists()
