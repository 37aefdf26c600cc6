"""The lines of an exponent: fitted through the seeds, its band, the source's, and the theory's."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from epochal.claims.rules.named.numbers import Exponent

__all__ = ["PowerLaw", "Seeds", "power_laws"]

Seeds = Sequence[Mapping[str, float | None]]
"""Of each seed its numbers: the exponent, and the epochs of each experiment by name."""


@dataclass(frozen=True)
class PowerLaw:
    """A line on logarithmic axes: epochs ``y`` at frequencies ``x``.

    ``kind`` is ``low`` or ``high`` for the edges of the band, ``fitted``, ``stated`` or ``theory``.
    """

    kind: str
    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]


def power_laws(
    rule: Exponent, seeds: Seeds, interval: Sequence[float] | None = None
) -> list[PowerLaw]:
    """The lines of ``rule``, through the middle of all seeds that got there.

    Args:
        rule: tells which frequency each experiment has.
        seeds: what was found.
        interval: of the exponent.
    """
    found = []
    if rule.predicted:
        x, y = zip(*rule.predicted, strict=True)
        found.append(PowerLaw("theory", "theory", x, y))
    slopes = [slope for each in seeds if (slope := each["exponent"]) is not None]
    dots = [
        (math.log(k), math.log(epochs))
        for name, k in rule.arms
        for each in seeds
        if (epochs := each.get(name))
    ]
    if not slopes or not dots:
        return found
    middle, height = fmean(x for x, _ in dots), fmean(y for _, y in dots)
    ends = min(x for x, _ in dots), max(x for x, _ in dots)

    def line(kind: str, label: str, slope: float) -> PowerLaw:
        y = tuple(math.exp(height + slope * (end - middle)) for end in ends)
        return PowerLaw(kind, label, (math.exp(ends[0]), math.exp(ends[1])), y)

    mean = fmean(slopes)
    low, high = (each if math.isfinite(each) else mean for each in rule.band)
    sure = " [{:.2f}, {:.2f}]".format(*interval) if interval else ""
    found += [line("low", "the band", low), line("high", "the band", high)]
    found.append(line("fitted", f"k^{mean:.2f}{sure}, {len(slopes)} seeds", mean))
    if rule.stated is not None:
        found.append(line("stated", f"k^{rule.stated:g}, the source's", rule.stated))
    return found
