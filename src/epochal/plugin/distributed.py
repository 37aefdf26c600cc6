"""Under pytest-xdist: one session for all its workers, a GPU for each, and timings afterwards.

Workers share the work by leases in the journal, so they need to know no more of each other than
whose session it is.
"""

import os
import subprocess
import sys
from collections.abc import Generator, Sequence
from dataclasses import asdict
from typing import Any

import pytest

from epochal.identity.accelerators import detected
from epochal.journal.units import Session

__all__ = ["Controller", "is_distributed", "is_worker", "leave_timings", "session", "take_gpu"]

SESSION, GPUS, TIMINGS = "epochal_session", "epochal_gpus", "epochal_timings"


def is_worker(config: pytest.Config) -> bool:
    """Whether this is one of xdist's worker processes."""
    return hasattr(config, "workerinput")


def is_distributed(config: pytest.Config) -> bool:
    """Whether this is the process that xdist's workers report to."""
    return getattr(config.option, "dist", "no") != "no" and not is_worker(config)


def session(config: pytest.Config) -> Session | None:
    """The session that the controller told this worker of."""
    sent = getattr(config, "workerinput", {}).get(SESSION)
    return None if sent is None else Session(**sent)


def take_gpu(config: pytest.Config) -> None:
    """Lets this worker see the GPU that is its own, before torch looks for any."""
    sent = getattr(config, "workerinput", {})
    if sent.get(GPUS):
        os.environ["CUDA_VISIBLE_DEVICES"] = share(sent[GPUS], sent["workerid"])


def share(gpus: Sequence[str], worker: str) -> str:
    """The GPU of an xdist worker, by its name ``gwN``: one each, in turn.

    >>> [share(["0", "GPU-5e1f"], worker) for worker in ("gw0", "gw1", "gw2")]
    ['0', 'GPU-5e1f', '0']
    """
    return gpus[int(worker.removeprefix("gw")) % len(gpus)]


def visible_gpus(devices: Sequence[str], count: int, variable: str | None) -> list[str]:
    """The GPUs to share out, as ``CUDA_VISIBLE_DEVICES`` names them.

    None where there are fewer than two, or where ``devices`` names one by its number or asks for
    all: then every worker sees what the caller sees.

    >>> visible_gpus(["cuda"], 2, None), visible_gpus(["cuda"], 2, "3, GPU-5e1f")
    (['0', '1'], ['3', 'GPU-5e1f'])
    >>> visible_gpus(["cuda:1"], 2, None), visible_gpus(["cpu"], 2, None)
    ([], [])
    """
    if count < 2 or not set(devices) & {"cuda", "auto"} or set(devices) - {"cuda", "auto", "cpu"}:
        return []
    if variable is None:
        return [str(number) for number in range(count)]
    return [name.strip() for name in variable.split(",")][:count]


def leave_timings(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On a worker, takes the benchmarks out of ``items``: they run afterwards, alone."""
    left = [item for item in items if "benchmark" in getattr(item, "fixturenames", [])]
    config.workeroutput[TIMINGS] = len(left)  # type: ignore[attr-defined]
    items[:] = [item for item in items if item not in left]


class Controller:
    """On the controller: tells workers what they share, and runs the timings when they are done."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.session: Session | None = None
        self.devices: Sequence[str] = ()
        self.timings = 0

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tells a worker of the session and of the GPUs."""
        if self.session is not None:
            node.workerinput[SESSION] = asdict(self.session)
            count = len(detected().of("cuda")) if set(self.devices) - {"cpu"} else 0
            named = os.environ.get("CUDA_VISIBLE_DEVICES")
            node.workerinput[GPUS] = visible_gpus(self.devices, count, named)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Learns how many timings a worker left."""
        self.timings = max(self.timings, getattr(node, "workeroutput", {}).get(TIMINGS, 0))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Runs the timings after everything else, when nothing else does."""
        done = yield
        if self.timings and not session.shouldstop and not session.shouldfail:
            # pytest-benchmark times nothing under xdist, so this is a pytest of its own.
            words = [*map(str, self.config.invocation_params.args), "-n0", "--benchmark-only"]
            command = [sys.executable, "-m", "pytest", *words, "--junit-xml="]
            ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            reporter: Any = self.config.pluginmanager.get_plugin("terminalreporter")
            reporter.section("timings, alone", sep="=")
            reporter.write_line(ended.stdout.decode(errors="replace").strip())
            if ended.returncode not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
                session.testsfailed += 1
        return done
