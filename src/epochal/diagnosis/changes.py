"""The changes that are tried, one row each, in the order in which they helped most often.

A change gives the changed setting, or None where there is nothing to change or it has been made.
Changes of a net's layers need a perceptron; those of data, loop and optimizer suit any net.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from epochal.errors import SpecError
from epochal.experiments.experiment import Experiment
from epochal.experiments.layers import FourierFeatures, Siren
from epochal.experiments.nets import MLP, Output
from epochal.experiments.parts import Optimizer
from epochal.experiments.scaling import Scaling

__all__ = ["CHANGES", "UNCHANGED", "Change", "applicable", "pairs"]

BATCH = 32
"""Points an update, where the full batch is cut."""

Made = Callable[[Experiment], Experiment | None]


@dataclass(frozen=True)
class Change:
    """One change of a setting.

    Attributes:
        key: its name, in lower case with hyphens.
        says: it in words.
        make: the changed setting; None where it changes nothing.
        parts: the parts of a setting that it changes: two changes of one part make no pair.
        layers: whether it changes layers, which somebody's own module does not offer.
    """

    key: str
    says: str
    make: Made
    parts: tuple[str, ...]
    layers: bool = False

    def of(self, experiment: Experiment) -> Experiment | None:
        """The changed setting; None where the change does not apply or is refused."""
        if self.layers and not isinstance(experiment.net, MLP):
            return None
        try:
            changed = self.make(experiment)
        except SpecError:  # such as an activation before a batch norm of one unit
            return None
        return None if changed is None or changed == experiment else changed


def batches(experiment: Experiment) -> Experiment | None:
    """Mini-batches, where there are at least twice as many points."""
    loop, points = experiment.loop, experiment.inputs.points
    if points < 2 * BATCH or (loop.batch or points) <= BATCH:
        return None
    return replace(experiment, loop=replace(loop, batch=BATCH))


def adam(experiment: Experiment) -> Experiment | None:
    """Adam with torch's default learning rate, where plain or other steps are made."""
    if experiment.optimizer.name.startswith("Adam") or experiment.scheduler is not None:
        return None
    return replace(experiment, optimizer=Optimizer("Adam", lr=1e-3))


def both(experiment: Experiment) -> Experiment | None:
    """Adam and mini-batches."""
    changed = batches(experiment)
    return None if changed is None else adam(changed)


def momentum(experiment: Experiment) -> Experiment | None:
    """A momentum of 0.9, where SGD has none."""
    optimizer = experiment.optimizer
    if optimizer.name != "SGD" or optimizer.keywords.get("momentum"):
        return None
    given = optimizer.keywords | {"momentum": 0.9}
    return replace(experiment, optimizer=Optimizer("SGD", groups=optimizer.groups, **given))


def rate(factor: float) -> Made:
    """A learning rate times ``factor``."""

    def make(experiment: Experiment) -> Experiment | None:
        optimizer, given = experiment.optimizer, experiment.optimizer.keywords
        if experiment.scheduler is not None or "lr" not in given:
            return None
        given["lr"] = float(f"{given['lr'] * factor:.6g}")
        made = Optimizer(optimizer.name, groups=optimizer.groups, **given)
        return replace(experiment, optimizer=made)

    return make


def scaled(**kinds: str) -> Made:
    """Inputs or target standardised."""

    def make(experiment: Experiment) -> Experiment | None:
        scaling = experiment.scaling or Scaling()
        if any(getattr(scaling, name) != "as_is" for name in kinds):
            return None
        return replace(experiment, scaling=replace(scaling, **kinds))

    return make


def activation(name: str) -> Made:
    """Another activation in all hidden layers."""

    def make(experiment: Experiment) -> Experiment | None:
        net = _perceptron(experiment)
        if not net.widths or net.nonlinearity.name == name:
            return None
        return replace(experiment, net=replace(net, activation=name))

    return make


def snake(experiment: Experiment) -> Experiment | None:
    """x + sin²(x), where a net is asked about more than it is trained on."""
    asked = experiment.probe_inputs
    if asked is None or asked.span <= experiment.inputs.span:
        return None
    return activation("Snake")(experiment)


def sines(experiment: Experiment) -> Experiment | None:
    """Layers of sines as wide as those of the net, on standardised inputs."""
    net = _perceptron(experiment)
    if not net.widths or net.features is not None:
        return None
    return replace(experiment, net=Siren(widths=net.widths), scaling=_standardised(experiment))


def features(experiment: Experiment) -> Experiment | None:
    """64 random Fourier features, as fast as 10 radians per standard unit of the inputs."""
    net = _perceptron(experiment)
    if net.features is not None:
        return None
    net = replace(net, features=FourierFeatures(count=64, sd=10.0))
    return replace(experiment, net=net, scaling=_standardised(experiment))


def _standardised(experiment: Experiment) -> Scaling:
    return replace(experiment.scaling or Scaling(), inputs="standardise")


def wider(factor: int) -> Made:
    """All hidden layers so many times as wide."""

    def make(experiment: Experiment) -> Experiment | None:
        net = _perceptron(experiment)
        if not net.widths:
            return None
        return replace(experiment, net=replace(net, widths=tuple(factor * w for w in net.widths)))

    return make


def wide(experiment: Experiment) -> Experiment | None:
    """All hidden layers as wide as the widest."""
    net = _perceptron(experiment)
    if len({*net.widths}) < 2:
        return None
    return replace(experiment, net=replace(net, widths=(max(net.widths),) * len(net.widths)))


def deeper(layers: int) -> Made:
    """So many more hidden layers, as wide as the last."""

    def make(experiment: Experiment) -> Experiment | None:
        net = _perceptron(experiment)
        if isinstance(net.weights, tuple) or isinstance(net.biases, tuple):
            return None
        more = (net.widths or (64,))[-1:] * layers
        return replace(experiment, net=replace(net, widths=(*net.widths, *more)))

    return make


def biases(experiment: Experiment) -> Experiment | None:
    """Biases in all layers."""
    return replace(experiment, net=replace(_perceptron(experiment), bias=True, output_bias=True))


def plain_output(experiment: Experiment) -> Experiment | None:
    """No activation after the output."""
    net = _perceptron(experiment)
    return replace(experiment, net=replace(net, output=replace(net.output, activation=None)))


def default_start(experiment: Experiment) -> Experiment | None:
    """Weights and biases as torch starts them."""
    return replace(experiment, net=replace(_perceptron(experiment), weights=None, biases=None))


def theory(experiment: Experiment) -> Experiment | None:
    """One wide hidden layer whose fixed output is divided by the root of its width."""
    net = _perceptron(experiment)
    if len(net.widths) != 1 or net.output != Output() or experiment.outputs > 1:
        return None
    output = Output(weights="signs", trained=False, scaled=True)
    return replace(experiment, net=replace(net, output=output, output_bias=False))


def no_dropout(experiment: Experiment) -> Experiment | None:
    """No dropout."""
    return replace(experiment, net=replace(_perceptron(experiment), dropout=0.0))


def zeroed(experiment: Experiment) -> Experiment | None:
    """Gradients set to zero before each update."""
    if experiment.loop.zero_grad != "never":
        return None
    return replace(experiment, loop=replace(experiment.loop, zero_grad="before"))


def _perceptron(experiment: Experiment) -> Any:
    """The net, of which `Change.of` has seen that it is a perceptron."""
    return experiment.net


LOOP, OPTIMIZER, DATA, FEATURES = ("loop",), ("optimizer",), ("scaling",), ("features", "scaling")
ACTIVATION, SIZE, START = ("activation",), ("size",), ("start",)

CHANGES = (
    Change("adam-and-batches", "Adam and batches of 32", both, ("loop", "optimizer")),
    Change("zero-grad", "zero_grad() before each update", zeroed, LOOP),
    Change("no-output-activation", "no output activation", plain_output, ("output",), True),
    Change("relu", "ReLU", activation("ReLU"), ACTIVATION, True),
    Change("biases", "biases in all layers", biases, ("bias",), True),
    Change("default-start", "torch's own initial weights", default_start, START, True),
    Change("adam", "Adam", adam, OPTIMIZER),
    Change("batches", "batches of 32", batches, LOOP),
    Change("momentum", "momentum 0.9", momentum, OPTIMIZER),
    Change("lr-3", "learning rate × 3", rate(3), OPTIMIZER),
    Change("lr-10", "learning rate × 10", rate(10), OPTIMIZER),
    Change("lr-third", "learning rate ÷ 3", rate(1 / 3), OPTIMIZER),
    Change("lr-tenth", "learning rate ÷ 10", rate(1 / 10), OPTIMIZER),
    Change("standardised-inputs", "inputs standardised", scaled(inputs="standardise"), DATA),
    Change("standardised-target", "target standardised", scaled(target="standardise"), DATA),
    Change("tanh", "tanh", activation("Tanh"), ACTIVATION, True),
    Change("silu", "SiLU", activation("SiLU"), ACTIVATION, True),
    Change("sine", "layers of sines", sines, (*ACTIVATION, *START, *FEATURES), True),
    Change("snake", "x + sin²(x) as activation", snake, ACTIVATION, True),
    Change("fourier-features", "Fourier features", features, FEATURES, True),
    Change("wide", "all layers as wide as the widest", wide, SIZE, True),
    Change("width-2", "width × 2", wider(2), SIZE, True),
    Change("width-4", "width × 4", wider(4), SIZE, True),
    Change("depth-1", "one more layer", deeper(1), SIZE, True),
    Change("depth-2", "two more layers", deeper(2), SIZE, True),
    Change("theory", "the scaling of theory", theory, ("output",), True),
    Change("no-dropout", "no dropout", no_dropout, ("dropout",), True),
)
"""All changes that are tried by themselves, in this order."""

UNCHANGED = Change("unchanged", "as it is", lambda experiment: experiment, ())
"""The setting as it is, which is trained beside its changes."""

MOST_PAIRS = 20
"""How many pairs are tried, at most."""


def applicable(experiment: Experiment) -> dict[Change, Experiment]:
    """The setting as it is, and the changes that make another of it, each setting once."""
    found = {UNCHANGED: experiment}
    for change in CHANGES:
        changed = change.of(experiment)
        if changed is not None and changed not in found.values():
            found[change] = changed
    return found


def pairs(changes: Sequence[Change], experiment: Experiment) -> dict[Change, Experiment]:
    """Two at a time of ``changes`` of different parts, the first with all others first."""
    found: dict[Change, Experiment] = {}
    for one, other in combinations(changes, 2):
        if {*one.parts} & {*other.parts} or len(found) == MOST_PAIRS:
            continue
        first = one.of(experiment)
        second = None if first is None else other.of(first)
        if second is not None:
            key, says = f"{one.key}+{other.key}", f"{one.says}, {other.says}"
            pair = Change(key, says, _chain(one, other), (*one.parts, *other.parts))
            found[pair] = second
    return found


def _chain(one: Change, other: Change) -> Made:
    def make(experiment: Experiment) -> Experiment | None:
        first = one.of(experiment)
        return None if first is None else other.of(first)

    return make
