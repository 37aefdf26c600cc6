"""Functions and classes of torch, numpy, Python and epochal that foreign code replaces.

A case file that writes ``nn.Tanh.forward = …`` changes the nets of all other files. `unpatched`
guards a block in which foreign code runs, puts back what it replaced, and names it.
"""

import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

__all__ = ["unpatched"]

WATCHED = ("torch.nn.", "torch.optim.", "numpy.random.", "numpy.linalg.", "epochal.")
"""Modules below these are watched, with the classes that they define; and so are `ALSO`."""

ALSO = (
    "torch",
    "torch.random",
    "torch.linalg",
    "torch.fft",
    "numpy",
    "numpy.fft",
    "math",
    "random",
)

HOOKS = ("torch.nn.modules.module", "torch.optim.optimizer")
"""Modules whose variables called ``_global_…`` hold hooks of all nets and optimizers."""

MISSING = object()

Owner = ModuleType | type
Before = dict[str, tuple[Owner, dict[str, Any]]]


@contextmanager
def unpatched() -> Iterator[list[str]]:
    """Put back what the block replaces; the list that it gives names that after the block.

    What a library replaces itself stays, such as torch's own wrapper of an optimizer's ``step``.
    What is not imported before the block is not watched.

    >>> with unpatched() as replaced:
    ...     sys.modules["math"].sin = len
    >>> replaced, sys.modules["math"].sin(0.0)
    (['math.sin'], 0.0)
    """
    before, hooks = _members(), _hooks()
    held = [(name, each, dict(each)) for name, each in hooks]
    replaced: list[str] = []
    try:
        yield replaced
    finally:
        for place, (owner, members) in before.items():
            for name in _replaced(owner, members):
                replaced.append(f"{place}.{name}")
                if name in members:
                    setattr(owner, name, members[name])
                else:
                    delattr(owner, name)
        for name, each, content in held:
            if each.keys() != content.keys():
                replaced.append(name)
                each.clear()
                each.update(content)


def _members() -> Before:
    """What every watched module and class holds, by its place."""
    found: Before = {}
    for name, module in list(sys.modules.items()):
        if module is not None and (name in ALSO or f"{name}.".startswith(WATCHED)):
            found[name] = module, dict(vars(module))
            for each in list(vars(module).values()):
                if isinstance(each, type) and each.__module__ in (name, "torch"):
                    found[f"{each.__module__}.{each.__qualname__}"] = each, dict(vars(each))
    return found


def _hooks() -> list[tuple[str, MutableMapping[Any, Any]]]:
    return [
        (f"{module}.{name}", each)
        for module in HOOKS
        for name, each in vars(sys.modules.get(module, sys)).items()
        if name.startswith("_global_") and isinstance(each, MutableMapping)
    ]


def _replaced(owner: Owner, members: dict[str, Any]) -> list[str]:
    """The names in ``owner`` that are others' now, or that hide what a class inherits."""
    now, found = vars(owner), []
    for name in [name for name in now if now[name] is not members.get(name, MISSING)]:
        old = members.get(name, MISSING)
        if old is MISSING and isinstance(owner, type):
            old = getattr(super(owner, owner), name, MISSING)
        is_code = callable(old) or isinstance(old, float | staticmethod | classmethod)
        if is_code and not _is_known(now[name], owner):
            found.append(name)
    return found


def _is_known(new: Any, owner: Owner) -> bool:
    """Whether ``new`` is code of the package that ``owner`` belongs to.

    Where a function was written is asked, which `functools.wraps` does not change.
    """
    package = _package(owner.__name__ if isinstance(owner, ModuleType) else owner.__module__)
    function = getattr(new, "__func__", new)
    written = getattr(function, "__globals__", {}).get("__name__")
    return _package(written or getattr(function, "__module__", None) or "") == package


def _package(module: str) -> str:
    return module.partition(".")[0]
