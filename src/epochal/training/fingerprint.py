"""A fingerprint of the code that can change a bit of what an engine gives."""

from functools import cache
from pathlib import Path

from epochal.experiments.digest import digest
from epochal.experiments.sources import normalized

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
        [normalized((PACKAGE / f"{each.replace('.', '/')}.py").read_text()) for each in modules]
    )
