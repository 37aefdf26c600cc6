"""What is recorded of several outputs and of classes, against plain loops of torch and numpy."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from epochal import (
    MLP,
    Box,
    Experiment,
    Formula,
    Function,
    Labels,
    Line,
    Loop,
    Loss,
    ModuleNet,
    Optimizer,
    Runs,
    Scaling,
    Sine,
    Table,
    Training,
    Vector,
    modular_addition,
    spirals,
)
from epochal.errors import SpecError
from epochal.experiments.data import draw
from epochal.experiments.runs import BY_OUTPUT, flaw, join
from epochal.training import nets
from epochal.training.train import train

BOTH = Vector((Sine(1), Formula("cos(x)")))
CURVE = Experiment(
    inputs=Line(low=-3, high=3, points=20),
    target=BOTH,
    net=MLP(widths=(8, 8), activation="Tanh"),
    optimizer=Optimizer("SGD", lr=0.05),
    probe=21,
)
RINGS = Experiment(
    inputs=Box(low=(-1, -1), high=(1, 1), points=60),
    target=Labels(Formula("floor(1.9*hypot(x, y))"), classes=3),
    net=MLP(widths=(8,), activation="Tanh"),
    optimizer=Optimizer("Adam", lr=0.02),
    loop=Loop(loss=Loss("CrossEntropyLoss")),
    probe=81,
)
ARMS = Experiment(
    target=spirals(points=30, held_out=0.3),
    net=MLP(widths=(8,), activation="Tanh"),
    optimizer=Optimizer("Adam", lr=0.02),
    loop=Loop(loss=Loss("CrossEntropyLoss")),
    probe=81,
)
LOSSES = (
    Loop(loss=Loss("CrossEntropyLoss")),
    Loop(loss=Loss("MultiMarginLoss")),
    Loop(loss=Loss("BCEWithLogitsLoss")),
    Loop(loss="hinge"),
    Loop(),
    Loop(loss="half_sum"),
    Loop(loss=Loss("MSELoss", reduction="sum")),
)


def by_hand(setting: Experiment, seed: int, epochs: int) -> tuple[nn.Module, list[nn.Module]]:
    """The nets of a plain loop with Adam or SGD and a full batch, after each epoch."""
    data = draw(setting, seed)
    net = nets.build(setting.net, setting.inputs.dimensions, seed, setting.outputs)
    optimizer = getattr(torch.optim, setting.optimizer.name)(
        net.parameters(), **setting.optimizer.keywords
    )
    x, classes = torch.tensor(data.features, dtype=torch.float32), data.target
    name = setting.loop.loss.name if isinstance(setting.loop.loss, Loss) else setting.loop.loss
    every = []
    for _ in range(epochs + 1):
        every.append(nets.build(setting.net, setting.inputs.dimensions, seed, setting.outputs))
        every[-1].load_state_dict(net.state_dict())
        optimizer.zero_grad()
        output = net(x)
        if name == "hinge":
            signs = torch.tensor(2 * classes - 1, dtype=torch.float32)
            loss = torch.relu(1 - signs * output[:, 0]).mean()
        elif name == "BCEWithLogitsLoss":
            wanted = torch.tensor(classes, dtype=torch.float32)
            loss = nn.functional.binary_cross_entropy_with_logits(output[:, 0], wanted)
        elif name in ("CrossEntropyLoss", "MultiMarginLoss"):
            loss = getattr(nn, name)()(output, torch.tensor(classes, dtype=torch.long))
        elif isinstance(setting.target, Labels):
            hot = torch.tensor(np.eye(setting.outputs)[classes.astype(int)], dtype=torch.float32)
            square = (output - hot) ** 2
            loss = {"mean": square.mean(), "half_sum": square.sum() / 2}.get(name, square.sum())
        else:
            loss = ((output - torch.tensor(classes, dtype=torch.float32)) ** 2).mean()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return net, every


def outputs(net: nn.Module, features: Any) -> Any:
    with torch.no_grad():
        return net(torch.tensor(features, dtype=torch.float32)).numpy().astype(float)


# --------------------------------------------------------------------------------- several outputs


def test_several_outputs_are_trained_as_a_plain_loop_trains_them() -> None:
    runs, (_, every) = train(CURVE, [5], epochs=30), by_hand(CURVE, 5, 30)
    data = draw(CURVE, 5)
    errors = np.array([(outputs(net, data.features) - data.target) ** 2 for net in every])
    assert runs.mse[0] == pytest.approx(errors.mean(axis=(1, 2)), rel=1e-4)
    assert runs.loss[0] == pytest.approx(runs.mse[0], rel=1e-5)
    assert runs.measured[BY_OUTPUT].values[0] == pytest.approx(errors.mean(axis=1), rel=1e-4)
    probe = outputs(every[30], data.probe_features)
    assert runs.predictions[0, -1] == pytest.approx(probe, abs=1e-5)
    assert (runs.outputs, flaw(runs)) == (2, "")
    one = runs.of_output(1)
    assert one.mse[0] == pytest.approx(errors.mean(axis=1)[:, 1], rel=1e-4)
    assert (one.outputs, one.predictions.shape) == (1, runs.predictions.shape[:3])


def test_a_vector_of_one_target_twice_has_it_twice() -> None:
    twice = replace(CURVE, target=Vector((Sine(1), Sine(1))))
    found = train(twice, [5], epochs=200).measured[BY_OUTPUT].values[0]
    assert found[-1].max() < 0.2 * found[0].max()


def test_errors_of_a_sum_and_in_units_of_the_target() -> None:
    far = Vector((Function(np.sinc, name="sinc"), Formula("1000 + 50*x")))
    scaled = replace(CURVE, target=far, scaling=Scaling(target="standardise"))
    for setting in (replace(CURVE, loop=Loop(loss="half_sum")), scaled):
        runs = train(setting, [5], epochs=4)
        each = runs.measured[BY_OUTPUT].values[0]
        assert runs.mse[0] == pytest.approx(each.mean(axis=1), rel=1e-4)
    assert abs(runs.predictions[0, -1, :, 1].mean() - 1000) < 50


def test_a_loop_of_ones_own_may_predict_several_outputs() -> None:
    def still(data: Any, seed: int, device: str) -> Any:
        while True:
            yield 1.0, lambda features: np.zeros((len(features), 2))

    own = Training(train=still, flops_an_epoch=1.0, inputs=CURVE.inputs, target=BOTH, probe=21)
    runs, data = train(own, [5], epochs=3), draw(CURVE, 5)
    assert runs.measured[BY_OUTPUT].values[0, 2] == pytest.approx((data.target**2).mean(axis=0))
    assert runs.mse[0, 2] == pytest.approx((data.target**2).mean())


# ----------------------------------------------------------------------------------------- classes


def margins(given: Any, classes: Any) -> Any:
    """How far each right class is ahead of the best other one."""
    if given.shape[1] == 1:
        return given[:, 0] * (2 * classes - 1)
    rows = np.arange(len(given))
    rest = given.copy()
    rest[rows, classes.astype(int)] = -np.inf
    return given[rows, classes.astype(int)] - rest.max(axis=1)


@pytest.mark.parametrize("loop", LOSSES, ids=lambda each: str(each.loss))
def test_each_loss_trains_classes_as_a_plain_loop_does(loop: Loop) -> None:
    setting = replace(ARMS, loop=loop, optimizer=Optimizer("SGD", lr=1e-3))
    runs, (_, every) = train(setting, [5], epochs=20), by_hand(setting, 5, 20)
    data = draw(setting, 5)
    assert data.held is not None
    for prefix, part in (("", data), ("held-out ", data.held)):
        given = [outputs(net, part.features) for net in every]
        ahead = np.array([margins(each, part.target) for each in given])
        rate = runs.measured[f"{prefix}error rate"].values[0]
        assert np.abs(rate - (ahead <= 0).mean(axis=1)).max() < 1.5 / len(part.target)
        found = runs.measured[f"{prefix}margin"].values[0]
        assert found == pytest.approx(ahead.min(axis=1), abs=1e-4)
    assert (runs.mse == runs.measured["held-out error rate"].values).all()


def test_the_loss_on_held_out_rows_is_that_of_the_loop() -> None:
    runs, (_, every) = train(ARMS, [5], epochs=10), by_hand(ARMS, 5, 10)
    held = draw(ARMS, 5).held
    assert held is not None
    wanted = [
        nn.CrossEntropyLoss()(
            torch.tensor(outputs(net, held.features)), torch.tensor(held.target).long()
        ).item()
        for net in every
    ]
    assert runs.measured["held-out loss"].values[0] == pytest.approx(wanted, rel=1e-4)


def test_predictions_are_classes_and_the_confusion_counts_them() -> None:
    runs, (_, every) = train(RINGS, [5], epochs=40), by_hand(RINGS, 5, 40)
    data = draw(RINGS, 5)
    given = outputs(every[40], data.features).argmax(axis=1)
    counts = np.zeros((3, 3))
    np.add.at(counts, (data.target.astype(int), given), 1)
    assert runs.measured["confusion"].values[0, -1].reshape(3, 3).tolist() == counts.tolist()
    assert runs.mse[0, -1] == pytest.approx((given != data.target).mean())
    probe = outputs(every[40], data.probe_features).argmax(axis=1)
    assert (runs.predictions[0, -1] == probe).mean() > 0.97
    assert (runs.classes, runs.outputs, flaw(runs)) == (3, 1, "")


def test_addition_is_learned_by_heart() -> None:
    setting = Experiment(
        target=modular_addition(5, held_out=0.2),
        net=MLP(widths=(64,)),
        optimizer=Optimizer("Adam", lr=0.02),
    )
    found = train(setting, [5], epochs=60).measured
    assert found["error rate"].values[0, -1] == 0
    assert found["margin"].values[0, -1] > 0
    assert set((5 * found["held-out error rate"].values[0]).round(6)) <= {*range(6)}


def test_a_class_that_no_training_point_has_is_refused_before_anything_trains() -> None:
    rare = replace(RINGS, target=Labels(Formula("x > 5"), names=("near", "far")))
    with pytest.raises(SpecError, match="none of the 60 training points has class far; give more"):
        train(rare, [5], epochs=3)


# ------------------------------------------------------------------- going on, modes, other engines


def same(one: Runs, other: Runs) -> bool:
    """Whether all arrays are equal bit for bit."""
    arrays = [
        (getattr(one, name), getattr(other, name))
        for name in ("loss", "mse", "predictions", "weight_hash", "projections")
    ]
    arrays += [(each.values, other.measured[name].values) for name, each in one.measured.items()]
    return {*one.measured} == {*other.measured} and all(
        np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in arrays
    )


BATCHED = replace(ARMS, loop=Loop(loss=Loss("CrossEntropyLoss"), batch=7))
DROPPED = replace(ARMS, net=MLP(widths=(16,), dropout=0.3, batch_norm=True))


@pytest.mark.parametrize(
    "setting", [CURVE, RINGS, ARMS, BATCHED, DROPPED], ids=["curve", "rings", "arms", "b", "d"]
)
def test_a_resumed_training_has_the_same_bits(setting: Experiment) -> None:
    seeds: Sequence[int] = [5, 6]
    whole = train(setting, seeds, epochs=30)
    half = train(setting, seeds, epochs=11)
    parts = [train(setting, [seed], epochs=11) for seed in seeds]
    assert same(join(parts), half)
    assert same(train(setting, seeds, epochs=30, earlier=parts), whole)


def test_held_out_rows_are_judged_in_evaluation_mode() -> None:
    runs = train(DROPPED, [5], epochs=30)
    assert runs.evaluated
    assert runs.mse[0] == pytest.approx(runs.measured["held-out error rate"].values[0])
    again = train(replace(DROPPED, dtype="float64"), [5], epochs=30)
    assert np.isfinite(again.measured["held-out loss"].values).all()


class Halved(nn.Module):
    """A linear net of so many outputs."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.linear = nn.Linear(1, count)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.linear(x)
        return found


def test_a_net_of_ones_own_must_have_the_targets_outputs() -> None:
    def own(count: int) -> Experiment:
        return replace(CURVE, net=ModuleNet(Halved, arguments={"count": count}, weights=count))

    assert train(own(2), [5], epochs=2).outputs == 2
    with pytest.raises(SpecError, match=r"gives shape \(20, 3\) where \(20, 2\) is needed; let"):
        train(own(3), [5], epochs=2)


def test_the_engine_for_one_hidden_layer_refuses_both() -> None:
    plain = replace(CURVE, net=MLP(widths=(8,)))
    sign = Labels(Formula("x > 0"))
    classes = replace(plain, target=sign, loop=Loop(loss=Loss("BCEWithLogitsLoss")))
    for setting in (plain, classes):
        with pytest.raises(SpecError, match="it cannot train this setting: it is to measure"):
            train(setting, [5], epochs=2, engine="prefix_sum")
        assert train(setting, [5], epochs=2).engine.startswith("reference")


def test_one_column_is_one_output_and_keeps_its_bits() -> None:
    x = np.linspace(-1, 1, 12)
    flat, column = Table(x, np.sin(x)), Table(x, np.sin(x)[:, None])
    runs = [
        train(Experiment(target=t, net=CURVE.net, optimizer=CURVE.optimizer), [5], epochs=9)
        for t in (flat, column)
    ]
    assert same(*runs)
    assert runs[0].measured == {}
    assert runs[0].predictions.ndim == 3
