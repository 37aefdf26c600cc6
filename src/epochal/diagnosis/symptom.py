"""A symptom is one row: how it is noticed, in which words it is told, and which changes help."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

__all__ = ["Finding", "Symptom", "found"]

Facts = TypeVar("Facts")


@dataclass(frozen=True)
class Symptom(Generic[Facts]):
    """One thing that keeps nets from fitting.

    Attributes:
        key: its name, in lower case with hyphens.
        check: the numbers of its sentence, where the facts have the symptom; else None.
        sentence: what is told, with the numbers in braces.
        source: who describes it; "arithmetic" where it follows from the setting alone.
        remedies: the changes of `epochal.diagnosis.changes` that help, the likeliest first.
    """

    key: str
    check: Callable[[Facts], Mapping[str, Any] | None]
    sentence: str
    source: str
    remedies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """A symptom that a setting has.

    Attributes:
        key: the symptom's.
        text: its sentence, with numbers.
        numbers: those numbers by name.
        remedies: the symptom's.
    """

    key: str
    text: str
    numbers: Mapping[str, Any]
    remedies: tuple[str, ...] = ()


def found(symptoms: Sequence[Symptom[Facts]], facts: Facts) -> Iterator[Finding]:
    """The symptoms that ``facts`` have, in their order."""
    for each in symptoms:
        numbers = each.check(facts)
        if numbers is not None:
            text = each.sentence.format(**{name: _shown(n) for name, n in numbers.items()})
            yield Finding(each.key, text, numbers, each.remedies)


def _shown(value: Any) -> str:
    """A number with three digits, or all of them before the point."""
    if isinstance(value, float):
        return f"{value:.0f}" if 1000 <= abs(value) < 1e7 else f"{value:.3g}"
    return str(value)
