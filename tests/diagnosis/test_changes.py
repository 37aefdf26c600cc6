"""Changes of a setting: each makes another where it applies, and nothing where it was made."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from epochal import MLP, Activation, Experiment, Initializer, Line, Loop, ModuleNet, Optimizer
from epochal.diagnosis.changes import CHANGES, MOST_PAIRS, UNCHANGED, applicable, pairs
from epochal.training.checks import check
from epochal.training.layers import activation
from epochal_testing.diagnosed import HEALTHY, KNOWN, POSTER, Q1, Q7, line

CROOKED = Experiment(
    inputs=line(-1, 1, 200),
    target=POSTER.target,
    net=MLP(
        widths=(8, 16),
        activation="Sigmoid",
        bias=False,
        weights=Initializer("normal_"),
        dropout=0.1,
    ),
    optimizer=Optimizer("SGD", lr=1e-2),
    loop=Loop(zero_grad="never"),
    probe_inputs=Line(low=-2, high=2, points=200),
)
SHALLOW = replace(CROOKED, net=MLP(widths=(8,), activation="Tanh"))
OWN = replace(CROOKED, net=ModuleNet(nn.Identity, weights=1))


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.key)
def test_a_change_makes_another_setting_that_torch_takes(change) -> None:  # type: ignore[no-untyped-def]
    before = {"theory": SHALLOW, "no-output-activation": Q1}.get(change.key, CROOKED)
    after = change.of(before)
    assert after is not None
    assert after != before
    assert after.target is before.target
    check(after)
    again = change.of(after)
    assert again is None or change.key.startswith(("lr-", "width-", "depth-"))


def test_keys_are_different() -> None:
    assert len({each.key for each in CHANGES}) == len(CHANGES)


def test_an_own_module_is_offered_data_loop_and_optimizer_alone() -> None:
    parts = {part for each in applicable(OWN) for part in each.parts}
    assert parts == {"loop", "optimizer", "scaling"}


@pytest.mark.parametrize("name", [*KNOWN, *HEALTHY])
def test_no_setting_is_tried_twice(name: str) -> None:
    given = KNOWN[name][0] if name in KNOWN else HEALTHY[name]
    made = applicable(given.experiment)
    assert next(iter(made)) is UNCHANGED
    assert len({each.digest for each in made.values()}) == len(made)


def test_pairs_change_different_parts() -> None:
    made = pairs([*applicable(Q7)][1:], Q7)
    assert len(made) == MOST_PAIRS
    for pair, changed in made.items():
        assert len({*pair.parts}) == len(pair.parts)
        assert pair.of(Q7) == changed


def test_sines_and_snakes_are_activations() -> None:
    x = torch.linspace(-3, 3, 7)
    assert torch.equal(activation(Activation("Sine"))(x), torch.sin(x))
    snake = activation(Activation("Snake", omega=2.0))(x)
    assert torch.allclose(snake, x + torch.sin(2 * x) ** 2 / 2)
