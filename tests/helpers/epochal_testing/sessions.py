"""Tiny folders of claims, and real pytest sessions over them in a process of their own."""

import importlib
import io
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from epochal.cli.parser import main
from epochal.process import kept

ROOT = Path(__file__).parents[3]
PATH = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests" / "helpers")])

HEADER = '''
"""Claims that take no time."""

import os
import time
from dataclasses import replace
from pathlib import Path

from epochal import (
    MLP,
    Bounds,
    Claim,
    Control,
    Experiment,
    FitsBy,
    Line,
    Loop,
    Optimizer,
    Runs,
    ShareOfSeeds,
    Sine,
    Source,
    SumOfSines,
    Training,
    Wave,
)

SOURCE = Source(
    key="tiny", title="Tiny nets", authors="A", year=2024, url="u", story="S.", bibtex="@misc{t}"
)
TINY = Experiment(
    inputs=Line(low=-1, high=1, points=20), target=Sine(2), net=MLP(widths=(8,)),
    optimizer=Optimizer("SGD", lr=0.1), probe=21,
)
LOG = Path(__file__).with_name("trained.txt")
ONE_SEED = Bounds(low=0.02, high=0.98)  # the first seed decides
ALWAYS = FitsBy(epoch=20, mse_below=100.0)
NEVER = FitsBy(epoch=20, mse_below=1e-13)


def claim(id, rule=ALWAYS, experiment=TINY, allow_trivial=True, **more):
    return Claim(
        id=id, source=SOURCE, where="here", says=f"It is {id}.", reading="Thus.",
        experiments=experiment, rule=rule, allow_trivial=allow_trivial, **more,
    )


def trained(seed, device, epochs):
    from epochal.training.train import train

    return train(TINY, [seed], device, epochs)


def counted(seed, device, epochs):
    with LOG.open("a") as log:
        log.write(f"{seed} {epochs}\\n")
    return trained(seed, device, epochs)


def raises(seed, device, epochs):
    raise RuntimeError("the net caught fire")


def dies(seed, device, epochs):
    os._exit(3)


def sleeps(seed, device, epochs):
    time.sleep(10_000)


COUNTED = Training(train=counted, flops_an_epoch=1.0)
'''

EVERY_STANDING = """
CLAIMS = [
    claim(
        "fits", expected="reproduced",
        control=Control(change="an error that none reaches", experiments={"run": TINY}, rule=NEVER),
    ),
    claim("never-fits", NEVER, expected="refuted"),
    claim("changed", expected="refuted"),
    claim("new"),
    claim("unsettled", bounds=Bounds(max_seeds=2), expected="reproduced"),
    claim("raises", experiment=Training(train=raises, flops_an_epoch=1.0), expected="reproduced"),
    claim("counted", FitsBy(epoch=10, mse_below=100.0), COUNTED, expected="reproduced"),
    claim("counted-longer", FitsBy(epoch=30, mse_below=100.0), COUNTED, expected="reproduced"),
    claim("how-often", ShareOfSeeds(of=NEVER, seeds=10)),
    claim("later", NEVER, tier="standard", expected="refuted"),
]
"""

DIES = """
CLAIMS = [
    claim("dies", experiment=Training(train=dies, flops_an_epoch=1.0), bounds=ONE_SEED),
    claim("fits", expected="reproduced"),
]
"""

SLOW = """
CLAIMS = [
    claim("fits", expected="reproduced", bounds=ONE_SEED),
    claim(
        "slow", FitsBy(epoch=10**6, mse_below=1e-13), replace(TINY, probe=22), bounds=ONE_SEED
    ),
    claim("sleeps", experiment=Training(train=sleeps, flops_an_epoch=1e15), bounds=ONE_SEED),
]
"""

SURVIVES = """
TWO = replace(TINY, target=SumOfSines((Wave(2), Wave(9))), probe=41)
WIDE = replace(TWO, net=MLP(widths=(100, 100)), inputs=Line(low=-1, high=1, points=200))
TALL = replace(TWO, net=MLP(widths=(64, 64)))
ADAM = replace(TWO, optimizer=Optimizer("Adam", lr=1e-3))


def by(epoch):
    return FitsBy(epoch=epoch, mse_below=0.35)


CLAIMS = [
    claim("wide", by(200), WIDE, expected="reproduced"),
    claim("tall", by(300), TALL, expected="reproduced"),
    claim("tall-longer", by(900), TALL, expected="reproduced"),
    claim("wide-longer", by(400), WIDE, expected="reproduced"),
    claim("adam", by(700), ADAM, bounds=Bounds(max_seeds=7)),
    claim("batches", by(200), replace(TWO, loop=Loop(batch=5)), bounds=ONE_SEED),
    claim("own", by(200), COUNTED, expected="reproduced"),
    claim("diverges", by(300), replace(TWO, optimizer=Optimizer("SGD", lr=1e3))),
    claim("short", by(400), replace(TWO, net=MLP(widths=(32,)))),
    claim("long", by(6000), replace(TWO, probe=42), bounds=ONE_SEED),
]
"""


TIME = r"\d+ s(, .*from .*)?|shared"
"""A cell of the time that a row took."""


@dataclass(frozen=True)
class Session:
    """How a session ended, and what it left in its folder."""

    folder: Path
    code: int
    text: str
    trained: tuple[str, ...] = ()
    """What the functions named `counted` trained in this session: seed and epochs."""

    def rows(self) -> dict[str, tuple[str, ...]]:
        """The table of verdicts: each claim's cells but the time and where it came from."""
        table = re.split(r"\n(?:\* our|Time is)", self.text.split(" verdicts ")[-1])[0].splitlines()
        ruler = next(place for place, line in enumerate(table) if line.startswith("---"))
        cells = [re.split(r" {2,}", line.strip()) for line in table[ruler + 1 :]]
        return {
            name: tuple(each for each in row if not re.fullmatch(TIME, each))
            for name, *row in cells
        }


def prepare(folder: Path, claims: str) -> Path:
    """Writes ``bench/`` and ``cases/`` with ``claims`` into ``folder``."""
    for name, text in (
        ("bench/test_claims.py", (ROOT / "bench" / "test_claims.py").read_text("utf-8")),
        ("cases/tiny.py", HEADER + claims),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def environment() -> dict[str, str]:
    """The environment of a session: wide lines, no colours, this source tree."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return {**kept, "PYTHONPATH": PATH, "COLUMNS": "200", "NO_COLOR": "1"}


def arguments(*options: str, workers: int = 1) -> list[str]:
    """The command line of a session in a prepared folder."""
    pytest = [sys.executable, "-m", "pytest", "-p", "epochal.plugin", "-p", "no:cacheprovider"]
    trains = [] if "--cluster" in options else ["--workers", str(workers)]
    return [*pytest, "bench", "--report", "report", *trains, *options]


def python(folder: Path, *words: str) -> Session:
    """Runs Python with ``words`` in ``folder``."""
    return _run(folder, [sys.executable, *words])


def run(folder: Path, *options: str) -> Session:
    """Runs a session in ``folder``, which `prepare` made, within this process.

    It trains here too, unless the options ask for workers.
    """
    words = arguments(*options, workers=0)[3:]
    return within(folder, lambda: pytest.main(words))


def epochal(folder: Path, *words: str) -> Session:
    """Runs a command of epochal in ``folder`` within this process."""
    return within(folder, lambda: main(words))


def within(folder: Path, work: Callable[[], int]) -> Session:
    """Calls ``work``, which gives an exit code, with ``folder`` as the working directory."""
    said = io.StringIO()
    with _in(folder), redirect_stdout(said), redirect_stderr(said), kept():
        warnings.resetwarnings()  # those of the test are errors
        code = int(work())
    return Session(folder, code, said.getvalue(), _trained(folder))


def start(folder: Path, *options: str) -> Session:
    """Runs a session in ``folder``, which `prepare` made, in a process of its own."""
    return _run(folder, arguments(*options))


@contextmanager
def _in(folder: Path) -> Iterator[None]:
    """Within this block ``folder`` is the working directory, and the environment a session's."""
    before, here, paths, wanted = dict(os.environ), os.getcwd(), list(sys.path), environment()
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # a file may change at once
    importlib.invalidate_caches()
    for name in [
        each
        for each in sys.modules
        if each.startswith(("test_claims", "test_speed", "epochal_cases"))
    ]:
        del sys.modules[name]  # of another folder, or of what the files were before
    os.environ.clear()
    os.environ.update(wanted)
    os.chdir(folder)
    (folder / "cases" / "trained.txt").unlink(missing_ok=True)
    try:
        yield
    finally:
        os.chdir(here)
        os.environ.clear()
        os.environ.update(before)
        sys.path[:] = paths
        sys.dont_write_bytecode = written


def _run(folder: Path, command: list[str]) -> Session:
    (folder / "cases" / "trained.txt").unlink(missing_ok=True)
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=1800
    )
    return Session(folder, done.returncode, done.stdout + done.stderr, _trained(folder))


def _trained(folder: Path) -> tuple[str, ...]:
    log = folder / "cases" / "trained.txt"
    return tuple(log.read_text("utf-8").splitlines()) if log.exists() else ()


class Terminal:
    """A session in a terminal of its own, which it believes that a person looks at."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.text = folder, ""
        self._own, theirs = os.openpty()
        self.process = subprocess.Popen(
            arguments(*options),
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def read_until(self, wanted: str, seconds: float = 120) -> bool:
        """Reads on until the terminal has shown ``wanted``; False if it ended or took too long."""
        end = time.monotonic() + seconds
        while wanted not in self.text and time.monotonic() < end:
            if select.select([self._own], [], [], 0.2)[0] and not self._read():
                break
        return wanted in self.text

    def _read(self) -> bool:
        try:
            part = os.read(self._own, 65536)
        except OSError:  # what Linux says when the other end is closed
            return False
        self.text += part.decode(errors="replace")
        return bool(part)

    def interrupt(self) -> None:
        """Ctrl-C: the signal goes to the session and to all that it has started."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self, seconds: float = 600) -> Session:
        """Reads to the end. A session that would not end shows where it stood, and is killed."""
        limit = time.monotonic() + seconds
        try:
            while self.process.poll() is None and time.monotonic() < limit:
                self.read_until("\0", seconds=1)
                time.sleep(0.05)  # a terminal that is closed has nothing to wait for
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGABRT)  # pytest's faulthandler shows all threads
            self.read_until("\0", seconds=5)
            return Session(self.folder, self.process.wait(timeout=60), self.text)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
            os.close(self._own)

    def left_behind(self) -> list[str]:
        """The processes of this session that still run."""
        return list(members(self.process.pid).values())


class Background:
    """A session, or Python with ``words``, beside the test, in a process group of its own."""

    def __init__(self, folder: Path, *options: str, words: Sequence[str] = ()) -> None:
        self._folder = folder
        output, name = tempfile.mkstemp(".txt", dir=folder)
        self._output = Path(name)
        self.process = subprocess.Popen(
            [sys.executable, *words] if words else arguments(*options),
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        os.close(output)

    @property
    def text(self) -> str:
        """What it has said so far."""
        return self._output.read_text("utf-8", "replace")

    def kill(self) -> None:
        """Kills it and all that it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self, seconds: float = 1800) -> Session:
        """Waits until it has ended, and kills it if that takes too long."""
        try:
            code = self.process.wait(timeout=seconds)
            return Session(self._folder, code, self.text)
        finally:
            self.kill()


def members(group: int) -> dict[int, str]:
    """The processes of a group that still run: their numbers and command lines."""
    rows = subprocess.run(
        ["ps", "-ww", "-eo", "pgid=,pid=,stat=,args="], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    cells = [row.split(maxsplit=3) for row in rows]
    return {int(each[1]): each[3] for each in cells if each[0] == str(group) and each[2][0] != "Z"}
