"""Is command B better than command A? On commands, and on simulated campaigns."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from epochal.ab.better import APART, design
from epochal.claims.paired import Paired
from epochal_testing import sessions
from epochal_testing.schema import check

SCRIPT = """
import random, sys
seed, gain = int(sys.argv[1]), float(sys.argv[2])
with open("ran.txt", "a") as log: print(seed, gain, file=log)
noise = random.Random(f"{seed} {gain}").gauss(0, 0.02)
print(1 + random.Random(seed).random() - gain + noise)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "cases").mkdir()
    (tmp_path / "run.py").write_text(SCRIPT)
    return tmp_path


def better(folder: Path, b: str, *options: str) -> sessions.Session:
    words = ("better", "--a", "python run.py {seed} 0", "--b", b, *options)
    way = () if "--higher" in options else ("--lower",)
    return sessions.epochal(folder, *words, *way, "--journal", "j.sqlite")


def ran(folder: Path) -> list[str]:
    return (folder / "ran.txt").read_text("utf-8").splitlines()


def test_a_gain_is_found_and_a_repeated_call_runs_nothing(folder: Path) -> None:
    ended = better(folder, "python run.py {seed} 0.2", "--by", "1%")
    assert (ended.code, len(ran(folder))) == (0, 12), ended.text
    last = ended.text.splitlines()[-1]
    assert re.fullmatch(
        r"better: B gains [\d.]+% over 6 seeds, 95% interval [\d.]+% to [\d.]+%", last
    )
    again = better(folder, "python run.py {seed} 0.2", "--by", "1%")
    assert (again.text, len(ran(folder))) == (ended.text, 12)
    better(folder, "python run.py {seed} 0.2", "--by", "1%", "--fresh")
    assert len(ran(folder)) == 24
    (folder / "run.py").write_text(SCRIPT + "# changed\n")
    better(folder, "python run.py {seed} 0.2", "--by", "1%")
    assert len(ran(folder)) == 36


def test_a_loss_is_no_gain_whichever_way_is_better(folder: Path) -> None:
    assert better(folder, "python run.py {seed} -0.2").code == 1
    assert better(folder, "python run.py {seed} -0.2", "--higher").code == 0
    assert better(folder, "python run.py {seed} 0.2", "--by", "0.5").code == 1


def test_what_is_open_is_said_so(folder: Path) -> None:
    ended = better(folder, "python run.py {seed} 0.0001", "--by", "0", "--json")
    assert (ended.code, len(ran(folder))) == (8, 72)
    told = json.loads(ended.text)
    check(told, "better")
    assert (told["decision"], told["seeds"]) == ("undecided", [*range(36)])
    assert told["interval"][0] < told["gain"] < told["interval"][1]


def test_candidates_of_a_campaign_have_seeds_of_their_own(folder: Path) -> None:
    campaign = ("--campaign", "july", "--candidates", "3")
    assert better(folder, "python run.py {seed} 0.2", *campaign).code == 0
    assert better(folder, "python run.py {seed} 0.0001", *campaign).code == 8
    assert better(folder, "python run.py {seed} 0.2", *campaign).code == 0  # the first once more
    first = {int(line.split()[0]) // APART for line in ran(folder)[:12]}
    others = {int(line.split()[0]) // APART for line in ran(folder)[12:]}
    assert (first, others) == ({0}, {1})
    assert better(folder, "python run.py {seed} 0.3", *campaign).code == 0
    full = better(folder, "python run.py {seed} 0.4", *campaign)
    assert full.code == 4
    assert "--campaign = 'july'" in full.text
    assert "begin another campaign" in full.text


def test_nothing_in_a_campaign_is_tried_twice_on_the_same_seeds(folder: Path) -> None:
    """Each of these may decide otherwise than the first, and so needs a share of its own."""
    command, campaign = "python run.py {seed} 0.2", ("--campaign", "july", "--candidates", "5")
    better(folder, command, *campaign)
    better(folder, command, *campaign, "--by", "0.1")
    better(folder, command, *campaign, "--fresh")
    (folder / "run.py").write_text(SCRIPT + "# edited, as a loop that improves a script does\n")
    better(folder, command, *campaign)
    better(folder, command, *campaign)  # which is no new one
    better(folder, command, *campaign, "--first-seed", "1")
    places = [int(line.split()[0]) // APART for line in ran(folder)]
    assert places == [place for place in range(5) for _ in range(12)]
    assert "begin another campaign" in better(folder, command, *campaign, "--higher").text


@pytest.mark.parametrize("change", [("--candidates", "4"), ("--wrong", "0.1")])
def test_the_error_rate_of_a_campaign_stays_what_it_was(
    folder: Path, change: tuple[str, str]
) -> None:
    campaign = ("--campaign", "july", "--candidates", "5")
    assert better(folder, "python run.py {seed} 0.2", *campaign).code == 0
    ended = better(folder, "python run.py {seed} 0.3", *campaign, *change)
    assert ended.code == 4
    assert "it began with --candidates 5 --wrong 0.05, which share its error; give" in ended.text


def test_a_campaign_keeps_what_helps_and_nothing_else(folder: Path) -> None:
    kept = [
        gain
        for gain in (0.0001, 0.0002, 0.1, 0.0003, 0.0004)
        if better(folder, f"python run.py {{seed}} {gain}", "--campaign", "c").code == 0
    ]
    assert kept == [0.1]


@pytest.mark.parametrize(
    ("b", "options", "told"),
    [
        ("python run.py 3 0", (), "--b = 'python run.py 3 0': it takes no seed; write {seed}"),
        ("python run.py {seed} 0", (), "it is the same command as --a"),
        ("echo {seed} 2", (), "for seed 0 it prints '0 2', which is not one number"),
        ("true {seed}", (), "for seed 0 it prints '', which is not one number"),
        ("echo nan # {seed}", (), "for seed 0 it prints nan"),
        ("exit {seed}1", (), "for seed 0 it ends with 1 (it said nothing); its other results"),
        ("test {seed} -lt 2 && echo 1", (), "for seed 2 it ends with 1"),
        ("python run.py {seed} 1", ("--by", "much"), "--by = 'much': it is no number"),
        ("python run.py {seed} 1", ("--wrong", "2"), "--wrong = 2"),
        ("python run.py {seed} 1", ("--first-seed", "-1"), "--first-seed = -1"),
        ("python run.py {seed} 1", ("--campaign", "c", "--candidates", "0"), "--candidates = 0"),
    ],
)
def test_a_wrong_command_is_one_line(
    folder: Path, b: str, options: tuple[str, ...], told: str
) -> None:
    ended = better(folder, b, *options)
    assert ended.code == 4
    [line] = [line for line in ended.text.splitlines() if line.startswith("ERROR")]
    assert told in line


def test_a_share_of_nothing_is_refused(folder: Path) -> None:
    words = ("better", "--a", "echo 0 # {seed}", "--b", "echo 1 # {seed}", "--lower")
    ended = sessions.epochal(folder, *words, "--by", "1%", "--journal", "j.sqlite")
    assert "for seed 0 it prints 0, of which nothing is a share; give --by a" in ended.text


# ------------------------------------------------------------------------------------- simulations

DOCUMENT = (sessions.ROOT / "docs" / "better.md").read_text("utf-8")
CAMPAIGN, SINGLE = design(0.0, 100, Paired()), design(0.0, 1, Paired())


def simulated(gains: Any, test: Paired) -> tuple[Any, Any]:
    """Whether each row of ``gains`` is better (1), not (-1) or open (0), and its seeds."""
    decided = np.zeros(gains.shape[:-1], int)
    used = np.zeros(gains.shape[:-1], int)
    for n in test.looks:
        mean = gains[..., :n].mean(axis=-1)
        error = gains[..., :n].std(axis=-1, ddof=1) / np.sqrt(n)
        up, down = (
            stats.t.ppf(1 - level / len(test.looks), n - 1) for level in (test.alpha, test.beta)
        )
        alive = used == 0
        yes = mean - up * error > test.by
        no = ~yes & (mean + down * error < test.by)
        ends = yes | no | (test.gives_up & (mean <= test.by)) | (n == test.looks[-1])
        decided[alive & yes], decided[alive & no] = 1, -1
        used[alive & ends] = n
    return decided, used


def test_the_simulation_is_of_what_is_done() -> None:
    rng = np.random.default_rng(1)
    for test in (CAMPAIGN, SINGLE, replace(SINGLE, by=0.3)):
        rows = rng.normal(0.6, 1, (60, 36))
        decided, used = simulated(rows, test)
        for row, found, n in zip(rows, decided, used, strict=True):
            k = next(k for k in range(2, 37) if test.ends(row[:k]))
            assert (k, test.decide(row[:k])) == (n, {1: True, -1: False, 0: None}[found])


def test_the_document_has_what_simulations_give() -> None:
    rng = np.random.default_rng(0)
    nothing = rng.normal(size=(1000, 100, 36))
    decided, used = simulated(nothing, CAMPAIGN)
    assert f"| {(decided == 1).any(axis=1).mean():.1%} of 1000 |" in DOCUMENT
    assert (decided == 1).any(axis=1).mean() <= 0.05
    assert f"changes nothing, mean | {used.mean():.1f} |" in DOCUMENT
    for few in (2, 3):
        kept = np.asarray((nothing[:, :, :few] > 0).all(axis=2))
        assert kept.any(axis=1).mean() > 0.99
    heavy, _ = simulated(rng.standard_t(3, size=(1000, 100, 36)), CAMPAIGN)
    assert (heavy == 1).any(axis=1).mean() <= 0.02
    gained = rng.normal(1, 1, (20_000, 36))
    decided, used = simulated(gained, CAMPAIGN)
    assert (decided == 1).mean() == pytest.approx(0.95, abs=0.005)
    assert used.mean() == pytest.approx(24.9, abs=0.2)
    decided, used = simulated(gained, SINGLE)
    assert (decided == 1).mean() > 0.995
    assert used.mean() == pytest.approx(11.6, abs=0.15)
