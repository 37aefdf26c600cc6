"""The workers of a cluster: what each is, which are refused, and how many there are of a kind."""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from epochal.cluster import remote
from epochal.cluster.bundle import Bundle
from epochal.cluster.connection import Connection
from epochal.cluster.remote import Introduction
from epochal.experiments.frames import summary
from epochal.identity.environment import differences

__all__ = ["Fleet", "Kind", "differing", "distinction"]

LOOK_SECONDS = 1.0
"""How often the scheduler is asked which workers it has."""


@dataclass(frozen=True)
class Kind:
    """Workers whose results are bit-identical.

    Attributes:
        name: of the Dask resource that they have.
        device: ``cpu`` or ``cuda:0``.
        facts: what can change a bit there.
        versions: of the libraries there.
    """

    name: str
    device: str
    facts: Mapping[str, str]
    versions: Mapping[str, str]

    def __str__(self) -> str:
        where = self.facts.get("gpu") or self.facts.get("processor", "")
        return f"torch {self.facts.get('torch', '')} on {where}"


class Fleet:
    """The workers that a scheduler has, looked at now and then by a thread.

    Args:
        connection: to the scheduler.
        bundle: the case files, which every worker gets.
        changed: called with the addresses that are gone when workers have come or gone.
        say: shows a line to the user.
    """

    def __init__(
        self,
        connection: Connection,
        bundle: Bundle,
        changed: Callable[[Collection[str]], None] = lambda gone: None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.connection, self.bundle, self.changed, self.say = connection, bundle, changed, say
        self.kinds: dict[str, Kind] = {}
        """Every kind that was met, by its name."""
        self._workers: dict[str, tuple[str, ...]] = {}
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._known: set[str] = set()
        self._said: set[str] = set()
        self.used: set[str] | None = None
        """The kinds that this session uses; None while they are not chosen."""

    @property
    def files(self) -> remote.Files:
        """The bundle's names, which a job needs."""
        return remote.Files(self.bundle.digest, self.bundle.package, self.bundle.modules)

    def slots(self) -> Counter[str]:
        """Return how many workers of each kind there are that the session uses, by its name."""
        with self._lock:
            every = Counter(name for names in self._workers.values() for name in names)
        return Counter(
            {n: count for n, count in every.items() if self.used is None or n in self.used}
        )

    @property
    def all_are_refused(self) -> bool:
        """Whether there are workers, and none of them trains."""
        return bool(self._known) and not any(self.slots().values())

    def of(self, device: str) -> list[Kind]:
        """Return the kinds that train on ``device`` and have a worker, the largest first."""
        slots = self.slots()
        found = [kind for kind in self.kinds.values() if kind.device == device and slots[kind.name]]
        return sorted(found, key=lambda kind: (-slots[kind.name], kind.name))

    def watch(self) -> None:
        """Look at the workers from a thread until `stop`."""
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def look(self) -> bool:
        """Greet new workers and forget those that are gone; return whether any came or went."""
        client = self.connection.client
        info = client.scheduler_info()
        if "workers" not in info:  # the client has lost the scheduler
            return False
        present = set(info["workers"])
        self.connection.refill(len(present))
        with self._lock:
            gone = [address for address in self._workers if address not in present]
            for address in gone:
                del self._workers[address]
        self._known &= present
        new = sorted(present - self._known)
        if gone:
            self.changed(gone)
        if new:
            self._greet(client, new)
            self.changed(())
        return bool(gone or new)

    def refuse(self, address: str, name: str, why: str) -> None:
        """Take a kind from a worker, which trains nothing of it any more."""
        with self._lock:
            names = self._workers.get(address, ())
            self._workers[address] = tuple(each for each in names if each != name)
        self._run(self.connection.client, remote.revoke, name, workers=[address])
        self._tell(f"worker {address} is refused: {why}")

    def restart(self, address: str) -> None:
        """Restart a worker's process, which cannot use its GPU any more."""
        self.connection.client.restart_workers([address], raise_for_error=False)

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self.look()
            except Exception:  # the scheduler is gone for a while; whoever waits for jobs will tell
                continue

    def _greet(self, client: Any, new: Sequence[str]) -> None:
        answers = self._run(client, remote.introduce, remote.LOADED, self.bundle, workers=[*new])
        for address, answer in answers.items():
            if isinstance(answer, OSError):
                continue  # it is gone again
            self._known.add(address)
            if isinstance(answer, Introduction) and answer.code == remote.LOADED:
                self._welcome(address, answer)
            elif isinstance(answer, Introduction):
                self._tell(
                    f"worker {address} is refused: its epochal is {answer.code}, and this one is "
                    f"{remote.LOADED}; install the same there and restart it"
                )
            else:
                self._tell(
                    f"worker {address} is refused: it has no epochal that fits "
                    f"({summary(answer)}), and this one is {remote.LOADED}; install the same there"
                )

    def _welcome(self, address: str, found: Introduction) -> None:
        for device, facts in found.kinds.items():
            kind = Kind(self._name(facts), device, facts, found.versions)
            self.kinds.setdefault(kind.name, kind)
        names = tuple(map(self._name, found.kinds.values()))
        with self._lock:
            self._workers[address] = names
        if self.used is not None and not self.used & {*names}:
            kind = self.kinds[names[0]]
            self._tell(
                f"worker {address} came late and is of another kind ({kind}): it is not used"
            )
        if found.threads > 1:
            self._tell(
                f"worker {address} has {found.threads} threads, of which one trains; start "
                "it with --nworkers N --nthreads 1"
            )

    def _name(self, facts: Mapping[str, str]) -> str:
        return remote.resource(facts, self.bundle.digest)

    def _run(self, client: Any, function: Any, *arguments: Any, workers: list[str]) -> Any:
        return client.run(function, *arguments, workers=workers, on_error="return", nanny=False)

    def _tell(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            self.say(line)


def differing(setting: str, there: str) -> str:
    """What is said of a worker that gives a setting another digest."""
    return (
        f"its code gives the setting {setting} the digest {there}: it imports another version of "
        "what the case files use; install the same there and restart it"
    )


def distinction(kinds: Sequence[Kind]) -> str:
    """In which facts ``kinds`` differ, in words; nothing where there is one."""
    if len(kinds) < 2:
        return ""
    names = {name for each in kinds[1:] for name in differences(kinds[0].facts, each.facts)}
    shown = [name for name in ("torch", "processor", "gpu", "numpy", "libc") if name in names]
    return ", ".join(shown or sorted(names)[:3])
