"""Who trains the claims of a run: processes of this machine, or the workers of a cluster."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from epochal.claims.case import Case
from epochal.journal.store import Journal
from epochal.journal.units import Session
from epochal.judging.run_options import RunOptions
from epochal.training.devices import resolve
from epochal.training.environments import Environments
from epochal.training.job import JobRunner
from epochal.training.workers import PROCESSES_A_GPU, Workers

if TYPE_CHECKING:
    from epochal.cluster.cluster import Cluster

__all__ = ["Workforce"]


class Workforce:
    """The devices of a run, and whoever trains on them.

    Args:
        plan: what the run was asked to do.
        say: shows a line about the cluster.

    Attributes:
        devices: as torch names them, each with the GPUs that share its work.

    Raises:
        DeviceError: there is no such device.
        ClusterError: the option names no cluster.
    """

    def __init__(self, plan: RunOptions, say: Callable[[str], None]) -> None:
        self.plan, self._say = plan, say
        self._cluster: Cluster | None = None
        if plan.cluster:
            from epochal.cluster.cluster import devices_of
            from epochal.cluster.connection import parse

            parse(plan.cluster)
            self.devices = devices_of(plan.devices)
        else:
            self.devices = resolve(plan.devices)

    @property
    def is_here(self) -> bool:
        """Whether this machine trains."""
        return not self.plan.cluster

    @property
    def processes(self) -> int:
        """How many processes train at a time, at most."""
        if self._cluster is not None:
            return self._cluster.processes
        return max(1, min(self.plan.workers, sum(map(self._processes, self.devices))))

    def connect(self) -> None:
        """Connect to the cluster, if there is one; raises `ClusterError` if it cannot."""
        if not self.is_here:
            from epochal.cluster.cluster import Cluster

            plan = self.plan
            self._cluster = Cluster(plan.cluster, plan.cases, self.devices, plan.engine, self._say)

    def begin(
        self, asked: Sequence[tuple[Case, str]], journal: Journal, session: Session
    ) -> tuple[JobRunner, Environments | None]:
        """Return who trains ``asked``, and what gives their environments if that is elsewhere."""
        plan = self.plan
        if self._cluster is None:
            return Workers(plan.workers, journal, session, plan.cases, self.devices), None
        self._cluster.share_out(asked, journal, plan.seeds)
        return self._cluster.controller(journal, session), self._cluster.environment

    def close(self) -> None:
        """Leave the cluster."""
        if self._cluster is not None:
            self._cluster.close()

    def _processes(self, device: str) -> int:
        gpus = PROCESSES_A_GPU * len(self.devices[device])
        return self.plan.workers if device == "cpu" else gpus
