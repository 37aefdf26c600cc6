"""The reference engine is the loop that a reader would write, bit for bit."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from epochal import (
    MLP,
    Activation,
    Circle,
    Experiment,
    Initializer,
    Loop,
    Loss,
    ModuleNet,
    Optimizer,
    Scheduler,
    Sine,
)
from epochal.claims.folder import load
from epochal.errors import Interrupted, SpecError
from epochal.experiments.data import draw
from epochal.experiments.runs import join
from epochal.training.dry_run import dry_run
from epochal.training.engines.choice import named
from epochal.training.nets import build
from epochal.training.train import train
from epochal_testing import sessions
from epochal_testing.settings import NOISY, TINY, assert_same_bits, weights

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("one_thread")


def poster() -> Experiment:
    claims = {claim.id: claim for claim in load(ROOT / "cases")}
    found = claims["thread-centre-not-edges"].experiments_by_name["run"]
    assert isinstance(found, Experiment)
    return found


# --------------------------------------------------------------- the script as it was posted


def posted_script(epochs: int) -> tuple[list[float], nn.Module]:
    """What the poster ran, with nothing of ours in it."""
    np.random.seed(44)
    x = np.random.uniform(-7.5, 7.5, (1500, 1))
    y = np.sin(2 * x)
    inputs = torch.tensor(x, dtype=torch.float32)
    targets = torch.tensor(y, dtype=torch.float32)
    torch.manual_seed(44)
    model = nn.Sequential(
        nn.Linear(1, 200), nn.ReLU(), nn.Linear(200, 200), nn.ReLU(), nn.Linear(200, 1)
    )
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=2e-3)
    losses = []
    for _ in range(epochs):
        model.train()
        output = model(inputs)
        loss = criterion(output, targets)
        losses.append(loss.item())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return losses, model


def test_the_posters_script_and_the_engine_agree_bit_for_bit() -> None:
    losses, model = posted_script(60)
    runs = train(poster(), [44], epochs=60)
    assert runs.loss.dtype == np.float32
    assert runs.loss[0, :60].tolist() == losses
    kept, plain = weights(runs), model.state_dict()
    assert list(kept) == list(plain)
    assert all(torch.equal(kept[name], plain[name]) for name in plain)
    grid = torch.linspace(-7.5, 7.5, 601, dtype=torch.float64).numpy()
    assert np.allclose(runs.probe, grid)
    with torch.no_grad():
        shown = model(torch.from_numpy(runs.probe[:, None]).float()).numpy()
    assert np.array_equal(runs.predictions[0, -1], shown[:, 0])


def test_watching_changes_no_bit() -> None:
    seen: list[tuple[int, float]] = []
    watched = train(TINY, [1], epochs=200, watch=lambda epoch, loss: seen.append((epoch, loss)))
    assert_same_bits(watched, train(TINY, [1], epochs=200))
    assert seen[-1] == (200, float(watched.loss[0, -1]))
    assert len(seen) >= 3


def test_training_leaves_the_callers_generators_alone() -> None:
    torch.manual_seed(5)
    np.random.seed(5)
    expected = torch.rand(1).item(), float(np.random.uniform())
    torch.manual_seed(5)
    np.random.seed(5)
    train(replace(TINY, loop=Loop(batch=7)), [0], epochs=3)
    assert (torch.rand(1).item(), float(np.random.uniform())) == expected


def test_seeds_do_not_touch_each_other() -> None:
    together = train(TINY, [3, 1, 2], epochs=12)
    assert together.seeds.tolist() == [3, 1, 2]
    assert_same_bits(together, join([train(TINY, [seed], epochs=12) for seed in (3, 1, 2)]))


def test_a_schedulers_rates_are_those_of_a_plain_loop() -> None:
    scheduler = Scheduler("StepLR", step_size=3, gamma=0.5)
    halved_at_3 = train(replace(TINY, scheduler=scheduler), [0], epochs=5)
    plain = train(TINY, [0], epochs=5)
    rate = TINY.optimizer.keywords["lr"]
    later = train(replace(TINY, optimizer=Optimizer("SGD", lr=rate / 2)), [0], epochs=5)
    assert np.array_equal(halved_at_3.loss[0, :4], plain.loss[0, :4])
    assert plain.loss[0, 4] != halved_at_3.loss[0, 4] != later.loss[0, 4]


def test_a_sum_of_losses_is_their_mean_with_the_step_times_the_points() -> None:
    points = TINY.inputs.points
    double = replace(TINY, dtype="float64")
    mean = train(replace(double, optimizer=Optimizer("SGD", lr=0.02)), [0], epochs=60)
    summed = replace(
        double,
        loop=Loop(loss=Loss("MSELoss", reduction="sum")),
        optimizer=Optimizer("SGD", lr=0.02 / points),
    )
    found = train(summed, [0], epochs=60)
    np.testing.assert_allclose(found.mse, mean.mse, rtol=1e-9)
    np.testing.assert_allclose(found.loss, points * mean.loss, rtol=1e-9)


def test_of_another_loss_the_error_is_told_apart() -> None:
    runs = train(replace(TINY, loop=Loop(loss=Loss("L1Loss"))), [0], epochs=30)
    assert not np.isnan(runs.mse).any()
    assert not np.allclose(runs.mse, runs.loss)
    assert runs.mse[0, 0] == pytest.approx(train(TINY, [0], epochs=0).loss[0, 0])


PRINT = """
import hashlib, sys, torch
torch.set_num_threads(1)
from epochal.training.train import train
from epochal_testing.settings import NOISY
print(hashlib.sha256(train(NOISY, [9], epochs=50).loss.tobytes()).hexdigest())
"""


def test_two_processes_get_the_same_bits() -> None:
    printed = subprocess.run(
        [sys.executable, "-c", PRINT],
        env={**sessions.environment(), "PYTHONHASHSEED": "123"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert printed == hashlib.sha256(train(NOISY, [9], epochs=50).loss.tobytes()).hexdigest()


# ------------------------------------------------------------------------ loss and gradient


def numpy_loss(flat: np.ndarray, shapes: list[Any], x: np.ndarray, y: np.ndarray) -> float:
    """Mean squared error of a tanh net with these weights, written without torch."""
    arrays, start = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        arrays.append(flat[start : start + size].reshape(shape))
        start += size
    h = x
    for place in range(0, len(arrays), 2):
        h = h @ arrays[place].T + arrays[place + 1]
        h = np.tanh(h) if place < len(arrays) - 2 else h
    return float(np.mean((h[:, 0] - y) ** 2))


def test_one_step_follows_the_gradient_that_finite_differences_give() -> None:
    net = MLP(widths=(5, 4), activation=Activation("Tanh"))
    step = replace(TINY, net=net, optimizer=Optimizer("SGD", lr=1.0), dtype="float64")
    before, after = (weights(train(step, [3], epochs=epochs)) for epochs in (0, 1))
    shapes = [tuple(each.shape) for each in before.values()]
    start = np.concatenate([each.numpy().ravel() for each in before.values()])
    moved = start - np.concatenate([each.numpy().ravel() for each in after.values()])
    data = draw(step, 3)
    slopes = []
    for place in range(len(start)):
        shift = np.zeros_like(start)
        shift[place] = 1e-6
        up, down = (
            numpy_loss(start + sign * shift, shapes, data.features, data.target) for sign in (1, -1)
        )
        slopes.append((up - down) / 2e-6)
    assert np.abs(moved).max() > 0.01
    assert np.allclose(moved, slopes, rtol=1e-6, atol=1e-8)


def test_half_a_sum_is_the_mean_times_half_the_points() -> None:
    mean = train(replace(TINY, dtype="float64"), [0], epochs=30)
    loop, slower = Loop(loss="half_sum"), Optimizer("SGD", lr=0.05 * 2 / 30)
    summed = train(replace(TINY, dtype="float64", loop=loop, optimizer=slower), [0], epochs=30)
    assert np.array_equal(mean.mse, mean.loss)
    assert np.array_equal(summed.mse, summed.loss * (2 / 30))
    assert np.allclose(summed.loss, mean.loss * 15)
    assert np.allclose(summed.mse, mean.mse)


def test_float64_trains_from_the_same_weights() -> None:
    single, double = (
        train(TINY, [0], epochs=5),
        train(replace(TINY, dtype="float64"), [0], epochs=5),
    )
    assert double.loss.dtype == double.predictions.dtype == np.float64
    assert np.allclose(single.loss, double.loss, rtol=1e-5)
    assert single.loss[0, 0] != double.loss[0, 0]


# ---------------------------------------------------------------------- the variants of a loop

SEEN: list[torch.Tensor] = []


class Spy(nn.Linear):
    """A linear net that notes what it is trained on."""

    def __init__(self) -> None:
        super().__init__(1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if torch.is_grad_enabled():
            SEEN.append(x[:, 0].clone())
        return super().forward(x)


def test_mini_batches_cover_each_point_once_an_epoch_in_a_new_order() -> None:
    spied = replace(TINY, net=ModuleNet(factory=Spy, weights=2), loop=Loop(batch=8))
    dry_run(spied)
    SEEN.clear()
    train(spied, [6], epochs=3)
    assert [len(batch) for batch in SEEN] == [8, 8, 8, 6] * 3
    epochs = torch.cat(SEEN).reshape(3, 30)
    points = torch.from_numpy(draw(spied, 6).positions).float().sort().values
    assert all(torch.equal(epoch.sort().values, points) for epoch in epochs)
    assert not torch.equal(epochs[0], epochs[1])
    assert not torch.equal(epochs[1], epochs[2])


def test_mini_batches_are_those_of_a_plain_loop() -> None:
    experiment = replace(TINY, loop=Loop(batch=7))
    data = draw(experiment, 5)
    x = torch.from_numpy(data.features).float()
    y = torch.from_numpy(data.target[:, None]).float()
    model = build(experiment.net, 1, 5)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    order = torch.Generator().manual_seed(5)
    for _ in range(20):
        for rows in torch.split(torch.randperm(30, generator=order), 7):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x[rows]), y[rows])
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    kept, plain = weights(train(experiment, [5], epochs=20)), model.state_dict()
    assert all(torch.equal(kept[name], plain[name]) for name in plain)


def test_where_zero_grad_stands_does_not_matter_unless_it_is_left_out() -> None:
    before, after, never = (
        train(replace(TINY, loop=Loop(zero_grad=place)), [0], epochs=20)
        for place in ("before", "after", "never")
    )
    assert_same_bits(before, after)
    assert before.loss[0, :2].tolist() == never.loss[0, :2].tolist()
    assert not np.isclose(before.loss[0, -1], never.loss[0, -1])


def test_lbfgs_gets_far_in_few_epochs() -> None:
    searching = Optimizer("LBFGS", lr=0.5, line_search_fn="strong_wolfe")
    plain = train(TINY, [0], epochs=15)
    fast = train(replace(TINY, optimizer=searching), [0], epochs=15)
    assert fast.loss[0, 0] == plain.loss[0, 0]
    assert fast.loss[0, -1] < 0.5 * plain.loss[0, -1]


def test_a_declared_start_replaces_torchs() -> None:
    net = MLP(
        widths=(6,), output_bias=False, weights=Initializer("ones_"), biases=Initializer("zeros_")
    )
    start = weights(train(replace(TINY, net=net), [0], epochs=0))
    assert [bool((each == 1).all()) for each in start.values()] == [True, False, True]


# ---------------------------------------------------------------------------- what is measured


def test_a_divergence_is_recorded_with_its_epoch_and_nothing_after_it() -> None:
    wild = replace(TINY, optimizer=Optimizer("SGD", lr=1e6))
    runs = train(wild, [0, 1], epochs=150)
    for row, first in enumerate(runs.diverged_at()):
        assert first is not None
        assert 0 < first < 30
        assert np.isfinite(runs.loss[row, :first]).all()
        assert np.isnan(runs.loss[row, first + 1 :]).all()
        assert np.isnan(runs.projections[row, first + 1 :]).all()
        later = runs.snapshots > first
        assert np.isnan(runs.predictions[row, later]).all()
        assert set(runs.weight_hash[row, later]) == {""}
        assert "" not in runs.weight_hash[row, ~later]


def test_a_diverged_training_can_be_extended() -> None:
    wild = replace(TINY, optimizer=Optimizer("SGD", lr=1e6))
    part = train(wild, [0], epochs=40)
    assert_same_bits(train(wild, [0], epochs=90, earlier=[part]), train(wild, [0], epochs=90))


def test_projections_are_shares_of_the_targets_waves() -> None:
    runs = train(
        replace(TINY, inputs=Circle(points=30), optimizer=Optimizer("SGD", lr=0.2), probe=41), [0]
    )
    assert np.abs(runs.projections[0, 0]).max() < 0.5
    assert runs.projections[0, -1, 0] == pytest.approx(1, abs=0.1)


def test_the_record_describes_itself() -> None:
    runs = train(TINY, [7], epochs=11)
    assert (runs.experiment, runs.engine) == (TINY.digest, "reference")
    assert runs.device.startswith("cpu (")
    assert runs.epochs_done == 11
    assert runs.waves.tolist() == [2, 5]
    data = draw(TINY, 7)
    assert np.array_equal(runs.train_positions[0], data.positions)
    assert np.array_equal(runs.train_target[0], data.target)
    assert np.array_equal(runs.probe_target[0], data.probe_target)
    error = (runs.predictions.astype(float) - runs.probe_target[:, None]) ** 2
    inside = np.abs(runs.probe) <= 1
    assert np.allclose(runs.region_mse(0, 1), error[:, :, inside].mean(axis=2))


# -------------------------------------------------------------------------- the claims' own parts


def plain_module() -> nn.Module:
    return nn.Sequential(
        nn.Linear(1, 12), nn.ReLU(), nn.Linear(12, 12), nn.ReLU(), nn.Linear(12, 1)
    )


def test_a_module_of_the_claims_own_trains_like_the_declared_net() -> None:
    own = replace(TINY, net=ModuleNet(factory=plain_module, weights=168))
    assert_same_bits(train(own, [8], epochs=25), train(TINY, [8], epochs=25))


def test_a_factory_that_makes_no_net_is_told_so() -> None:
    wrong = replace(TINY, net=ModuleNet(factory=list, weights=1))
    with pytest.raises(SpecError) as caught:
        build(wrong.net, 1, 0)
    assert str(caught.value) == (
        "net.factory = 'list': it must return an nn.Module; return the net"
    )


def test_former_names_of_engines_work() -> None:
    assert train(TINY, [0], epochs=1, engine="stock").engine == "reference"
    assert named("exact") == "prefix_sum"


def test_an_unknown_engine_is_answered_with_the_known_ones() -> None:
    with pytest.raises(SpecError) as caught:
        train(TINY, [0], epochs=1, engine="referense")
    assert "did you mean 'reference'?" in str(caught.value)


def test_a_watch_that_raises_stops_the_training() -> None:
    def stop(epoch: int, loss: float) -> None:
        raise Interrupted("enough")

    with pytest.raises(Interrupted):
        train(TINY, [0], epochs=100_000, watch=stop)


@pytest.mark.parametrize("epochs", [-1, 2.5])
def test_epochs_are_a_whole_number(epochs: Any) -> None:
    with pytest.raises(SpecError, match=f"epochs = {epochs}: a whole number of at least 0"):
        train(TINY, [0], epochs=epochs)


def test_a_target_of_one_wave_has_one_projection() -> None:
    runs = train(replace(TINY, target=Sine(2)), [0], epochs=2)
    assert runs.projections.shape == (1, 3, 1)
