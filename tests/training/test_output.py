"""The output layer of theory: ±1 for good, over the root of the width, beside the trained rest."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from epochal import (
    MLP,
    Circle,
    Experiment,
    Initializer,
    Loop,
    Loss,
    Optimizer,
    Output,
    Sine,
    Table,
)
from epochal.errors import SpecError
from epochal.training.checks import check
from epochal.training.engines.choice import refused
from epochal.training.nets import build
from epochal.training.train import train

FIXED = Output(weights="signs", trained=False, scaled=True)
NET = MLP(widths=(400,), weights=Initializer("normal_", std=2.5), output_bias=False, output=FIXED)
WRONG = MLP(widths=(8,), output=Output(weights=Initializer("normal")))
TAN = MLP(widths=(8,), output=Output(activation="Tahn"))
EXPERIMENT = Experiment(
    inputs=Circle(points=30), target=Sine(2), net=NET, optimizer=Optimizer("SGD", lr=0.1), probe=30
)


def linears(net: nn.Module) -> list[nn.Linear]:
    return [each for each in net.modules() if isinstance(each, nn.Linear)]


def test_signs_are_drawn_after_everything_else_and_scaled() -> None:
    net, plain = build(NET, 2, seed=0), build(replace(NET, output=Output()), 2, seed=0)
    first, last = linears(net)
    assert torch.equal(first.weight, linears(plain)[0].weight)
    assert set(last.weight.flatten().tolist()) == {-1.0, 1.0}
    assert abs(float(last.weight.mean())) < 0.2
    x = torch.randn(5, 2)
    assert torch.allclose(net(x), last(torch.relu(first(x))) / 20, rtol=1e-6)
    assert not torch.equal(last.weight, linears(build(NET, 2, seed=1))[-1].weight)


def test_a_fixed_output_layer_stays_and_the_first_layer_learns() -> None:
    for engine in ("reference", "prefix_sum"):
        runs = train(EXPERIMENT, [0], epochs=30, engine=engine)
        assert runs.mse[0, -1] < runs.mse[0, 0]
    decayed = replace(EXPERIMENT, optimizer=Optimizer("SGD", lr=0.1, weight_decay=0.1))
    assert train(decayed, [0], epochs=3).mse[0, -1] < runs.mse[0, 0]


def test_one_trained_alone_has_its_own_initializer() -> None:
    own = MLP(widths=(8,), output=Output(weights=Initializer("constant_", val=0.5)))
    net = build(own, 2, seed=0)
    assert set(linears(net)[-1].weight.flatten().tolist()) == {0.5}
    assert all(each.requires_grad for each in net.parameters())


def test_an_activation_comes_after_it() -> None:
    bounded = MLP(widths=(8,), output=Output(activation="Tanh"))
    net, x = build(bounded, 2, seed=0), 100 * torch.randn(50, 2)
    inner = build(MLP(widths=(8,)), 2, seed=0)
    assert torch.equal(net(x), torch.tanh(inner(x)))
    assert "output then Tanh()" in str(bounded)
    setting = replace(EXPERIMENT, net=bounded)
    assert refused(setting) == "its output goes through Tanh()"
    assert train(setting, [0], epochs=5).mse[0, -1] > 0


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Output(activation=3), "net.output.activation"),  # type: ignore[arg-type]
        (lambda: check(replace(EXPERIMENT, net=TAN)), "torch.nn has no such class; did you mean"),
        (lambda: Output(weights="sings"), "net.output.weights"),
        (lambda: Output(weights=3), "net.output.weights"),  # type: ignore[arg-type]
        (lambda: Output(trained="no"), "net.output.trained"),  # type: ignore[arg-type]
        (lambda: MLP(widths=(), output=Output(scaled=True)), "no width to scale by"),
        (lambda: MLP(widths=(8,), output="signs"), "net.output"),  # type: ignore[arg-type]
        (lambda: check(replace(EXPERIMENT, net=WRONG)), "torch.nn.init has no such function"),
    ],
)
def test_bad_input_names_the_field(make, told: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SpecError, match=told):
        make()


def test_pages_say_what_it_is() -> None:
    assert str(NET) == "400 ReLU, output ±1, fixed, over the root of the width"
    assert str(MLP(widths=(8,))) == "8 ReLU"


# -------------------------------------------------------------------- losses in the target's unit

IN_ITS_UNIT = (
    Loss("MSELoss"),
    Loss("L1Loss", reduction="sum"),
    Loss("SmoothL1Loss", beta=0.01),
    Loss("HuberLoss", delta=100.0),
    Loss("BCELoss"),
    Loss("PoissonNLLLoss", log_input=False),
)
IN_ANOTHER = (
    Loss("BCEWithLogitsLoss"),
    Loss("PoissonNLLLoss"),
    Loss("KLDivLoss"),
    Loss("KLDivLoss", log_target=True),
    Loss("SoftMarginLoss"),
    Loss("HingeEmbeddingLoss"),
)


@pytest.mark.parametrize("loss", IN_ITS_UNIT, ids=str)
def test_a_loss_that_is_smallest_at_the_target_is_trained_with(loss: Loss) -> None:
    check(replace(EXPERIMENT, loop=Loop(loss=loss)))


@pytest.mark.parametrize("loss", IN_ANOTHER, ids=str)
def test_a_loss_of_logits_or_other_targets_is_refused(loss: Loss) -> None:
    with pytest.raises(SpecError, match="it is not smallest where the output equals the target"):
        train(replace(EXPERIMENT, loop=Loop(loss=loss)), [0], epochs=1)


def test_the_remedy_for_logits_learns_classes() -> None:
    x = torch.linspace(-1, 1, 60)
    table = Table(x=x.tolist(), y=(x > 0.2).double().tolist())
    net = MLP(widths=(16,), output=Output(activation="Sigmoid"))
    adam = Optimizer("Adam", lr=0.05)
    loop = Loop(loss=Loss("BCELoss"))
    runs = train(Experiment(target=table, net=net, optimizer=adam, loop=loop), [0], epochs=400)
    assert runs.mse[0, -1] < 0.01
