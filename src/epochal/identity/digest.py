"""Digests of specifications: equal for equal settings however they were built.

A specification is written as canonical JSON (class name, then the fields by name, floats by their
shortest exact form), so a digest does not depend on the process, the platform or the order in which
arguments were given, and changes with any field that counts when two records are compared. A field
of epochal's own records is left out at its default, so that a record can gain a field and stored
digests stay what they were; so defaults and names are part of the contract, and a test holds them.
A function, and a record whose class is a claim's own, count by all own code that they reach: see
`epochal.identity.code`.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any

from epochal.identity.code import Reach
from epochal.identity.sources import is_own

__all__ = ["canonical", "digest", "own_code", "specification"]


def digest(spec: object) -> str:
    """16 hexadecimal digits that stand for ``spec``.

    >>> digest({"lr": 0.1, "momentum": 0.9}) == digest({"momentum": 0.9, "lr": 0.1})
    True
    """
    return hashlib.sha256(specification(spec).encode()).hexdigest()[:16]


def specification(spec: object) -> str:
    """``spec`` as the text that its digest is of.

    >>> from epochal import Sine
    >>> specification(Sine(2))
    '{"":"Sine","angular_frequency":2}'
    """
    return json.dumps(canonical(spec), sort_keys=True, separators=(",", ":"), allow_nan=False)


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


def own_code(spec: object) -> dict[str, Any]:
    """The code of a claim's own that ``spec`` reaches, as `Reach.found` has it; often none."""
    reach = Reach(_plain)

    def other(thing: object) -> Any:
        return reach.token(thing) if callable(thing) or is_own(type(thing)) else None

    _plain(spec, other)
    return reach.found


def _plain(spec: object, other: Callable[[object], Any]) -> Any:
    """The JSON of records, mappings, lists and plain values; ``other`` gives that of the rest."""
    if is_dataclass(spec) and not isinstance(spec, type):
        own = is_own(type(spec))
        counted = [each for each in fields(spec) if each.compare]
        values = {each.name: _plain(getattr(spec, each.name), other) for each in counted}
        named = {
            each.name: values[each.name]
            for each in counted
            if own or values[each.name] != _plain(_default(each), other)
        }
        code = {"code": other(type(spec))} if own else {}
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


def _default(field: "Field[Any]") -> object:
    """A field's default; where it has none, a text that is no field's value."""
    if field.default_factory is not MISSING:
        return field.default_factory()
    return "no default\0" if field.default is MISSING else field.default
