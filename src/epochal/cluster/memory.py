"""How a worker's C library keeps memory while it trains.

Dask starts workers with ``MALLOC_TRIM_THRESHOLD_=65536``, so that they give memory back at once.
A training allocates the same tensors in every epoch, and would then ask the system for each of them
again: it takes up to four times longer.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["keeping_memory"]

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
"""Parameters of ``mallopt``: https://man7.org/linux/man-pages/man3/mallopt.3.html."""

KEPT_BYTES = {TRIM_THRESHOLD: 64 * 2**20, MMAP_THRESHOLD: 32 * 2**20}
"""The largest values that the C library chooses by itself where nothing is set."""


@contextmanager
def keeping_memory() -> Iterator[None]:
    """Keep freed memory for the next epoch; give it back after the block, as Dask wants it.

    Does nothing where Dask has set nothing, or where there is no GNU C library.
    """
    given = os.environ.get("MALLOC_TRIM_THRESHOLD_", "")
    if not given.isdigit():
        yield
        return
    _set(KEPT_BYTES)
    try:
        yield
    finally:
        _set({TRIM_THRESHOLD: int(given), MMAP_THRESHOLD: 128 * 2**10})
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def _set(values: dict[int, int]) -> None:
    with suppress(OSError, AttributeError):  # no GNU C library
        library = ctypes.CDLL(None)
        for parameter, value in values.items():
            library.mallopt(parameter, value)
