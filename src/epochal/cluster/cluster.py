"""A cluster that trains claims: which claims go to which kind of worker, and its environments."""

import pickle
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path

from epochal.claims.case import Case
from epochal.claims.cost import shares
from epochal.cluster import remote
from epochal.cluster.bundle import bundle
from epochal.cluster.connection import Connection, parse
from epochal.cluster.controller import Controller
from epochal.cluster.fleet import Fleet, Kind, differing, distinction
from epochal.cluster.patience import Patience
from epochal.cluster.remote import Described
from epochal.errors import ClusterError, DeviceError
from epochal.experiments.experiment import Experiment
from epochal.experiments.own_loop import Training
from epochal.identity.environment import Environment
from epochal.journal.store import Journal
from epochal.journal.units import Session
from epochal.planning.shared_out import components, share_out
from epochal.training.cost import seconds
from epochal.training.job import Job

__all__ = ["Cluster", "devices_of"]

Setting = Experiment | Training
Place = tuple[str, str]
"""A setting's digest, and a device."""

FIRST_DEVICES = {"cpu": "cpu", "cuda": "cuda:0", "xpu": "xpu:0"}
"""The devices of a cluster as they are typed, and as torch names them on a worker."""

DESCRIBE_SECONDS = 300.0
"""How long a worker may take to build all settings once; then another one is asked."""

SETTLE_SECONDS = 2.0
"""How long to wait for further workers after the first."""


def devices_of(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the devices that ``names`` ask a cluster for.

    >>> devices_of(["cpu", "cuda"])
    {'cpu': ('cpu',), 'cuda:0': ('cuda:0',)}

    Raises:
        DeviceError: a name is none that a cluster has.
    """
    for name in names:
        if name not in FIRST_DEVICES:
            rule = "with --cluster a device is cpu, cuda or xpu"
            raise DeviceError("--device", name, rule, "give one of them")
    return {FIRST_DEVICES[name]: (FIRST_DEVICES[name],) for name in names}


class Cluster:
    """The workers that train the claims of a session.

    Args:
        text: names the cluster, as ``--cluster`` does.
        cases: the folder of case files, which has been read.
        devices: as torch names them on a worker.
        engine: the engine's name, or ``auto``.
        say: shows a line to the user.
        patience: how long it waits for what is gone.

    Raises:
        ClusterError: no scheduler answers, or no worker that can train came in time.
        SpecError: the case files are too many bytes.
    """

    def __init__(
        self,
        text: str,
        cases: Path,
        devices: Iterable[str],
        engine: str = "auto",
        say: Callable[[str], None] = lambda line: None,
        patience: Patience | None = None,
    ) -> None:
        self.text, self.engine, self.say = text, engine, say
        self._patience, self._devices = patience or Patience(text), [*devices]
        sent = bundle(cases)
        self.connection = Connection(parse(text))
        self.fleet = Fleet(self.connection, sent, say=say)
        self._kinds: dict[Place, Kind] = {}
        self._environments: dict[tuple[Place, str], Environment] = {}
        self._by_key: dict[str, Kind] = {}
        try:
            self._wait_for_workers()
        except BaseException:  # also Ctrl-C: no process of a cluster of this machine stays
            self.connection.close()
            raise
        self.fleet.watch()

    @property
    def processes(self) -> int:
        """How many jobs it trains at a time."""
        return max(1, sum(self.fleet.slots()[kind.name] for kind in self._in_use()))

    def share_out(
        self, asked: Iterable[tuple[Case, str]], journal: Journal, seeds: int | None = None
    ) -> None:
        """Choose the kind of worker that trains each claim on each device.

        A claim goes wholly to one kind, so that no verdict mixes environments. What the journal
        holds of a kind need not be trained there again.

        Args:
            asked: the claims, and on which devices.
            journal: where stored runs are.
            seeds: a fixed number of seeds instead of the sequential test.
        """
        by_device: dict[str, list[Case]] = {}
        for case, device in asked:
            by_device.setdefault(device, []).append(case)
        stored, used = _stored(journal), set[str]()
        for device, cases in by_device.items():
            kinds = self.fleet.of(device)
            settings = {e.digest: e for case in cases for e in case.experiments.values()}
            for kind in kinds:
                self._describe(kind, settings.values())
            slots = self.fleet.slots()

            def costs(
                group: Sequence[Case], kind: Kind, device: str = device
            ) -> tuple[float, float]:
                left = [
                    seconds(each.experiment, each.epochs, device, self.engine)
                    for each in shares(group, seeds)
                    if stored.get(self._key(each.experiment, device, kind, each.seed), -1)
                    < each.epochs
                ]
                return sum(left), max(left, default=0.0)

            counted = [(kind, max(1, slots[kind.name])) for kind in kinds]
            for group, kind in share_out(components(cases), counted, costs):
                used.add(kind.name)
                for case in group:
                    for setting in case.experiments.values():
                        self._kinds[setting.digest, device] = kind
            if differ := distinction(kinds):
                what = ", ".join(f"{slots[kind.name]} × {kind}" for kind in kinds)
                self.say(f"workers differ in {differ} ({what}): each claim is judged on one kind")
        self.fleet.used = used

    def environment(self, setting: Setting, device: str) -> Environment:
        """Return the environment in which ``setting`` is trained on ``device``.

        Of a setting that cannot be sent or built there it has the worker's facts alone; its jobs
        say what is wrong.
        """
        place = setting.digest, device
        if place not in self._kinds:
            self._kinds[place] = self.fleet.of(device)[0]
        kind = self._kinds[place]
        self._describe(kind, [setting])
        return self._environments[place, kind.name]

    def controller(self, journal: Journal, session: Session) -> Controller:
        """Return what trains jobs for a session."""
        return Controller(self.fleet, journal, session, self._kind_of, self._patience)

    def close(self) -> None:
        """Leave the cluster."""
        self.fleet.stop()
        self.connection.close()

    def _kind_of(self, job: Job) -> Kind:
        return self._by_key[job.unit.environment]

    def _in_use(self) -> list[Kind]:
        used = {kind.name: kind for kind in self._kinds.values()}
        return [*used.values()] or [k for device in self._devices for k in self.fleet.of(device)]

    def _key(self, setting: Setting, device: str, kind: Kind, seed: int) -> tuple[str, int, str]:
        key = self._environments[(setting.digest, device), kind.name].key
        return setting.digest, seed, key

    def _describe(self, kind: Kind, settings: Iterable[Setting]) -> None:
        """Ask a worker of ``kind`` for the environments of ``settings`` that are not known yet."""
        new = dict[str, bytes]()
        for setting in settings:
            if ((setting.digest, kind.device), kind.name) not in self._environments:
                self._learn(kind, setting.digest, {})
                with suppress(Exception):  # whatever a class of a claim's own raises
                    new[setting.digest] = pickle.dumps(setting)
        while new:
            worker, found = self._described(kind, [*new.values()])
            known = {digest: each for digest, each in zip(new, found, strict=True) if each}
            other = [(digest, here) for digest, (here, _) in known.items() if here != digest]
            if not other:
                for digest, (_, facts) in known.items():
                    self._learn(kind, digest, facts)
                return
            self.fleet.refuse(worker, kind.name, differing(*other[0]))

    def _learn(self, kind: Kind, digest: str, facts: Mapping[str, str]) -> None:
        environment = Environment(facts or kind.facts, kind.versions)
        self._environments[(digest, kind.device), kind.name] = environment
        self._by_key[environment.key] = kind

    def _described(self, kind: Kind, settings: Sequence[bytes]) -> tuple[str, Sequence[Described]]:
        """A worker of ``kind``, and what it says of each of pickled ``settings``."""
        while self.fleet.slots()[kind.name]:
            future = self.connection.client.submit(
                remote.describe,
                self.fleet.files,
                settings,
                kind.device,
                self.engine,
                key=f"epochal-describe-{time.monotonic_ns()}",
                resources={kind.name: 1},
                priority=10,
                pure=False,
            )
            with suppress(OSError, CancelledError):  # that worker is gone, or the connection
                worker, found = future.result(timeout=DESCRIBE_SECONDS)
                return worker, found
            future.cancel()
        rule = f"it has no worker of {kind} that this run can use"
        raise ClusterError("--cluster", self.text, rule, "install the same code there")

    def _wait_for_workers(self) -> None:
        began, settled, said = time.monotonic(), 0.0, False
        while True:
            try:
                came = self.fleet.look()
            except OSError:  # the scheduler is gone again
                came = False
            now = time.monotonic()
            missing = [device for device in self._devices if not self.fleet.of(device)]
            settled = now if came or not settled else settled
            enough = sum(self.fleet.slots().values()) >= (self.connection.address.local or 1)
            if not missing and enough:
                if self.connection.cluster is not None or now - settled >= SETTLE_SECONDS:
                    return
            elif now - began > self._patience.say_after and self.fleet.all_are_refused:
                rule = "all of its workers are refused"
                raise ClusterError("--cluster", self.text, rule, "install the same code there")
            elif now - began > self._patience.give_up_after:
                waited = f"{self._patience.give_up_after / 60:.0f} min"
                rule = f"no worker that trains on {', '.join(missing)} came within {waited}"
                step = "start some, such as `dask worker ADDRESS --nthreads 1`"
                raise ClusterError("--cluster", self.text, rule, step)
            elif not said and now - began > self._patience.say_after:
                said = True
                self.say(f"waiting for workers that train on {', '.join(missing)}")
            time.sleep(0.2)


def _stored(journal: Journal) -> dict[tuple[str, int, str], int]:
    """How many epochs are stored of each experiment, seed and key."""
    rows = journal.contents() if journal.path.exists() else []
    return {(r["experiment"], r["seed"], r["environment"]): r["epochs_done"] for r in rows}
