"""The records of the lab: what is appended, what is simulated from it, and the gate's page."""

import itertools
import json
import math
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from subprocess import CompletedProcess

import numpy as np
import pytest

from epochal import Bounds, FitsBy
from epochal.ab.arms import Arm
from epochal.ab.session import Bench
from epochal.ab.statistics import AbbaBlock, judged
from epochal.claims.statistics import sequential_decision
from epochal.errors import BrokenRun
from epochal.gate.quantities import Key
from epochal.gate.tolerances import Tolerances, save_tolerances
from epochal.judging.findings import FRESH, Findings
from epochal_testing import judged as judged_by
from epochal_testing import synthetic
from epochal_testing.sessions import ROOT
from lab import aa, records, timing_record
from lab.__main__ import main
from lab.chance import by_chance
from lab.gate_page import page, rates
from lab.mutant_run import MutantRun
from lab.timing_record import TimingRecord, between, simulated

MACHINE = {"device": "a processor", "torch": "2"}


def blocks(slowed: float, seed: int, noise: float = 0.03, bias: float = 0.0) -> Iterator[AbbaBlock]:
    generator = np.random.default_rng(seed)
    shift = generator.normal(0, bias) if bias else 0.0
    for _ in itertools.count():
        ratio = (1 + slowed) * math.exp(shift + 0.03 * generator.standard_normal())
        yield AbbaBlock((1.0, ratio, ratio, 1.0))


def recorded(slowed: float, seed: int, beside: str = "", bias: float = 0.0) -> TimingRecord:
    timing = judged(lambda: blocks(slowed, seed, bias=bias))
    return TimingRecord(
        claim="sentinel-sgd",
        slowed=slowed,
        busy=bool(seed % 2),
        timing=timing,
        epochs=9,
        benchmark=beside,
        seconds=60.0,
        machine=MACHINE,
        day="2026-01-01",
    )


@pytest.fixture
def record() -> Sequence[TimingRecord]:
    """Twenty sessions over unchanged code, ten over code slowed by a fifth."""
    same = [recorded(0.0, seed, "red" if seed < 13 else "green") for seed in range(20)]
    return [*same, *(recorded(0.2, 100 + seed) for seed in range(10))]


def test_the_record_only_grows_and_is_read_as_it_was_written(
    record: Sequence[TimingRecord], tmp_path: Path
) -> None:
    for count, each in enumerate(record[:3], 1):
        records.append_timing(each, tmp_path)
        lines = (tmp_path / records.TIMINGS).read_text("utf-8").splitlines()
        assert len(lines) == count
    found = records.load_timings(tmp_path)
    assert [each.to_json() for each in found] == [each.to_json() for each in record[:3]]


def test_sessions_are_simulated_from_whole_timings_with_their_bias(
    record: Sequence[TimingRecord],
) -> None:
    quiet, slow = simulated(record, sessions=300), simulated(record, 0.2, sessions=300)
    assert quiet.records == 20
    assert quiet.slower == 0
    assert slow.slower >= 295
    # A machine that favours one arm throughout a session is what raises false alarms.
    biased = [recorded(0.0, seed, bias=0.15) for seed in range(20)]
    assert simulated(biased, sessions=300).bias == pytest.approx(0.15, rel=0.4)
    assert simulated(biased, sessions=300).slower > 10


def test_the_spread_between_sessions_is_beyond_that_of_their_blocks() -> None:
    generator = np.random.default_rng(0)
    noise = [list(generator.normal(0, 0.03, 5)) for _ in range(200)]
    assert between(noise) < 0.01
    assert between(
        [
            [x + shift for x in row]
            for row, shift in zip(noise, generator.normal(0, 0.1, 200), strict=True)
        ]
    ) == pytest.approx(0.1, rel=0.15)


def test_the_rates_come_first_with_exact_intervals_and_simulation_is_called_so(
    record: Sequence[TimingRecord],
) -> None:
    told = rates(record, [simulated(record, sessions=100)])
    assert told[0].startswith("Measured, unchanged code: 0 of 20 (0.0% to 16.8%) sessions false")
    assert "mean:5% beside it, unchanged code: red in 13 of 20 (40.8% to 84.6%)" in told[1]
    assert told[2].startswith("Measured, epochs slowed by 20%: 10 of 10 (69.2% to 100.0%)")
    assert told[3].startswith("By simulation, 100 sessions of 3 claims resampled from 20 sessions")


def test_the_page_has_all_that_was_recorded_and_marks_wrong_declarations(
    record: Sequence[TimingRecord], tmp_path: Path
) -> None:
    assert page(tmp_path, tmp_path, Findings()) == ""
    for each in record:
        records.append_timing(each, tmp_path)
    runs = [
        MutantRun(
            "step-5-up", "learning rate × 1.05", "drift", ("a",), (), ("a, MSE at 9: × 1.1",)
        ),
        MutantRun("noise", "targets with noise", "none", ("a",)),
        MutantRun("slope", "another slope", "drift", ("a",)),
        MutantRun("rows-permuted", "points in another order", "nothing", ("a",)),
    ]
    records.save_mutant_runs(runs, tmp_path)
    early, late = (Key("0123456789abcdef", "MSE", epoch) for epoch in (8, 16))
    save_tolerances(Tolerances({early: 0.001, late: 0.9}, {early: 5, late: 5}), tmp_path)
    text = page(tmp_path, tmp_path, Findings())
    assert "killed 1 of 2 mutants that were declared detectable" in text
    assert "**nothing**" in text
    assert "| setting 0123456789abcdef | to epoch 8 | 1 of 2 " in text
    rows = [line for line in text.splitlines() if line.startswith("| sentinel-sgd")]
    assert len(rows) == 4  # unchanged and slowed, each with a quiet and a busy machine
    assert "a processor, torch 2" in text


def test_aa_appends_and_simulates_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seeds = itertools.count()

    def drawn(self: Bench) -> Iterator[AbbaBlock]:
        self.epochs, self.facts = 7, (MACHINE, MACHINE)
        return blocks(self.slowed, next(seeds))

    monkeypatch.setattr(Bench, "blocks", drawn)
    monkeypatch.setattr(timing_record, "simulated", partial(simulated, sessions=100))
    words = ["aa", "--cases", str(ROOT / "cases"), "--record", str(tmp_path)]
    assert main([*words, "--timings", "2"]) == 0
    assert "2 of 2: not slower" in (told := capsys.readouterr().out)
    assert "By simulation, 100 sessions of 3 claims" in told
    assert main([*words, "--slowed", "0.2"]) == 0
    assert "1 of 1: slower" in capsys.readouterr().out
    found = [
        json.loads(line) for line in (tmp_path / records.TIMINGS).read_text("utf-8").splitlines()
    ]
    assert [(each["slowed"], each["pace"]) for each in found] == [
        (0.0, "not slower"),
        (0.0, "not slower"),
        (0.2, "slower"),
    ]
    assert all(each["machine"] == MACHINE for each in found)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--timings", "0"), "--timings = 0"),
        (("--slowed", "-1"), "--slowed = -1.0"),
        (("--claim", "sentinel-sgb"), "did you mean 'sentinel-sgd'?"),
    ],
)
def test_wrong_input_is_told_before_anything_is_timed(
    words: tuple[str, ...], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["aa", "--cases", str(ROOT / "cases"), "--record", str(tmp_path), *words]) == 4
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_chance_moves_verdicts_and_hardly_ever_on_fresh_seeds_too() -> None:
    """Against a simulation of the whole procedure, for nets of which 7 seeds in 8 hold."""
    findings, claims = Findings(), {}
    for number in range(10):
        claim = synthetic.claim(FitsBy(epoch=60, mse_below=0.1), id=f"fits-{number}")
        claims[claim.id] = claim
        judged_by.take(findings, claim)
    told = by_chance(findings.results.values(), claims)
    assert told.claims == 10
    draw = random.Random(0)

    def moves() -> bool:
        holds = [draw.random() < 3.5 / 4 for _ in range(Bounds().max_seeds)]
        return sequential_decision(holds, Bounds())[0] is not True

    draws = range(1 + len(FRESH))
    sessions = [[[moves() for _ in draws] for _ in range(10)] for _ in range(4000)]
    moved = fmean(any(verdict[0] for verdict in session) for session in sessions)
    alarm = fmean(any(all(verdict) for verdict in session) for session in sessions)
    assert told.moved == pytest.approx(moved, abs=0.03)
    assert told.alarm == pytest.approx(alarm, abs=0.01)
    assert told.alarm < told.moved / 5


@pytest.mark.parametrize(
    ("second", "said"),
    [((0, b"1 passed"), "green"), ((1, b"Performance has regressed:"), "red"), ((3, b"oh"), None)],
)
def test_only_a_regression_is_red_and_no_other_failure_of_the_benchmark(
    second: tuple[int, bytes], said: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = iter([(0, b"saved"), second])

    def run(words: Sequence[str], **more: object) -> CompletedProcess[bytes]:
        code, told = next(ends)
        return CompletedProcess(words, code, told, b"")

    monkeypatch.setattr(subprocess, "run", run)
    own = Arm("unchanged", Path(sys.executable), ROOT)
    if said is None:
        with pytest.raises(BrokenRun, match="pytest-benchmark: oh"):
            aa.benchmark(own, "sentinel-sgd", ROOT / "cases", 9)
    else:
        assert aa.benchmark(own, "sentinel-sgd", ROOT / "cases", 9) == said
