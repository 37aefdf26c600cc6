"""How fast an epoch is, as a share of what the machine's matrix multiplication does.

Each benchmark is an epoch of a net of the thread, by ``pytest-benchmark``: save its JSON with
``--benchmark-save`` and compare as usual. What is asserted is a ratio taken inside this run: the
epoch's rate over the rate of a 2048³ float32 multiplication, both on one thread and measured in
alternation. The bounds are wide: they catch a loop that has become several times slower, and no
busy neighbour.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from epochal.claims.folder import load
from epochal.experiments.experiment import Experiment
from epochal.training.train import train

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


@pytest.mark.parametrize("claim", SHARES)
def test_an_epoch_takes_its_share_of_the_matmul_rate(
    claim: str, benchmark: BenchmarkFixture
) -> None:
    """The reference engine's rate is a sane share of the machine's."""
    epochs, least, largest = SHARES[claim]
    experiment = _experiment(claim)
    state = train(experiment, [0], epochs=2)  # warm: first calls build what later ones reuse
    a, b = torch.randn(SIDE, SIDE), torch.randn(SIDE, SIDE)
    torch.mm(a, b)
    done = state.epochs_done

    def repeat() -> None:
        train(experiment, [0], epochs=done + epochs, earlier=[state])

    shares = []
    for _ in range(REPEATS):
        multiply = 2 * SIDE**3 / _seconds(lambda: torch.mm(a, b))
        shares.append(experiment.flops_an_epoch * epochs / _seconds(repeat) / multiply)
    benchmark.extra_info["share of the matmul rate"] = shares
    benchmark.extra_info["epochs a round"] = epochs
    benchmark.pedantic(repeat, rounds=REPEATS)  # type: ignore[no-untyped-call]
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
