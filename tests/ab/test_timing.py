"""Timing: blocks, looks and confirmation, and real arms that run their own code."""

import itertools
import json
import math
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from epochal.ab.arms import arm, check_apart
from epochal.ab.epoch_timer import EpochTimer
from epochal.ab.process import setting
from epochal.ab.session import Bench, NotComparable
from epochal.ab.statistics import ALPHAS, LOOKS, AbbaBlock, Pace, judged, sit
from epochal.ab.stored import kept
from epochal.claims.claim import Claim
from epochal.claims.folder import load
from epochal.cli.ab import SENTINELS, timed_claims
from epochal.cli.parser import main
from epochal.errors import BrokenRun
from epochal.experiments.loops import Loop
from epochal.experiments.parts import Optimizer
from epochal.journal.store import Journal
from epochal_testing import sessions, synthetic
from epochal_testing.schema import check
from epochal_testing.sessions import ROOT

SPREAD = 0.06
"""The standard deviation of a pair's log ratio, as measured on machines that are shared."""


def blocks(ratio: float, seed: int, bias: float = 0.0) -> Iterator[AbbaBlock]:
    """ABBA blocks of periods of about a second, B slower by ``ratio``, on a drifting machine."""
    generator = np.random.default_rng(seed)
    for place in itertools.count():
        seconds = np.array([1.0, ratio, ratio, 1.0]) * math.exp(0.1 * place)
        noise = np.exp(SPREAD / math.sqrt(2) * generator.standard_normal(4))
        a, b, c, d = seconds * noise * np.exp(bias * np.array([0, 1, 1, 0]))
        yield AbbaBlock((a, b, c, d))


def paces(ratio: float, count: int) -> Counter[str]:
    """What so many pairs of sessions say."""
    seeds = itertools.count()
    return Counter(judged(lambda: blocks(ratio, next(seeds))).pace.value for _ in range(count))


def test_a_quadruple_is_free_of_drift_and_of_order() -> None:
    assert AbbaBlock((1.0, 1.5, 2.25, 3.375)).log_ratio == pytest.approx(0)
    assert AbbaBlock((1.0, 1.2, 1.2, 1.0)).log_ratio == pytest.approx(math.log(1.2))


def test_unchanged_code_is_hardly_ever_slower_and_changed_code_is_seen() -> None:
    """By simulation with a pair's spread of 6%; the real rates are measured by `epochal aa`."""
    unchanged = paces(1.0, 2000)
    assert unchanged["slower"] == 0
    assert unchanged["not slower"] >= 1980
    assert paces(1.1, 200)["slower"] >= 180
    assert paces(1.2, 200)["slower"] >= 198


def test_a_sitting_looks_at_fixed_numbers_of_quadruples() -> None:
    lengths = {len(sit(blocks(1.05, seed), ALPHAS[0]).blocks) for seed in range(60)}
    assert lengths <= set(LOOKS)
    assert max(lengths) == LOOKS[-1]  # at the margin itself it stays undecided


def test_one_bad_sitting_alarms_nobody() -> None:
    """A machine that is 30% slower for arm B throughout one session, and not in the next."""
    sessions = iter([blocks(1.0, 1, bias=0.3), blocks(1.0, 2)])
    timing = judged(lambda: next(sessions))
    assert [each.pace for each in timing.sessions] == [Pace.SLOWER, Pace.NOT_SLOWER]
    assert timing.pace is Pace.UNDECIDED


def test_faster_is_not_slower() -> None:
    timing = judged(lambda: blocks(0.5, 3))
    assert timing.pace is Pace.NOT_SLOWER
    assert timing.sessions[0].ratio == pytest.approx(0.5, rel=0.1)
    low, high = timing.sessions[0].interval
    assert low < 0.5 < high < 0.6


def wrong(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What a wrong command is told."""
    assert main(["ab", "--cases", str(ROOT / "cases"), *words]) == 4
    return capsys.readouterr().err


def test_arms_that_cannot_be_timed_are_refused_by_name(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    here = str(ROOT)
    assert "--b" in (told := wrong(capsys, "--a", here, "--b", here))
    assert "the same as --a" in told
    assert "no such folder, environment or git revision" in wrong(capsys, "--a", "nix", "--b", here)
    assert "no source tree of epochal" in wrong(capsys, "--a", str(tmp_path), "--b", here)
    (tmp_path / "src" / "epochal").mkdir(parents=True)
    assert "its own code cannot be timed" in wrong(capsys, "--a", str(tmp_path), "--b", here)
    python = tmp_path / "environment" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho 'No module named torch' >&2\nexit 1\n")
    python.chmod(0o755)
    told = wrong(capsys, "--a", str(tmp_path / "environment"), "--b", here)
    assert "its Python cannot train (No module named torch)" in told
    assert "matches no claim" in wrong(capsys, "--a", "x", "--b", "y", "--claims", "nobody")
    assert "--margin = -1.0: it must exceed 0" in wrong(
        capsys, "--a", "x", "--b", "y", "--margin", "-1"
    )


def test_a_revision_is_an_arm_and_the_working_tree_stays(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this source tree is no git repository")
    status = ["git", "-C", str(ROOT), "status", "--porcelain"]
    before = subprocess.run(status, capture_output=True, check=True).stdout
    first = ["git", "-C", str(ROOT), "rev-list", "--max-parents=0", "HEAD"]
    oldest = subprocess.run(first, capture_output=True, text=True, check=True).stdout.split()[0]
    with pytest.raises(Exception, match=r"has no epochal\.ab\.process|holds no source tree"):
        arm("--a", oldest).__enter__()
    assert subprocess.run(status, capture_output=True, check=True).stdout == before
    with arm("--a", str(ROOT)) as one, arm("--b", str(ROOT), engine="reference") as other:
        check_apart(one, other)  # two engines of one tree are two arms


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A source tree whose epochs take several times as long, and one tiny claim in its cases."""
    tree = sessions.prepare(tmp_path / "slow", 'CLAIMS = [claim("tiny")]\n')
    shutil.copytree(ROOT / "src", tree / "src", ignore=shutil.ignore_patterns("__pycache__"))
    reference = tree / "src" / "epochal" / "training" / "engines" / "reference.py"
    text = reference.read_text("utf-8")
    line = "        if optimizers.needs_closure(self.optimizer):\n"
    assert text.count(line) == 1
    more = "        for _ in range(400):\n            self.net(self.x)\n"
    reference.write_text(text.replace(line, more + line))
    return tree


def test_each_arm_runs_its_own_code_and_settings_must_be_equal(slow: Path) -> None:
    with arm("--a", str(ROOT)) as a, arm("--b", str(slow)) as b:
        bench = Bench(a, b, "tiny", slow / "cases", block=0.05)
        assert next(bench.blocks()).log_ratio > math.log(2)
        assert bench.rounds >= 1
        assert bench.epochs >= bench.rounds
        assert bench.epochs % bench.rounds == 0
        assert bench.facts[0]["setting"] == bench.facts[1]["setting"]
        with pytest.raises(NotComparable, match="no such claim"):
            next(Bench(a, b, "tiny").blocks())  # the first arm's own cases have none


@pytest.mark.parametrize("claim", timed_claims(load(ROOT / "cases"), SENTINELS), ids=lambda c: c.id)
def test_the_sentinels_can_be_timed(claim: Claim) -> None:
    timer = EpochTimer(setting(claim.id, ROOT / "cases"))
    assert timer.rate > 0
    assert timer.seconds(2) > 0


def test_an_epoch_of_a_closure_can_be_timed() -> None:
    closure = replace(
        synthetic.EXPERIMENT, optimizer=Optimizer("LBFGS", line_search_fn="strong_wolfe")
    )
    assert EpochTimer(closure).seconds(2) > 0


def test_a_loop_that_would_stop_is_timed_all_the_same() -> None:
    at_once = replace(synthetic.EXPERIMENT, loop=Loop(stop_below=1e6))
    assert EpochTimer(at_once).seconds(200) > 0


def test_a_net_that_diverges_has_no_epochs_to_time() -> None:
    """Neither at once nor later, where a block would be shorter than it was asked to be."""
    for step, within in ((1e6, 6), (30.0, 200)):
        wild = replace(synthetic.EXPERIMENT, optimizer=Optimizer("SGD", lr=step))
        with pytest.raises(BrokenRun, match="its net diverges within"):
            EpochTimer(wild).seconds(within)


def test_a_slowed_epoch_takes_longer() -> None:
    tiny = EpochTimer(synthetic.EXPERIMENT, slowed=9.0)
    assert tiny.seconds(200) > EpochTimer(synthetic.EXPERIMENT).seconds(200)


@pytest.mark.parametrize(
    ("ratio", "code", "pace"),
    [(1.0, 0, "not slower"), (1.3, 10, "slower"), (1.05, 8, "undecided"), (None, 11, None)],
)
def test_what_the_sessions_say_is_the_exit_code(
    ratio: float | None,
    code: int,
    pace: str | None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def drawn(self: Bench) -> Iterator[AbbaBlock]:
        if ratio is None:
            raise NotComparable("sentinel-sgd is another setting in the two arms")
        return blocks(ratio, 7)

    monkeypatch.setattr(Bench, "blocks", drawn)
    words = ["ab", "--a", str(ROOT), "--b", str(ROOT), "--engine-b", "reference"]
    words += ["--cases", str(ROOT / "cases"), "--claims", "sentinel-sgd"]
    assert main(words) == code
    shown = capsys.readouterr().out
    assert "another setting in the two arms" in shown if pace is None else pace in shown
    assert main([*words, "--json"]) == code
    printed = json.loads(capsys.readouterr().out)
    check(printed, "ab")
    found = printed["claims"]
    assert [each["pace"] for each in found] == ([] if pace is None else [pace])


def test_what_was_timed_is_kept_also_if_the_rest_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drawn(self: Bench) -> Iterator[AbbaBlock]:
        if self.claim == "sentinel-momentum":
            raise KeyboardInterrupt
        self.facts = ({"setting": "s", "torch": "1"}, {"setting": "s", "torch": "2"})
        return blocks(1.0, 7)

    monkeypatch.setattr(Bench, "blocks", drawn)
    path = tmp_path / "journal.sqlite"
    words = ["ab", "--a", str(ROOT), "--b", str(ROOT), "--engine-b", "reference"]
    words += ["--cases", str(ROOT / "cases"), "--journal", str(path)]
    with pytest.raises(KeyboardInterrupt):
        main([*words, "--claims", "sentinel-sgd,sentinel-momentum"])
    [found] = kept(Journal(path))
    assert (found.claim, found.a["torch"], found.b["torch"]) == ("sentinel-sgd", "1", "2")
    assert (found.device, found.is_same_code, found.pace) == ("cpu", False, "not slower")
    path.write_text("no journal")
    assert main([*words, "--claims", "sentinel-sgd"]) == 4
