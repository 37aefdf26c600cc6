"""Dropout, batch norm, Fourier features, sine layers and initialisers by name."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from epochal import (
    MLP,
    Circle,
    Experiment,
    FourierFeatures,
    Initializer,
    Line,
    Loop,
    Optimizer,
    Output,
    Sine,
    Siren,
    train,
)
from epochal.errors import SpecError
from epochal.training.checks import check
from epochal.training.dry_run import dry_run
from epochal.training.engines.choice import refused
from epochal.training.engines.reference import train_seed
from epochal.training.nets import build

SETTING = Experiment(
    inputs=Line(low=-1, high=1, points=40),
    target=Sine(6),
    net=MLP(widths=(32,), dropout=0.2),
    optimizer=Optimizer("Adam", lr=1e-2),
)


def linears(net: nn.Module) -> list[nn.Linear]:
    return [each for each in net.modules() if isinstance(each, nn.Linear)]


def kinds(net: nn.Module) -> list[str]:
    return [type(each).__name__ for each in net.children()]


def test_the_order_of_a_hidden_layer() -> None:
    net = build(MLP(widths=(8, 4), dropout=0.3, batch_norm=True), 2, seed=0)
    layer = ["Linear", "BatchNorm1d", "ReLU", "Dropout"]
    assert kinds(net) == [*layer, *layer, "Linear"]
    assert [each.p for each in net.modules() if isinstance(each, nn.Dropout)] == [0.3, 0.3]
    assert kinds(build(MLP(widths=(8,)), 2, seed=0)) == ["Linear", "ReLU", "Linear"]


def test_errors_are_those_without_dropout() -> None:
    assert dry_run(SETTING).modes_differ
    assert not dry_run(replace(SETTING, net=MLP(widths=(32,)))).modes_differ
    runs = train(SETTING, [0], epochs=100)
    assert runs.evaluated
    assert (runs.loss[0, 1:] != runs.mse[0, 1:]).all()
    wide = np.interp(runs.train_positions[0], runs.probe, runs.predictions[0, -1])
    error = np.square(wide - runs.train_target[0]).mean()
    assert error == pytest.approx(runs.mse[0, -1], rel=0.02)


@pytest.mark.parametrize(
    "net",
    [
        MLP(widths=(16,), dropout=0.5),
        MLP(widths=(16,), batch_norm=True),
        MLP(widths=(16,), features=FourierFeatures(count=8, sd=3)),
        Siren(widths=(16,)),
    ],
    ids=str,
)
@pytest.mark.parametrize("batch", [None, 8])
def test_going_on_gives_the_same_bits(net: MLP | Siren, batch: int | None) -> None:
    setting = replace(SETTING, net=net, loop=Loop(batch=batch))
    whole, part = train_seed(setting, 1, "cpu", 30), train_seed(setting, 1, "cpu", 11)
    again = train_seed(setting, 1, "cpu", 30, part)
    for name in ("loss", "mse", "predictions", "weight_hash"):
        assert np.array_equal(getattr(whole, name), getattr(again, name))
    assert whole.mse[0, -1] < whole.mse[0, 0]


def test_given_frequencies_are_those_of_each_coordinate() -> None:
    features = FourierFeatures(angular_frequencies=(1, 3))
    net = build(MLP(widths=(5,), features=features), 2, seed=0)
    x = torch.tensor([[0.2, -0.7]])
    made = next(iter(net.children()))(x)[0].tolist()
    angles = [0.2, 0.6, -0.7, -2.1]
    assert made == pytest.approx([*np.cos(angles), *np.sin(angles)])
    assert linears(net)[0].in_features == features.width(2) == 8
    assert MLP(widths=(5,), features=features).weight_count(2) == 8 * 5 + 5
    assert not [name for name, _ in net.named_parameters() if "omega" in name]


def test_drawn_frequencies_come_from_the_seed() -> None:
    record = MLP(widths=(5,), features=FourierFeatures(count=4000, sd=7))
    first, again, other = (build(record, 1, seed).get_buffer("0.omega") for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert float(first.std()) == pytest.approx(7, rel=0.05)
    runs = train(replace(SETTING, net=replace(record, widths=(16,))), [0], epochs=60)
    assert runs.mse[0, -1] < 0.5 * runs.mse[0, 0]


def test_a_siren_starts_as_its_authors_have_it() -> None:
    net = build(Siren(widths=(500, 400), first_omega=10, hidden_omega=20), 2, seed=3)
    first, second, last = linears(net)
    bounds = (1 / 2, (6 / 500) ** 0.5 / 20, (6 / 400) ** 0.5 / 20)
    for linear, bound in zip((first, second, last), bounds, strict=True):
        weight = linear.weight.detach()
        assert 0.95 * bound < float(weight.abs().max()) <= bound
        assert float(weight.std()) == pytest.approx(bound / 3**0.5, rel=0.1)
    x = torch.randn(4, 2)
    inner = torch.sin(20 * second(torch.sin(10 * first(x))))
    assert torch.allclose(net(x), last(inner))


def test_keras_names_mean_what_keras_has() -> None:
    net = build(MLP(widths=(300,), weights="glorot_uniform", biases="zeros"), 100, seed=0)
    first, last = linears(net)
    bound = (6 / 400) ** 0.5
    assert 0.98 * bound < float(first.weight.detach().abs().max()) <= bound
    assert not first.bias.any()
    assert not last.bias.any()
    he = linears(build(MLP(widths=(300,), weights="he_uniform"), 100, seed=0))[0]
    assert 0.98 * (6 / 100) ** 0.5 < float(he.weight.detach().abs().max()) <= (6 / 100) ** 0.5
    assert MLP(widths=(3,), weights="xavier_uniform_") == MLP(
        widths=(3,), weights=Initializer("xavier_uniform_")
    )


def test_each_layer_may_start_in_its_own_way() -> None:
    record = MLP(widths=(6, 6), weights=("ones", None, Initializer("constant_", val=3)))
    first, second, last = linears(build(record, 1, seed=0))
    plain = linears(build(MLP(widths=(6, 6)), 1, seed=0))
    assert set(first.weight.flatten().tolist()) == {1}
    assert torch.equal(second.weight, plain[1].weight)
    assert set(last.weight.flatten().tolist()) == {3}
    signs = linears(build(replace(record, output=Output(weights="signs")), 1, seed=0))
    assert set(signs[-1].weight.flatten().tolist()) <= {-1, 1}


def test_prefix_sum_names_what_it_cannot_train() -> None:
    circle = replace(SETTING, inputs=Circle(points=30))
    assert refused(circle) == "its net is 32 ReLU, dropout 0.2"
    assert refused(replace(circle, net=Siren(widths=(9,)))).startswith("its net is 9 sines")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: MLP(widths=(8,), dropout=1), "net.dropout = 1.0: it is a part of the units"),
        (lambda: MLP(widths=(8,), batch_norm=1), "net.batch_norm = 1: bool is needed"),  # type: ignore[arg-type]
        (lambda: MLP(widths=(8,), features=8), "net.features = 8: FourierFeatures is needed"),  # type: ignore[arg-type]
        (lambda: FourierFeatures(), "either these are given, or count and sd"),
        (lambda: FourierFeatures(angular_frequencies=(1,), count=3), "either these are given"),
        (lambda: FourierFeatures(angular_frequencies=(0,)), "it must be above 0"),
        (lambda: FourierFeatures(count=3), "net.features.sd = None: a finite number is needed"),
        (lambda: FourierFeatures(sd=3.0), "net.features.count = None"),
        (lambda: Siren(widths=()), "it has at least one layer of sines"),
        (lambda: Siren(widths=8), "net.widths = 8: one width a hidden layer is needed"),  # type: ignore[arg-type]
        (lambda: Siren(widths=(8,), first_omega=0), "net.first_omega = 0"),
        (lambda: MLP(widths=(8,), weights=("ones",)), "one a layer is needed, 2 with the output"),
        (lambda: MLP(widths=(8,), biases=3), "net.biases = 3: Initializer or str is needed"),  # type: ignore[arg-type]
        (
            lambda: check(replace(SETTING, net=MLP(widths=(8,), weights="xavier_"))),
            "torch.nn.init has no such function",
        ),
        (
            lambda: check(replace(SETTING, net=MLP(widths=(8,), biases=("zeros", "eye_")))),
            "net.biases = 'eye_()': torch refuses it",
        ),
        (lambda: MLP(widths=(8,), weights="glorot_unifrom"), "did you mean 'glorot_uniform'?"),
        (lambda: Output(weights="sign"), "did you mean 'signs'?"),
        (
            lambda: dry_run(
                replace(SETTING, net=MLP(widths=(8,), batch_norm=True), loop=Loop(batch=13))
            ),
            "of 40 points the last batch has 1 point, which the net refuses",
        ),
    ],
)
def test_bad_input_names_the_field(make: Callable[[], Any], told: str) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    assert told in str(caught.value)
