"""Targets that are classes: by a formula, a function or a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from epochal.errors import SpecError
from epochal.experiments.arrays import columns
from epochal.experiments.checks import members, record, text, whole
from epochal.experiments.files import read
from epochal.experiments.inputs import Array
from epochal.experiments.loops import Loop, Loss
from epochal.experiments.tables import Table
from epochal.experiments.targets import Target, Wave
from epochal.experiments.vectors import outputs_of

__all__ = ["Labels", "check_labels"]

CODINGS: Mapping[str, str] = {
    "CrossEntropyLoss": "numbers",
    "MultiMarginLoss": "numbers",
    "BCEWithLogitsLoss": "ones",
    "hinge": "signs",
    "MSELoss": "one hot",
    "mean": "one hot",
    "half_sum": "one hot",
}
"""By the name of a loss that classes can be trained with, as what it is given them."""


@dataclass(frozen=True)
class Labels:
    """Classes 0 … k − 1, which a net learns to tell apart.

    The loss is one of `CODINGS`. With ``BCEWithLogitsLoss`` or ``hinge`` a net of two classes has
    one output, positive for class 1; else it has an output for each class, and gives the class of
    the largest. Errors are shares of wrong points. Every epoch they are recorded as ``error rate``,
    and as ``held-out error rate`` where a table holds rows out, with the least ``margin``: by how
    much the output of the right class exceeds all others.

    Args:
        of: what gives the classes: a `Formula`, a `Function` or a `Table`.
        classes: their number; None counts those of a table, and is 2 elsewhere.
        names: what pages call them, from class 0 on.

    >>> from epochal import Formula
    >>> labels = Labels(Formula("x*y < 0"), names=("same sign", "signs differ"))
    >>> labels.classes, labels.values(np.array([[1.0, 1.0], [1.0, -1.0]])).tolist()
    (2, [0.0, 1.0])
    """

    of: Target
    classes: int | None = None
    names: tuple[str, ...] = field(default=(), compare=False)

    scale: ClassVar[str] = "as_is"
    waves: ClassVar[tuple[Wave, ...]] = ()

    def __post_init__(self) -> None:
        step = 'give one such as Labels(Formula("x*y < 0"))'
        members("target.of", self.of, ("waves", "scale", "values"), "a target", step)
        if outputs_of(self.of) > 1 or isinstance(self.of, Labels):
            rule = "classes are one number a point"
            raise SpecError("target.of", str(self.of), rule, "give a target with one output")
        if self.of.scale != "as_is":
            raise SpecError("target.of", str(self.of), "classes have no scale", "leave it out")
        if isinstance(self.of, Table):
            self._check_table(self.of)
        if self.classes is None:
            object.__setattr__(self, "classes", 2)
        if whole("target.classes", self.classes, 2) and self.names:
            record("target.names", self.names, (tuple, list), 'give ("no", "yes")')
            object.__setattr__(self, "names", tuple(text("target.names", n) for n in self.names))
            if len(self.names) != self.classes:
                rule = f"there are {self.classes} classes"
                raise SpecError("target.names", self.names, rule, "give a name for each")

    def _check_table(self, table: Table) -> None:
        if table.dimensions == 2 and not table.plane:
            object.__setattr__(self, "of", replace(table, plane=True))
        if self.classes is None:
            object.__setattr__(self, "classes", max(2, int(np.max(table.y)) + 1))
        y = self._checked(np.asarray(table.y))
        missing = sorted({*range(self.count)} - {*y.astype(int).tolist()})
        if missing:
            rule = f"no row has class {missing[0]}"
            raise SpecError("target.classes", self.count, rule, "number classes from 0")

    @property
    def count(self) -> int:
        """The number of classes."""
        return self.classes or 2

    def name(self, place: int) -> str:
        """What a class is called."""
        return self.names[place] if self.names else str(place)

    def values(self, positions: Array) -> Array:
        """The class at each of ``positions``; NaN where nobody knows it.

        Raises:
            SpecError: a value is none of 0 … k − 1.
        """
        return self._checked(np.asarray(self.of.values(positions), np.float64))

    def _checked(self, values: Array) -> Array:
        known = values[~np.isnan(values)]
        wrong = known[(known != np.round(known)) | (known < 0) | (known >= self.count)]
        if len(wrong):
            rule = f"a class is a whole number from 0 to {self.count - 1}"
            step = "number classes from 0, or give Labels(…, classes=…)"
            raise SpecError("target", float(wrong[0]), rule, step)
        return values

    def __str__(self) -> str:
        code = ", ".join(f"{place} {name}" for place, name in enumerate(self.names))
        names = f" ({code})" if code else ""
        of = "" if isinstance(self.of, Table) else f" by {self.of}"  # a table is told as inputs
        return f"{self.count} classes{names}{of}"

    @classmethod
    def read(
        cls,
        path: str | Path,
        x: str | Sequence[str] | None = None,
        y: str | None = None,
        held_out: Any = 0.0,
    ) -> "Labels":
        """The classes of a CSV file; texts are numbered in alphabetical order.

        Args:
            path: as of `Table.read`, which raises the same errors.
            x: the same.
            y: the name of the column of classes; the last where it is left out.
            held_out: as of a `Table`.
        """
        if y is not None:
            text("table.y", y)
        given, wanted, names = read(Path(path), x, y, texts=True)
        return cls(Table(given, wanted, held_out=held_out, name=Path(path).name), names=names)

    @classmethod
    def table(cls, x: Any, y: Any, held_out: Any = 0.0, name: str = "a table") -> "Labels":
        """The classes ``y`` ``(n,)`` at ``x`` ``(n,)`` or ``(n, d)``; texts are numbered in order.

        >>> Labels.table([0, 1, 2], ["tall", "short", "tall"]).names
        ('short', 'tall')
        """
        names: tuple[str, ...] = ()
        if len(y) and all(isinstance(each, str) for each in y):
            names = tuple(sorted({*map(str, y)}))
            y = [names.index(each) for each in y]
        return cls(Table(columns("table.x", x), y, held_out=held_out, name=name), names=names)

    def coding(self, loop: Loop) -> str:
        """As what the loss of ``loop`` is given the classes: one of `CODINGS`."""
        return CODINGS[loss_name(loop)]

    def outputs_for(self, loop: Loop) -> int:
        """The number of outputs of a net that is trained by ``loop``."""
        single = self.coding(loop) in ("ones", "signs") and self.count == 2
        return 1 if single else self.count

    def encoded(self, loop: Loop, values: Array) -> Array:
        """Classes ``(n,)`` as the loss of ``loop`` is given them.

        Their numbers ``(n,)``, or a number for each output ``(n, outputs)``.
        """
        coding, classes = self.coding(loop), values.astype(np.int64)
        if coding == "numbers":
            return classes  # type: ignore[return-value]
        if self.outputs_for(loop) == 1:
            column = values[:, None]
            return 2 * column - 1 if coding == "signs" else column
        return np.eye(self.count)[classes]


def loss_name(loop: Loop) -> str:
    """The name of a loss."""
    return loop.loss.name if isinstance(loop.loss, Loss) else loop.loss


def check_labels(experiment: Any) -> None:
    """Raises `SpecError` if the target is classes and the setting cannot train them, or is not."""
    target, loop = experiment.target, experiment.loop
    name = loss_name(loop)
    if not isinstance(target, Labels):
        if name == "hinge":
            rule, step = "it is a loss of two classes", "give Labels(…) as target"
            raise SpecError("loop.loss", name, rule, step)
        if isinstance(target, Table) and target.plane:
            raise SpecError("table.plane", True, "it is a map of classes", "give Labels(table)")
        return
    if name not in CODINGS:
        rule = f"classes are trained with {', '.join(sorted(CODINGS))}"
        raise SpecError("loop.loss", str(loop.loss), rule, 'give Loss("CrossEntropyLoss")')
    if name == "hinge" and target.count > 2:
        rule = f"it is a loss of two classes, and there are {target.count}"
        raise SpecError("loop.loss", name, rule, 'give Loss("MultiMarginLoss")')
    if experiment.noise is not None:
        rule = "noise is added to numbers, and these are classes"
        raise SpecError("noise", str(experiment.noise), rule, "leave it out")
    if experiment.scaling is not None and experiment.scaling.target != "as_is":
        rule = "classes have no scale"
        raise SpecError("scaling.target", experiment.scaling.target, rule, "leave it out")
