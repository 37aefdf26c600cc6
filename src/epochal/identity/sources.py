"""Whose code something is, and its text: a claim's own, or that of an installed package."""

import ast
import inspect
import sys
import sysconfig
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

__all__ = [
    "CASES_PACKAGE",
    "class_text",
    "function_text",
    "is_own",
    "is_own_module",
    "names_in",
    "normalized",
    "source_of",
]

CASES_PACKAGE = "epochal_cases_"
"""How the name begins that a folder of case files is imported by."""


def normalized(source: str) -> str:
    """``source`` without comments and docstrings, laid out as Python would.

    >>> normalized('def f():  # why' + chr(10) + '    "What."' + chr(10) + '    return  1')
    'def f():\\n    return 1'
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            node.body = body[1:] or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.unparse(tree)


def is_own(thing: object) -> bool:
    """Whether a function, class or module comes from no installed package.

    >>> is_own(normalized), is_own(print), is_own(lambda: 0)
    (False, False, False)
    """
    if isinstance(thing, ModuleType):
        return is_own_module(thing.__name__, vars(thing))
    if isinstance(thing, FunctionType):
        return is_own_module(str(thing.__module__), thing.__globals__)
    name = str(getattr(thing, "__module__", None) or "builtins")
    return is_own_module(name, vars(sys.modules[name]) if name in sys.modules else _globals(thing))


def is_own_module(name: str, variables: Mapping[str, Any]) -> bool:
    """Whether the module of that name, with these variables, comes from no installed package."""
    top, file = name.partition(".")[0], variables.get("__file__")
    if top == "__main__":
        return True
    if file is None:  # a package without an __init__, such as a folder of case files
        file = next(iter(variables.get("__path__", ())), None)
    if file is None or top == "epochal" or top in sys.stdlib_module_names:
        return False
    path = Path(file).resolve()
    if {"site-packages", "dist-packages"} & set(path.parts):
        return top.startswith(CASES_PACKAGE)  # as those that come with epochal
    return not any(path.is_relative_to(folder) for folder in _standard())


def function_text(function: FunctionType) -> Any:
    """A function's text; its bytecode where there is none, or where lambdas share a line."""
    if function.__name__ != "<lambda>":
        with suppress(OSError, TypeError, SyntaxError):
            return normalized(source_of(function))
    return _bytecode(function.__code__)


def source_of(function: FunctionType) -> str:
    """A function's source as it stands; raises `OSError` where there is none.

    Of a function that ``functools.wraps`` made it is the wrapper's own, not that of what it wraps.
    """
    return textwrap.dedent(inspect.getsource(function.__code__))


def class_text(kind: type) -> str:
    """A class's text; nothing where there is none, since its methods count by theirs."""
    with suppress(OSError, TypeError, SyntaxError):
        return normalized(textwrap.dedent(inspect.getsource(kind)))
    return ""


def names_in(code: CodeType) -> Iterator[str]:
    """The names of variables, attributes and modules in ``code`` and in all code inside it."""
    yield from code.co_names
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from names_in(each)


def _bytecode(code: CodeType) -> list[Any]:
    constants = [
        _bytecode(each) if isinstance(each, CodeType) else repr(each) for each in code.co_consts
    ]
    return [code.co_code.hex(), list(code.co_names), constants]


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _globals(kind: object) -> Mapping[str, Any]:
    """The variables of the module that a class was made in, where Python does not know it."""
    methods = [each for each in vars(kind).values() if isinstance(each, FunctionType)]
    return methods[0].__globals__ if methods else {}


@cache
def _standard() -> tuple[Path, ...]:
    return tuple(Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib"))
