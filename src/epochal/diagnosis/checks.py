"""Checks of a setting before it is trained, by arithmetic and a few rules of thumb.

Each gives the numbers of its symptom's sentence, or None where the setting has not the symptom.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from epochal.diagnosis.activations import EVEN, ODD, RAYS
from epochal.diagnosis.before import Before
from epochal.diagnosis.floors import of_even, of_line, of_odd, of_range, of_rays
from epochal.experiments.inputs import Array, Line
from epochal.experiments.parts import Initializer

__all__ = [
    "below_noise",
    "beyond_range",
    "constant_target",
    "dropout",
    "equal_units",
    "fast",
    "few_pieces",
    "input_scale",
    "large_batch",
    "narrow",
    "no_activation",
    "output_range",
    "parity",
    "summed_gradients",
    "target_scale",
]

Numbers = Mapping[str, Any] | None

FAR, OFF, SMALL = 20.0, 4.0, 0.02
"""Inputs or targets are far from unit scale beyond ±`FAR`, with a mean of more than `OFF` standard
deviations, or with a standard deviation below `SMALL`."""

MANY_OSCILLATIONS = 10
"""More of them over the range are fast for a net that is given coordinates."""


def output_range(facts: Before) -> Numbers:
    """Targets lie outside the values that the output's activation can have."""
    last, asked = facts.last, facts.asked
    if (
        facts.net is None
        or asked.classes
        or last is None
        or not np.isfinite([last.low, last.high]).any()
    ):
        return None
    floor = facts.unit * of_range(facts.given, last.low, last.high)
    outside = float(np.mean((facts.given < last.low) | (facts.given > last.high)))
    if floor < asked.goal:
        return None
    return {
        "activation": facts.net.output.activation.name,  # type: ignore[union-attr]
        "range": _range(last.low, last.high),
        "share": f"{100 * outside:.0f}%",
        "floor": floor,
    }


def no_activation(facts: Before) -> Numbers:
    """Every layer is linear, so the net is, too."""
    net, asked = facts.net, facts.asked
    if net is None or asked.classes or net.output.activation is not None:
        return None
    if net.widths and net.nonlinearity.name != "Identity":
        return None
    floor = of_line(facts.features, facts.clean)
    shape = "a straight line" if facts.features.shape[1] == 1 else "a plane"
    return {"shape": shape, "floor": floor} if floor >= asked.goal else None


def parity(facts: Before) -> Numbers:
    """Without biases in its hidden layers the net has a symmetry that the target has not."""
    net, hidden, last = facts.net, facts.hidden, facts.last
    if net is None or hidden is None or last is None or facts.asked.classes:
        return None
    if net.bias or net.batch_norm or not net.widths or last.values is None:
        return None
    features, target, mirrored = facts.symmetric
    one = len(net.widths) == 1
    constant = net.output_bias or (hidden.at_zero != 0)
    if hidden.homogeneous and features.shape[1] == 1 and last.values is np.asarray:
        shape = RAYS
        floors = [of_rays(features[:, 0], y, net.output_bias) for y in target.T]
    elif hidden.sums == EVEN and one and last.values is np.asarray:
        shape = EVEN
        floors = [of_even(features, *pair) for pair in zip(target.T, mirrored.T, strict=True)]
    elif hidden.sums == ODD and (one or hidden.at_zero == 0):
        shape = ODD if constant else "an odd function"
        scaled = ((each - facts.data.offset) / facts.data.unit for each in (target, mirrored))
        pairs = zip(*(each.T for each in scaled), strict=True)
        floors = [facts.unit * of_odd(y, back, constant, last.values) for y, back in pairs]
    else:
        return None
    floor = float(np.mean(floors))
    if floor < facts.asked.goal:
        return None
    inner = "what the output's activation is given" if net.output.activation else "the net"
    return {"net": inner, "shape": shape, "floor": floor}


def few_pieces(facts: Before) -> Numbers:
    """A ReLU net has fewer pieces at the start than the target has rises and falls."""
    net, turns = facts.net, facts.turns
    if net is None or turns is None or net.nonlinearity.name != "ReLU" or not net.widths:
        return None
    pieces = sum(net.widths) + 1  # at most of one layer, about at the start of several
    if facts.features.shape[1] > 1 or pieces > turns:
        return None
    return {"pieces": pieces, "runs": turns + 1}


def narrow(facts: Before) -> Numbers:
    """A ReLU layer of one unit: what follows sees a constant on one side of a point."""
    net = facts.net
    if net is None or net.nonlinearity.name != "ReLU" or 1 not in net.widths:
        return None
    return {"layer": net.widths.index(1) + 1}


def fast(facts: Before) -> Numbers:
    """The target makes many oscillations over the range, and the net is given coordinates."""
    if facts.turns is None or facts.turns <= 2 * MANY_OSCILLATIONS or not facts.coordinates:
        return None
    deviation = float(facts.features[:, 0].std()) or 1.0
    per_unit = np.pi * facts.turns / (float(np.ptp(facts.features[:, 0])) or 1.0)
    return {"oscillations": facts.turns / 2, "frequency": float(per_unit * deviation)}


def beyond_range(facts: Before) -> Numbers:
    """The net is asked about more than it is trained on, and no layer is periodic."""
    experiment, periodic = facts.asked.experiment, ("Sine", "Snake")
    if not facts.asked.beyond or (facts.net and facts.net.nonlinearity.name in periodic):
        return None
    there, trained = experiment.probe_inputs, experiment.inputs
    assert isinstance(there, Line)
    assert isinstance(trained, Line)
    return {"from": there.low, "to": there.high, "low": trained.low, "high": trained.high}


def constant_target(facts: Before) -> Numbers:
    """The target does not vary."""
    value = float(facts.clean[0, 0])
    if facts.asked.classes or facts.variance > 1e-14 * max(1.0, value**2):
        return None
    return {"value": value}


def below_noise(facts: Before) -> Numbers:
    """What is asked for is less than the variance of the noise."""
    noise, goal = facts.noise, facts.asked.goal
    return {"noise": noise, "goal": goal} if noise is not None and goal < noise else None


def input_scale(facts: Before) -> Numbers:
    """Inputs are far from unit scale, and the net is given them as they are."""
    return _scale(facts.features) if facts.coordinates else None


def target_scale(facts: Before) -> Numbers:
    """Targets are far from unit scale, and the net is to give them as they are."""
    if facts.asked.classes or constant_target(facts) is not None:
        return None
    return _scale(facts.given)


def large_batch(facts: Before) -> Numbers:
    """The batch has more points than there are."""
    batch = facts.asked.batch
    return None if batch is None else {"batch": batch, "points": len(facts.features)}


def equal_units(facts: Before) -> Numbers:
    """All weights of a layer start equal, so its units stay equal."""
    net = facts.net
    if net is None:
        return None
    starts = net.weights if isinstance(net.weights, tuple) else (net.weights,)
    equal = [
        each.name
        for each, width in zip(starts, net.widths, strict=False)
        if isinstance(each, Initializer)
        and each.name in ("zeros_", "ones_", "constant_")
        and width > 1
    ]
    return {"start": equal[0]} if equal else None


def summed_gradients(facts: Before) -> Numbers:
    """Gradients are never set to zero."""
    return {} if facts.asked.experiment.loop.zero_grad == "never" else None


def dropout(facts: Before) -> Numbers:
    """Units are left out at random, although the target has no noise and no rows are held out."""
    net, asked = facts.asked.experiment.net, facts.asked
    part = getattr(net, "dropout", 0.0)
    known = asked.classes or asked.experiment.noise is not None or facts.data.held is not None
    return {"share": f"{100 * part:.0f}%"} if part and not known else None


def _scale(values: Array) -> Numbers:
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    varies = deviation > 0
    for place in np.flatnonzero(varies):
        m, s = float(mean[place]), float(deviation[place])
        largest = float(np.abs(values[:, place]).max())
        if largest > FAR or abs(m) > OFF * s or s < SMALL:
            low, high = float(values[:, place].min()), float(values[:, place].max())
            return {"low": low, "high": high, "mean": m, "deviation": s}
    return None


def _range(low: float, high: float) -> str:
    if np.isfinite([low, high]).all():
        return f"from {low:g} to {high:g}"
    return f"{low:g} or more" if np.isfinite(low) else f"{high:g} or less"
