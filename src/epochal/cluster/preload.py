"""What Dask loads into each worker process of a cluster of this machine."""

import signal

__all__ = ["dask_setup"]


def dask_setup(worker: object) -> None:
    """Leave Ctrl-C to the process that has started the cluster: it decides when to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
