"""Real sessions with ``--cluster``: the same verdicts and bits, and one line for what is wrong."""

import os
import re
import signal
from pathlib import Path

import pytest

from epochal.journal.store import Journal
from epochal.journal.units import Unit
from epochal_testing import clusters, sessions
from epochal_testing.sessions import Session

LOCAL = ("--cluster", "local:2")

OWN = """
import torch
from torch import nn

from epochal import ModuleNet
from helper import sine


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(1, 4), nn.Linear(4, 1)

    def forward(self, x):
        return self.last(sine(self.first(x)))


def loop(seed, device, epochs):
    from .beside import FACTOR

    runs = trained(seed, device, epochs)
    return replace(runs, loss=runs.loss * FACTOR, mse=runs.mse * FACTOR)


def only_here(width):
    from multiprocessing import parent_process

    if parent_process() is not None:
        raise ImportError("No module named 'nowhere_else'")
    return nn.Sequential(nn.Linear(1, width), nn.Tanh(), nn.Linear(width, 1))


CLAIMS = [
    claim("absent", experiment=replace(TINY, net=ModuleNet(only_here, {"width": 4}, weights=13))),
    claim("net", experiment=replace(TINY, net=ModuleNet(Net, weights=13))),
    claim("loop", experiment=Training(train=loop, flops_an_epoch=1.0)),
    claim("dies", experiment=Training(train=dies, flops_an_epoch=1.0), bounds=ONE_SEED),
    claim("plain", expected="reproduced"),
    claim("trivial", allow_trivial=False),
]
"""


def losses(session: Session, journal: str) -> dict[tuple[str, int], bytes]:
    """The losses of every stored run, by setting and seed."""
    held = Journal(session.folder / journal)
    rows = held.contents()
    units = [Unit(row["experiment"], row["seed"], row["environment"]) for row in rows]
    return {(unit.experiment, unit.seed): held.runs(unit).loss.tobytes() for unit in units}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Session, Session]:
    """The same claims, judged by workers of this machine and by a cluster."""
    folder = sessions.prepare(tmp_path_factory.mktemp("both"), sessions.EVERY_STANDING)
    here = sessions.start(folder, "--journal", "here.sqlite")
    there = sessions.start(folder, *LOCAL, "--journal", "there.sqlite")
    return here, there


def test_a_cluster_gives_the_same_verdicts_and_bits(both: tuple[Session, Session]) -> None:
    here, there = both
    assert there.rows() == here.rows()
    assert there.code == here.code
    stored = losses(here, "here.sqlite")
    found = losses(there, "there.sqlite")
    assert stored.items() <= found.items()  # idle workers have trained seeds that may be needed
    keys = [
        {row["environment"] for row in Journal(each.folder / name).contents()}
        for each, name in zip(both, ("here.sqlite", "there.sqlite"), strict=True)
    ]
    assert keys[0] == keys[1]


def test_what_a_cluster_has_trained_is_not_trained_again(both: tuple[Session, Session]) -> None:
    _, there = both
    again = sessions.run(there.folder, "--journal", "there.sqlite")
    assert again.rows() == there.rows()
    assert re.search(r"journal: reused \d+ seeds;", again.text)


def test_own_nets_and_helper_modules_travel_and_a_claim_that_kills_workers_is_broken(
    tmp_path: Path,
) -> None:
    sessions.prepare(tmp_path, OWN)
    (tmp_path / "helper.py").write_text("import torch\n\n\ndef sine(x):\n    return torch.sin(x)\n")
    (tmp_path / "cases" / "_beside.py").write_text("")
    (tmp_path / "cases" / "beside.py").write_text("FACTOR = 0.5\nCLAIMS = []\n")
    ended = sessions.start(tmp_path, *LOCAL)
    rows = ended.rows()
    assert rows["net"][0] == rows["loop"][0] == "new: reproduced"
    assert rows["plain"][0] == "as expected: reproduced"
    assert rows["dies"][:3] == ("broken", "0 of 0", rows["dies"][2])
    assert "a worker died 3 times on it" in ended.text
    assert rows["absent"][0] == "broken"
    assert "No module named 'nowhere_else'" in ended.text
    assert "trivial.rule.mse_below = " in ended.text
    assert ended.code == 7


SLOW = """
CLAIMS = [
    claim("slow", FitsBy(epoch=10**6, mse_below=1e-13), replace(TINY, probe=22), bounds=ONE_SEED),
    claim("sleeps", experiment=Training(train=sleeps, flops_an_epoch=1e15), bounds=ONE_SEED),
]
"""


def test_after_ctrl_c_no_process_is_left_and_what_was_finished_is_stored(tmp_path: Path) -> None:
    sessions.prepare(tmp_path, SLOW)
    terminal = sessions.Terminal(tmp_path, *LOCAL, "--checkpoint", "0.5", "--journal", "j.sqlite")
    assert terminal.read_until("epochs/s", 300), terminal.text
    clusters.wait_for(lambda: Journal(tmp_path / "j.sqlite").contents())
    terminal.interrupt()
    ended = terminal.end()
    assert ended.code == 2, ended.text
    assert "Traceback" not in ended.text
    assert terminal.left_behind() == []
    [row] = Journal(tmp_path / "j.sqlite").contents()
    assert (row["state"], row["epochs_done"] > 0) == ("unfinished", True)


def test_a_controller_that_is_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    sessions.prepare(tmp_path, SLOW)
    terminal = sessions.Terminal(tmp_path, *LOCAL, "--journal", "j.sqlite")
    assert terminal.read_until("epochs/s", 300), terminal.text
    os.kill(terminal.process.pid, signal.SIGKILL)
    terminal.end()
    clusters.wait_for(lambda: not terminal.left_behind())


UNREACHABLE = "tcp://127.0.0.1:1"

WRONG = {
    "no cluster": ("ERROR: --cluster = 'box': it names no cluster; give tcp://HOST:PORT, ", "box"),
    "no scheduler": (f"ERROR: --cluster = '{UNREACHABLE}': no scheduler answers", UNREACHABLE),
    "workers, too": (
        "ERROR: --workers = 2: with --cluster the workers of the cluster train; leave one of them",
        "local:2",
        "--workers",
        "2",
    ),
    "a GPU by its number": (
        "ERROR: --device = 'cuda:1': with --cluster a device is cpu, cuda or xpu; give one of",
        "local:2",
        "--device",
        "cuda:1",
    ),
    "xdist": ("ERROR: --cluster = 'local:2': with -n every process", "local:2", "-n", "2"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_option_ends_in_one_line(
    tmp_path: Path, wrong: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    line, address, *more = wrong
    monkeypatch.setattr("epochal.cluster.connection.CONNECT_SECONDS", 1.0)
    sessions.prepare(tmp_path, "CLAIMS = [claim('fits', experiment=COUNTED)]")
    words = sessions.arguments("--cluster", address, *more)[3:]
    ended = sessions.within(tmp_path, lambda: pytest.main(words))
    assert ended.code == 4, ended.text
    assert any(each.startswith(line) for each in ended.text.splitlines()), ended.text
    assert "Traceback" not in ended.text
    assert ended.trained == ()


def test_without_dask_one_line_names_the_extra(tmp_path: Path) -> None:
    sessions.prepare(tmp_path, "CLAIMS = [claim('fits')]")
    (tmp_path / "distributed.py").write_text("raise ImportError('No module named distributed')\n")
    ended = sessions.start(tmp_path, *LOCAL)
    assert ended.code == 4, ended.text
    assert (
        "ERROR: --cluster = 'local:2': Dask is not installed (No module named distributed); "
        "pip install 'epochal[cluster]'"
    ) in ended.text


LOADS_NO_DASK = """
import sys
import epochal
import pytest
pytest.main(["-p", "epochal.plugin", "--help"])
import epochal.judging.runner
assert not {"dask", "distributed"} & set(sys.modules), "loaded"
"""


def test_nothing_loads_dask_but_the_option(tmp_path: Path) -> None:
    ended = sessions.python(tmp_path, "-c", LOADS_NO_DASK)
    assert ended.code == 0, ended.text
    assert "--cluster=ADDRESS" in ended.text
