"""Long trainings come in parts, and the parts end in the bits of a training in one piece."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from epochal import MLP, Experiment, Line, Loop, ModuleNet, Optimizer, Runs, SumOfSines, Wave
from epochal.journal.store import Journal
from epochal.journal.units import Session
from epochal.training.checkpoints import FIRST_EPOCHS, LONG, in_parts
from epochal.training.train import train
from epochal_testing import synthetic
from epochal_testing.journals import assert_same, found, unit

EVERY = 30.0


@dataclass
class Slow:
    """A training that takes ``an_epoch`` seconds of a clock that only it moves."""

    an_epoch: float
    diverges: int | None = None
    now: float = 0.0
    asked: list[tuple[int, int]] = field(default_factory=list)

    def train(self, epochs: int, earlier: Runs | None) -> Runs:
        start = 0 if earlier is None else earlier.epochs_done
        self.asked.append((start, epochs))
        self.now += self.an_epoch * (epochs - start)
        runs = synthetic.runs([44], np.ones((1, epochs + 1)))
        if self.diverges is None or self.diverges > epochs:
            return runs
        return synthetic.diverged(runs, 0, self.diverges)

    def parts(self, epochs: int, earlier: Runs | None = None) -> list[tuple[int, float]]:
        """How far each part goes, and when it is there."""
        found = in_parts(self.train, epochs, earlier, EVERY, lambda: self.now)
        return [(runs.epochs_done, self.now) for runs in found]


def earlier(epochs: int) -> Runs:
    return synthetic.runs([44], np.ones((1, epochs + 1)))


@pytest.mark.parametrize("epochs", [1, FIRST_EPOCHS - 1, FIRST_EPOCHS, FIRST_EPOCHS + 1, 299])
def test_a_training_that_is_not_long_is_given_once(epochs: int) -> None:
    slow = Slow(an_epoch=1.0)
    assert slow.parts(epochs) == [(epochs, epochs)]
    assert slow.asked[0] == (0, min(epochs, FIRST_EPOCHS))
    assert len(slow.asked) <= 2


@pytest.mark.parametrize("an_epoch", [0.001, 0.37, 1.0, 7.0, 100.0])
def test_a_long_training_is_given_about_as_often_as_is_asked(an_epoch: float) -> None:
    slow = Slow(an_epoch)
    epochs = max(200, int(20 * LONG * EVERY / an_epoch))
    parts = slow.parts(epochs)
    times = np.array([now for _, now in parts])
    gaps = np.diff(times)
    assert parts[-1][0] == epochs
    assert (gaps <= max(EVERY, an_epoch) * 1.01).all()
    assert (gaps[:-1] >= min(EVERY / 2, an_epoch)).all()
    assert len(parts) <= epochs * an_epoch / max(EVERY / 2, an_epoch) + 2
    assert sum(end - start for start, end in slow.asked) == epochs


def test_a_longer_rest_alone_decides_whether_it_is_long() -> None:
    assert Slow(1.0).parts(1000, earlier(800)) == [(1000, 200)]
    parts = Slow(1.0).parts(1000, earlier(200))
    assert [end for end, _ in parts] == [216, *range(246, 1000, 30), 1000]


@pytest.mark.parametrize("done", [50, 100])
def test_runs_that_go_far_enough_are_given_back(done: int) -> None:
    assert Slow(1.0).parts(50, earlier(done))[-1][1] <= 0


def test_a_training_that_has_diverged_is_not_cut_into_parts() -> None:
    slow = Slow(1.0, diverges=10)
    assert [end for end, _ in slow.parts(1000)] == [1000]
    slow = Slow(1.0, diverges=100)
    assert [end for end, _ in slow.parts(1000)] == [16, 46, 76, 1000]


def test_a_training_that_is_stopped_has_given_what_it_had() -> None:
    slow = Slow(1.0)

    def stops(epochs: int, before: Runs | None) -> Runs:
        if epochs > 100:
            raise KeyboardInterrupt
        return slow.train(epochs, before)

    given: list[Runs] = []
    with pytest.raises(KeyboardInterrupt):
        given += in_parts(stops, 1000, None, EVERY, lambda: slow.now)
    parts = in_parts(stops, 1000, None, EVERY, lambda: slow.now)
    assert [next(parts).epochs_done for _ in range(3)] == [16, 46, 76]


# ----------------------------------------------------------------------------- real trainings


class Dropping(nn.Module):
    """A net that draws from torch's generator in every forward pass."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(1, 12), nn.BatchNorm1d(12), nn.Tanh(), nn.Dropout(0.2), nn.Linear(12, 1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.layers(x)
        return out


def dropping() -> nn.Module:
    return Dropping()


TINY = Experiment(
    inputs=Line(low=-2, high=2, points=30),
    target=SumOfSines((Wave(2), Wave(5))),
    net=MLP(widths=(12, 12)),
    optimizer=Optimizer("SGD", lr=0.05, momentum=0.9),
    probe=40,
)
REAL = {
    "momentum": TINY,
    "Adam": replace(TINY, optimizer=Optimizer("Adam", lr=0.01, amsgrad=True)),
    "mini-batches": replace(TINY, loop=Loop(batch=7)),
    "never zeroed": replace(
        TINY, optimizer=Optimizer("SGD", lr=1e-4), loop=Loop(zero_grad="never")
    ),
    "zeroed after": replace(TINY, loop=Loop(zero_grad="after"), dtype="float64"),
    "dropout": replace(TINY, net=ModuleNet(factory=dropping, weights=24)),
    "dropout in mini-batches": replace(
        TINY,
        net=ModuleNet(factory=dropping, weights=24),
        loop=Loop(batch=7, train_mode="every_epoch"),
    ),
    "closure": replace(TINY, optimizer=Optimizer("LBFGS", lr=0.1, max_iter=3)),
    "diverging": replace(TINY, optimizer=Optimizer("SGD", lr=9.0)),
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", REAL)
def test_parts_end_in_the_bits_of_a_training_in_one_piece(name: str, tmp_path: Path) -> None:
    experiment, journal, clock = REAL[name], Journal(tmp_path / "journal.sqlite"), [0.0]

    def on(epochs: int, before: Runs | None) -> Runs:
        start = 0 if before is None else before.epochs_done
        clock[0] += epochs - start
        return train(experiment, [7], "cpu", epochs, earlier=[] if before is None else [before])

    count = 0
    for runs in in_parts(on, 120, None, 4.0, lambda: clock[0]):
        journal.put(unit(7), runs, Session(), began=0, finished=runs.epochs_done >= 120)
        count += 1
    whole = train(experiment, [7], "cpu", 120)
    kept = journal.runs(unit(7), with_state=True)
    same = replace(kept, seconds=whole.seconds)
    assert_same(same, whole, states=False)
    assert len(kept.states) == 1
    assert journal.notes() == []
    assert found(journal, 7).state == ("diverged" if name == "diverging" else "finished")
    assert count == (1 if whole.diverged_at()[0] in range(17) else 27)


@pytest.mark.parametrize("name", REAL)
def test_a_stored_part_is_gone_on_from_to_the_same_bits(name: str, tmp_path: Path) -> None:
    experiment, journal = REAL[name], Journal(tmp_path / "journal.sqlite")
    journal.put(unit(7), train(experiment, [7], "cpu", 33), Session(), 0, finished=False)
    kept = journal.runs(unit(7), with_state=True)
    further = train(experiment, [7], "cpu", 60, earlier=[kept])
    whole = train(experiment, [7], "cpu", 60)
    assert_same(replace(further, seconds=whole.seconds), whole, states=False)
