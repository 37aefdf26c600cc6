"""The poster's loop once more, by people who trust neither torch nor calculus.

From the same weights and points: `by_hand` has the gradient of a net with two hidden layers written
out, `by_differences` has none, and takes every slope from two losses. Both are numpy in float64.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from epochal import Training
from epochal.experiments.data import Data
from epochal.experiments.inputs import Array

from .settings import POSTER

STEP, NEAR = 2e-3, 1e-6
"""The poster's step, and how far from a weight its slope is looked for, on both sides."""

Weights = list[Array]
"""Of each layer, first to last: the matrix (out, in), then the bias (out,)."""

Gradient = Callable[[Weights, Array, Array], Weights]
Epochs = Iterator[tuple[float, Callable[[Array], Array]]]


def start(seed: int) -> Weights:
    """The weights with which the poster's net begins."""
    import torch  # which listings do without

    torch.manual_seed(seed)
    net = [torch.nn.Linear(1, 200), torch.nn.Linear(200, 200), torch.nn.Linear(200, 1)]
    drawn = [part for layer in net for part in (layer.weight, layer.bias)]
    return [each.detach().numpy().astype(np.float64) for each in drawn]


def layers(weights: Weights, x: Array) -> tuple[Array, ...]:
    """What each layer gives, before and after its ReLU; the last is the prediction (n, 1)."""
    w1, b1, w2, b2, w3, b3 = weights
    z1 = x @ w1.T + b1
    z2 = relu(z1) @ w2.T + b2
    return z1, z2, relu(z2) @ w3.T + b3


def relu(z: Array) -> Array:
    return np.maximum(z, 0.0)


def chain_rule(weights: Weights, x: Array, y: Array) -> Weights:
    """The gradient of the mean squared error, written out."""
    _, _, w2, _, w3, _ = weights
    z1, z2, out = layers(weights, x)
    d3 = 2 * (out - y[:, None]) / len(y)
    d2 = (d3 @ w3) * (z2 > 0)
    d1 = (d2 @ w2) * (z1 > 0)
    outer = (d1.T @ x, d2.T @ relu(z1), d3.T @ relu(z2))
    return [part for each, d in zip(outer, (d1, d2, d3), strict=True) for part in (each, d.sum(0))]


def chain_rule_without_biases(weights: Weights, x: Array, y: Array) -> Weights:
    """The same with the biases forgotten."""
    gradient = chain_rule(weights, x, y)
    return [each if each.ndim == 2 else np.zeros_like(each) for each in gradient]


def two_losses(weights: Weights, x: Array, y: Array) -> Weights:
    """Each slope of the mean squared error as the difference of two losses over 2e-6.

    A weight moves one unit, and a unit moves the prediction through its own column alone, so no
    loss needs the whole net again.
    """
    _, _, w2, _, w3, _ = weights
    z1, z2, out = layers(weights, x)
    a1, miss = relu(z1), out[:, 0] - y

    def slopes(moved: Sequence[Array]) -> Array:
        """The k slopes, where two moves of k weights add ``moved`` (n, k) to the prediction."""
        up, down = (np.mean((miss[:, None] + each) ** 2, axis=0) for each in moved)
        found: Array = (up - down) / (2 * NEAR)
        return found

    def first(sources: Array) -> Array:
        """Of weights from ``sources`` (n, k) to each unit of the first layer, (200, k)."""
        found = np.empty((len(z1[0]), sources.shape[1]))
        for unit in range(found.shape[0]):
            for place, source in enumerate(sources.T):
                both = []
                for sign in (NEAR, -NEAR):
                    change = relu(z1[:, unit] + sign * source) - a1[:, unit]
                    later = relu(z2 + np.outer(change, w2[:, unit])) - relu(z2)
                    both.append((later @ w3[0])[:, None])
                found[unit, place] = slopes(both)[0]
        return found

    def second(sources: Array) -> Array:
        """Of weights from ``sources`` (n, k) to each unit of the second layer, (200, k)."""
        found = np.empty((len(z2[0]), sources.shape[1]))
        for unit in range(found.shape[0]):
            z, before = z2[:, unit, None], relu(z2[:, unit, None])
            found[unit] = slopes(
                [w3[0, unit] * (relu(z + sign * sources) - before) for sign in (NEAR, -NEAR)]
            )
        return found

    one = np.ones((len(x), 1))
    last = [slopes([sign * each for sign in (NEAR, -NEAR)]) for each in (relu(z2), one)]
    return [first(x), first(one)[:, 0], second(a1), second(one)[:, 0], last[0][None], last[1]]


def descend(data: Data, seed: int, gradient: Gradient) -> Epochs:
    """Gradient descent by any of the gradients above."""
    weights, x, y = start(seed), data.features, data.target
    while True:

        def predict(features: Array, now: Weights = weights) -> Array:
            return layers(now, features)[-1][:, 0]

        yield float(np.mean((predict(x) - y) ** 2)), predict
        slopes = gradient(weights, x, y)
        weights = [each - STEP * slope for each, slope in zip(weights, slopes, strict=True)]


def by_hand(data: Data, seed: int, device: str) -> Epochs:
    """Gradient descent with the gradient written out."""
    yield from descend(data, seed, chain_rule)


def without_biases(data: Data, seed: int, device: str) -> Epochs:
    """Gradient descent with the gradient written out, and the biases forgotten."""
    yield from descend(data, seed, chain_rule_without_biases)


def by_differences(data: Data, seed: int, device: str) -> Epochs:
    """Gradient descent with every slope taken from two losses."""
    yield from descend(data, seed, two_losses)


def training(loop: Callable[[Data, int, str], Epochs], epochs_worth: float) -> Training:
    """``loop`` on the poster's data; its cost in epochs of the poster's."""
    cost = epochs_worth * POSTER.flops_an_epoch
    return Training(train=loop, flops_an_epoch=cost, inputs=POSTER.inputs, target=POSTER.target)


BY_HAND = training(by_hand, 1)
NO_BIAS_GRADIENT = training(without_biases, 1)
BY_DIFFERENCES = training(by_differences, 400)
