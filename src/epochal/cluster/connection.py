"""The connection to a Dask cluster that ``--cluster`` names, or a cluster of this machine."""

import contextlib
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from epochal.errors import ClusterError
from epochal.experiments.frames import summary

__all__ = ["Address", "Connection", "parse"]

FORMS = "tcp://HOST:PORT, tls://HOST:PORT, a scheduler's JSON file, or local:N"

DEATHS = 3
"""The death over one job that breaks it, as in a `Pool`."""

CONNECT_SECONDS = 30.0
"""How long a scheduler may take to answer."""

RENEW_SECONDS = 5.0
"""How long one attempt to find a lost scheduler takes."""

LOCAL = {
    "distributed.scheduler.allowed-failures": DEATHS - 1,
    "distributed.scheduler.worker-ttl": "60s",
    "distributed.comm.timeouts.connect": "30s",
}
"""Dask's settings for a cluster of this machine; elsewhere they are the scheduler's own."""


@dataclass(frozen=True)
class Address:
    """What ``--cluster`` names.

    Attributes:
        text: as it was typed.
        local: the number of worker processes of a cluster of this machine; 0 for another one.
    """

    text: str
    local: int = 0


def parse(text: str) -> Address:
    """Return what ``text`` names.

    >>> parse("local:2").local, parse("tcp://box:8786").local
    (2, 0)

    Raises:
        ClusterError: it has none of the forms.
    """
    if match := re.fullmatch(r"local:([1-9]\d*)", text):
        return Address(text, int(match[1]))
    if re.fullmatch(r"[a-z]+://\S+", text) or (text.endswith(".json") and Path(text).is_file()):
        return Address(text)
    raise ClusterError("--cluster", text, "it names no cluster", f"give {FORMS}")


class Connection:
    """A client of a scheduler, and the cluster of this machine where it was asked for.

    Raises:
        ClusterError: ``distributed`` is not installed, or no scheduler answers.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self.cluster: Any = None
        distributed = _distributed(address)
        self.client: Any = None
        try:
            if address.local:
                self.cluster = _local_cluster(distributed, address)
            self.client = self._client()
        except BaseException:  # also Ctrl-C
            self.close()
            raise

    def _client(self, seconds: float | None = None) -> Any:
        distributed, text = _distributed(self.address), self.address.text
        where: dict[str, Any] = {"address": self.cluster or text}
        if text.endswith(".json"):
            where = {"scheduler_file": text}
        where["timeout"] = seconds or CONNECT_SECONDS
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # versions of Dask differ: what matters is refused
                return distributed.Client(**where, set_as_default=False)
        except Exception as error:  # whatever Dask or the network raises
            rule = f"no scheduler answers there ({summary(error)})"
            step = "start one with `dask scheduler`, or give --cluster local:2"
            raise ClusterError("--cluster", text, rule, step) from error

    @property
    def is_open(self) -> bool:
        """Whether the client has a connection at this moment."""
        return bool(self.client.status == "running")

    def renew(self) -> None:
        """Try to connect once more where the client has given up."""
        if self.client.status in ("running", "connecting"):
            return
        with contextlib.suppress(Exception):
            self.client.close(timeout=1)
        with contextlib.suppress(ClusterError):
            self.client = self._client(RENEW_SECONDS)

    def refill(self, workers: int) -> None:
        """Start workers anew on a cluster of this machine that has fewer than it should have.

        Dask itself restarts one that died, unless it died again while it started.
        """
        if self.cluster is not None and workers < self.address.local:
            self.cluster.scale(self.address.local)

    def close(self) -> None:
        """Leave the cluster; one of this machine ends."""
        for each in (self.client, self.cluster):
            if each is not None:
                with contextlib.suppress(Exception):  # it is gone already
                    each.close(timeout=10)


def _distributed(address: Address) -> Any:
    try:
        import distributed
    except ImportError as error:
        rule = f"Dask is not installed ({error})"
        step = "pip install 'epochal[cluster]'"
        raise ClusterError("--cluster", address.text, rule, step) from error
    return distributed


def _local_cluster(distributed: Any, address: Address) -> Any:
    import logging

    import dask

    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with dask.config.set(LOCAL):
        return distributed.LocalCluster(
            n_workers=address.local,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
            preload=["epochal.cluster.preload"],
        )
