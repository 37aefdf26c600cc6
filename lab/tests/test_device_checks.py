"""The checks of a device run on the pretend device, and find what is wrong there."""

import re
import subprocess
from pathlib import Path

import pytest
import torch

from epochal.training.train import train
from epochal_testing import pretend, sessions
from lab import device_checks
from lab.__main__ import main

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".ci" / "first-gpu.sh"

TINY = """
CLAIMS = [claim("sentinel-tiny", FitsBy(epoch=200, mse_below=0.05)), claim("fits")]
"""

pretend.register()

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    return sessions.prepare(tmp_path, TINY) / "cases"


def checked(name: str, cases: Path, capsys: pytest.CaptureFixture[str]) -> str:
    with pretend.pretending():
        assert main(["device", name, "--device", "pretend", "--cases", str(cases)]) == 0
    return capsys.readouterr().out


def test_every_check_runs(cases: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "| sentinel-tiny | equal bits" in checked("repeats", cases, capsys)
    row = checked("distances", cases, capsys).splitlines()[-1]
    assert re.fullmatch(r"\| sentinel-tiny +(\| 1\.000000 +){3}\|", row)
    assert re.search(r"\| sentinel-tiny +\| \d+ +\| \d+ +\|", checked("times", cases, capsys))
    assert "torch counts no waits on pretend:0" in checked("waits", cases, capsys)
    assert set(device_checks.CHECKS) == {"repeats", "distances", "waits", "times"}


def test_other_bits_are_found() -> None:
    setting = next(iter(device_checks.settings(ROOT / "cases").values()))
    one, other = (train(setting, [seed], "cpu", 5) for seed in (0, 1))
    assert device_checks._equal(one, one) == "equal bits"
    assert device_checks._equal(one, other) == "differs from epoch 0"


def test_every_line_of_the_script_has_a_limit_and_all_take_ten_minutes() -> None:
    subprocess.run(["bash", "-n", SCRIPT], check=True)
    text = SCRIPT.read_text("utf-8")
    limits = [int(each) for each in re.findall(r"^check '[^']+' (\d+) ", text, re.MULTILINE)]
    workers = re.search(r"^    check \"\$workers workers\" (\d+) ", text, re.MULTILINE)
    assert workers is not None
    assert len(limits) == text.count("\ncheck '")
    assert sum(limits) + 4 * int(workers[1]) <= 600
    assert "set_sync_debug_mode" in (ROOT / "lab" / "device_checks.py").read_text("utf-8")
