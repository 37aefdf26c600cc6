"""The lines of a script that make a net and start its weights as the engine does."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from epochal.experiments.experiment import Experiment
from epochal.experiments.layers import FourierFeatures, Siren
from epochal.experiments.nets import MLP, ModuleNet
from epochal.experiments.parts import Activation, Initializer, Named

__all__ = ["OWN", "net_lines"]

SNAKE = """
class Snake(nn.Module):
    def __init__(self, omega=1.0):
        super().__init__()
        self.omega = omega

    def forward(self, x):
        return x + torch.sin(self.omega * x) ** 2 / self.omega
"""

SINE = """
class Sine(nn.Module):
    def __init__(self, omega=1.0):
        super().__init__()
        self.omega = omega

    def forward(self, x):
        return torch.sin(self.omega * x)
"""

FOURIER = """
class Fourier(nn.Module):
    def __init__(self, omega):
        super().__init__()
        self.register_buffer("omega", omega)

    def forward(self, x):
        angles = x @ self.omega
        return torch.cat([torch.cos(angles), torch.sin(angles)], dim=1)
"""

OWN = {"Snake": SNAKE, "Sine": SINE, "Fourier": FOURIER}
"""Modules that torch does not have, by the name that a script calls them by."""


def net_lines(experiment: Experiment) -> Iterator[str]:
    """The lines that make the net of ``experiment``, called ``net``."""
    net, d, k = experiment.net, experiment.inputs.dimensions, experiment.outputs
    yield "torch.manual_seed(0)"
    if isinstance(net, ModuleNet):
        name = net.factory.__name__
        yield f"net = {name if name.isidentifier() else 'make_net'}()"
    elif isinstance(net, Siren):
        yield from _siren(net, d, k)
    else:
        yield from _perceptron(net, d, k)
    if experiment.dtype != "float32":
        yield f"net = net.to(torch.{experiment.dtype})"


def _perceptron(net: MLP, d: int, k: int) -> Iterator[str]:
    modules = []
    if net.features is not None:
        yield f"omega = {_omega(net.features, d)}"
        modules, d = ["Fourier(omega)"], net.features.width(d)
    sizes = [*pairwise((d, *net.widths)), ((d, *net.widths)[-1], k)]
    for place, (fan, width) in enumerate(sizes):
        hidden = place < len(net.widths)
        bias = net.bias if hidden else net.output_bias
        modules.append(f"nn.Linear({fan}, {width}{'' if bias else ', bias=False'})")
        if hidden:
            modules += [f"nn.BatchNorm1d({width})"] * net.batch_norm
            modules.append(_module(net.nonlinearity))
            modules += [f"nn.Dropout({net.dropout!r})"] * bool(net.dropout)
    if isinstance(net.output.activation, Activation):
        modules.append(_module(net.output.activation))
    yield from _sequential(modules)
    yield from _starts(net)


def _sequential(modules: Sequence[str]) -> Iterator[str]:
    yield "net = nn.Sequential("
    yield from (f"    {each}," for each in modules)
    yield ")"


def _module(activation: Activation) -> str:
    owner = "" if activation.name in OWN else "nn."
    return f"{owner}{activation.name}({activation.written})"


def _omega(features: FourierFeatures, d: int) -> str:
    if features.count is not None:
        return f"torch.randn({d}, {features.count}) * {features.sd!r}"
    return f"torch.kron(torch.eye({d}), torch.tensor([{list(features.angular_frequencies)!r}]))"


def _starts(net: MLP) -> Iterator[str]:
    """The lines that start weights otherwise than torch does, in the order of the engine."""
    layers = len(net.widths) + 1
    starts = [
        given if isinstance(given, tuple) else (given,) * layers
        for given in (net.weights, net.biases)
    ]
    if any(each is not None for given in starts for each in given) or net.output.weights:
        yield "linears = [each for each in net if isinstance(each, nn.Linear)]"
    for place, (weights, biases) in enumerate(zip(*starts, strict=True)):
        for name, start in (("weight", weights), ("bias", biases)):
            has = name == "weight" or (net.bias if place < layers - 1 else net.output_bias)
            if isinstance(start, Initializer) and has:
                yield _drawn(start, f"linears[{place}].{name}")
    if net.output.weights == "signs":
        yield "with torch.no_grad():"
        yield "    signs = torch.randint(0, 2, linears[-1].weight.shape)"
        yield "    linears[-1].weight.copy_(2.0 * signs - 1)"
    elif isinstance(net.output.weights, Initializer):
        yield _drawn(net.output.weights, "linears[-1].weight")
    if not net.output.trained:
        yield "net[-1].requires_grad_(False)"
    if net.output.scaled:
        yield f"scale = {net.widths[-1]} ** -0.5"


def _drawn(start: Named, parameter: str) -> str:
    more = f", {start.written}" if start.arguments else ""
    return f"nn.init.{start.name}({parameter}{more})"


def _siren(net: Siren, d: int, k: int) -> Iterator[str]:
    modules = []
    for place, (fan, width) in enumerate(pairwise((d, *net.widths, k))):
        modules.append(f"nn.Linear({fan}, {width})")
        if place < len(net.widths):
            modules.append(f"Sine({net.hidden_omega if place else net.first_omega!r})")
    yield from _sequential(modules)
    yield "for place, each in enumerate(each for each in net if isinstance(each, nn.Linear)):"
    yield f"    later = (6 / each.in_features) ** 0.5 / {net.hidden_omega!r}"
    yield "    bound = later if place else 1 / each.in_features"
    yield "    nn.init.uniform_(each.weight, -bound, bound)"
