"""A fingerprint of the code that can change a bit of what an engine gives."""

import ast
from functools import cache
from pathlib import Path

from epochal.experiments.digest import digest

__all__ = ["fingerprint"]

PACKAGE = Path(__file__).parents[1]


@cache
def fingerprint(modules: tuple[str, ...]) -> str:
    """16 hexadecimal digits that change with the code of ``modules``, named as in the package.

    Comments, docstrings and layout do not count.

    >>> fingerprint(("training.engines.stock",)) == fingerprint(("training.nets",))
    False
    """
    return digest(
        [code((PACKAGE / f"{each.replace('.', '/')}.py").read_text()) for each in modules]
    )


def code(source: str) -> str:
    """``source`` without comments and docstrings, laid out as Python would.

    >>> code('def f():  # why' + chr(10) + '    "What."' + chr(10) + '    return  1')
    'def f():\\n    return 1'
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            node.body = body[1:] or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.unparse(tree)


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
