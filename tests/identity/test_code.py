"""What a digest says of a claim's own code: everything that it reaches, and nothing else."""

import importlib
import linecache
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from epochal import ModuleNet, Training
from epochal.claims.folder import load
from epochal.identity.digest import digest
from epochal.identity.sources import is_own, normalized
from epochal_testing import synthetic

CASE = """
import math
from dataclasses import dataclass
from functools import lru_cache, partial, wraps
from typing import ClassVar

import numpy as np
import torch
from torch import nn

import helpers
from helpers import width as wide

LR, UNUSED = 0.1, 1
SLOW = 4
TABLE = np.array([1.0, 2.0])
ROUND = partial(round, ndigits=2)
DRAWS = np.random.default_rng(7)
FROZEN = nn.Linear(1, 1, bias=False)
with torch.no_grad():
    FROZEN.weight.fill_(1.0)


def decorated(function):
    @wraps(function)
    def wrapper():
        return function(), 6

    wrapper.calls = 0
    return wrapper


@decorated
def wrapped():
    return wrapped.calls


class Kind(type):
    def speed(cls):
        return 8


class Plain(metaclass=Kind):
    _slow = SLOW


class Layer(nn.Module):
    def forward(self, x):
        return torch.sin(x)


class Deep(Layer):
    scale = 2

    def __init__(self):
        super().__init__()
        self.inner = Layer()

    @property
    def rate(self):
        return LR


def net():
    # the first comment
    return Deep()


@lru_cache
def cached():
    return 1


def ping(n):
    return pong(n - 1)


def pong(n):
    return ping(n) if n else 0


def train(seed, device, epochs, *, first=1):
    from late import later

    def inner():
        return helpers.depth(wide) + math.pi

    kept = [TABLE, ROUND, DRAWS, FROZEN, partial(max, LR)]
    return [kept, cached(), ping(3), wrapped(), Plain.speed(), later(), inner()]


@dataclass(frozen=True)
class Step:
    height: float = 1.0
    waves: ClassVar[tuple] = ()
    scale: ClassVar[str] = "as_is"

    def values(self, positions):
        return np.where(positions > 0, self.height, 0.0)


def unused():
    return 3
"""
HELPERS = """
from deeper import DEPTH

width = 3


def depth(n):
    return n + DEPTH


def other():
    return 4
"""
FILES = {
    "case": CASE,
    "helpers": HELPERS,
    "deeper": "DEPTH = 2\n",
    "late": "def later():\n    return 5\n",
}

REACHED = {
    # what is changed, in which file, and whose digests change with it
    "a layer's function": ("case", "torch.sin(x)", "torch.relu(x)", {"net"}),
    "a module's constant": ("case", "LR, UNUSED = 0.1, 1", "LR, UNUSED = 0.2, 1", {"net", "train"}),
    "a class's value": ("case", "scale = 2", "scale = 3", {"net"}),
    "a base's method": ("case", "class Layer(nn.Module):", "class Layer(nn.Identity):", {"net"}),
    "a target's values": ("case", "positions > 0", "positions > 1", {"step"}),
    "a target's default": ("case", "height: float = 1.0", "height: float = 2.0", {"step"}),
    "a function behind a cache": ("case", "return 1\n", "return 2\n", {"train"}),
    "a function that reaches itself": ("case", "ping(n) if n", "ping(n) if n > 1", {"train"}),
    "a keyword's default": ("case", "first=1", "first=2", {"train"}),
    "an inner function": ("case", "+ math.pi", "- math.pi", {"train"}),
    "a decorator that wraps": ("case", "function(), 6", "function(), 7", {"train"}),
    "what a decorator wraps": ("case", "return wrapped.calls", "return -wrapped.calls", {"train"}),
    "a function's attribute": ("case", "calls = 0", "calls = 1", {"train"}),
    "a metaclass": ("case", "return 8", "return 9", {"train"}),
    "a class's private value": ("case", "SLOW = 4", "SLOW = 5", {"train"}),
    "a partial": ("case", "ndigits=2", "ndigits=3", {"train"}),
    "a generator's seed": ("case", "default_rng(7)", "default_rng(8)", {"train"}),
    "an array": ("case", "[1.0, 2.0]", "[1.0, 3.0]", {"train"}),
    "a net's weights": ("case", "fill_(1.0)", "fill_(2.0)", {"train"}),
    "a helper's function": ("helpers", "return n + DEPTH", "return n - DEPTH", {"train"}),
    "a helper's constant": ("helpers", "width = 3", "width = 4", {"train"}),
    "a helper's helper": ("deeper", "DEPTH = 2", "DEPTH = 3", {"train"}),
    "what is imported late": ("late", "return 5", "return 6", {"train"}),
}
NOT_REACHED = {
    "a comment": ("case", "the first comment", "another comment"),
    "another function": ("case", "return 3\n", "return 4\n"),
    "another constant": ("case", "UNUSED = 0.1, 1", "UNUSED = 0.1, 2"),
    "a helper's other function": ("helpers", "return 4", "return 5"),
    "the place in the file": ("case", "LR, UNUSED", "\n\n\nLR, UNUSED"),
}

folders = count()


@pytest.fixture(autouse=True)
def no_traces() -> Iterator[None]:
    known, path = set(sys.modules), list(sys.path)
    yield
    sys.path[:] = path
    for name in set(sys.modules) & set(FILES) - known:
        del sys.modules[name]


def loaded(folder: Path, **changed: str) -> ModuleType:
    """The case file, with its helpers beside it, from a folder of its own."""
    place = folder / f"cases{next(folders)}"
    place.mkdir()
    for name, text in {**FILES, **changed}.items():
        (place / f"{name}.py").write_text(text)
        sys.modules.pop(name, None)
    sys.path.insert(0, str(place))
    importlib.invalidate_caches()
    return importlib.import_module("case")


def digests(module: Any) -> dict[str, str]:
    return {
        "net": replace(synthetic.EXPERIMENT, net=ModuleNet(factory=module.net, weights=3)).digest,
        "train": Training(train=module.train, flops_an_epoch=1.0).digest,
        "step": replace(synthetic.EXPERIMENT, target=module.Step()).digest,
    }


@pytest.mark.parametrize(("file", "before", "after", "whose"), REACHED.values(), ids=REACHED)
def test_a_digest_changes_with_all_that_is_reached(
    tmp_path: Path, file: str, before: str, after: str, whose: set[str]
) -> None:
    assert before in FILES[file]
    one = digests(loaded(tmp_path))
    other = digests(loaded(tmp_path, **{file: FILES[file].replace(before, after, 1)}))
    assert {name for name in one if one[name] != other[name]} == whose


@pytest.mark.parametrize(("file", "before", "after"), NOT_REACHED.values(), ids=NOT_REACHED)
def test_a_digest_does_not_change_with_what_is_not(
    tmp_path: Path, file: str, before: str, after: str
) -> None:
    assert before in FILES[file]
    one = digests(loaded(tmp_path))
    assert digests(loaded(tmp_path, **{file: FILES[file].replace(before, after, 1)})) == one


def notebook(cell: str, with_source: bool = True) -> dict[str, Any]:
    """The variables of a ``__main__`` that has run a cell, whose text is where IPython puts it."""
    name, variables = f"<cell {next(folders)}>", {"__name__": "__main__"}
    if with_source:
        linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)
    exec(compile(cell, name, "exec"), variables)
    return variables


def own(function: Any) -> str:
    return Training(train=function, flops_an_epoch=1.0).digest


@pytest.mark.parametrize("with_source", [True, False])
def test_a_notebooks_functions_and_lambdas_count_by_what_they_do(with_source: bool) -> None:
    cell = "LR = 0.1\ndef f(seed):\n    return LR * seed\n"
    cell += "one, other = lambda x: x + LR, lambda x: x - LR\n"
    made = notebook(cell, with_source)
    again = notebook(cell, with_source)
    slower = notebook(cell.replace("0.1", "0.2"), with_source)
    for name in ("f", "one", "other"):
        assert own(made[name]) == own(again[name]) != own(slower[name])
    assert own(made["one"]) != own(made["other"])


@pytest.mark.parametrize("with_source", [True, False])
def test_a_notebooks_class_counts_by_its_methods(with_source: bool) -> None:
    cell = (
        "class Net:\n    def forward(self, x):\n        return x + 1\ndef make():\n    return Net()"
    )
    made, again, other = (
        notebook(each, with_source) for each in (cell, cell, cell.replace("x + 1", "x + 2"))
    )
    assert own(made["make"]) == own(again["make"]) != own(other["make"])


def test_what_a_function_closes_over_counts() -> None:
    cell = "def make(omega):\n    def net(): return omega\n    return net"
    make = notebook(cell)["make"]
    assert own(make(30)) == own(make(30)) != own(make(31))


def test_installed_code_counts_by_its_name() -> None:
    assert not any(map(is_own, (normalized, print, Path, np, np.sin, pytest)))
    assert is_own(own)
    assert digest([normalized, Path]) == digest([normalized, Path])
    assert digest(normalized) != digest(digest)


OWN_RECORD = """
from dataclasses import dataclass

import numpy as np

from epochal import MLP, Claim, Experiment, FitsBy, Line, Optimizer, Source


@dataclass(frozen=True)
class Ramp:
    height: float = 1.0
    waves: tuple[float, ...] = ()
    scale: str = "as_is"

    def values(self, positions):
        return self.height * np.abs(positions)


CLAIMS = [
    Claim(
        id="ramp",
        source=Source(
            key="s", title="t", authors="a", year=2024, url="u", story="s", bibtex="b"
        ),
        where="w",
        says="s",
        reading="r",
        experiments=Experiment(
            inputs=Line(low=-1, high=1, points=20),
            target=Ramp(),
            net=MLP(widths=(8,)),
            optimizer=Optimizer("SGD", lr=0.1),
        ),
        rule=FitsBy(epoch=9, mse_below=0.01),
    )
]
"""


def test_where_a_project_lies_is_no_part_of_a_digest(tmp_path: Path) -> None:
    found = set()
    for name in ("here", "there"):
        folder = tmp_path / name / "cases" / "paper"
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("from .claims import CLAIMS\n")
        (folder / "claims.py").write_text(OWN_RECORD)
        [claim] = load(folder.parent)
        found.add(claim.cases[0].experiments["run"].digest)
    assert len(found) == 1
