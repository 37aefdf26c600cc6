"""A net of the claim's own is tried before anything trains, and each mistake is one line."""

import io
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from epochal import (
    MLP,
    Experiment,
    Function,
    Line,
    Loop,
    Loss,
    Measured,
    ModuleNet,
    Optimizer,
    Sine,
    Wave,
    train,
)
from epochal.errors import SpecError
from epochal.experiments.inputs import Array
from epochal.training.dry_run import dry_run, has_own_code
from epochal.training.engines import record
from epochal.training.randomness import moved, states

LINE = Line(low=-1, high=1, points=101)
TINY = Experiment(
    inputs=LINE, target=Sine(2), net=MLP(widths=(4,)), optimizer=Optimizer("SGD", lr=0.1)
)
TENS = Loop(batch=10)


class Given(nn.Module):
    """A net whose forward pass is ``how``."""

    def __init__(self, how: Callable[[Any, torch.Tensor], Any]) -> None:
        super().__init__()
        self.how, self.layer = how, nn.Linear(1, 1)

    def forward(self, x: torch.Tensor) -> Any:
        return self.how(self, x)


def own(factory: Callable[..., Any], loop: Loop | None = None, **arguments: Any) -> Experiment:
    net = ModuleNet(factory, arguments=arguments, weights=2)
    return replace(TINY, net=net, loop=loop or Loop())


def forward(how: Callable[[Any, torch.Tensor], Any]) -> Experiment:
    return own(Given, how=how)


class Counting(nn.Module):
    """A net that counts its calls, in ``kept`` or in a number of Python's."""

    def __init__(self, keeps: bool = False) -> None:
        super().__init__()
        self.layer = nn.Linear(1, 1)
        if keeps:
            self.register_buffer("calls", torch.tensor(0.0))
        else:
            self.calls = 0.0

    def forward(self, x: torch.Tensor) -> Any:
        self.calls = self.calls + self.training
        return self.layer(x) / (1 + self.calls)


def drawn(net: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    return float(np.random.default_rng().random())


def noisy_weights(net: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    return float(next(net.parameters()).detach().sum() + torch.rand(1)) + np.random.rand()


def raises() -> nn.Module:
    raise RuntimeError("mine")


def squeezed() -> nn.Module:
    return nn.Sequential(nn.Linear(1, 1), nn.Flatten(0))


def normed() -> nn.Module:
    return nn.Sequential(nn.Linear(1, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))


def negative() -> nn.Module:
    net = nn.Linear(1, 1)
    with torch.no_grad():
        net.bias.fill_(-9)
    return net


def noisy(x: Array) -> Array:
    return x + 1e-9 * torch.rand(len(x)).numpy()


def frozen() -> nn.Module:
    return nn.Linear(1, 1).requires_grad_(False)


def global_weights(generator: str) -> nn.Module:
    net = nn.Linear(1, 1)
    drawn = {
        "Python's": random.random,
        "numpy's": np.random.rand,
        "torch's": lambda: float(torch.rand(1)),
        "the system's": lambda: np.random.default_rng().random(),
    }[generator]
    with torch.no_grad():
        net.weight.fill_(drawn())
    return net


@dataclass(frozen=True)
class Own:
    """A target of the claim's own."""

    how: Callable[[Array], Any]
    waves: tuple[Wave, ...] = ()
    scale: str = "as_is"

    def values(self, positions: Array) -> Array:
        given: Array = self.how(positions)
        return given


@dataclass(frozen=True)
class Odd(Line):
    """An input of the claim's own."""

    def features(self, positions: Array) -> Array:
        return positions


NET = "net.factory = "
REFUSED = {
    "fails when made": (
        own(raises),
        NET + "'raises': it fails when it makes the net (RuntimeError: mine (test_dry_run.py:N in "
        "raises)); mend it",
    ),
    "wrong argument": (
        own(normed, omega=30),
        NET + "'normed(omega=30)': it fails when it makes the net (TypeError: normed() got an "
        "unexpected keyword argument 'omega'); mend it",
    ),
    "no net": (own(dict), "net.factory = 'dict': it must return an nn.Module; return the net"),
    "no parameters": (
        own(nn.Tanh),
        NET + "'Tanh': the net has no parameter that requires a gradient, so nothing would be "
        "trained; give it layers of torch.nn, or parameters of its own as nn.Parameter",
    ),
    "frozen": (
        own(frozen),
        NET + "'frozen': the net has no parameter that requires a gradient, so nothing would be "
        "trained; give it layers of torch.nn, or parameters of its own as nn.Parameter",
    ),
    "squeezed": (
        own(squeezed),
        NET + "'squeezed': for 101 points the net gives shape (101,) where (101, 1) is needed: "
        "torch would broadcast it against the target to (101, 101); end forward with "
        ".unsqueeze(-1), or leave out .squeeze()",
    ),
    "two outputs": (
        own(nn.Linear, in_features=1, out_features=2),
        NET + "'Linear(in_features=1, out_features=2)': for 101 points the net gives shape "
        "(101, 2) where (101, 1) is needed; let the last layer have one output, and keep the axis "
        "of the points",
    ),
    "one number for all points": (
        forward(lambda net, x: net.layer(x).mean()),
        "for 101 points the net gives shape () where (101, 1) is needed; let the last layer",
    ),
    "a tuple": (
        forward(lambda net, x: (net.layer(x), x)),
        "the net gives a tuple where a tensor is needed; return the prediction alone",
    ),
    "fails on a pass": (
        forward(lambda net, x: net.nothing(x)),
        "it fails on 101 points (AttributeError: 'Given' object has no attribute 'nothing' "
        "(test_dry_run.py:N in <lambda>)); mend it",
    ),
    "wrong width": (
        own(nn.Linear, in_features=3, out_features=1),
        "it fails on 101 points (RuntimeError: mat1 and mat2 shapes cannot be multiplied",
    ),
    "not finite": (
        forward(lambda net, x: net.layer(x).abs().neg().log()),
        "before any training its output is not finite at 101 of 101 points; look at its "
        "initialisation, and at logarithms, roots and divisions",
    ),
    "detached": (
        forward(lambda net, x: net.layer(x).detach()),
        "the loss cannot be differentiated (RuntimeError: element 0 of tensors does not require",
    ),
    "weights from the system": (
        own(global_weights, generator="the system's"),
        "made and run twice for one seed, the numbers differ; draw from torch's global generator, "
        "which is set from the seed, or seed your own",
    ),
    "numpy's noise in a pass": (
        forward(lambda net, x: net.layer(x) + np.random.rand()),
        "called twice for one seed, the numbers differ: numpy's global generator moved; draw from "
        "torch's global generator, which is set from the seed",
    ),
    "a state that is not kept": (
        own(Counting),
        "called twice for one seed, the numbers differ; keep what changes from call to call with "
        "register_buffer",
    ),
    "a measure that draws": (
        replace(TINY, measure=(Measured(name="noise", function=drawn),)),
        "measure = 'noise': taken twice for one seed, the numbers differ; draw from torch's global "
        "generator, which is set from the seed, or seed your own",
    ),
    "numpy's noise in a target": (
        replace(TINY, target=Own(lambda x: x + 1e-9 * np.random.rand(len(x)))),
        "drawn twice for one seed, the numbers differ: numpy's global generator moved; draw from "
        "the RandomState that positions(random) is given, or seed your own",
    ),
    "torch's noise in a function": (
        replace(TINY, target=Function(noisy)),
        "inputs, target = 'Line and noisy': drawn twice for one seed, the numbers differ: torch's "
        "global generator moved; draw from",
    ),
    "the system's noise in a target": (
        replace(TINY, target=Own(lambda x: x + 1e-9 * np.random.default_rng().random(len(x)))),
        "drawn twice for one seed, the numbers differ; draw from",
    ),
    "a loss outside its domain": (
        replace(TINY, loop=Loop(loss=Loss("BCELoss"))),
        "loop.loss = 'BCELoss()': torch refuses the untrained net's output or the targets "
        "(RuntimeError: all elements of",
    ),
    "a loss that is not finite": (
        own(negative, loop=Loop(loss=Loss("PoissonNLLLoss", log_input=False))),
        "loop.loss = 'PoissonNLLLoss(log_input=False)': of the untrained net it is nan; choose "
        "another loss, or an output and targets in its domain",
    ),
    "logits": (
        replace(TINY, loop=Loop(loss=Loss("BCEWithLogitsLoss"))),
        "loop.loss = 'BCEWithLogitsLoss()': it is not smallest where the output equals the target, "
        "so errors, coefficients and pictures of the output would not be in the target's unit; "
        'give Loss("BCELoss") and MLP(…, output=Output(activation="Sigmoid"))',
    ),
    "class labels": (
        replace(TINY, loop=Loop(loss=Loss("CrossEntropyLoss"))),
        "loop.loss = 'CrossEntropyLoss()': it gives no value for each point; give Labels",
    ),
    "gradient of other things": (
        forward(lambda net, x: net.layer(x).detach() + x.clone().requires_grad_()),
        "no parameter gets a gradient from the loss, so nothing would be trained; use the "
        "parameters in forward, without detach() or no_grad()",
    ),
    "a last batch of one": (
        own(normed, TENS),
        "loop.batch = 10: of 101 points the last batch has 1 point, which the net refuses "
        "(ValueError: Expected more than 1 value per channel when training, got input size "
        "torch.Size([1, 4])); give Loop(batch=10, drop_last=True), or another batch",
    ),
    "a target of two axes": (
        replace(TINY, target=Own(lambda x: x[:, None])),
        "target.values = 'Own': it gives an array of shape (101, 1) where (101,) is needed; return "
        "one number for each position, in their order",
    ),
    "a target that is one number": (
        replace(TINY, target=Own(lambda x: 1.0)),
        "target.values = 'Own': it gives an array of shape () where (101,) is needed",
    ),
    "a target that is not finite": (
        replace(TINY, target=Own(lambda x: np.where(x > 0, x, np.nan))),
        "of its 101 numbers are not finite; look at logarithms, roots and divisions",
    ),
    "a target that fails": (
        replace(TINY, target=Own(lambda x: getattr(x, "nothing"))),  # noqa: B009
        "inputs, target = 'Line and Own': they fail to give the data of a seed (AttributeError: "
        "'numpy.ndarray' object has no attribute 'nothing' (test_dry_run.py:N in <lambda>)); mend",
    ),
    "features of one axis": (
        replace(TINY, inputs=Odd(low=-1, high=1, points=101)),
        "inputs.features = 'Odd': it gives an array of shape (101,) where (101, 1) is needed",
    ),
}


@pytest.mark.parametrize(("experiment", "line"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_trained_is_told_in_one_line(experiment: Experiment, line: str) -> None:
    with pytest.raises(SpecError) as caught:
        train(experiment, [0], epochs=1)
    told = re.sub(r"(test_dry_run.py:)\d+", r"\1N", str(caught.value))
    # torch 2.15 names the operation, too
    told = told.replace("(RuntimeError: addmm: mat1", "(RuntimeError: mat1")
    assert line in told
    assert "\n" not in told


@pytest.mark.parametrize("loop", [replace(TENS, drop_last=True), Loop(batch=50), Loop()])
def test_batches_that_a_layer_takes_are_trained(loop: Loop) -> None:
    points = replace(LINE, points=100) if loop.batch == 50 else LINE
    runs = train(replace(own(normed, loop), inputs=points), [0], epochs=3)
    assert np.isfinite(runs.loss).all()


def test_a_last_batch_that_is_left_out_is_not_trained_on() -> None:
    seen: list[int] = []

    def how(net: Any, x: torch.Tensor) -> torch.Tensor:
        seen.append(len(x))
        return net.layer(x)  # type: ignore[no-any-return]

    experiment = replace(forward(how), loop=replace(TENS, drop_last=True))
    dry_run(experiment)
    seen.clear()
    train(experiment, [0], epochs=2)
    assert 1 not in seen
    assert seen.count(10) == 2 * 10


def test_a_trial_leaves_generators_and_threads_alone() -> None:
    torch.manual_seed(7)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    dry_run(own(normed, Loop(batch=7, drop_last=True)))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("generator", ["Python's", "numpy's", "torch's"])
def test_a_factory_may_draw_from_any_global_generator(generator: str) -> None:
    mine = own(global_weights, generator=generator)
    before = states()
    one, again, other = (train(mine, [each], epochs=3) for each in (3, 3, 4))
    assert one.loss.tobytes() == again.loss.tobytes() != other.loss.tobytes()
    assert moved(before) == []


def double_from_now_on() -> nn.Module:
    torch.set_default_dtype(torch.float64)
    return nn.Linear(1, 1)


def test_a_factory_changes_no_other_net() -> None:
    train(own(double_from_now_on), [0], epochs=1)
    assert torch.get_default_dtype() is torch.float32


def scaled(factor: float) -> nn.Module:
    net = nn.Linear(1, 1)
    with torch.no_grad():
        net.weight.mul_(factor)
    return net


def test_the_trial_of_a_net_stands_for_what_it_does() -> None:
    one, same, other = (dry_run(own(scaled, factor=each)) for each in (1.0, 1.0, 2.0))
    assert one == same
    assert one.digest != other.digest


def test_only_what_the_claim_brings_is_own_code() -> None:
    assert not has_own_code(TINY)
    assert has_own_code(own(normed))
    assert has_own_code(replace(TINY, target=Own(np.sin)))
    assert has_own_code(replace(TINY, target=Function(noisy)))
    assert has_own_code(replace(TINY, inputs=Odd(low=-1, high=1, points=9)))
    assert has_own_code(replace(TINY, measure=(Measured(name="noise", function=drawn),)))


@pytest.mark.parametrize(
    "experiment",
    [
        own(Counting, keeps=True),
        replace(TINY, measure=(Measured(name="noise", function=noisy_weights, every=1),)),
    ],
)
def test_what_torch_draws_and_buffers_keep_is_repeated_and_resumed(experiment: Experiment) -> None:
    whole = train(experiment, [0], epochs=6)
    resumed = train(experiment, [0], epochs=6, earlier=[train(experiment, [0], epochs=3)])
    assert resumed.loss.tobytes() == whole.loss.tobytes()
    for name, each in whole.measured.items():
        assert resumed.measured[name].values.tobytes() == each.values.tobytes()


def patched() -> nn.Module:
    nn.Tanh.forward = lambda self, x: x  # type: ignore[assignment, method-assign]
    return nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1))


def test_what_a_factory_replaces_in_torch_is_put_back() -> None:
    before = nn.Tanh.forward
    dry_run(own(patched))
    assert nn.Tanh.forward is before


@pytest.mark.parametrize("scale", ["as_is", "unit_norm"])
def test_a_target_that_is_zero_everywhere_is_learned_like_any_other(scale: str) -> None:
    runs = train(replace(TINY, target=Own(np.zeros_like, (), scale)), [0], epochs=30)
    assert 0 < runs.mse[0, -1] < runs.mse[0, 0]
    assert runs.projections.shape == (1, 31, 0)


# -------------------------------------------------------------------- the net one would use


def dropping(p: float) -> nn.Module:
    return nn.Sequential(nn.Linear(1, 50), nn.Tanh(), nn.Dropout(p), nn.Linear(50, 1))


@pytest.mark.parametrize("loop", [Loop(), Loop(batch=25)], ids=["full batch", "mini-batches"])
def test_where_the_modes_differ_the_error_is_that_of_evaluation_mode(loop: Loop) -> None:
    runs = train(replace(own(dropping, loop, p=0.5), dtype="float64"), [0], epochs=20)
    assert runs.evaluated
    assert (runs.mse != runs.loss).all()
    with torch.no_grad():
        net = dropping(0.5).double().eval()
        state = torch.load(io.BytesIO(runs.states[0]), weights_only=True)
        net.load_state_dict(state["net"])
        output = net(torch.from_numpy(runs.train_positions[0])[:, None])[:, 0].numpy()
    assert runs.mse[0, -1] == pytest.approx(
        np.square(output - runs.train_target[0]).mean(), rel=1e-12
    )
    wave = np.sin(2 * runs.train_positions[0])
    assert runs.projections[0, -1, 0] == pytest.approx(wave @ output / (wave @ wave), rel=1e-9)


def test_where_they_do_not_the_error_follows_from_the_loss() -> None:
    for experiment in (TINY, own(dropping, p=0.0)):
        runs = train(experiment, [0], epochs=3)
        assert not runs.evaluated
        assert np.array_equal(runs.mse, runs.loss.astype(np.float64))


class Partly(nn.Module):
    """Batch norm whose running means the factory has frozen, and a layer that draws at random."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(1, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)
        self.norm.eval()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        noise = 0.01 * torch.randn(())  # in evaluation mode, too
        return self.last(self.norm(self.first(x))) + noise  # type: ignore[no-any-return]


def ends(epochs: int) -> Any:
    return np.array([0, epochs])


def test_recording_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    for loop in (Loop(train_mode="never"), Loop(), Loop(batch=25, drop_last=True)):
        experiment = own(Partly, loop)
        with_snapshots = train(experiment, [3], epochs=30)
        with monkeypatch.context() as patch:
            patch.setattr(record, "snapshot_epochs", ends)
            without = train(experiment, [3], epochs=30)
        assert with_snapshots.weight_hash[0, -1] == without.weight_hash[0, -1]
        assert with_snapshots.loss.tobytes() == without.loss.tobytes()


def test_a_frozen_submodule_stays_frozen() -> None:
    kept: list[bool] = []

    def how(net: Any, x: torch.Tensor) -> torch.Tensor:
        kept.append(net.layer.training)
        return net.layer(x)  # type: ignore[no-any-return]

    class Frozen(Given):
        def __init__(self) -> None:
            super().__init__(how)
            self.layer.eval()

    train(own(Frozen, Loop(train_mode="never")), [0], epochs=5)
    assert not any(kept)


def test_a_partial_is_refused_with_the_remedy() -> None:
    with pytest.raises(SpecError, match=r"give the function itself, and what .* arguments=\{…\}"):
        ModuleNet(partial(dropping, 0.5), weights=2)
