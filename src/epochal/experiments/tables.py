"""Data that are given as a table: points and what was measured there."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.random import RandomState

from epochal.errors import SpecError, nearest
from epochal.experiments.arrays import columns, content, named_rows, numbers
from epochal.experiments.checks import number, text
from epochal.experiments.inputs import Array
from epochal.experiments.targets import Wave

__all__ = ["Table", "inputs_of"]

DELIMITERS = (",", ";", "\t")


@dataclass(frozen=True)
class Table:
    """Points and their values, from lists, arrays or a CSV file: both inputs and target.

    ``Experiment(target=Table(x, y), …)`` needs no inputs. Positions are those of its one input, or
    the numbers of its rows where there are several. What counts in a digest, and stands on
    pages, is a hash of the numbers and their shape. Between its points nobody knows the target, so
    rules about the probe grid and about waves refuse it. With ``held_out`` rows are not
    trained on, and errors are those of them: of a part of the rows the seed draws which.

    Args:
        x: ``(n,)``, or ``(n, d)`` for d inputs.
        y: ``(n,)``.
        held_out: the rows that errors are told on: a part of them such as 0.2, their numbers from 0
            on in a list or ``range``, or a mask with True or False for each row; 0 for the training
            points.
        name: what pages call it.

    >>> table = Table([0, 1, 2, 3], [0, 1, 4, 9], held_out=0.25)
    >>> table.points, str(table)
    (3, 'a table of 4 rows and 1 input, y from 0 to 9, 1 row held out')
    >>> Table([0, 1, 2, 3], [0, 1, 4, 9], held_out=range(2, 4)).held_out
    (2, 3)
    """

    x: Sequence[Any] | Array = field(compare=False, repr=False)
    y: Sequence[Any] | Array = field(compare=False, repr=False)
    held_out: Any = 0.0
    name: str = field(default="a table", compare=False)
    content: str = field(init=False)
    shape: tuple[int, int] = field(init=False)

    scale: ClassVar[str] = "as_is"
    waves: ClassVar[tuple[Wave, ...]] = ()

    def __post_init__(self) -> None:
        x, y = columns("table.x", self.x), columns("table.y", self.y)
        if y.ndim != 1:
            rule = f"a net has one output, and these are {y.shape[1]} columns"
            raise SpecError("table.y", y.shape, rule, "give one of them")
        if len(x) != len(y):
            rule = f"x has {len(x)} rows, and y has {len(y)}"
            raise SpecError("table.y", len(y), rule, "give as many of both")
        if len(y) < 2:
            raise SpecError(
                "table.x", len(y), "a table needs at least two rows", "give two or more"
            )
        for name, value in (("x", x), ("y", y), ("content", content(x, y))):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "shape", (len(y), self.dimensions))
        text("table.name", self.name)
        self._check_held_out()

    def _check_held_out(self) -> None:
        field, rows = "table.held_out", self.shape[0]
        if not isinstance(self.held_out, int | float | str):
            held = named_rows(field, self.held_out, rows)
            object.__setattr__(self, "held_out", held)
            return
        part = number(field, self.held_out)
        object.__setattr__(self, "held_out", part)
        if not 0 <= part < 1:
            step = "give one such as 0.2, or 0 for none"
            raise SpecError(field, part, "it is a part of the rows", step)
        if part and not 1 <= self.held < rows:
            left = "held out" if not self.held else "to train on"
            rule = f"of {rows} rows it leaves none {left}"
            least, most = 1 / rows, 1 - 1 / rows
            step = f"give from {least:.2g} to {most:.2g}"
            raise SpecError(field, part, rule, step)

    @classmethod
    def read(
        cls,
        path: str | Path,
        x: str | Sequence[str] | None = None,
        y: str | None = None,
        held_out: Any = 0.0,
    ) -> "Table":
        """The table of a CSV file, with a line of names or without.

        Args:
            path: the file; beside a case file ``Path(__file__).with_name("heights.csv")``.
            x: the names of the inputs' columns; all but the last where it is left out.
            y: the name of the target's column; the last where it is left out.
            held_out: as of the table.

        Raises:
            SpecError: it cannot be read, a cell is missing or no number (with line and column),
                there is one column alone, or a name is not there.
        """
        names, values = _cells(Path(path))
        last = len(names) - 1 if y is None else _place("y", y, names)
        wanted = [x] if isinstance(x, str) else x
        rest = [each for each in range(len(names)) if each != last]
        places = rest if wanted is None else [_place("x", each, names) for each in wanted]
        if last in places:
            raise SpecError("table.x", names[last], "it is the target", "leave it out")
        return cls(values[:, places], values[:, last], held_out=held_out, name=Path(path).name)

    @property
    def dimensions(self) -> int:
        """How many inputs there are."""
        x = np.asarray(self.x)
        return x.shape[1] if x.ndim == 2 else 1

    @property
    def held(self) -> int:
        """How many rows are held out."""
        if isinstance(self.held_out, tuple):
            return len(self.held_out)
        return round(float(self.held_out) * self.shape[0])

    @property
    def points(self) -> int:
        """How many rows are trained on."""
        return self.shape[0] - self.held

    @property
    def span(self) -> float:
        """The range of positions."""
        return float(np.ptp(self.at(np.arange(self.shape[0]))))

    def rows(self, random: RandomState) -> tuple[Any, Any]:
        """The rows to train on and those held out, ``(points,)`` and ``(held,)``, in order."""
        if isinstance(self.held_out, tuple) or not self.held:
            every, held = np.arange(self.shape[0]), np.array(self.held_out or (), int)
            return np.setdiff1d(every, held), held
        mixed = random.permutation(self.shape[0])
        return np.sort(mixed[self.held :]), np.sort(mixed[: self.held])

    def at(self, rows: Any) -> Array:
        """The positions of rows."""
        found: Array = np.asarray(self.x)[rows] if self.dimensions == 1 else np.array(rows, float)
        return found

    def positions(self, random: RandomState) -> Array:
        """The positions to train on, ``(points,)``."""
        return self.at(self.rows(random)[0])

    def values(self, positions: Array) -> Array:
        """What nobody knows: NaN for each of ``positions``."""
        return np.full(len(positions), np.nan)

    def grid(self, points: int) -> Array:
        """A regular grid over the range of one input; of several up to so many of the rows."""
        if self.dimensions > 1:
            last = self.shape[0] - 1
            return np.unique(np.linspace(0, last, points).astype(int)).astype(np.float64)
        x = np.asarray(self.x)
        return np.linspace(x.min(), x.max(), points)

    def features(self, positions: Array) -> Array:
        """The inputs, ``(len(positions), dimensions)``."""
        if self.dimensions > 1:
            found: Array = np.asarray(self.x)[positions.astype(int)]
            return found
        return positions[:, None]

    def __str__(self) -> str:
        rows, inputs = self.shape
        y = np.asarray(self.y)
        held = f", {self.held} row{'s' * (self.held != 1)} held out" if self.held else ""
        return (
            f"{self.name} of {rows} rows and {inputs} input{'s' * (inputs != 1)}, "
            f"y from {y.min():g} to {y.max():g}{held}"
        )


def inputs_of(target: object, inputs: Any) -> Any:
    """``inputs``, or the table itself where the target is one."""
    if not isinstance(target, Table):
        if isinstance(inputs, Table):
            rule, step = "a table is a target too", "give Points(x) for its points alone"
            raise SpecError("inputs", str(inputs), rule, step)
        return inputs
    if inputs is not None and inputs != target:
        rule = "the target is a table, which has its own"
        raise SpecError("inputs", str(inputs), rule, "leave it out")
    return target


def _place(field: str, name: str, names: Sequence[str]) -> int:
    if name not in names:
        rule, step = "the file has no such column", nearest(str(name), names)
        raise SpecError(f"table.{field}", name, rule, step)
    return list(names).index(name)


def _cells(path: Path) -> tuple[list[str], Array]:
    """The names of the columns, numbers from 1 where there are none, and the numbers."""
    lines = _lines(path)
    delimiter = max(DELIMITERS, key=lines[0][1].count)
    rows = [(line, next(csv.reader([written], delimiter=delimiter))) for line, written in lines]
    width = len(rows[0][1])
    if width < 2:
        rule = "it has one column; a table needs an input and a target"
        raise SpecError("table.path", str(path), rule, "separate the columns by commas")
    headed = not any(_is_number(cell) for cell in rows[0][1])
    names = [cell.strip() for cell in rows[0][1]] if headed else [str(n + 1) for n in range(width)]
    found = [_row(path, line, cells, names) for line, cells in rows[headed:]]
    if not found:
        rule = "it has no row below its header"
        raise SpecError("table.path", str(path), rule, "give it numbers")
    return names, numbers("table", found)


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


def _row(path: Path, line: int, cells: Sequence[str], names: Sequence[str]) -> list[float]:
    if len(cells) != len(names):
        rule = f"line {line} has {len(cells)} cells for {len(names)} columns"
        raise SpecError("table.path", str(path), rule, "give every row as many")
    for cell, name in zip(cells, names, strict=True):
        where = f"line {line}, column {name}"
        if not cell.strip():
            rule = f"{where}: the cell is empty"
            raise SpecError("table.path", str(path), rule, "fill it, or drop the row")
        if not _is_number(cell):
            rule = f"{where}: {cell.strip()!r} is not a finite number"
            raise SpecError("table.path", str(path), rule, "write one such as 1.5, or drop the row")
    return [float(cell) for cell in cells]


def _is_number(cell: str) -> bool:
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False
