"""How long a controller waits for what is gone, and when it renews its leases."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from epochal.cluster.connection import Connection
from epochal.cluster.fleet import Kind
from epochal.errors import ClusterError
from epochal.journal.leases import BEAT_SECONDS

__all__ = ["Patience"]

TRY_SECONDS = 5.0
"""How often a lost scheduler is looked for."""


@dataclass
class Patience:
    """When to say that something is gone, and when to give up.

    Args:
        text: the cluster, as it was typed.
        say_after: seconds after which a missing worker is reported.
        give_up_after: seconds after which the session ends.
    """

    text: str
    say_after: float = 30.0
    give_up_after: float = 600.0
    _beat: float = field(default_factory=time.monotonic, init=False)
    _tried: float = field(default=float("-inf"), init=False)
    _without: float | None = field(default=None, init=False)
    _absent: dict[str, float] = field(default_factory=dict, init=False)
    _said: set[str] = field(default_factory=set, init=False)

    def beat(self, renew: Callable[[], None]) -> None:
        """Call ``renew`` if leases are due."""
        if time.monotonic() - self._beat >= BEAT_SECONDS:
            self._beat = time.monotonic()
            renew()

    def with_scheduler(self, connection: Connection) -> None:
        """Look for the scheduler where the connection is lost.

        Raises:
            ClusterError: it was gone for too long.
        """
        if connection.is_open:
            self._without = None
            return
        now = time.monotonic()
        self._without = self._without or now
        if now - self._without > self.give_up_after or connection.cluster is not None:
            rule = "its scheduler is gone; what was finished is in the journal"
            raise ClusterError("--cluster", self.text, rule, "start it and run the same again")
        if now - self._tried >= TRY_SECONDS:
            self._tried = now
            connection.renew()

    def without_workers(
        self, busy: Mapping[str, Kind], slots: Mapping[str, int], say: Callable[[str], None]
    ) -> None:
        """Report kinds for which there are jobs and no worker.

        Raises:
            ClusterError: there was none for too long.
        """
        now = time.monotonic()
        for name in [name for name in self._absent if name not in busy or slots.get(name)]:
            del self._absent[name]
        for name, kind in busy.items():
            if slots.get(name):
                continue
            gone = now - self._absent.setdefault(name, now)
            if gone > self.give_up_after:
                rule = f"it has had no worker of {kind} for {gone / 60:.0f} min"
                step = "start one there and run the same again: what was finished is stored"
                raise ClusterError("--cluster", self.text, rule, step)
            if gone > self.say_after and name not in self._said:
                self._said.add(name)
                say(f"waiting for a worker of {kind}")
