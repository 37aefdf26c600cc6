"""What is timed against what: source trees, revisions and environments, each by its own code."""

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from epochal.errors import SpecError

__all__ = ["Arm", "arm", "check_apart"]

MODULES = ("ab.process", "timed")
"""Where an arm has its process, by its revision; still older ones have none."""

OWN = Path(__file__).parents[3]
"""The source tree that this code is of, where it is one."""


@dataclass(frozen=True)
class Arm:
    """One side of a timing.

    Attributes:
        name: as it was asked for.
        python: the interpreter.
        source: the source tree whose code runs.
        engine: which engine trains.
    """

    name: str
    python: Path
    source: Path
    engine: str = "auto"

    def command(
        self, claim: str, cases: Path | None, device: str, slowed: float = 0.0
    ) -> list[str]:
        """What starts its process, which then waits to be asked.

        Without ``cases`` the claim is taken from the arm's own.
        """
        folder = (cases or self.source / "cases").resolve()
        words = [str(self.python), "-m", _process(self.source), claim, "--cases", str(folder)]
        words += ["--device", device, "--engine", self.engine, "--wait"]
        return [*words, *(["--slowed", str(slowed)] if slowed else [])]

    @property
    def environment(self) -> dict[str, str]:
        """The variables of its process: this arm's code, one thread, and memory that is kept."""
        fixed = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        # glibc gives large blocks back at once: whether two processes of the same code fault the
        # same pages in again is chance, and made them differ by 5% throughout.
        fixed |= dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(2**30))
        return {**os.environ, **fixed, "PYTHONPATH": str(self.source / "src")}


@contextmanager
def arm(option: str, name: str, engine: str = "auto") -> Iterator[Arm]:
    """The arm that ``name`` stands for, as long as the block lasts.

    Args:
        option: who asks, for errors.
        name: a folder with a source tree, also a changed one; a folder or interpreter of a virtual
            environment, which runs this code with its own torch; or a git revision.
        engine: which engine trains.

    Raises:
        SpecError: it is none of these, its environment has no torch, or its code cannot be timed.
    """
    path = Path(name)
    python = next((p for p in (path / "bin" / "python", path) if p.is_file()), None)
    if python is not None:
        _check_torch(option, name, python)
        yield Arm(name, python.absolute(), OWN, engine)
    elif path.is_dir():
        yield Arm(name, Path(sys.executable), _with_clock(option, name, path.resolve()), engine)
    else:
        with TemporaryDirectory(prefix="epochal-") as folder:
            _checkout(option, name, Path(folder))
            tree = _with_clock(option, name, Path(folder))
            yield Arm(name, Path(sys.executable), tree, engine)


def check_apart(a: Arm, b: Arm) -> None:
    """Raises `SpecError` if the two are one and the same."""
    if (a.python, a.source, a.engine) == (b.python, b.source, b.engine):
        step = "name another, or use python -m lab aa to time unchanged code"
        raise SpecError("--b", b.name, f"it is the same as --a {a.name}", step)


def _process(tree: Path) -> str:
    """The module of ``tree`` that times epochs; nothing where there is none."""
    has = [
        m
        for m in MODULES
        if (tree / "src" / "epochal" / m.replace(".", "/")).with_suffix(".py").exists()
    ]
    return f"epochal.{has[0]}" if has else ""


def _with_clock(option: str, name: str, tree: Path) -> Path:
    if not (tree / "src" / "epochal").is_dir():
        rule = "it holds no source tree of epochal (src/epochal), and is no environment"
        raise SpecError(option, name, rule, "name the folder of a checkout, or of an environment")
    if not _process(tree):
        rule = "it has no epochal.ab.process, so that its own code cannot be timed"
        raise SpecError(option, name, rule, "choose a later revision")
    return tree


def _checkout(option: str, revision: str, folder: Path) -> None:
    """Puts the files of ``revision`` into ``folder``; the working tree is not touched."""
    where = ["git", "-C", str(OWN)]
    asked = [*where, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"]
    try:
        found = subprocess.run(asked, capture_output=True, text=True)
    except OSError as error:
        raise SpecError(
            option, revision, f"git is missing ({error.strerror})", "install it"
        ) from error
    if found.returncode:
        rule = "there is no such folder, environment or git revision"
        raise SpecError(option, revision, rule, "give a folder, or one of git log --oneline")
    packed = subprocess.run(
        [*where, "archive", found.stdout.strip()], capture_output=True, check=True
    ).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as files:
        files.extractall(folder, filter="data")


def _check_torch(option: str, name: str, python: Path) -> None:
    asked = [str(python), "-c", "import numpy, scipy, torch"]
    done = subprocess.run(asked, capture_output=True, text=True)
    if done.returncode:
        last_line = (done.stderr.strip().splitlines() or ["it does not start"])[-1]
        step = "install torch, numpy and scipy into it"
        raise SpecError(option, name, f"its Python cannot train ({last_line})", step)
