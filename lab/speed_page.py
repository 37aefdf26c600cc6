"""The page of how fast the engines are."""

from collections.abc import Sequence

from tabulate import tabulate

from lab.speed import Speed

__all__ = ["ratio", "speed_page"]


def ratio(speeds: Sequence[Speed]) -> float:
    """Return the rate of ``prefix_sum`` over the best of ``reference``."""
    fast = max(each.rate for each in speeds if each.way.engine == "prefix_sum")
    return fast / max(each.rate for each in speeds if each.way.engine == "reference")


def speed_page(found: Sequence[Sequence[Speed]], machine: str) -> str:
    """A Markdown page: a row a size of net and way, and how the cost grows.

    Args:
        found: for each size what every way reached.
        machine: processor, cores and torch.
    """
    rows = [
        (
            speed.points,
            speed.units,
            str(speed.way),
            f"{speed.rate:.4g}",
            f"{min(speed.rates):.4g} to {max(speed.rates):.4g}",
            f"{speed.memory:.0f} MB",
            f"× {ratio(speeds):.0f}" if speed.way.engine == "prefix_sum" else "",
        )
        for speeds in found
        for speed in speeds
    ]
    headers = (
        *("points", "units", "way", "epochs a second", "spread", "peak memory"),
        "over reference",
    )
    table = tabulate(rows, headers, tablefmt="pipe", disable_numparse=True)
    repeats = len(found[0][0].rates)
    parts = ["# How fast the engines are", WHAT.format(repeats=repeats), table]
    parts += [
        "\n".join(f"- {line}" for line in growth(found)),
        f"On {machine}. `python -m lab speed`",
    ]
    return "\n\n".join(parts) + "\n"


WHAT = (
    "One hidden layer of ReLU units on the circle, of which the first layer is trained without "
    "biases by gradient descent on all points; every epoch's loss and shares are recorded. Medians "
    "of {repeats} periods of about 1.5 s, the ways in alternation."
)


def growth(found: Sequence[Sequence[Speed]]) -> list[str]:
    """Return how an epoch of ``prefix_sum`` grows with points and units."""
    fast = {
        (e.points, e.units): 1 / e.rate for s in found for e in s if e.way.engine == "prefix_sum"
    }
    lines = []
    for (points, units), seconds in fast.items():
        for name, half in (("units", (points, units // 2)), ("points", (points // 2, units))):
            if half in fast:
                lines.append(
                    f"Twice the {name}, {half[0]} × {half[1]} to {points} × {units}: an epoch of "
                    f"prefix_sum takes {seconds / fast[half]:.2f} times as long."
                )
    return lines
