"""Digests of specifications: equal for equal settings however they were built.

A specification is written as canonical JSON (class name, then every field by name, floats by
their shortest exact form), so a digest does not depend on the process, the platform or the order
in which arguments were given, and changes with any field. A function stands for itself by its
name, its source text, its defaults and what it closes over.
"""

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

__all__ = ["canonical", "digest"]


def digest(spec: object) -> str:
    """16 hexadecimal digits that stand for ``spec``.

    >>> digest({"lr": 0.1, "momentum": 0.9}) == digest({"momentum": 0.9, "lr": 0.1})
    True
    """
    text = json.dumps(canonical(spec), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def canonical(spec: object) -> Any:
    """``spec`` as JSON values in which nothing depends on how it was built."""
    if is_dataclass(spec) and not isinstance(spec, type):
        named = {each.name: canonical(getattr(spec, each.name)) for each in fields(spec)}
        return {"": type(spec).__name__, **named}
    if isinstance(spec, Mapping):
        return {str(key): canonical(value) for key, value in spec.items()}
    if isinstance(spec, tuple | list):
        return [canonical(each) for each in spec]
    if callable(spec):
        return function_text(spec)
    if isinstance(spec, float) and spec.is_integer():
        return int(spec)  # 1 and 1.0 are equal settings
    if spec is None or isinstance(spec, bool | int | float | str):
        return spec
    raise TypeError(f"a specification cannot hold a {type(spec).__name__}: {spec!r}")


def function_text(function: Callable[..., object]) -> list[Any]:
    """A function's name, source, defaults and what it closes over: its digest changes with them."""
    name = getattr(function, "__qualname__", repr(function))
    text = inspect.cleandoc(inspect.getsource(function))
    if not inspect.isfunction(function):
        return [name, text]
    held = canonical(inspect.getclosurevars(function).nonlocals)
    return [name, text, canonical(function.__defaults__), canonical(function.__kwdefaults__), held]
