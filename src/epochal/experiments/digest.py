"""Digests of specifications: equal for equal settings however they were built.

A specification is written as canonical JSON (class name, then every field by name, floats by
their shortest exact form), so a digest does not depend on the process, the platform or the order
in which arguments were given, and changes with any field that counts when two records are compared.
A function, and a record whose class is a claim's own, count by all own code that they reach: see
`epochal.experiments.code`.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import Field, fields, is_dataclass
from typing import Any

from epochal.experiments.code import Reach
from epochal.experiments.sources import is_own

__all__ = ["LATER", "canonical", "digest"]

LATER = {"later": True}
"""Metadata of a field that joined its record after digests were stored: left out at its default."""


def digest(spec: object) -> str:
    """16 hexadecimal digits that stand for ``spec``.

    >>> digest({"lr": 0.1, "momentum": 0.9}) == digest({"momentum": 0.9, "lr": 0.1})
    True
    """
    text = json.dumps(canonical(spec), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def canonical(spec: object) -> Any:
    """``spec`` as JSON values in which nothing depends on how it was built.

    Raises:
        TypeError: it holds what has no such form.
    """
    reach = Reach(_plain)

    def other(thing: object) -> Any:
        if callable(thing) or is_own(type(thing)):
            return reach.token(thing)
        if isinstance(thing, float):
            return thing
        raise TypeError(f"a specification cannot hold a {type(thing).__name__}: {thing!r}")

    value = _plain(spec, other)
    return [value, reach.found] if reach.found else value


def _plain(spec: object, other: Callable[[object], Any]) -> Any:
    """The JSON of records, mappings, lists and plain values; ``other`` gives that of the rest."""
    if is_dataclass(spec) and not isinstance(spec, type):
        named = {
            each.name: _plain(getattr(spec, each.name), other)
            for each in fields(spec)
            if not _left_out(each, getattr(spec, each.name))
        }
        code = {"code": other(type(spec))} if is_own(type(spec)) else {}
        return {"": type(spec).__name__, **named, **code}
    if isinstance(spec, Mapping):
        return {str(key): _plain(value, other) for key, value in spec.items()}
    if isinstance(spec, tuple | list):
        return [_plain(each, other) for each in spec]
    if isinstance(spec, float) and math.isfinite(spec):
        return int(spec) if spec.is_integer() else spec  # 1 and 1.0 are equal settings
    if spec is None or isinstance(spec, bool | int | str):
        return spec
    return other(spec)


def _left_out(field: "Field[Any]", value: object) -> bool:
    return not field.compare or (field.metadata == LATER and value == field.default)
