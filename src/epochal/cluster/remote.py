"""What runs on a Dask worker: it introduces itself, and trains a part of a job.

Only plain values, arrays and the classes of this file travel back.
"""

import asyncio
import pickle
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from epochal.cluster.bundle import Bundle, unpacked, use
from epochal.cluster.memory import keeping_memory
from epochal.errors import BrokenRun, Interrupted
from epochal.experiments.runs import Runs
from epochal.identity.digest import digest
from epochal.identity.fingerprint import package_digest

__all__ = ["START", "Done", "Introduction", "Part", "describe", "introduce", "revoke", "train"]

LOADED = package_digest()
"""The digest of the code that this process has loaded, whatever lies on the disk by now."""

SAY_SECONDS, LOOK_SECONDS = 1.0, 0.1
"""How often a training says where it stands, and looks whether it was cancelled."""

START = -1
"""The epoch by which a worker says that it has begun a part."""

_one = threading.Lock()
"""One training at a time: torch's settings are those of the process."""

_checked: set[tuple[str, str]] = set()
"""Bundles and settings whose digest this process has compared."""


@dataclass(frozen=True)
class Files:
    """Which bundle a job needs.

    Attributes:
        digest: of the bundle.
        package: the name that its case files are imported by.
        modules: the names of its other modules.
    """

    digest: str
    package: str
    modules: tuple[str, ...]


@dataclass(frozen=True)
class Introduction:
    """What a worker says of itself.

    Attributes:
        code: the digest of its epochal.
        kinds: by device what can change a bit there, as `observe` gives it.
        versions: of the libraries that it has loaded.
        threads: how many threads Dask has given it.
    """

    code: str
    kinds: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    threads: int = 1


@dataclass(frozen=True)
class Part:
    """A part of a job, to be trained for about ``seconds``.

    Attributes:
        number: the job's.
        key: of this part among all that were sent.
        job: a `Job`, pickled.
        files: the bundle that it needs.
        earlier: the runs that it resumes.
        seconds: after which it is sent back, if the training is long.
        topic: where it says where it stands.
    """

    number: int
    key: str
    job: bytes
    files: Files
    earlier: Runs | None
    seconds: float
    topic: str


@dataclass(frozen=True)
class Done:
    """What came of a part.

    Attributes:
        worker: the address of the worker.
        runs: the runs so far; None where training failed or was refused.
        record: of the worker, at this moment.
        warnings: what Python warned of.
        failure: why it failed.
        refused: the digest of the setting on the worker, where it is another one.
    """

    worker: str
    runs: Runs | None = None
    record: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    failure: BrokenRun | None = None
    refused: str = ""


Described = tuple[str, Mapping[str, str]] | None
"""The digest of a setting on a worker, and the facts of its environment there; None where it
cannot be imported or built."""


def resource(facts: Mapping[str, str], files: str) -> str:
    """Return the name of the Dask resource that workers with these facts have.

    It holds the digests of this code and of the case ``files``: what another session has greeted
    is offered to that session alone.
    """
    return f"epochal-{digest([dict(facts), LOADED, files])}"


async def introduce(code: str, sent: Bundle, dask_worker: Any) -> Introduction:
    """Take the case files, offer this worker's kinds as resources, and return what it is.

    It offers nothing where its code is not ``code``.
    """
    threads = dask_worker.state.nthreads
    if code != LOADED:
        return Introduction(LOADED, threads=threads)
    _folders[sent.digest] = unpacked(sent, Path(dask_worker.local_directory))
    found = await asyncio.to_thread(_itself, threads)
    names = {resource(facts, sent.digest): 1 for facts in found.kinds.values()}
    await dask_worker.set_resources(**names)
    return found


async def revoke(name: str, dask_worker: Any) -> None:
    """Take back a kind that this worker has offered."""
    await dask_worker.set_resources(**{name: 0})


_folders: dict[str, Path] = {}
"""Where bundles are unpacked, by their digests."""


def _itself(threads: int) -> Introduction:
    from epochal.identity.environment import observe, version_of, versions
    from epochal.training.devices import resolve

    own = {"numba": version_of("numba")}
    kinds = {device: observe(device, own).facts for device in resolve(["all"])}
    return Introduction(LOADED, kinds, versions(), threads)


@cache
def _about() -> dict[str, str]:
    """What is recorded of this machine and is in no key."""
    from epochal.identity.environment import record

    return record(Path("/"))


def describe(
    files: Files, settings: Sequence[bytes], device: str, engine: str
) -> tuple[str, list[Described]]:
    """Return this worker, and what each pickled setting is here."""
    from distributed import get_worker

    from epochal.training.environments import measured_in
    from epochal.training.numerics import numerics

    def described(content: bytes) -> Described:
        with suppress(Exception):  # its training will say what is wrong
            setting = _loaded(files, content)
            return replace(setting).digest, dict(measured_in(setting, device, engine).facts)
        return None

    worker: Any = get_worker()
    with _one, numerics():
        return worker.address, [described(each) for each in settings]


def train(part: Part) -> Done:
    """Train a part of a job, and return what came of it."""
    from distributed import get_worker

    worker: Any = get_worker()
    worker.log_event(part.topic, [part.number, part.key, worker.address, START, 0.0])
    watch = _watcher(part, worker)
    with _one:
        return _trained(part, worker.address, watch)


def _trained(part: Part, address: str, watch: Callable[[int, float], None]) -> Done:
    from epochal.identity.environment import moment
    from epochal.training import faults, warned
    from epochal.training.job import Job, trained
    from epochal.training.numerics import numerics
    from epochal.training.train import prepare

    began = time.monotonic()
    with warnings.catch_warnings(), numerics(), keeping_memory():
        warned.listen()
        device, runs, failure = "cpu", part.earlier, None
        try:
            job: Job = _loaded(part.files, part.job)
            device = job.device
            if other := _other_digest(part.files, job):
                return Done(address, refused=other)
            prepare(job.experiment, job.device, job.engine)
            parts = trained(job, device, part.earlier, watch, part.seconds, long=1)
            for runs in parts:  # noqa: B007
                if time.monotonic() - began >= part.seconds:
                    break
        except Interrupted:
            raise
        except Exception as error:
            full = faults.full(error, device)
            runs, failure = None, full or faults.explained(error, device)
        about = {**_about(), **moment()}
        return Done(address, runs, about, tuple(warned.collected()), failure)


def _loaded(files: Files, content: bytes) -> Any:
    """Unpickle what refers to the case files of a bundle."""
    from epochal.claims.claim import refused_later
    from epochal.process import kept

    use(files.digest, files.package, files.modules, _folders[files.digest])
    with refused_later(), kept():
        return pickle.loads(content)


def _other_digest(files: Files, job: Any) -> str:
    """The digest of the job's setting here where it is another one, else nothing."""
    known = (files.digest, job.unit.experiment)
    if known not in _checked:
        here: str = replace(job.experiment).digest
        if here != job.unit.experiment:
            return here
        _checked.add(known)
    return ""


def _watcher(part: Part, worker: Any) -> Callable[[int, float], None]:
    """Says where a training stands, and stops it where Dask has given it up."""
    from distributed.core import Status

    said, looked = float("-inf"), float("-inf")

    def watch(epoch: int, loss: float) -> None:
        nonlocal said, looked
        now = time.monotonic()
        if now - looked < LOOK_SECONDS:
            return
        looked, state = now, worker.state.tasks.get(part.key)
        if worker.status not in (Status.running, Status.paused):
            raise Interrupted("the worker is closing")
        if state is None or state.state in ("cancelled", "resumed"):
            raise Interrupted(f"cancelled at epoch {epoch}")
        if now - said >= SAY_SECONDS:
            said = now
            worker.log_event(part.topic, [part.number, part.key, worker.address, epoch, loss])

    return watch
