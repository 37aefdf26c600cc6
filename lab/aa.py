"""One timing of unchanged code against itself, or against itself slowed on purpose."""

import datetime
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

from epochal.ab.arms import OWN, Arm
from epochal.ab.session import Bench
from epochal.ab.statistics import judged
from epochal.errors import BrokenRun
from lab.timing_record import TimingRecord

__all__ = ["benchmark", "load_generator", "timed"]

FAIL, REGRESSED = "--benchmark-compare-fail=mean:5%", b"Performance has regressed"
"""The rule, and what is said where it is broken: any other failure is none of the rule's."""

MULTIPLIES = """
import torch
torch.set_num_threads(1)
a = torch.randn(512, 512)
while True:
    a = torch.tanh(a @ a / 512)
"""

BENCHMARK = """
from pathlib import Path

from epochal.ab.process import setting
from epochal.ab.epoch_timer import EpochTimer

TIMER = EpochTimer(setting({claim!r}, Path({cases!r})))


def test_epochs(benchmark):
    benchmark.pedantic(TIMER.seconds, args=({epochs},), rounds=5)
"""


@contextmanager
def load_generator() -> Iterator[None]:
    """Keep a core busy within this block."""
    process = subprocess.Popen([sys.executable, "-c", MULTIPLIES], env=_one_thread())
    try:
        yield
    finally:
        process.kill()
        process.wait()


def benchmark(arm: Arm, claim: str, cases: Path, epochs: int) -> str:
    """``red`` or ``green``: pytest-benchmark's ``mean:5%`` on ``arm`` against itself.

    Five rounds are saved, five more compared with them, each in a process of its own, with one
    thread and for the rest in the environment that it is asked in, as anybody would run it.

    Args:
        arm: the code.
        claim: whose setting is timed.
        cases: the folder of case files.
        epochs: of a round.
    """
    with TemporaryDirectory(prefix="epochal-") as folder:
        text = BENCHMARK.format(claim=claim, cases=str(cases.resolve()), epochs=epochs)
        (Path(folder) / "test_epochs.py").write_text(text, "utf-8")
        words = [str(arm.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", folder]
        words += ["--rootdir", folder, f"--benchmark-storage={folder}/saved"]
        asked = (["--benchmark-save=one"], ["--benchmark-compare=0001", FAIL])
        where = {**_one_thread(), "PYTHONPATH": arm.environment["PYTHONPATH"]}
        first, second = (
            subprocess.run([*words, *more], env=where, cwd=folder, capture_output=True)
            for more in asked
        )
    red = REGRESSED in second.stdout + second.stderr
    for run in (first,) if red else (first, second):
        if run.returncode:
            raise BrokenRun(f"pytest-benchmark: {run.stdout.decode(errors='replace')[-500:]}")
    return "red" if red else "green"


def _one_thread() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def timed(claim: str, cases: Path, slowed: float, busy: bool, with_benchmark: bool) -> TimingRecord:
    """Time ``claim``'s first setting; a second session follows where the first says slower.

    Args:
        claim: its id.
        cases: the folder of case files.
        slowed: the share of each epoch's time that arm B burns after it.
        busy: whether the load generator runs meanwhile.
        with_benchmark: whether pytest-benchmark's ``mean:5%`` is tried on unchanged code, too.
    """
    own = Arm("unchanged", Path(sys.executable), OWN)
    start = time.perf_counter()
    with load_generator() if busy else nullcontext():
        bench = Bench(own, own, claim, cases, slowed=slowed)
        timing = judged(bench.blocks)
        spent = time.perf_counter() - start
        said = benchmark(own, claim, cases, bench.epochs) if with_benchmark and not slowed else ""
    facts = bench.facts[0]
    return TimingRecord(
        claim=claim,
        slowed=slowed,
        busy=busy,
        timing=timing,
        epochs=bench.epochs,
        benchmark=said,
        seconds=spent,
        machine={name: facts[name] for name in ("device", "torch")},
        day=datetime.date.today().isoformat(),
    )
