"""A case file with the best change as a claim, and the setting as it was as its control."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any

import numpy as np

from epochal.claims.rules.base import RUN
from epochal.claims.rules.thresholds import check_thresholds
from epochal.diagnosis.asked import Asked
from epochal.errors import SpecError
from epochal.experiments.experiment import Experiment
from epochal.experiments.labels import Labels
from epochal.experiments.nets import ModuleNet
from epochal.experiments.parts import Named
from epochal.experiments.tables import Table, table_of
from epochal.experiments.targets import Function
from epochal.experiments.vectors import parts_of
from epochal.files import save, writable

if TYPE_CHECKING:
    from epochal.diagnosis.row import Row

__all__ = ["check_saving", "save_claim", "written"]

LONG = 80
"""A record with more letters is written field by field."""

FILE = '''\
"""What `epochal try` found to fit, as a claim; the setting as it was is its control."""

from pathlib import Path

from epochal import (
{names}
)

OURS = Source(
    key="{key}",
    title="What fits",
    authors="us",
    year={year},
    url="",
    story="A setting that did not fit, and a change with which it does.",
    bibtex="",
)

AS_IT_WAS = {before}

CHANGED = {after}

CLAIMS = [
    Claim(
        id="{key}-fits",
        source=OURS,
        where="epochal try",
        ours=True,
        says="With {change} it fits.",
        reading="The error{where} gets below {goal:g} within {epochs} epochs.",
        experiments=CHANGED,
        rule={rule},{trivial}
        control=Control(change="without {change}", experiments=AS_IT_WAS),
    ),
]
'''


def check_saving(asked: Asked, path: Path) -> None:
    """Raises `SpecError` where no case file can be written, before anything is trained."""
    if path.suffix != ".py":
        raise SpecError("--save", str(path), "a case file ends in .py", "give cases/mine.py")
    if path.exists():
        rule = "there is such a file, and it is not overwritten"
        raise SpecError("--save", str(path), rule, "give another name")
    net, parts = asked.experiment.net, parts_of(asked.experiment.target)
    if isinstance(net, ModuleNet) or any(isinstance(each, Function) for each in parts):
        rule = "a function or module of your own cannot be copied into a case file"
        raise SpecError("--save", str(path), rule, "write the claim by hand: see cases/README.md")
    writable(path.parent, "--save")


def save_claim(path: Path, asked: Asked, best: "Row") -> list[Path]:
    """Writes the claim that the best change fits; gives the files.

    It is given twice the epochs of its slowest seed. Rows of a table are written beside it, as a
    CSV file.
    """
    slowest = max(each for each in best.fits_at if each is not None)
    epochs = min(asked.epochs, max(1, 2 * slowest))
    key = "".join(each if each.isalnum() else "-" for each in path.stem.lower()).strip("-")
    table, files = table_of(asked.experiment.target), [path]
    if table is not None:
        files.append(path.with_suffix(".csv"))
        save(files[1], _rows(table))
    before, after = (
        _experiment(each, files[-1].name) for each in (asked.experiment, best.experiment)
    )
    rule = written(asked.rule(epochs))
    code = f"{before}{after}{rule}"
    known = re.findall(r"\b([A-Z]\w*)[.(]", re.sub(r"\"[^\"]*\"|'[^']*'", "", code))
    names = "\n".join(
        f"    {each}," for each in sorted({"Claim", "Control", "Source", *known} - {"Path"})
    )
    text = FILE.format(
        names=names,
        key=key,
        year=date.today().year,
        before=before,
        after=after,
        change=best.change.says,
        goal=asked.goal,
        where=" on the range that it is asked about" * asked.beyond,
        epochs=epochs,
        rule=indent(rule, " " * 8).lstrip(),
        trivial="\n        allow_trivial=True,  # a straight line fits" * _is_trivial(asked, best),
    )
    if table is None:
        text = text.replace("from pathlib import Path\n\n", "")
    save(path, text)
    return files


def _is_trivial(asked: Asked, best: "Row") -> bool:
    """Whether a constant or a straight line fits as well, which a claim has to allow."""
    try:
        check_thresholds(asked.rule(1), {RUN: best.experiment}, allowed=False)
    except SpecError:
        return True
    return False


def _experiment(experiment: Experiment, file: str) -> str:
    return written(experiment, {Table: f"Table.read(Path(__file__).with_name({file!r}){{}})"})


def written(spec: Any, tables: Any = None) -> str:
    """``spec`` as Python that makes it, without fields at their default.

    >>> from epochal import MLP
    >>> print(written(MLP(widths=(8, 8), dropout=0.1)))
    MLP(widths=(8, 8), dropout=0.1)
    """
    if isinstance(spec, Table) and tables:
        columns = tuple(f"y{place + 1}" for place in range(spec.outputs))
        more = f", y={columns!r}" if spec.outputs > 1 else ""
        more += f", held_out={spec.held_out!r}" if spec.held else ""
        return str(tables[Table].format(more))
    if isinstance(spec, tuple) and any(is_dataclass(each) for each in spec):
        inner = ", ".join(written(each, tables) for each in spec)
        return f"({inner},)"
    if isinstance(spec, str) and not {'"', "\\"} & {*spec}:
        return f'"{spec}"'
    if not is_dataclass(spec) or isinstance(spec, type | Named):
        return repr(spec)
    parts = [f"{name}={written(value, tables)}" for name, value in _given(spec)]
    line = f"{type(spec).__name__}({', '.join(parts)})"
    if len(line) <= LONG and "\n" not in line:
        return line
    body = "".join(indent(f"{each},\n", "    ") for each in parts)
    return f"{type(spec).__name__}(\n{body})"


def _given(spec: Any) -> Iterator[tuple[str, Any]]:
    """The fields of ``spec`` that are not at their default; inputs that are the table are left."""
    for each in fields(spec):
        value = getattr(spec, each.name)
        default = each.default
        if each.default_factory is not MISSING:
            default = each.default_factory()
        is_table = each.name == "inputs" and isinstance(value, Table | Labels)
        if each.init and value != default and not is_table:
            yield each.name, value


def _rows(table: Table) -> str:
    x, y = (np.asarray(each).reshape(len(np.asarray(table.y)), -1) for each in (table.x, table.y))
    names = [f"x{place + 1}" for place in range(x.shape[1])]
    names += [f"y{place + 1}" for place in range(y.shape[1])]
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(names)
    rows.writerows(np.hstack([x, y]).tolist())
    return text.getvalue()
