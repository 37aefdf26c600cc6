"""What runs beside a sitting to try it: a busy neighbour, and pytest-benchmark's own rule."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from epochal.errors import BrokenRun
from epochal.gate.arms import Arm

__all__ = ["benchmark", "busy"]

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

from epochal.timed import setting
from epochal.training.timing import Blocks

BLOCKS = Blocks(setting({claim!r}, Path({cases!r})))


def test_epochs(benchmark):
    benchmark.pedantic(BLOCKS.seconds, args=({epochs},), rounds=5)
"""


@contextmanager
def busy() -> Iterator[None]:
    """A neighbour keeps a core busy within this block."""
    beside = subprocess.Popen([sys.executable, "-c", MULTIPLIES], env=_one_thread())
    try:
        yield
    finally:
        beside.kill()
        beside.wait()


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
        (Path(folder) / "test_epochs.py").write_text(text)
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
