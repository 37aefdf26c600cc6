"""Timings as text."""

from collections.abc import Mapping

from tabulate import tabulate

from epochal.gate.timing import Timing

__all__ = ["timings_table"]


def timings_table(found: Mapping[str, Timing], margin: float, style: str = "simple") -> str:
    """A row a claim: the ratio of B to A, its interval, and what two sittings at most say."""
    rows = [
        (
            claim,
            f"{timing.sittings[0].ratio:.3f}",
            "[{:.3f}, {:.3f}]".format(*timing.sittings[0].interval),
            " + ".join(str(len(each.quadruples)) for each in timing.sittings),
            timing.pace.value,
        )
        for claim, timing in found.items()
    ]
    headers = ("claim", "B / A", "90% interval", "quadruples", f"by more than {margin:.0%}")
    return tabulate(rows, headers, tablefmt=style, disable_numparse=True)
