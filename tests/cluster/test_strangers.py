"""Workers that somebody else has started: other code, other environments, and a lost network."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from epochal.cluster.bundle import bundle
from epochal.cluster.connection import Connection, parse
from epochal.cluster.controller import Controller
from epochal.cluster.fleet import Fleet
from epochal.cluster.patience import Patience
from epochal.cluster.remote import LOADED
from epochal.errors import ClusterError
from epochal.journal.store import Journal
from epochal.journal.units import LeaseOutcome, Session, Unit
from epochal.training.job import Job
from epochal_testing import clusters, sessions
from epochal_testing.clusters import Network, Scheduler, wait_for
from epochal_testing.settings import TINY

CLAIMS = """
SETTINGS = [replace(TINY, probe=21 + 2 * place) for place in range(6)]
CLAIMS = [
    claim(f"fits-{place}", experiment=each, expected="reproduced")
    for place, each in enumerate(SETTINGS)
]
"""

OTHER_KIND = {"ATEN_CPU_CAPABILITY": "default"}
"""Variables with which torch chooses other kernels, as on another processor."""


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[Scheduler]:
    with clusters.scheduler(tmp_path / "dask") as found:
        yield found


def test_each_claim_is_judged_on_one_kind_of_worker_and_other_code_is_refused(
    tmp_path: Path, scheduler: Scheduler
) -> None:
    folder = sessions.prepare(tmp_path / "project", CLAIMS)
    changed = clusters.other_code(tmp_path / "other", "training/loss.py", "# another version\n")
    scheduler.worker()
    scheduler.worker(**OTHER_KIND)
    scheduler.worker(**changed)
    scheduler.wait_for_workers(3)
    ended = sessions.start(folder, "--cluster", scheduler.address, "--journal", "j.sqlite")
    assert ended.code == 0, ended.text
    assert {row[0] for row in ended.rows().values()} == {"as expected: reproduced"}
    assert "workers differ in" in ended.text, ended.text
    [refused] = [line for line in ended.text.splitlines() if "is refused" in line]
    assert f"and this one is {LOADED}" in refused
    assert "its epochal is " in refused

    journal = Journal(folder / "j.sqlite")
    facts, keys = journal.environments(), dict[str, set[str]]()
    for row in journal.contents():
        keys.setdefault(row["experiment"], set()).add(row["environment"])
    assert len(keys) == 6
    assert all(len(each) == 1 for each in keys.values())
    used = {facts[key]["vector"] for each in keys.values() for key in each}
    assert len(used) == 2, used


def test_a_worker_whose_case_files_import_other_code_is_refused_by_its_digest(
    tmp_path: Path, scheduler: Scheduler
) -> None:
    # An installed package counts by its version, and the worker has another one.
    older, newer = (tmp_path / each / "site-packages" for each in ("older", "newer"))
    for version, place in (("1.0", older), ("2.0", newer)):
        place.mkdir(parents=True)
        text = f"__version__ = {version!r}\n\n\ndef sine(x):\n    return x.sin()\n"
        (place / "layers_of_mine.py").write_text(text)
    folder = sessions.prepare(tmp_path / "project", USES_INSTALLED)
    scheduler.worker(PYTHONPATH=os.pathsep.join([str(newer), sessions.PATH]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sessions, "PATH", os.pathsep.join([str(older), sessions.PATH]))
        ended = sessions.start(folder, "--cluster", scheduler.address)
    assert "is refused: its code gives the setting" in ended.text
    assert "it has no worker of" in ended.text
    assert "Traceback" not in ended.text


USES_INSTALLED = """
from layers_of_mine import sine
from torch import nn

from epochal import ModuleNet


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(1, 4), nn.Linear(4, 1)

    def forward(self, x):
        return self.last(sine(self.first(x)))


CLAIMS = [claim("net", experiment=replace(TINY, net=ModuleNet(Net, weights=13)))]
"""


# ---------------------------------------------------------------------------- what may be gone


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return sessions.prepare(tmp_path / "project", CLAIMS) / "cases"


def job(seed: int, epochs: int) -> Job:
    return Job(Unit(TINY.digest, seed, "here"), TINY, "cpu", epochs, "auto")


def begin(fleet: Fleet, journal: Journal, patience: Patience) -> Controller:
    fleet.watch()
    wait_for(lambda: fleet.of("cpu"))
    session = Session(checkpoint=1.0)
    journal.begin(session)
    kind = fleet.of("cpu")[0]
    return Controller(fleet, journal, session, lambda job: kind, patience)


def test_a_network_that_is_gone_for_a_while_costs_no_row(
    tmp_path: Path, scheduler: Scheduler, project: Path
) -> None:
    scheduler.worker()
    network, journal = Network(scheduler.address), Journal(tmp_path / "j.sqlite")
    connection = Connection(parse(network.address))
    fleet = Fleet(connection, bundle(project))
    runner = begin(fleet, journal, Patience(network.address))
    answers = [runner.submit(job(seed, 4000))[1] for seed in range(6)]
    for _ in range(3):
        wait_for(lambda: runner.progress() or all(answer.done() for answer in answers))
        network.cut()
        wait_for(lambda: not connection.is_open)
        network.mend()
        wait_for(lambda: connection.is_open)
    assert [answer.result(clusters.WAIT_SECONDS) for answer in answers] == [LeaseOutcome.LEASED] * 6
    runner.close()
    fleet.stop()
    connection.close()
    network.close()
    assert sorted((row["seed"], row["state"]) for row in journal.contents()) == [
        (seed, "finished") for seed in range(6)
    ]
    assert journal.notes() == []


def test_a_scheduler_that_is_gone_for_good_ends_the_session_in_one_line(
    tmp_path: Path, scheduler: Scheduler, project: Path
) -> None:
    scheduler.worker()
    journal, connection = Journal(tmp_path / "j.sqlite"), Connection(parse(str(scheduler.file)))
    fleet = Fleet(connection, bundle(project))
    runner = begin(fleet, journal, Patience(str(scheduler.file), give_up_after=2.0))
    _, answer = runner.submit(job(44, 10**7))
    wait_for(lambda: any(each.epoch > 0 for each in runner.progress()))
    os.kill(scheduler.process.pid, signal.SIGKILL)
    with pytest.raises(ClusterError, match="its scheduler is gone; what was finished is in"):
        answer.result(clusters.WAIT_SECONDS)
    runner.close()
    fleet.stop()
    connection.close()
    assert not journal.is_leased(job(44, 1).unit)


def test_jobs_without_a_worker_wait_are_told_and_end_in_one_line(
    tmp_path: Path, scheduler: Scheduler, project: Path
) -> None:
    worker, said = scheduler.worker(), list[str]()
    journal, connection = Journal(tmp_path / "j.sqlite"), Connection(parse(scheduler.address))
    fleet = Fleet(connection, bundle(project), say=said.append)
    patience = Patience(scheduler.address, say_after=0.5, give_up_after=20.0)
    runner = begin(fleet, journal, patience)
    _, answer = runner.submit(job(44, 3000))
    wait_for(lambda: runner.progress())
    os.killpg(worker, signal.SIGKILL)
    wait_for(lambda: said)
    assert said[0].startswith("waiting for a worker of torch ")
    scheduler.worker()
    assert answer.result(clusters.WAIT_SECONDS) is LeaseOutcome.LEASED
    patience.give_up_after = 1.0
    wait_for(lambda: fleet.slots())
    _, answer = runner.submit(job(45, 10**7))
    wait_for(lambda: runner.progress())
    scheduler.close_workers()
    with pytest.raises(ClusterError, match="it has had no worker of torch"):
        answer.result(clusters.WAIT_SECONDS)
    runner.close()
    fleet.stop()
    connection.close()
