"""A fingerprint of epochal's own code that a training uses: of functions and classes, not modules.

It is read from the source, from the definitions that are asked for on to whatever they name in the
package. So a target that is added to a module changes nothing for what does not use it. Comments,
docstrings, annotations and layout do not count, nor do a record's fields (its digest has their
values), texts, checks of its values, or what an error says.
"""

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from epochal.identity.digest import digest
from epochal.identity.sources import normalized

__all__ = ["fingerprint", "package_digest", "reached"]

PACKAGE = Path(__file__).parents[1]

TELLING = ("__str__", "__repr__", "written", "described", "describe", "__post_init__")
"""Methods that describe a record or check it, and change no bit of a training."""

NOT_FOLLOWED = (
    "errors",
    "experiments.checks",
    "identity.code",
    "identity.digest",
    "experiments.experiment",
    "experiments.frames",
    "experiments.own_loop",
    "identity.sources",
    "training.devices",
    "identity.environment",
)
"""Modules that tell what is wrong, or stand for a setting or a machine: none computes a result."""


def package_digest() -> str:
    """Return 16 hexadecimal digits that change with any source file of epochal."""
    found = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        found.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


@cache
def fingerprint(roots: tuple[str, ...]) -> str:
    """16 hexadecimal digits that change with the code of ``roots`` and of what they reach.

    Args:
        roots: functions and classes, such as ``training.engines.reference:train_seed``.

    >>> fingerprint(("training.loss:loss_of",)) == fingerprint(("training.loss:batch_sizes",))
    False
    """
    return digest(reached(roots))


def reached(roots: tuple[str, ...]) -> dict[str, str]:
    """The text of each definition that is reached, by module and name.

    >>> sorted(reached(("training.loss:batch_sizes",)))
    ['training.loss:batch_sizes']
    """
    found: dict[str, str] = {}
    open_ = list(roots)
    while open_:
        root = open_.pop()
        module, _, name = root.partition(":")
        if root not in found and module not in NOT_FOLLOWED:
            found[root], more = _definition(module, name)
            open_ += more
    return found


@dataclass(frozen=True)
class _Module:
    """What a module of the package defines and imports at its top level, by name."""

    definitions: dict[str, ast.stmt]
    imports: dict[str, tuple[str, str]]


@cache
def _module(name: str) -> _Module:
    tree = ast.parse((PACKAGE / f"{name.replace('.', '/')}.py").read_text("utf-8"))
    definitions = {target: node for node in tree.body for target in _defined(node)}
    return _Module(definitions, _imports(iter(tree.body)))


@cache
def _definition(module: str, name: str) -> tuple[str, tuple[str, ...]]:
    """A definition's text, and the definitions of the package that it names."""
    node, own = _module(module).definitions[name], _module(module)
    imports = {**own.imports, **_imports(ast.walk(node))}
    bare = ast.fix_missing_locations(_Bare().visit(node))
    found = []
    for each, attribute in sorted(set(_names(bare))):
        if each in own.definitions:
            found.append(f"{module}:{each}")
        elif each in imports:
            source, member = imports[each]
            member = member or attribute  # of a module that was imported as a whole
            if source not in NOT_FOLLOWED and member in _module(source).definitions:
                found.append(f"{source}:{member}")
    return normalized(ast.unparse(bare)), tuple(found)


def _defined(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from (each.id for each in ast.walk(target) if isinstance(each, ast.Name))


def _imports(nodes: Iterator[ast.AST]) -> dict[str, tuple[str, str]]:
    """What imports from the package bind: a module and its member, or a module and nothing."""
    found = {}
    for node in nodes:
        if not isinstance(node, ast.ImportFrom):
            continue
        package, _, module = (node.module or "").partition(".")
        for alias in node.names if package == "epochal" else ():
            member = f"{module}.{alias.name}".lstrip(".")
            if (PACKAGE / f"{member.replace('.', '/')}.py").exists():
                found[alias.asname or alias.name] = member, ""
            elif module:
                found[alias.asname or alias.name] = module, alias.name
    return found


def _names(node: ast.AST) -> Iterator[tuple[str, str]]:
    """The names in ``node``, each with the attribute that is taken of it, if one is."""
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            yield each.value.id, each.attr
        elif isinstance(each, ast.Name):
            yield each.id, ""


class _Bare(ast.NodeTransformer):
    """Leaves out what cannot change a bit."""

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = [each for each in node.body if not _tells(each)] or [ast.Pass()]
        node.decorator_list = []
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return ast.Raise()

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return ast.Pass()
        return self.generic_visit(ast.Assign([node.target], node.value))


def _tells(node: ast.stmt) -> bool:
    """Whether a class's statement is a record's field, or one of `TELLING`."""
    if isinstance(node, ast.AnnAssign):
        return "ClassVar" not in ast.unparse(node.annotation)
    return isinstance(node, ast.FunctionDef) and node.name in TELLING
