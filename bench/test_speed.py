"""How fast an epoch is, as a share of what the machine's matrix multiplication does.

Each benchmark is an epoch of a net of the thread, by ``pytest-benchmark``: save its JSON with
``--benchmark-save`` and compare as usual. What is asserted is a ratio taken inside this run: the
epoch's rate over the rate of a 2048³ float32 multiplication, both on one thread and measured in
alternation. The bounds are wide: they catch a loop that has become several times slower, and no
busy neighbour. They are the CPU's: with ``--device cuda`` the share is measured there and recorded,
and nothing is asserted, since launches of kernels bound an epoch of a small net on a GPU.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import torch

from epochal.claims.folder import load
from epochal.experiments.experiment import Experiment
from epochal.training.devices import resolve
from epochal.training.train import train

pytest.importorskip("pytest_benchmark", reason="epochs are timed with pytest-benchmark")

SIDE, REPEATS = 2048, 5
CASES = Path(__file__).parents[1] / "cases"

SHARES = {
    # claim whose experiment is timed, epochs a repeat, least and largest share accepted
    "thread-many-more-cycles": (60, 0.10, 1.2),
    "b19-fig2-epoch50": (30, 0.15, 1.2),
    "thread-reply-800": (3, 0.25, 1.2),
}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """One thread, as everywhere in epochal."""
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def device(pytestconfig: pytest.Config) -> str:
    """The last device that was asked for."""
    return [*resolve(pytestconfig.getoption("--device") or ["cpu"])][-1]


@pytest.mark.parametrize("claim", SHARES)
def test_epochs_are_fast(claim: str, benchmark: Any, device: str) -> None:
    """The reference engine's rate is a sane share of the machine's."""
    epochs, least, largest = SHARES[claim]
    experiment = _experiment(claim)
    # Warm: first calls build what later ones reuse.
    state = train(experiment, [0], device, 2, engine="reference")
    a, b = torch.randn(2, SIDE, SIDE, device=device)
    done = state.epochs_done

    def repeat() -> None:
        train(experiment, [0], device, done + epochs, engine="reference", earlier=[state])

    def multiply() -> None:
        float(torch.mm(a, b)[0, 0])  # which waits for a GPU

    multiply()

    shares = []
    for _ in range(REPEATS):
        rate = 2 * SIDE**3 / _seconds(multiply)
        shares.append(experiment.flops_an_epoch * epochs / _seconds(repeat) / rate)
    benchmark.extra_info["share of the matmul rate"] = shares
    benchmark.extra_info["epochs a round"] = epochs
    benchmark.pedantic(repeat, rounds=REPEATS)
    if device == "cpu":
        assert least < median(shares) < largest, f"shares of the matmul rate: {shares}"


def _experiment(claim: str) -> Experiment:
    found = next(each for each in load(CASES) if each.id == claim)
    experiment = next(iter(found.experiments_by_name.values()))
    assert isinstance(experiment, Experiment)
    # The probe is for pictures; a small one leaves the epoch itself.
    return replace(experiment, probe=200)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
