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

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "epochal"

LAYERS = (
    {"errors"},
    {"checks"},
    {"inputs", "targets"},
    {"digest", "spec"},
    {"runs", "data"},
    {"rules", "statistics"},
    {"claims"},
    {"verdicts", "cases", "settings", "files", "epochal"},
    {"nets", "engine", "theory", "curves", "results", "environment", "journal"},
    {"judged"},
    {"bench"},
    {"report", "gate"},
    {"options", "distributed", "collector", "commands"},
    {"plugin", "cli"},
)
"""A module imports only from its own layer and from those above it in this list.

A folder stands for all its modules, ``epochal`` for the package's own ``__init__``.
"""

MAY_IMPORT = {
    "torch": ("nets", "engine", "theory"),
    "matplotlib": ("report.plots", "report.timeline"),
}
"""Who alone may import a heavy package when it is imported itself."""

WITHOUT_ENGINE = (
    "rules",
    "statistics",
    "verdicts",
    "claims",
    "spec",
    "inputs",
    "targets",
    "cases",
    "journal",
    "judged",
)


@dataclass(frozen=True)
class Import:
    """One import statement's module, where it stands, and whether it runs at import time."""

    module: str
    line: int
    at_once: bool


def module_of(path: Path) -> str:
    """``engine.stock`` for ``…/epochal/engine/stock.py``; ``epochal`` for the package itself."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    kept = parts[:-1] if parts[-1] == "__init__" else parts
    return ".".join(kept) or "epochal"


MODULES = {module_of(path): path for path in sorted(SOURCE.rglob("*.py"))}
RANKS = {name: rank for rank, names in enumerate(LAYERS) for name in names}

every_module = pytest.mark.parametrize("module", MODULES)


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
    return tuple(imports_in(ast.parse(path.read_text()), package))


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


def rank(module: str) -> int:
    name = module.split(".")[0]
    if name not in RANKS:
        pytest.fail(f"epochal.{module} has no layer yet: add {name!r} to LAYERS in {__file__}")
    return RANKS[name]


def lies_in(module: str, places: tuple[str, ...]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


@every_module
def test_a_module_imports_only_from_its_own_layer_and_those_below(module: str) -> None:
    wrong = [
        f"line {each.line}: {found}"
        for each in imports_of(module)
        if (found := ours(each.module)) is not None and rank(found) > rank(module)
    ]
    assert not wrong, f"epochal.{module} imports from a layer above its own: {wrong}"


@every_module
@pytest.mark.parametrize("heavy", MAY_IMPORT)
def test_heavy_packages_are_imported_at_once_only_where_they_may(module: str, heavy: str) -> None:
    lines = [
        each.line
        for each in imports_of(module)
        if each.at_once and each.module.split(".")[0] == heavy
    ]
    allowed = lies_in(module, MAY_IMPORT[heavy])
    assert allowed or not lines, f"epochal.{module} imports {heavy} at lines {lines}"


@every_module
def test_what_decides_never_imports_what_trains(module: str) -> None:
    if lies_in(module, WITHOUT_ENGINE):
        found = {ours(each.module) or each.module.split(".")[0] for each in imports_of(module)}
        trains = [each for each in found if lies_in(each, ("engine", "nets", "theory", "torch"))]
        assert not trains


def test_every_layer_is_of_this_package() -> None:
    known = {name.split(".")[0] for name in MODULES} | {"theory"}
    assert set(RANKS) <= known
    assert len(RANKS) == sum(map(len, LAYERS))


def test_imports_are_found_wherever_they_stand() -> None:
    text = """
import torch.nn
from epochal import nets, Claim
from . import record
from ..spec import MLP
if TYPE_CHECKING:
    import matplotlib
def late():
    from epochal.engine import stock
class Body:
    import numpy
"""
    found = {(each.module, each.at_once) for each in imports_in(ast.parse(text), "epochal.engine")}
    assert found == {
        ("torch.nn", True),
        ("epochal.nets", True),
        ("epochal.Claim", True),
        ("epochal.engine.record", True),
        ("epochal.spec.MLP", True),
        ("matplotlib", False),
        ("epochal.engine.stock", False),
        ("numpy", True),
    }
    names = ["epochal.nets", "epochal.Claim", "epochal.spec.MLP", "epochal.engine.stock", "numpy.x"]
    assert [ours(name) for name in names] == ["nets", "epochal", "spec", "engine.stock", None]


PROBE = """
import sys
from pathlib import Path
import epochal
from epochal.cases import load
assert load(Path("cases"))
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"torch", "matplotlib"}))
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
    assert done.stdout.split() == []
