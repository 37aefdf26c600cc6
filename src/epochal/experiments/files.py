"""Columns of a CSV file: numbers, or texts that name classes."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from epochal.errors import SpecError, nearest
from epochal.experiments.arrays import numbers
from epochal.experiments.inputs import Array

__all__ = ["read", "reading"]

DELIMITERS = (",", ";", "\t")

Names = str | Sequence[str] | None


def read(
    path: Path, x: Names, y: Names, texts: bool = False
) -> tuple[Array, Array, tuple[str, ...]]:
    """The inputs ``(n, d)`` and the targets ``(n, k)`` of a CSV file, with a line of names or not.

    Args:
        path: the file.
        x: the names of the inputs' columns; all but the targets' where it is left out.
        y: the names of the targets' columns; the last where it is left out.
        texts: whether the one column of targets may hold texts, which are numbered in their order.

    Returns:
        Both, and the texts by their number; none where the targets are numbers.

    Raises:
        SpecError: it cannot be read, a cell is missing or no number (with line and column), there
            is one column alone, or a name is not there.
    """
    names, rows = _cells(path)
    inputs, targets = _places(names, x, y)
    coded: tuple[str, ...] = ()
    if texts and not all(_is_number(cells[targets[0]]) for _, cells in rows if cells[targets[0]]):
        written = [_written(path, line, cells, targets[0], names) for line, cells in rows]
        coded = tuple(sorted({*written}))
        rows = [
            (line, [*cells[: targets[0]], str(coded.index(text)), *cells[targets[0] + 1 :]])
            for (line, cells), text in zip(rows, written, strict=True)
        ]
    used = sorted({*inputs, *targets})
    values = numbers("table", [_row(path, line, cells, names, used) for line, cells in rows])
    column = {place: values[:, number] for number, place in enumerate(used)}
    given, wanted = (np.stack([column[p] for p in each], axis=1) for each in (inputs, targets))
    return given, wanted, coded


def reading(path: Path, x: Names, y: Names) -> str:
    """Lines of Python that read arrays ``x`` and ``y`` from a file with numpy, as `read` does."""
    names, _ = _cells(path)
    delimiter = _delimiter(_lines(path))
    headed = names != [str(n + 1) for n in range(len(names))]
    skip = ", skip_header=1" * headed
    inputs, targets = (each[0] if len(each) == 1 else each for each in _places(names, x, y))
    return (
        f'table = np.genfromtxt("{path.name}", delimiter="{delimiter}"{skip})\n'
        f"x, y = table[:, {inputs}], table[:, {targets}]"
    )


def _places(names: Sequence[str], x: Names, y: Names) -> tuple[list[int], list[int]]:
    """The places of the inputs' columns and of the targets'."""
    targets = [len(names) - 1] if y is None else [_place("y", each, names) for each in _each(y)]
    rest = [each for each in range(len(names)) if each not in targets]
    inputs = rest if x is None else [_place("x", each, names) for each in _each(x)]
    for place in inputs:
        if place in targets:
            raise SpecError("table.x", names[place], "it is the target", "leave it out")
    if not inputs:
        raise SpecError("table.y", y, "no column is left for the inputs", "name fewer")
    return inputs, targets


def _each(given: str | Sequence[str]) -> Sequence[str]:
    return [given] if isinstance(given, str) else given


def _place(field: str, name: str, names: Sequence[str]) -> int:
    if name not in names:
        rule, step = "the file has no such column", nearest(str(name), names)
        raise SpecError(f"table.{field}", name, rule, step)
    return list(names).index(name)


def _cells(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The names of the columns, numbers from 1 where there are none, and the rows by line."""
    lines = _lines(path)
    delimiter = _delimiter(lines)
    rows = [(line, next(csv.reader([written], delimiter=delimiter))) for line, written in lines]
    width = len(rows[0][1])
    if width < 2:
        rule = "it has one column; a table needs an input and a target"
        raise SpecError("table.path", str(path), rule, "separate the columns by commas")
    headed = not any(_is_number(cell) for cell in rows[0][1])
    names = [cell.strip() for cell in rows[0][1]] if headed else [str(n + 1) for n in range(width)]
    rows = rows[headed:]
    if not rows:
        rule = "it has no row below its header"
        raise SpecError("table.path", str(path), rule, "give it numbers")
    for line, cells in rows:
        if len(cells) != width:
            rule = f"line {line} has {len(cells)} cells for {width} columns"
            raise SpecError("table.path", str(path), rule, "give every row as many")
    return names, rows


def _delimiter(lines: Sequence[tuple[int, str]]) -> str:
    return max(DELIMITERS, key=lines[0][1].count)


def _lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a file that are not empty, with their numbers."""
    try:
        written = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        step = "name a CSV file; next to a case file it is Path(__file__).with_name(…)"
        raise SpecError("table.path", str(path), f"it cannot be read ({why})", step) from error
    lines = [(place, each) for place, each in enumerate(written, 1) if each.strip()]
    if not lines:
        raise SpecError("table.path", str(path), "it is empty", "give it rows of numbers")
    return lines


def _row(
    path: Path, line: int, cells: Sequence[str], names: Sequence[str], used: Sequence[int]
) -> list[float]:
    for place in used:
        cell = _written(path, line, cells, place, names)
        if not _is_number(cell):
            rule = f"line {line}, column {names[place]}: {cell!r} is not a finite number"
            raise SpecError("table.path", str(path), rule, "write one such as 1.5, or drop the row")
    return [float(cells[place]) for place in used]


def _written(path: Path, line: int, cells: Sequence[str], place: int, names: Sequence[str]) -> str:
    """What a cell holds; raises `SpecError` if that is nothing."""
    if not (written := cells[place].strip()):
        rule = f"line {line}, column {names[place]}: the cell is empty"
        raise SpecError("table.path", str(path), rule, "fill it, or drop the row")
    return written


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False
