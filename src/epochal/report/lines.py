"""Lines of text that fit a terminal."""

import textwrap
from collections.abc import Sequence

from tabulate import tabulate

__all__ = ["filled", "fits", "stacked", "tabulated"]


def filled(text: str, width: int | None) -> str:
    """``text`` wrapped to ``width``, its later lines indented; as it is where there is no width."""
    if width is None or len(text) <= width:
        return text
    return textwrap.fill(text, width, subsequent_indent="    ", break_on_hyphens=False)


def fits(table: str, width: int | None) -> bool:
    """Return whether each line of ``table`` is at most ``width`` long."""
    return width is None or max(map(len, table.splitlines()), default=0) <= width


def tabulated(rows: Sequence[Sequence[str]], headers: Sequence[str], style: str = "simple") -> str:
    """``rows`` as a table, with every cell as it is written."""
    return tabulate(rows, headers, tablefmt=style, disable_numparse=True)


def stacked(
    rows: Sequence[Sequence[str]], headers: Sequence[str], details: Sequence[str], width: int
) -> str:
    """A table with a line of details, wrapped to ``width``, below each row.

    Where even the rows are too long, all cells but the first stand below it, too.

    >>> print(stacked([["fits", "5 of 5"]], ["claim", "seeds"], ["MSE 0.02"], 80))
    claim    seeds
    -------  -------
    fits     5 of 5
        MSE 0.02
    """
    head, ruler, *lines = tabulated(rows, headers).splitlines()
    if len(ruler) > width:
        lines = [f"{name}\n    {', '.join(filter(None, cells))}" for name, *cells in rows]
        head, ruler = headers[0], "-" * width
    below = [filled(f"    {each}", width) for each in details]
    return "\n".join([head, ruler, *(f"{a}\n{b}" for a, b in zip(lines, below, strict=True))])
