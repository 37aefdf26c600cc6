"""Timings as text."""

from collections.abc import Mapping
from typing import Any

from tabulate import tabulate

from epochal.gate.timing import Timing

__all__ = ["timing_rows", "timings_table"]


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


def timing_rows(found: Mapping[str, Timing]) -> list[dict[str, Any]]:
    """The same as JSON values, with the seconds of every block."""
    return [
        {
            "claim": claim,
            "pace": timing.pace.value,
            "sittings": [
                {
                    "ratio": each.ratio,
                    "interval": list(each.interval),
                    "pace": each.pace.value,
                    "seconds": [list(quadruple.seconds) for quadruple in each.quadruples],
                }
                for each in timing.sittings
            ],
        }
        for claim, timing in found.items()
    ]
