"""What is measured of a net, against values that are known otherwise."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn
from torch.func import functional_call

from epochal import (
    DeadUnits,
    GradientNorm,
    LayerNorms,
    LinearRegions,
    Loop,
    Sharpness,
    WeightNorm,
)
from epochal.errors import SpecError
from epochal.experiments.measures import Measure
from epochal.training.instruments import Subject
from epochal.training.loss import loss_of
from epochal.training.measuring import taken

X = torch.linspace(-1, 1, 30, dtype=torch.float64)[:, None]
Y = torch.sin(3 * X)


def net(*widths: int, activation: type[nn.Module] = nn.Tanh, seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for before, after in zip((1, *widths), widths, strict=False):
        layers += [nn.Linear(before, after), activation()]
    return nn.Sequential(*layers, nn.Linear(widths[-1], 1)).double()


def measured(measure: Measure, subject: nn.Module, loop: Loop | None = None) -> NDArray[np.float64]:
    return taken(measure, Subject(subject.eval(), X, Y, loop or Loop()))


def hessian(module: nn.Module, loop: Loop) -> NDArray[np.float64]:
    """The whole Hessian of the loss, by torch's own function."""
    shapes = {name: each.shape for name, each in module.named_parameters()}

    def loss(flat: torch.Tensor) -> torch.Tensor:
        parts = torch.split(flat, [shape.numel() for shape in shapes.values()])
        named = {name: p.view(shapes[name]) for name, p in zip(shapes, parts, strict=True)}
        return loss_of(loop, functional_call(module, named, (X,)), Y)

    flat = torch.cat([each.detach().flatten() for each in module.parameters()])
    found: NDArray[np.float64] = torch.autograd.functional.hessian(loss, flat).numpy()  # type: ignore[no-untyped-call]
    return found


@pytest.mark.parametrize("loop", [Loop(loss="mean"), Loop(loss="half_sum")])
@pytest.mark.parametrize(
    "made", [net(6, 5), net(12), net(3), net(8, 8, activation=nn.ReLU), net(9, seed=3)]
)
def test_sharpness_is_the_largest_eigenvalue_of_the_hessian(made: nn.Module, loop: Loop) -> None:
    wanted = np.linalg.eigvalsh(hessian(made, loop))[-1]
    assert measured(Sharpness(), made, loop) == pytest.approx(wanted, rel=1e-3)
    assert measured(Sharpness(tolerance=1e-9), made, loop) == pytest.approx(wanted, rel=1e-7)


def test_the_sharpness_of_a_linear_net_is_that_of_its_quadratic() -> None:
    line = nn.Sequential(nn.Linear(1, 1)).double()
    features = np.column_stack([X.numpy(), np.ones(len(X))])
    wanted = np.linalg.eigvalsh(2 * features.T @ features / len(X))[-1]
    assert measured(Sharpness(), line, Loop(loss="mean")) == pytest.approx(wanted, rel=1e-9)


def test_sharpness_may_be_negative_and_leaves_out_what_is_not_trained() -> None:
    concave = net(5)
    for each in concave[0].parameters():
        each.requires_grad_(False)
    last = concave[2]
    assert isinstance(last, nn.Linear)
    hidden = concave[:2](X).detach().numpy()
    features = np.column_stack([hidden, np.ones(len(X))])
    wanted = np.linalg.eigvalsh(2 * features.T @ features / len(X))[-1]
    assert measured(Sharpness(), concave, Loop(loss="mean")) == pytest.approx(wanted, rel=1e-6)


def test_norms_are_those_of_all_parameters_of_each_matrix_and_of_the_gradient() -> None:
    made, loop = net(6, 5), Loop(loss="mean")
    every = np.concatenate([p.detach().numpy().ravel() for p in made.parameters()])
    assert measured(WeightNorm(), made) == pytest.approx(np.linalg.norm(every))
    matrices = [p.detach().numpy() for p in made.parameters() if p.ndim == 2]
    assert measured(LayerNorms(), made).tolist() == pytest.approx(
        [np.linalg.norm(each) for each in matrices]
    )
    loss_of(loop, made(X), Y).backward()  # type: ignore[no-untyped-call]
    gradient = np.concatenate([p.grad.numpy().ravel() for p in made.parameters()])  # type: ignore[union-attr]
    assert measured(GradientNorm(), made, loop) == pytest.approx(np.linalg.norm(gradient))


def test_units_that_are_zero_everywhere_are_dead() -> None:
    made = net(4, activation=nn.ReLU)
    first = made[0]
    assert isinstance(first, nn.Linear)
    with torch.no_grad():
        first.weight[:] = 1.0
        first.bias[:] = torch.tensor([-5.0, -0.5, 0.5, -1.0])  # the last touches 0 at one point
    assert measured(DeadUnits(), made) == 0.5
    with pytest.raises(SpecError, match=r"measure = 'dead units': the net has no nn\.ReLU"):
        measured(DeadUnits(), net(4))


# --------------------------------------------------------------------------------- linear regions


def sawtooth(folds: int) -> nn.Sequential:
    """The tent map on [0, 1], composed ``folds`` times: exactly 2 to the ``folds`` pieces."""
    layers: list[nn.Module] = []
    for fold in range(folds):
        hidden = nn.Linear(1 if fold == 0 else 2, 2).double()
        with torch.no_grad():  # the tent is 2·relu(x) − 4·relu(x − 1/2)
            row = torch.tensor([[1.0]] if fold == 0 else [[2.0, -4.0]])
            hidden.weight[:] = row.repeat(2, 1)
            hidden.bias[:] = torch.tensor([0.0, -0.5])
        layers += [hidden, nn.ReLU()]
    last = nn.Linear(2, 1).double()
    with torch.no_grad():
        last.weight[:], last.bias[:] = torch.tensor([[2.0, -4.0]]), 0.0
    return nn.Sequential(*layers, last)


@pytest.mark.parametrize("folds", [1, 2, 5, 10])
def test_a_sawtooth_has_as_many_pieces_as_it_was_made_with(folds: int) -> None:
    assert measured(LinearRegions(low=0, high=1), sawtooth(folds)) == 2**folds
    assert measured(LinearRegions(low=-1, high=2), sawtooth(folds)) == 2**folds + 2 - (folds == 1)


@pytest.mark.parametrize("widths", [(8,), (6, 6), (5, 5, 5, 5)])
def test_pieces_are_those_that_a_fine_grid_sees(widths: tuple[int, ...]) -> None:
    for seed in range(5):
        made = net(*widths, activation=nn.ReLU, seed=seed)
        with torch.no_grad():
            for each in made.parameters():
                each.mul_(2)  # so that slopes stand out from rounding
        grid = torch.linspace(-3, 3, 200_001, dtype=torch.float64)[:, None]
        slopes = np.diff(made(grid).detach().numpy()[:, 0])
        bends = np.abs(np.diff(slopes)) > 1e-7 * np.abs(slopes).max()
        seen = 1 + int((bends & ~np.concatenate([[False], bends[:-1]])).sum())
        assert measured(LinearRegions(low=-3, high=3), made) == seen


def test_a_kink_that_later_layers_cancel_is_none() -> None:
    made = net(2, activation=nn.ReLU)
    first, last = made[0], made[2]
    assert isinstance(first, nn.Linear)
    assert isinstance(last, nn.Linear)
    with torch.no_grad():
        first.weight[:], first.bias[:] = 1.0, 0.3
        last.weight[:] = torch.tensor([[1.0, -1.0]])
    assert measured(LinearRegions(), made) == 1


def test_pieces_lie_along_a_line_through_several_features() -> None:
    torch.manual_seed(0)
    made = nn.Sequential(nn.Linear(2, 7), nn.ReLU(), nn.Linear(7, 1)).double()
    subject = Subject(made, torch.zeros(3, 2, dtype=torch.float64), Y[:3], Loop())
    weight, bias = made[0].weight.detach().numpy(), made[0].bias.detach().numpy()  # type: ignore[operator]
    start, end = np.array([-3.0, 1.0]), np.array([2.0, 4.0])
    before, after = weight @ start + bias, weight @ end + bias
    crossings = int((np.sign(before) != np.sign(after)).sum())
    assert taken(LinearRegions(low=(-3, 1), high=(2, 4)), subject) == 1 + crossings


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: measured(LinearRegions(), net(4)), "the net has Tanh, and pieces are followed"),
        (lambda: LinearRegions(low=1, high=1), "measure.high = 1.0: the line has no length"),
        (lambda: Sharpness(tolerance=0.5), "measure.tolerance = 0.5: an eigenvalue that is known"),
        (lambda: Sharpness(every=0), "measure.every = 0"),
    ],
)
def test_what_cannot_be_measured_is_refused(make: Callable[[], object], told: str) -> None:
    with pytest.raises(SpecError, match=told):
        make()
