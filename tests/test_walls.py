"""The import walls: who may import whom, read from the source and so true of every new module."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "epochal"

ROOMS = """
    room         what it may import when it is imported itself
    -----------  ---------------------------------------------
    plugin       pytest, _pytest, pluggy
    cli          tabulate
    diagnosis    numpy
    notebook     tabulate, numpy
    matrix       tabulate
    site         numpy, jinja2, plotly
    report       tabulate, numpy, matplotlib, PIL
    ab           torch, numpy
    gate
    judging      numpy
    cluster
    planning
    training     torch, numpy, numba
    journal      numpy
    claims       numpy, scipy
    experiments  numpy
    identity     numpy
    ground       numpy
"""
"""From the top: a room imports from itself, the rooms below it, and the standard library.

``ground`` is `errors`, `files`, `process`, `shipped` and `version`. Above all of them are the
package's own ``__init__``, which imports what case files use, and ``__main__``.
"""


GROUND = ("errors", "files", "patches", "process", "shipped", "version")
ABOVE = ("epochal", "__main__")

DRAW = ("report.pictures",)
"""The only files that import matplotlib at once."""

LONGEST_FILE, LONGEST_BODY = 300, 45
"""In lines; what grows beyond is split or thought over."""

TRAIN = (
    "training",
    "judging.adopting",
    "judging.ahead",
    "judging.checks",
    "judging.runner",
    "judging.workforce",
    "notebook",
    "gate.scratch",
    "ab.epoch_timer",
    "diagnosis.search",
)
"""The only rooms and files that load torch, directly or through others, when they are imported."""


@dataclass(frozen=True)
class Import:
    """One import statement's module, where it stands, and whether it runs at import time."""

    module: str
    line: int
    at_once: bool


def table() -> dict[str, tuple[str, ...]]:
    """The rooms from the top, and the packages that each may import."""
    rows = [line.split(maxsplit=1) for line in ROOMS.splitlines() if line.strip()][2:]
    return {room: tuple("".join(rest).replace(" ", "").split(",")) for room, *rest in rows}


ORDER = list(table())


def module_of(path: Path) -> str:
    """``training.nets`` for ``…/epochal/training/nets.py``; ``epochal`` for the package itself."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    kept = parts[:-1] if parts[-1] == "__init__" else parts
    return ".".join(kept) or "epochal"


MODULES = {module_of(path): path for path in sorted(SOURCE.rglob("*.py"))}


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imports_in(node: ast.AST, package: str, at_once: bool = True) -> Iterator[Import]:
    """All imports below ``node``; those in functions and for type checkers are not at once."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, at_once)
        elif isinstance(child, ast.ImportFrom):
            base = child.module or ""
            if child.level:
                above = package.split(".")[: len(package.split(".")) - child.level + 1]
                base = ".".join([*above, base]).strip(".")
            for alias in child.names:
                yield Import(f"{base}.{alias.name}", child.lineno, at_once)
        later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from imports_in(child, package, at_once and not later and not is_type_checking(child))


@cache
def imports_of(module: str) -> tuple[Import, ...]:
    path = MODULES[module]
    inner = module if path.name == "__init__.py" else module.rpartition(".")[0]
    package = "epochal" if inner in ("", "epochal") else f"epochal.{inner}"
    return tuple(imports_in(ast.parse(path.read_text("utf-8")), package))


def ours(name: str) -> str | None:
    """The module of this package that an imported name lies in, or None for other packages."""
    parts = name.split(".")
    if parts[0] != "epochal":
        return None
    while len(parts) > 1:
        if ".".join(parts[1:]) in MODULES:
            return ".".join(parts[1:])
        parts.pop()
    return "epochal"


def loaded_with(name: str) -> list[str]:
    """What Python runs for an import of ``name``: its module, and each ``__init__`` above it."""
    module = ours(name)
    if module is None:
        return []
    parts = module.split(".")
    above = [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
    return ["epochal", *(each for each in above if each in MODULES and each != "epochal")]


@cache
def loads(module: str) -> frozenset[str]:
    """The packages that are loaded, directly or through other modules, when ``module`` is."""
    met, waiting, found = set[str](), loaded_with(f"epochal.{module}"), set[str]()
    while waiting:
        each = waiting.pop()
        if each not in met:
            met.add(each)
            now = [one.module for one in imports_of(each) if one.at_once]
            found |= {name.split(".")[0] for name in now}
            waiting += [inner for name in now for inner in loaded_with(name)]
    return frozenset(found)


def room(module: str) -> str:
    name = "ground" if module in GROUND else module.split(".")[0]
    if name not in ORDER:
        pytest.fail(
            f"epochal.{module} lies in no room: add {name!r} to ROOMS in {Path(__file__).name}"
        )
    return name


def lies_in(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


def test_a_room_imports_only_from_the_rooms_below_it() -> None:
    wrong = [
        f"{module}, line {each.line}: {each.module}"
        for module in MODULES
        if module not in ABOVE
        for each in imports_of(module)
        if (found := ours(each.module)) is not None and not _may_import(module, found)
    ]
    assert not wrong, f"imports from a room that is not below its own: {wrong}"


def _may_import(module: str, found: str) -> bool:
    # The command line and the plugin stand beside each other.
    beside = room(module) == "plugin" and lies_in(found, ("cli",))
    below = found not in ABOVE and ORDER.index(room(found)) >= ORDER.index(room(module))
    return below and not beside


def test_a_room_imports_only_the_packages_of_its_row() -> None:
    rows = table()
    wrong = [
        f"{module}, line {each.line}: {name}"
        for module in MODULES
        for each in imports_of(module)
        if each.at_once
        and (name := each.module.split(".")[0]) not in sys.stdlib_module_names
        and name not in (*(() if module in ABOVE else rows[room(module)]), "epochal")
    ]
    assert not wrong, f"imports what its room may not: {wrong}"


@pytest.mark.parametrize(("heavy", "places"), [("torch", TRAIN), ("matplotlib", DRAW)])
def test_only_what_trains_loads_torch_and_only_what_draws_matplotlib(
    heavy: str, places: tuple[str, ...]
) -> None:
    wrong = [each for each in MODULES if not lies_in(each, places) and heavy in loads(each)]
    assert not wrong


def test_an_init_imports_nothing() -> None:
    inits = [each for each in MODULES if each != "epochal" and MODULES[each].stem == "__init__"]
    assert inits
    assert not [each for each in inits if imports_of(each)]


def test_the_rooms_are_those_that_are_there() -> None:
    assert {room(module) for module in MODULES if module not in ABOVE} == set(ORDER)


def test_files_and_functions_are_short() -> None:
    wrong = []
    for module, path in MODULES.items():
        text = path.read_text("utf-8")
        bodies = {
            node.name: len({line for each in node.body for line in range(each.lineno, end(each))})
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.FunctionDef)
        }
        wrong += [module] * (text.count("\n") > LONGEST_FILE)
        wrong += [f"{module}: {name}" for name, lines in bodies.items() if lines > LONGEST_BODY]
    assert not wrong


def test_without_assertions_nothing_is_left_undone() -> None:
    """``python -O`` leaves them out, so that none may do anything but look."""
    wrong = [
        f"{module}, line {node.lineno}"
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Assert)
        for each in ast.walk(node.test)
        if isinstance(each, ast.NamedExpr | ast.Await)
        or (isinstance(each, ast.Call) and ast.unparse(each.func) != "isinstance")
    ]
    assert not wrong
    assert not [each for each, path in MODULES.items() if "__debug__" in path.read_text("utf-8")]


def test_text_is_read_and_written_as_utf_8_whatever_the_locale() -> None:
    methods = ("read_text", "write_text")
    calls = [
        (f"{module}:{node.lineno}", ast.unparse(node))
        for module, path in MODULES.items()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute | ast.Name)
        and (getattr(node.func, "attr", "") in methods or ast.unparse(node.func) == "open")
    ]
    assert len(calls) > 10
    assert [each for each in calls if "utf-8" not in each[1]] == []


def end(statement: ast.stmt) -> int:
    """The line after a statement; a docstring takes none."""
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return statement.lineno if is_text else (statement.end_lineno or statement.lineno) + 1


def test_imports_are_found_wherever_they_stand() -> None:
    text = """
import torch.nn
from epochal import training, Claim
from . import record
from ..nets import build
if TYPE_CHECKING:
    import matplotlib
def late():
    from epochal.training.engines import reference
class Body:
    import numpy
"""
    package = "epochal.training.engines"
    found = {(each.module, each.at_once) for each in imports_in(ast.parse(text), package)}
    assert found == {
        ("torch.nn", True),
        ("epochal.training", True),
        ("epochal.Claim", True),
        ("epochal.training.engines.record", True),
        ("epochal.training.nets.build", True),
        ("matplotlib", False),
        ("epochal.training.engines.reference", False),
        ("numpy", True),
    }
    names = ["epochal.training", "epochal.Claim", "epochal.training.nets.build", "numpy.x"]
    assert [ours(name) for name in names] == ["training", "epochal", "training.nets", None]


def test_an_import_runs_every_init_above_it() -> None:
    assert loaded_with("epochal.training.engines.reference.train_seed") == [
        "epochal",
        "training",
        "training.engines",
        "training.engines.reference",
    ]
    assert loaded_with("numpy") == []


PROBE = """
import sys
from pathlib import Path
import epochal
from epochal.claims.folder import load
assert load(Path("cases"))
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"torch", "matplotlib"}))
epochal.train
print("torch" in sys.modules)
"""


def test_listing_claims_loads_neither_torch_nor_matplotlib() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={**os.environ, "PYTHONPATH": "src"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "\nTrue\n"
