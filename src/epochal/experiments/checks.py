"""The checks that specifications make of their own fields at construction."""

import functools
import inspect
import itertools
import math
import unicodedata
from collections.abc import Iterable, Mapping

from epochal.errors import SpecError, nearest

__all__ = [
    "choice",
    "fraction",
    "maker",
    "members",
    "natural",
    "number",
    "positive",
    "printable",
    "printables",
    "record",
    "text",
    "whole",
]


def number(field: str, value: object) -> float:
    """``value`` as a finite float.

    >>> number("low", 3)
    3.0
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SpecError(field, value, "a finite number is needed", "give one such as 1.5")
    return float(value) + 0.0  # -0.0 becomes 0.0: equal records have one digest


def positive(field: str, value: object) -> float:
    """``value`` as a finite float above 0."""
    checked = number(field, value)
    if checked <= 0:
        raise SpecError(field, value, "it must be above 0", "give a positive number")
    return checked


def fraction(field: str, value: object) -> float:
    """``value`` as a float strictly between 0 and 1."""
    checked = number(field, value)
    if not 0 < checked < 1:
        raise SpecError(
            field, value, "it must lie strictly between 0 and 1", "give one such as 0.05"
        )
    return checked


def whole(field: str, value: object, least: int) -> int:
    """``value`` as an integer of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise SpecError(
            field, value, f"a whole number of at least {least} is needed", f"give {least} or more"
        )
    return value


def natural(field: str, value: object) -> int:
    """``value`` as an integer of at least 1."""
    return whole(field, value, 1)


def choice(field: str, value: object, names: Iterable[str]) -> str:
    """``value``, if it is one of ``names``.

    >>> choice("loop.loss", "men", ["mean", "half_sum"])
    Traceback (most recent call last):
    epochal.errors.SpecError: loop.loss = 'men': not one of half_sum, mean; did you mean 'mean'?
    """
    known = sorted(names)
    if value not in known:
        raise SpecError(field, value, f"not one of {', '.join(known)}", nearest(str(value), known))
    return str(value)


HIDDEN, TURNED = ("Cc", "Cs", "Zl", "Zp"), ("LRE", "RLE", "LRO", "RLO", "LRI", "RLI", "FSI")
"""Categories and directions of Unicode that a text must not hold."""


def text(field: str, value: object) -> str:
    """``value`` as a string that says something."""
    if not isinstance(value, str) or not value.strip():
        raise SpecError(field, value, "a text is needed", "write a sentence or a name in quotes")
    return printable(field, value)


def printable(field: str, value: str) -> str:
    r"""``value``, if it holds no control characters but line breaks and tabs.

    Nor marks that turn the direction of text, or halves of a character, which no file can hold.

    >>> printable("says", "red: \x1b[31m")
    Traceback (most recent call last):
    epochal.errors.SpecError: says = 'red: \x1b[31m': it holds a control character; leave it out
    """
    if any(
        unicodedata.category(each) in HIDDEN or unicodedata.bidirectional(each) in TURNED
        for each in value.replace("\n", "").replace("\t", "")
    ):
        raise SpecError(field, value, "it holds a control character", "leave it out")
    return value


def printables(owner: str, thing: object) -> None:
    """Refuses control characters in the texts of the record ``thing``, and of records in it."""
    for name, value in vars(thing).items():
        texts = value.values() if isinstance(value, Mapping) else [value]
        for each in itertools.chain(*(t if isinstance(t, tuple) else [t] for t in texts)):
            if isinstance(each, str):
                printable(f"{owner}{name}", each)
            elif type(each).__module__ == type(thing).__module__:
                printables(f"{owner}{name}.", each)


def record(field: str, value: object, kinds: type | tuple[type, ...], step: str) -> None:
    """Refuses a ``value`` that is none of ``kinds``; ``step`` shows what to write.

    >>> record("loop", "mean", str, "")
    >>> record("loop", ["mean"], str, "give a name")
    Traceback (most recent call last):
    epochal.errors.SpecError: loop = ['mean']: str is needed, but this is a list; give a name
    """
    if not isinstance(value, kinds):
        names = " or ".join(
            each.__name__ for each in (kinds if isinstance(kinds, tuple) else (kinds,))
        )
        raise SpecError(field, value, f"{names} is needed, but this is {_kind(value)}", step)


def members(field: str, value: object, names: Iterable[str], what: str, step: str) -> None:
    """Refuses a ``value`` without the members ``names`` that make it ``what``."""
    if isinstance(value, type) or inspect.isroutine(value):
        raise SpecError(field, value, f"{what} is needed, but this is {_kind(value)}", step)
    missing = [name for name in names if not hasattr(value, name)]
    if value is None:
        raise SpecError(field, value, f"{what} is needed", step)
    if missing:
        rule = f"{what} is needed, but {_kind(value)} has no {' and no '.join(missing)}"
        raise SpecError(field, value, rule, step)


def maker(field: str, value: object, why: str) -> None:
    """Refuses a ``value`` that is no function or class; ``why`` says what it is needed for."""
    if isinstance(value, functools.partial):
        step = "give the function itself, and what it is to be given by arguments={…}"
        raise SpecError(field, value, "a functools.partial has no name to be asked for by", step)
    if not inspect.isroutine(value) and not isinstance(value, type):
        rule = f"a function or a class is needed, since {why}, but this is {_kind(value)}"
        raise SpecError(field, value, rule, "give the function or class that makes it")


def _kind(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if inspect.isroutine(value):
        return f"the function {value.__name__}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
