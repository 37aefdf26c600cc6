"""Nets as frozen records that check themselves: perceptrons, and modules of the claim's own.

Layers of sines and Fourier features are in `epochal.experiments.layers`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar

from epochal.errors import SpecError
from epochal.experiments.checks import maker, natural, number, record
from epochal.experiments.layers import FourierFeatures, widths_of
from epochal.experiments.parts import Activation, Initial, Initializer, first_line, initial

__all__ = ["MLP", "ModuleNet", "Output"]


@dataclass(frozen=True, kw_only=True)
class Output:
    """The output layer, where it differs from the hidden ones.

    Theory is often about f(x) = (1/√m) Σ aᵣ relu(wᵣ·x) with m units and aᵣ = ±1 for good:
    ``Output(weights="signs", trained=False, scaled=True)``.

    Args:
        weights: how its weights start: ``signs`` for ±1, each as likely, or an `Initializer` or its
            name; None is as in the hidden layers.
        trained: whether its weights and bias are trained.
        scaled: whether what it gives is divided by the root of the last hidden width.
        activation: what comes after it: a class of ``torch.nn`` by name, or an `Activation`.
    """

    weights: "Initializer | str | None" = None
    trained: bool = True
    scaled: bool = False
    activation: Activation | str | None = None

    WEIGHTS: ClassVar[tuple[str, ...]] = ("signs",)

    def __post_init__(self) -> None:
        given = initial("net.output.weights", self.weights, more=self.WEIGHTS)
        object.__setattr__(self, "weights", given)
        if isinstance(self.activation, str):
            object.__setattr__(self, "activation", Activation(self.activation))
        elif self.activation is not None:
            step = 'give a name such as "Tanh"'
            record("net.output.activation", self.activation, Activation, step)
        for name in ("trained", "scaled"):
            record(f"net.output.{name}", getattr(self, name), bool, "give True or False")

    def __str__(self) -> str:
        kinds = {"signs": "±1", None: ""}
        said = [kinds[self.weights] if self.weights in kinds else str(self.weights)]
        said += ["fixed"] * (not self.trained) + ["over the root of the width"] * self.scaled
        said += [] if self.activation is None else [f"then {self.activation}"]
        return ", ".join(filter(None, said))


@dataclass(frozen=True, kw_only=True)
class MLP:
    """A multilayer perceptron with hidden layers of ``widths``, and the outputs of its target.

    Args:
        widths: the hidden widths, first to last; ``(200, 200)`` is a 1-200-200-1 net on a line.
        activation: a class of ``torch.nn`` by name, or an `Activation` with arguments.
        bias: whether hidden layers have one.
        output_bias: whether the output layer has one.
        weights: how weights start: an `Initializer`, its name in torch, or ``glorot_uniform``,
            ``he_uniform``, ``zeros`` or ``ones`` as Keras calls them; one for all layers, or a
            tuple with one for each, the output layer's last. None is torch's default.
        biases: the same for biases.
        output: in what the output layer is not like the others.
        dropout: the part of each hidden layer's units that is left out in training, after the
            activation.
        batch_norm: whether ``nn.BatchNorm1d`` stands before each activation.
        features: what the first layer is given in place of the coordinates.

    >>> net = MLP(widths=(64, 64), weights="glorot_uniform", biases="zeros", dropout=0.1)
    >>> str(net), net.biases
    ('64-64 ReLU, dropout 0.1', Initializer('zeros_'))
    """

    widths: tuple[int, ...]
    activation: Activation | str = Activation("ReLU")
    bias: bool = True
    output_bias: bool = True
    weights: Initial | tuple[Initial, ...] = None
    biases: Initial | tuple[Initial, ...] = None
    output: Output = Output()
    dropout: float = 0.0
    batch_norm: bool = False
    features: FourierFeatures | None = None

    def __post_init__(self) -> None:
        record("net.output", self.output, Output, "give one such as Output(trained=False)")
        if self.output.scaled and not self.widths:
            rule = "a net without hidden layer has no width to scale by"
            raise SpecError("net.output.scaled", True, rule, "leave it out, or give widths")
        object.__setattr__(self, "widths", widths_of(self.widths))
        named = self.activation if isinstance(self.activation, type) else type(self.activation)
        step = f"give the name of a class of torch.nn, such as {named.__name__!r}"
        record("net.activation", self.activation, (str, Activation), step)
        for name in ("weights", "biases"):
            given = initial(f"net.{name}", getattr(self, name), len(self.widths) + 1)
            object.__setattr__(self, name, given)
        object.__setattr__(self, "activation", self.nonlinearity)
        part = number("net.dropout", self.dropout)
        if not 0 <= part < 1:
            step = "give one such as 0.1, or 0 for none"
            raise SpecError("net.dropout", part, "it is a part of the units", step)
        object.__setattr__(self, "dropout", part)
        record("net.batch_norm", self.batch_norm, bool, "give True or False")
        if self.features is not None:
            step = "give one such as FourierFeatures(angular_frequencies=(1, 2, 4))"
            record("net.features", self.features, FourierFeatures, step)

    @property
    def nonlinearity(self) -> Activation:
        """The activation as a record, however it was given."""
        return Activation(self.activation) if isinstance(self.activation, str) else self.activation

    def weight_count(self, dimensions: int, outputs: int = 1) -> int:
        """How many entries the weight matrices have, biases not counted."""
        first = dimensions if self.features is None else self.features.width(dimensions)
        sizes = (first, *self.widths, outputs)
        return sum(a * b for a, b in pairwise(sizes))

    @property
    def described(self) -> str:
        """What it is, for a page."""
        return str(self)

    def __str__(self) -> str:
        widths = "-".join(map(str, self.widths)) or "no hidden layer"
        parts = [f"{widths} {self.nonlinearity.name}"]
        parts += [] if self.features is None else [f"of {self.features}"]
        parts += ["batch norm"] * self.batch_norm
        parts += [f"dropout {self.dropout:g}"] * bool(self.dropout)
        parts += [f"output {self.output}"] * (self.output != Output())
        return ", ".join(parts)

    @property
    def modes_differ(self) -> bool:
        """Whether it gives other outputs in training than in evaluation mode."""
        return bool(self.dropout) or self.batch_norm


@dataclass(frozen=True)
class ModuleNet:
    """A net of the claim's own: ``factory(**arguments)`` makes an ``nn.Module``.

    The module maps features ``(n, d)`` to outputs ``(n, k)``, of which a target mostly has k = 1.
    The factory is a function or a class that a case file can be asked for by name; it draws its
    weights from torch's global generator, which is seeded just before.

    Args:
        factory: makes the net, anew for each seed.
        arguments: what it is given, by name.
        weights: the number of weights, for the cost that listings show.
        describe: what the net is, for reports; else the first line of the factory's docstring.
    """

    factory: Callable[..., Any]
    arguments: tuple[tuple[str, Any], ...] | Mapping[str, Any] = ()
    weights: int = field(kw_only=True)
    describe: str = field(default="", kw_only=True, compare=False)

    def __post_init__(self) -> None:
        natural("net.weights", self.weights)
        record("net.describe", self.describe, str, "say in a few words what the net is")
        maker("net.factory", self.factory, "it is called once for each seed")
        try:
            object.__setattr__(self, "arguments", tuple(sorted(dict(self.arguments).items())))
        except (TypeError, ValueError) as error:
            rule, step = "its arguments go by name", 'give arguments={"omega": 30}'
            raise SpecError("net.arguments", self.arguments, rule, step) from error

    @property
    def keywords(self) -> dict[str, Any]:
        """The arguments as a dict."""
        return dict(self.arguments)

    def weight_count(self, dimensions: int, outputs: int = 1) -> int:
        return self.weights

    def __str__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self.keywords.items())
        return f"{self.factory.__name__}({given})" if given else self.factory.__name__

    @property
    def described(self) -> str:
        """What it is, for a page."""
        said = self.describe or first_line(self.factory)
        return f"{self}: {said}" if said else str(self)
