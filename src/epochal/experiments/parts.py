"""What is torch's by name: activations, initialisers, optimizers, as records that check themselves.

Names are kept as text, and resolved by `epochal.training.checks.check` before anything trains.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from epochal.errors import SpecError
from epochal.experiments.checks import choice, record

__all__ = [
    "KERAS",
    "Activation",
    "Group",
    "Initial",
    "Initializer",
    "Named",
    "Optimizer",
    "first_line",
    "initial",
]


@dataclass(frozen=True, init=False, repr=False)
class Named:
    """Something of torch's by its name there, with keyword arguments in any order."""

    name: str
    arguments: tuple[tuple[str, Any], ...]

    def __init__(self, name: str = "", /, **arguments: Any) -> None:
        field, kind = f"{type(self).__name__.lower()}.name", type(self).__name__
        if not name and "name" in arguments:
            step = f"write {kind}({arguments['name']!r}, …)"
            raise SpecError(field, arguments["name"], "the name comes first, without keyword", step)
        if not isinstance(name, str):
            step = f"write {kind}({getattr(name, '__name__', 'NAME')!r}, …)"
            raise SpecError(field, name, "torch's things are named in quotes", step)
        if not name:
            raise SpecError(field, name, "a name is needed", "give a string")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "arguments", tuple(sorted(arguments.items())))

    @property
    def keywords(self) -> dict[str, Any]:
        """The arguments as a dict."""
        return dict(self.arguments)

    @property
    def written(self) -> str:
        """The arguments as they are written."""
        return ", ".join(f"{name}={value!r}" for name, value in self.arguments)

    def __str__(self) -> str:
        return f"{self.name}({self.written})"

    def __repr__(self) -> str:
        arguments = f", {self.written}" if self.arguments else ""
        return f"{type(self).__name__}({self.name!r}{arguments})"


class Activation(Named):
    """A module of ``torch.nn``, such as ``Activation("LeakyReLU", negative_slope=0.1)``.

    Two more have names: ``Sine`` is sin(ωx), and ``Snake`` is x + sin²(ωx)/ω, of Ziyin et al. 2020,
    "Neural Networks Fail to Learn Periodic Functions and How to Fix It"; ``omega`` is 1 by default.
    """


class Initializer(Named):
    """A function of ``torch.nn.init``, such as ``Initializer("kaiming_normal_", a=5**0.5)``."""


KERAS = {
    "glorot_uniform": Initializer("xavier_uniform_"),
    "he_uniform": Initializer("kaiming_uniform_", nonlinearity="relu"),
    "zeros": Initializer("zeros_"),
    "ones": Initializer("ones_"),
}
"""What Keras's names are in torch; its normal ones are cut off, and torch has no such."""

Initial = Initializer | str | None
"""How a layer's weights or biases start; None is torch's default for ``nn.Linear``."""


def initial(field: str, given: object, several: int = 0, more: Iterable[str] = ()) -> Any:
    """``given`` by a name of Keras's or torch's as an `Initializer`, or a tuple of ``several``.

    Torch's names end in an underscore; one of ``more`` stays a name.
    """
    step = 'give one such as "glorot_uniform" or Initializer("normal_", std=0.1)'
    if isinstance(given, tuple | list) and several:
        if len(given) != several:
            rule = f"one a layer is needed, {several} with the output layer's"
            raise SpecError(field, given, rule, "give as many, or one for all")
        return tuple(initial(field, each) for each in given)
    if given is None:
        return None
    record(field, given, (Initializer, str), step)
    if not isinstance(given, str) or given in more:
        return given
    if not given.endswith("_"):
        choice(field, given, [*KERAS, *more])
    return KERAS.get(given) or Initializer(given)


class Group(Named):
    """A parameter group of an optimizer: ``Group("*.bias", weight_decay=0.0)``.

    It takes the parameters whose name in ``net.named_parameters()`` matches, ``*`` being anything,
    and that no group before it took. In an `MLP` these are the numbers of ``nn.Sequential``:
    ``0.weight``, ``0.bias``, ``2.weight``, … with an activation after each hidden layer.
    """


@dataclass(frozen=True, init=False, repr=False)
class Optimizer(Named):
    """An optimizer of ``torch.optim``, with other arguments for some parameters.

    >>> Optimizer("SGD", momentum=0.9, lr=1e-2) == Optimizer("SGD", lr=1e-2, momentum=0.9)
    True
    >>> print(Optimizer("Adam", lr=1e-3, groups=[Group("0.*", lr=1e-2)]))
    Adam(lr=0.001; 0.*: lr=0.01)
    """

    groups: tuple[Group, ...] = ()

    def __init__(self, name: str = "", /, *, groups: Any = (), **given: Any) -> None:
        super().__init__(name, **given)
        step = 'give one such as groups=[Group("*.bias", weight_decay=0.0)]'
        record("optimizer.groups", groups, (tuple, list), step)
        for each in groups:
            record("optimizer.groups", each, Group, step)
            if not each.arguments:
                raise SpecError("optimizer.groups", each.name, "it changes no argument", step)
        object.__setattr__(self, "groups", tuple(groups))

    def __str__(self) -> str:
        parts = [self.written] * bool(self.arguments)
        parts += [f"{each.name}: {each.written}" for each in self.groups]
        return f"{self.name}({'; '.join(parts)})"

    def __repr__(self) -> str:
        groups = f", groups={list(self.groups)}" if self.groups else ""
        return f"{super().__repr__()[:-1]}{groups})"


def first_line(thing: Callable[..., Any]) -> str:
    """The first line of a function's or class's own docstring, without its full stop.

    >>> first_line(first_line)
    "The first line of a function's or class's own docstring, without its full stop"
    """
    text = (thing.__doc__ or "").strip()
    return text.splitlines()[0].removesuffix(".") if text else ""
