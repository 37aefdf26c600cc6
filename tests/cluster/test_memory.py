"""A worker keeps freed memory while it trains, and gives it back afterwards as Dask wants it."""

from contextlib import suppress

import pytest

from epochal.cluster import memory
from epochal.cluster.memory import KEPT_BYTES, MMAP_THRESHOLD, TRIM_THRESHOLD, keeping_memory


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[dict[int, int]]:
    """What the C library was told."""
    found: list[dict[int, int]] = []
    monkeypatch.setattr(memory, "_set", found.append)
    return found


def test_what_dask_has_set_is_put_back(
    given: list[dict[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "65536")
    with suppress(ValueError), keeping_memory():
        assert given == [KEPT_BYTES]
        raise ValueError("the net caught fire")
    assert given[1:] == [{TRIM_THRESHOLD: 65536, MMAP_THRESHOLD: 131072}]


def test_a_worker_that_keeps_memory_anyway_is_left_alone(
    given: list[dict[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    with keeping_memory():
        pass
    assert given == []
