"""Symptoms that a setting shows while it trains; none is told of one that fits with every seed."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from epochal.diagnosis.after import After
from epochal.diagnosis.before import Before
from epochal.diagnosis.changes import BATCH
from epochal.diagnosis.symptom import Symptom

if TYPE_CHECKING:
    from epochal.training.inside import Inside, Layer

__all__ = ["TRAINED"]

Numbers = Mapping[str, Any] | None

DEAD, SATURATED = 0.8, 0.5
"""The share of a layer's units that give 0 everywhere, and of its outputs that lie on a plateau."""

FLAT = 0.02
"""An output that varies by less than this share of the target's deviation is a constant."""

VANISHED = 1e-3
"""The gradient of the first layer, as a share of the largest."""

SMALL_STEP, STABLE = 0.2, 2.0
"""The learning rate times the curvature: small below, unstable above, for gradient descent."""

SWINGS = 3.0
"""The 90th over the 10th percentile of a loss that swings."""

FALLING = 0.97
"""The loss of the last quarter of the epochs over that of the second, where it is still falling."""

APART = 4.0
"""How many times larger one error is than another, where the difference is told."""

MANY_POINTS = 64
"""From so many points on an update on all of them at once is a rare one."""


def diverged(facts: After) -> Numbers:
    """The loss stops being finite."""
    gone = [each for each in facts.runs.diverged_at() if each is not None]
    if not gone:
        return None
    step = facts.step
    large = step is not None and step > STABLE
    why = f" The learning rate times the largest curvature is {step:.3g}, and {STABLE:g} is stable."
    counted = _counted(len(gone), facts)
    return {**counted, "epoch": min(gone), "why": why if large else ""}


def swinging(facts: After) -> Numbers:
    """The loss goes up and down and falls no more."""
    if facts.epochs < 20:
        return None
    late = np.where(facts.finite[:, None], facts.runs.loss[:, facts.epochs // 2 :], np.inf)
    low, high = np.percentile(late, [10, 90], axis=1, method="nearest")
    third, last = facts.quarters()[:, 2:].T
    swings = facts.finite & (high > SWINGS * low) & (last > FALLING * third)
    if not swings.any():
        return None
    place = int(np.flatnonzero(swings)[0])
    counted = _counted(int(swings.sum()), facts)
    return {**counted, "low": float(low[place]), "high": float(high[place])}


def dead_units(facts: After) -> Numbers:
    """Most ReLU units of a layer give 0 at every point."""
    return _layers(facts, lambda each: each.dead, DEAD)


def saturated(facts: After) -> Numbers:
    """In most seeds most outputs of a layer of tanh or sigmoid lie where its slope is small."""
    return _layers(facts, lambda each: each.saturated, SATURATED, least_seeds=0.5)


def constant_output(facts: After) -> Numbers:
    """The net gives the same number everywhere."""
    deviation = float(np.sqrt(facts.constant))
    if facts.asked.classes or deviation == 0:
        return None
    flat = [each.finite and each.deviation < FLAT * deviation for each in facts.end]
    if not any(flat):
        return None
    error = float(np.median(facts.errors[np.array(flat)]))
    return {**_counted(sum(flat), facts), "error": error, "constant": facts.constant}


def vanishing(facts: After) -> Numbers:
    """The first layer gets a far smaller gradient than another."""
    ratios = [
        each.gradients[0] / max(each.gradients)
        for each in facts.start
        if each.finite and len(each.gradients) > 1 and max(each.gradients) > 0
    ]
    if not ratios or np.median(ratios) > VANISHED:
        return None
    return {"ratio": float(np.median(ratios))}


def small_steps(facts: After) -> Numbers:
    """Plain gradient descent makes steps far below what is stable, and is still learning."""
    step = facts.step
    if step is None or not 0 < step <= SMALL_STEP or not facts.finite.all() or _stuck(facts):
        return None
    return {"step": step, "times": round(STABLE / step)}


def still_learning(facts: After) -> Numbers:
    """The loss falls to the last epoch."""
    if facts.epochs < 20 or not facts.finite.all():
        return None
    loss = np.median(facts.quarters(), axis=0)
    falls = loss[3] < FALLING * loss[1]
    return {"middle": float(loss[1]), "last": float(loss[3])} if falls else None


def middle_first(facts: After) -> Numbers:
    """The middle of the range is learned, and the ends are not."""
    regions = facts.regions
    if regions is None or regions.inner * APART > regions.outer:
        return None
    if regions.inner > 0.5 * regions.constant or regions.outer < facts.asked.goal:
        return None
    return vars(regions)


def slow_first(facts: After) -> Numbers:
    """The slowest wave of the target is learned, and the fastest is not."""
    if len(facts.components) < 2:
        return None
    slow, fast = facts.components[0], facts.components[-1]
    if slow.learned < 0.5 or fast.learned > slow.learned / 2:
        return None
    shares = (f"{100 * max(0.0, each.learned):.0f}%" for each in (slow, fast))
    low, high = shares
    return {"slow": slow.oscillations, "low": low, "fast": fast.oscillations, "high": high}


def few_updates(facts: After) -> Numbers:
    """All points at once make one update an epoch."""
    experiment = facts.asked.experiment
    points = experiment.inputs.points
    if experiment.loop.batch is not None or points < MANY_POINTS or not facts.finite.all():
        return None
    if experiment.optimizer.name == "LBFGS" or _stuck(facts):
        return None
    return {"points": points, "updates": -(-points // BATCH)}


def summed_loss(facts: After) -> Numbers:
    """The loss is a sum over points, so that the learning rate means something else."""
    experiment = facts.asked.experiment
    rate = experiment.optimizer.keywords.get("lr")
    if not Before(facts.asked).summed or rate is None or not facts.plain:
        return None
    halved = 1 if experiment.loop.loss != "half_sum" else 2
    points = experiment.inputs.points * experiment.outputs
    return {"rate": float(rate), "points": points, "same": float(rate * points / halved)}


def _stuck(facts: After) -> bool:
    """Whether units or the output are so that larger steps and more of them would not help."""
    return any(check(facts) is not None for check in (dead_units, saturated, constant_output))


def _counted(count: int, facts: After) -> dict[str, str]:
    """The words "In k of n seeds", which begin a sentence."""
    return {"In": f"In {count} of {facts.seeds} seeds"}


def _layers(
    facts: After, part: "Callable[[Layer], float]", least: float, least_seeds: float = 0.0
) -> Numbers:
    """The first layer of which ``part`` is at least so much, with the seeds that have it."""
    nets: Sequence[tuple[Inside, Inside]] = list(zip(facts.start, facts.end, strict=True))
    worst = [[each for net in pair for each in net.layers if part(each) >= least] for pair in nets]
    hit = [each for each in worst if each]
    if not hit or len(hit) < least_seeds * facts.seeds:
        return None
    first = hit[0][0]
    share = f"{100 * part(first):.0f}%"
    return {**_counted(len(hit), facts), "layer": first.name, "share": share}


TRAINED: tuple[Symptom[After], ...] = (
    Symptom(
        "diverged",
        diverged,
        "{In} the loss is not finite from epoch {epoch} on: the steps are too large.{why}",
        "Cohen et al. 2021, arXiv 2103.00065",
        ("lr-third", "lr-tenth", "standardised-inputs", "standardised-target"),
    ),
    Symptom(
        "dead-units",
        dead_units,
        "{In} {share} of the units of {layer} give 0 at every training point, so that they get no "
        "gradient.",
        "Lu et al. 2019, arXiv 1903.06733",
        ("no-output-activation", "tanh", "default-start", "width-2"),
    ),
    Symptom(
        "saturated-units",
        saturated,
        "{In} {share} of the outputs of {layer} lie on a plateau, where gradients are small.",
        "Glorot and Bengio 2010, AISTATS",
        ("default-start", "standardised-inputs", "no-output-activation", "adam"),
    ),
    Symptom(
        "constant-output",
        constant_output,
        "{In} the net gives nearly the same number at every point. Its error is {error}, and the "
        "best constant has {constant}.",
        "ours",
        ("standardised-inputs", "no-output-activation", "tanh", "adam-and-batches"),
    ),
    Symptom(
        "vanishing-gradient",
        vanishing,
        "At the start the gradient of the first layer is {ratio} of the largest.",
        "Glorot and Bengio 2010, AISTATS",
        ("relu", "tanh", "default-start"),
    ),
    Symptom(
        "summed-loss",
        summed_loss,
        "The loss is a sum: a learning rate of {rate} on {points} points is one of {same} on "
        "their mean.",
        "arithmetic",
    ),
    Symptom(
        "small-steps",
        small_steps,
        "The learning rate times the largest curvature is {step}. Gradient descent is stable up "
        "to 2, so it could be up to {times} times larger.",
        "Cohen et al. 2021, arXiv 2103.00065",
        ("lr-10", "lr-3", "adam"),
    ),
    Symptom(
        "swinging-loss",
        swinging,
        "{In} the loss swings between {low} and {high} and falls no more.",
        "ours",
        ("lr-third", "lr-tenth"),
    ),
    Symptom(
        "middle-first",
        middle_first,
        "The middle is learned before the ends: the error is {inner} between {low} and {high}, "
        "and {outer} outside.",
        "the forum thread of reports/thread.md",
        ("adam-and-batches",),
    ),
    Symptom(
        "slow-first",
        slow_first,
        "Slow waves are learned before fast ones: {low} of the one with {slow} oscillations over "
        "the range, and {high} of the one with {fast}.",
        "Rahaman et al. 2019, arXiv 1806.08734",
        ("fourier-features", "sine", "adam-and-batches"),
    ),
    Symptom(
        "few-updates",
        few_updates,
        f"An epoch is one update on all {{points}} points. Batches of {BATCH} make {{updates}} "
        "updates of it.",
        "the forum thread of reports/thread.md",
        ("adam-and-batches", "batches"),
    ),
    Symptom(
        "still-learning",
        still_learning,
        "It is still learning: the loss fell from {middle} to {last} over the last half.",
        "ours",
        ("adam", "lr-3", "lr-10"),
    ),
)
"""In the order in which they are told."""
