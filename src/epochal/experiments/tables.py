"""Data that are given as a table: points and what was measured there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.random import RandomState

from epochal.errors import SpecError
from epochal.experiments.arrays import columns, content, named_rows
from epochal.experiments.boxes import over
from epochal.experiments.checks import number, record, text
from epochal.experiments.files import read
from epochal.experiments.inputs import Array
from epochal.experiments.targets import Wave

__all__ = ["Table", "inputs_of", "table_of"]

MARGIN = 0.1
"""By how much of the range the grid over a plane goes beyond the rows, on each side."""


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
        y: ``(n,)``, or ``(n, k)`` for k outputs.
        held_out: the rows that errors are told on: a part of them such as 0.2, their numbers from 0
            on in a list or ``range``, or a mask with True or False for each row; 0 for the training
            points.
        name: what pages call it.
        plane: whether two inputs are coordinates of a map, which `Labels` of them asks for.

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
    plane: bool = False
    content: str = field(init=False)
    shape: tuple[int, int] = field(init=False)

    scale: ClassVar[str] = "as_is"
    waves: ClassVar[tuple[Wave, ...]] = ()

    def __post_init__(self) -> None:
        x, y = columns("table.x", self.x), columns("table.y", self.y)
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
        record("table.plane", self.plane, bool, "give True or False")
        if self.plane and self.dimensions != 2:
            rule = f"it has {self.dimensions} inputs, and a plane has two"
            raise SpecError("table.plane", True, rule, "leave it out")
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
        y: str | Sequence[str] | None = None,
        held_out: Any = 0.0,
    ) -> "Table":
        """The table of a CSV file, with a line of names or without.

        Args:
            path: the file; beside a case file ``Path(__file__).with_name("heights.csv")``.
            x: the names of the inputs' columns; all but the target's where it is left out.
            y: the name of the target's column, or of several; the last where it is left out.
            held_out: as of the table.

        Raises:
            SpecError: it cannot be read, a cell is missing or no number (with line and column),
                there is one column alone, or a name is not there.
        """
        given, wanted, _ = read(Path(path), x, y)
        return cls(given, wanted, held_out=held_out, name=Path(path).name)

    @property
    def dimensions(self) -> int:
        """How many inputs there are."""
        x = np.asarray(self.x)
        return x.shape[1] if x.ndim == 2 else 1

    @property
    def outputs(self) -> int:
        """How many outputs there are."""
        y = np.asarray(self.y)
        return y.shape[1] if y.ndim == 2 else 1

    @property
    def axes(self) -> int:
        """How many coordinates a position has."""
        return 2 if self.plane else 1

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
        by_row = self.dimensions > 1 and not self.plane
        found: Array = np.array(rows, float) if by_row else np.asarray(self.x)[rows]
        return found

    def positions(self, random: RandomState) -> Array:
        """The positions to train on, ``(points,)``."""
        return self.at(self.rows(random)[0])

    def values(self, positions: Array) -> Array:
        """What nobody knows: NaN for each of ``positions``, ``(n,)`` or ``(n, k)``."""
        return np.full((len(positions), *np.shape(self.y)[1:]), np.nan)

    def grid(self, points: int) -> Array:
        """A regular grid over one input or the plane; of several inputs up to so many rows."""
        if self.plane:
            x = np.asarray(self.x)
            low, beyond = x.min(axis=0), MARGIN * np.ptp(x, axis=0)
            return over(low - beyond, x.max(axis=0) + beyond, points)
        if self.dimensions > 1:
            last = self.shape[0] - 1
            return np.unique(np.linspace(0, last, points).astype(int)).astype(np.float64)
        x = np.asarray(self.x)
        return np.linspace(x.min(), x.max(), points)

    def features(self, positions: Array) -> Array:
        """The inputs, ``(len(positions), dimensions)``."""
        if self.dimensions > 1 and not self.plane:
            found: Array = np.asarray(self.x)[positions.astype(int)]
            return found
        return positions.reshape(len(positions), self.dimensions)

    def __str__(self) -> str:
        rows, inputs = self.shape
        y = np.asarray(self.y)
        held = f", {self.held} row{'s' * (self.held != 1)} held out" if self.held else ""
        outputs = f", {self.outputs} outputs" if self.outputs > 1 else ""
        return (
            f"{self.name} of {rows} rows and {inputs} input{'s' * (inputs != 1)}{outputs}, "
            f"y from {y.min():g} to {y.max():g}{held}"
        )


def table_of(target: object) -> Table | None:
    """The table that ``target`` is, or whose rows it labels; None where there is none."""
    found = getattr(target, "of", target)
    return found if isinstance(found, Table) else None


def inputs_of(target: object, inputs: Any) -> Any:
    """``inputs``, or the table itself where the target is of one."""
    table = table_of(target)
    if table is None:
        if isinstance(inputs, Table):
            rule, step = "a table is a target too", "give Points(x) for its points alone"
            raise SpecError("inputs", str(inputs), rule, step)
        return inputs
    if inputs is not None and inputs != table:
        rule = "the target is a table, which has its own"
        step = "leave it out, or write inputs=None where it is replaced"
        raise SpecError("inputs", str(inputs), rule, step)
    return table
