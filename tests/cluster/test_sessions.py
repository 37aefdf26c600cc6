"""Real sessions with ``--cluster``: the same verdicts and bits, and one line for what is wrong."""

import re
from pathlib import Path

import pytest

from epochal.journal.store import Journal
from epochal.journal.units import Unit
from epochal_testing import sessions
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


CLAIMS = [
    claim("net", experiment=replace(TINY, net=ModuleNet(Net, weights=13))),
    claim("loop", experiment=Training(train=loop, flops_an_epoch=1.0)),
    claim("dies", experiment=Training(train=dies, flops_an_epoch=1.0), bounds=ONE_SEED),
    claim("plain", expected="reproduced"),
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
    assert ended.code == 7
