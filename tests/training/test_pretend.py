"""Training on the pretend device: what would go wrong, wait or be slow on a GPU."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from epochal import Experiment, Observer, Optimizer
from epochal.ab.epoch_timer import EpochTimer
from epochal.claims.folder import load
from epochal.experiments.snapshots import snapshot_epochs
from epochal.identity.digest import specification
from epochal.process import kept
from epochal.training import nets
from epochal.training.engines.reference import SeedTraining, train_seed
from epochal_testing import pretend
from epochal_testing.pretend import DEVICE, Count, MixedDevices
from epochal_testing.settings import LONGER, NOISY, SCHEDULERS, TINY, assert_same_bits

pretend.register()

pytestmark = pytest.mark.usefixtures("one_thread")

ROOT = Path(__file__).parents[2]

NUMBER = r"\d+(\.\d+)?(e[-+]?\d+)?"


@pytest.fixture
def device() -> Iterator[Count]:
    with pretend.pretending() as count:
        yield count


# ---------------------------------------------------------------------------- the device itself


def test_tensors_of_two_devices_are_an_error(device: Count) -> None:
    there = torch.ones(3, device=DEVICE)
    with pytest.raises(MixedDevices, match=r"shape \(3,\) is on the CPU"):
        there + torch.ones(3)
    assert (there * 2.5).cpu().tolist() == [2.5] * 3


def test_kernels_and_waits_are_counted(device: Count) -> None:
    there = torch.ones(3, device=DEVICE)
    assert (device.kernels, device.waits) == (1, 0)
    total = (there + 1).sum()
    assert (device.kernels, device.waits) == (3, 0)
    assert float(total) == 6
    assert device.waits == 1


def test_the_device_draws_from_its_own_generator(device: Count) -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    first = torch.rand(4, device=DEVICE).cpu()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(3)
    assert torch.equal(torch.rand(4, device=DEVICE).cpu(), first)
    assert not torch.equal(torch.rand(4), first)


# ------------------------------------------------------------------------------------ the bits


def settings() -> list[Experiment]:
    """Of all settings of cases/ that differ in numbers alone, the one that costs least."""
    cases = [case for claim in load(ROOT / "cases") for case in claim.cases]
    every = [each for case in cases for each in case.experiments.values()]
    known = sorted((each for each in every if isinstance(each, Experiment)), key=flops)
    return [*{form(each): each for each in reversed(known)}.values()]


def flops(experiment: Experiment) -> float:
    return experiment.flops_an_epoch


def form(experiment: Experiment) -> str:
    """The setting without its numbers."""
    return re.sub(NUMBER, "#", specification(experiment))


def draws_masks(experiment: Experiment) -> bool:
    """Whether the device draws dropout masks, which differ from those of the CPU."""
    return bool(getattr(experiment.net, "dropout", 0))


PARTS = 4
"""The settings are tested in parts, so that several processes share them."""


@pytest.mark.parametrize("part", range(PARTS))
def test_every_kind_of_setting_of_the_cases_gives_the_bits_of_the_cpu(
    part: int, device: Count
) -> None:
    every = settings()[part::PARTS]
    assert len(every) > 10
    for each in every:
        here, there = (train_seed(each, 0, where, 3).loss for where in ("cpu", DEVICE))
        assert (here.tobytes() == there.tobytes()) != draws_masks(each), each


RESUMED = {
    **LONGER,
    **{
        f"scheduler {each.name}": replace(
            TINY, optimizer=Optimizer("SGD", lr=0.02, momentum=0.9), scheduler=each
        )
        for each in SCHEDULERS
    },
}


@pytest.mark.parametrize("name", RESUMED)
def test_a_resumed_training_is_the_uninterrupted_one(name: str, device: Count) -> None:
    whole = train_seed(RESUMED[name], 4, DEVICE, 24)
    for cut in (9, 16):
        part = train_seed(RESUMED[name], 4, DEVICE, cut)
        torch.rand(5, device=DEVICE)
        assert_same_bits(train_seed(RESUMED[name], 4, DEVICE, 24, part), whole)


def test_a_training_and_a_net_leave_the_generator_of_the_device_alone(device: Count) -> None:
    before = pretend.MODULE.get_rng_state()
    train_seed(NOISY, 4, DEVICE, 3)
    nets.build(NOISY.net, 1, seed=5)
    with kept():
        torch.manual_seed(7)
    assert torch.equal(pretend.MODULE.get_rng_state(), before)


# --------------------------------------------------------------------------- kernels and waits


class PerEpoch(Observer):
    """Counts the work of each epoch that is no snapshot, which has to wait for predictions."""

    def __init__(self, count: Count, epochs: int) -> None:
        self.count, self.snapshots = count, set(snapshot_epochs(epochs).tolist())
        self.found: list[Count] = []

    def on_epoch(self, training: SeedTraining, epoch: Callable[[], None]) -> None:
        before = replace(self.count)
        number = training.epoch
        epoch()
        kernels, waits = self.count.kernels - before.kernels, self.count.waits - before.waits
        if number not in self.snapshots:
            self.found.append(Count(kernels, waits))


def work(experiment: Experiment, device: Count) -> tuple[int, int]:
    """The most kernels and the most waits of an epoch, of 130."""
    observer = PerEpoch(device, 130)
    train_seed(experiment, 0, DEVICE, 130, observer=observer)
    assert len(observer.found) > 40
    return (
        max(each.kernels for each in observer.found),
        max(each.waits for each in observer.found),
    )


@pytest.mark.parametrize("name", [name for name in LONGER if name != "LBFGS"])
def test_no_epoch_waits_for_the_device(name: str, device: Count) -> None:
    assert work(LONGER[name], device)[1] == 0


def test_a_loop_that_may_stop_waits_once_an_epoch(device: Count) -> None:
    for each in (TINY, NOISY):
        loop = replace(each.loop, stop_below=1e-9)
        assert work(replace(each, loop=loop), device)[1] == 1


def test_an_epoch_of_the_plain_loop_has_at_most_thirty_kernels(device: Count) -> None:
    assert work(TINY, device)[0] <= 30


def test_an_epoch_is_timed_by_the_events_of_the_device(device: Count) -> None:
    timer = EpochTimer(TINY, DEVICE, slowed=0.1)
    assert timer.seconds(5) > 0
    assert timer.rate > 0
