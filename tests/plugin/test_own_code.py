"""A claim's own code in real sessions: no stale answer, errors seen, controls that turn."""

import re
from pathlib import Path

import pytest

from epochal_testing import sessions
from epochal_testing.sessions import Session

OWN = """
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from epochal import ModuleNet, MseRatioAt

RATE = 0.1


class Layer(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.first, self.last = nn.Linear(1, width), nn.Linear(width, 1)

    def forward(self, x):
        return self.last(torch.sin(self.first(x)))


@dataclass(frozen=True)
class Step:
    waves: tuple = ()
    scale: str = "as_is"

    def values(self, positions):
        return np.where(positions > 0, 1.0, 0.0)


def loop(seed, device, epochs):
    runs = trained(seed, device, epochs)
    return replace(runs, loss=runs.loss * RATE, mse=runs.mse * RATE)


NET = replace(TINY, net=ModuleNet(Layer, arguments={"width": 4}, weights=8))
"""

CLAIMS = f"""{OWN}
CLAIMS = [
    claim("net", experiment=NET),
    claim("target", experiment=replace(TINY, target=Step())),
    claim("loop", experiment=Training(train=loop, flops_an_epoch=1.0)),
    claim("plain"),
]
"""

CHANGES = {
    "torch.sin(": "torch.relu(",
    "positions > 0": "positions > 0.5",
    "RATE = 0.1": "RATE = 0.2",
}

FAILS = f"""{OWN}
def helper(seed):
    raise RuntimeError("mine")


def fails(seed, device, epochs):
    return helper(seed)


@dataclass(frozen=True)
class Fails(FitsBy):
    def outcomes(self, runs):
        return self.nothing


CLAIMS = [
    claim("training", experiment=Training(train=fails, flops_an_epoch=1.0)),
    claim("rule", Fails(epoch=20, mse_below=1.0)),
]
"""

CONTROLS = f"""{OWN}
ARMS = {{"over": TINY, "under": NET}}
RULE = MseRatioAt(epoch=20, over="over", under="under", high=1e9)


def same(id, **control):
    return claim(id, control=Control(**control))


CLAIMS = [
    same("turns", change="an error that none reaches", rule=NEVER),
    same("does-not-turn", change="another probe", experiments=replace(TINY, probe=22)),
    claim(
        "two-arms", RULE, ARMS,
        control=Control(
            change="one arm alone", experiments={{"under": replace(NET, probe=22)}},
            rule=replace(RULE, high=1e-9),
        ),
    ),
]
"""


def session(folder: Path, claims: str, *options: str) -> Session:
    sessions.prepare(folder, claims)
    return sessions.run(folder, *options, "--journal", "j.sqlite")


def test_the_journal_never_answers_with_runs_of_other_code(tmp_path: Path) -> None:
    first = session(tmp_path, CLAIMS)
    assert first.code == 0, first.text
    assert "journal: reused 0 seeds, trained 12;" in first.text
    again = session(tmp_path, CLAIMS.replace("RATE = 0.1", "# as before\nRATE = 0.1"))
    assert "journal: reused 12 seeds;" in again.text
    changed = CLAIMS
    for before, after in CHANGES.items():
        assert before in CLAIMS
        changed = changed.replace(before, after)
    other = session(tmp_path, changed)
    assert "journal: reused 3 seeds, trained 9;" in other.text, other.text
    for name in ("net", "target", "loop"):
        assert other.rows()[name] != first.rows()[name]
    assert other.rows()["plain"] == first.rows()["plain"]


def test_an_error_of_own_code_is_shown_with_its_own_frames(tmp_path: Path) -> None:
    ended = session(tmp_path, FAILS)
    assert ended.code == 7
    for told in (
        r"why      RuntimeError: mine \(tiny.py:\d+ in helper\)",
        r'  File ".*/cases/tiny.py", line \d+, in fails\n +return helper\(seed\)',
        r'  File ".*/cases/tiny.py", line \d+, in helper\n +raise RuntimeError\("mine"\)',
        r"why      AttributeError: 'Fails' object has no attribute 'nothing' \(tiny.py:\d+ in outc",
    ):
        assert re.search(told, ended.text), ended.text
    assert "workers.py" not in ended.text
    assert "--seeds" not in ended.text.split(" verdicts ")[-1]


def test_all_frames_are_shown_if_they_are_asked_for(tmp_path: Path) -> None:
    ended = session(tmp_path, FAILS, "-vv", "--seeds", "3")
    assert re.search(r"workers.py\", line \d+, in ", ended.text)
    assert "--seeds 0" not in ended.text


def test_a_control_that_does_not_turn_a_new_claim_is_red(tmp_path: Path) -> None:
    ended = session(tmp_path, CONTROLS, "--controls")
    assert ended.code == 6, ended.text
    found = {name: (row[0], row[-1]) for name, row in ended.rows().items()}
    assert found == {
        "turns~control": ("as expected: refuted", "refuted"),
        "does-not-turn~control": ("changed: reproduced", "refuted"),
        "two-arms~control": ("as expected: refuted", "refuted"),
    }
    assert "does-not-turn~control: reproduced, expected refuted" in ended.text


@pytest.mark.parametrize(
    ("control", "told"),
    [
        (
            'Control(\n    change="x", experiments={"under": TINY, "uner": TINY},\n)',
            "two.control.experiments = 'uner': the claim has no such experiment; change one of "
            "over, under",
        ),
        (
            'Control(\n    change="nothing", experiments={"under": NET},\n)',
            "two.control.change = 'nothing': nothing is changed by it; change an experiment, or "
            "give a rule of its own",
        ),
        (
            'Control(\n    change="x", experiments={"under": [NET]},\n)',
            "two.control.experiments['under'] = [Experiment(",
        ),
        (
            'Control(\n    change="x", experiments={"under": NET},\n)'.replace(
                "Control(", "replace(Control(change='', rule=RULE),"
            ),
            "two.control.change = 'x': nothing is changed by it; change an experiment, or give a",
        ),
        (
            'Control(\n    change="x", rule=FitsBy(epoch=9, mse_below=0.1),\n)',
            "two.control.rule = 'run': the claim's experiments are over, under; use one of these",
        ),
    ],
)
def test_an_error_of_a_control_names_the_controls_line(
    tmp_path: Path, control: str, told: str
) -> None:
    from epochal.claims.folder import load
    from epochal.errors import SpecError

    before = CONTROLS.split("CLAIMS = [")[0]
    text = f'{before}\nCLAIMS = [claim("two", RULE, ARMS,\n    control={control}\n)]\n'
    sessions.prepare(tmp_path, text)
    lines = (tmp_path / "cases" / "tiny.py").read_text("utf-8").splitlines()
    line = 1 + next(n for n, text in enumerate(lines) if text.startswith("    control="))
    with pytest.raises(SpecError) as caught:
        load(tmp_path / "cases")
    assert str(caught.value).startswith(f"tiny.py:{line} {told}")


def test_a_net_of_the_wrong_shape_is_refused_and_others_are_judged(
    tmp_path: Path,
) -> None:
    wrong = CLAIMS.replace("self.last(torch.sin(self.first(x)))", "self.first(x).sum(dim=1)")
    ended = session(tmp_path, wrong.replace("train=loop", "train=counted"))
    assert ended.code == 7
    assert (
        " net.run.net.factory = 'Layer(width=4)': for 20 points the net gives shape (20,) "
        "where (20, 1) is needed: torch would broadcast it against the target to (20, 20); "
    ) in ended.text
    assert "Traceback" not in ended.text
    assert " 1 error" in ended.text
    assert ended.rows()["loop"][0] == "new: reproduced"
