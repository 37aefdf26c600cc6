"""Loads claims from a folder of case files, by path.

A case file is a Python module with a list ``CLAIMS``, or a package whose ``__init__.py`` has it.
The folder is imported as a package of its own, so that a case file can say
``from .basri_2019 import FIGURE_2``.
"""

import hashlib
import importlib
import inspect
import re
import sys
import traceback
import types
from collections.abc import Iterable, Sequence
from pathlib import Path

from epochal.claims.claim import Case, Claim
from epochal.errors import SpecError, nearest
from epochal.experiments.experiment import Training
from epochal.experiments.frames import summary
from epochal.experiments.nets import ModuleNet

__all__ = ["load", "unique"]


def load(folder: Path) -> list[Claim]:
    """All claims of ``folder``, by file name and then in the order of each file.

    Raises:
        SpecError: no such folder, a file that does not import, a file without ``CLAIMS``, an
            entry that is not a `Claim`, two claims with one id, or one that stands in none of its
            source's parts.
    """
    if not folder.is_dir():
        raise SpecError("--cases", str(folder), "there is no such folder", "give one with cases")
    modules = [path for path in folder.glob("*.py") if not path.stem.startswith("_")]
    packages = [path.parent for path in folder.glob("*/__init__.py")]
    paths = sorted(modules + packages, key=lambda path: path.stem)
    if not paths:
        raise SpecError("--cases", str(folder), "it holds no case file", "add one with CLAIMS")
    package = _package(folder.resolve())
    claims = unique(claim for path in paths for claim in _claims(path, package))
    for source in {claim.source.key: claim.source for claim in claims}.values():
        source.check([claim.id for claim in claims if claim.source.key == source.key])
    return claims


def unique(claims: Iterable[Claim]) -> list[Claim]:
    """``claims`` as a list; raises `SpecError` if two have one id."""
    seen: dict[str, Claim] = {}
    for claim in claims:
        if claim.id in seen:
            raise SpecError(
                "claim.id",
                claim.id,
                f"two claims have it, of {seen[claim.id].source.key} and of {claim.source.key}",
                "rename one",
            )
        seen[claim.id] = claim
    return list(seen.values())


def _package(folder: Path) -> str:
    # The name holds the path, so that two folders called cases do not mix; workers make the same.
    name = f"epochal_cases_{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"
    if name not in sys.modules:
        module = types.ModuleType(name, "Case files loaded by path.")
        module.__path__ = [str(folder)]
        sys.modules[name] = module
    return name


def _claims(path: Path, package: str) -> Sequence[Claim]:
    try:
        module = importlib.import_module(f"{package}.{path.stem}")
    except SpecError as error:
        file, line = _place(path, error)
        place = f"{file.name}:{error.line or line} {error.field}"
        raise SpecError(place, error.value, error.rule, error.next_step) from error
    except Exception as error:
        raise _unreadable(path, error) from error
    claims = getattr(module, "CLAIMS", None)
    if not isinstance(claims, list | tuple):
        raise SpecError("--cases", str(path), "it has no list CLAIMS", "add CLAIMS = [Claim(…)]")
    for each in claims:
        if not isinstance(each, Claim):
            raise SpecError(f"{path.name}: CLAIMS", each, "each entry is a Claim", "make it one")
        for case in each.cases:
            _check_own(path, case)
    return claims


def _place(path: Path, error: BaseException) -> tuple[Path, int]:
    """The case file, and its line, on which ``error`` arose; line 0 if it was on none."""
    path, folder = path.resolve(), path.resolve().parent
    if isinstance(error, SyntaxError):
        file = Path(error.filename or path)
        return (file if folder in file.parents else path), error.lineno or 0
    for frame in traceback.extract_tb(error.__traceback__)[::-1]:
        if folder in Path(frame.filename).parents:
            return Path(frame.filename), frame.lineno or 0
    return path, 0


def _unreadable(path: Path, error: Exception) -> SpecError:
    rule, step = f"it does not import ({summary(error)})", "mend it"
    unknown = re.search(
        r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'", str(error)
    )
    if "positional argument" in str(error):
        step = "give every field by its name"
    if unknown:
        step = _nearest_field(error, unknown[1], unknown[2]) or step
    file, line = _place(path, error)
    shown = path.parent / file.relative_to(path.resolve().parent) if line else path
    return SpecError("--cases", f"{shown}:{line}" if line else str(path), rule, step)


def _nearest_field(error: Exception, kind: str, field: str) -> str:
    """What may have been meant by a ``field`` that the class named ``kind`` does not have."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        found = frame.f_globals.get(kind)
        if isinstance(found, type):
            return nearest(field, inspect.signature(found).parameters)
    return ""


def _check_own(path: Path, case: Case) -> None:
    """Refuses own functions and classes that a worker process could not import by their names."""
    for name, experiment in case.experiments.items():
        if isinstance(experiment, Training):
            own = {"train": experiment.train}
        else:
            net = experiment.net
            own = {"net.factory": net.factory} if isinstance(net, ModuleNet) else {}
            own |= {"inputs": type(experiment.inputs), "target": type(experiment.target)}
        for field, thing in own.items():
            if not _is_importable(thing):
                code = getattr(thing, "__code__", None)
                place = path.name
                if code is not None:
                    place = f"{Path(code.co_filename).name}:{code.co_firstlineno}"
                raise SpecError(
                    f"{place} {case.id}.{name}.{field}",
                    getattr(thing, "__qualname__", repr(thing)),
                    "training runs in other processes, which cannot import it by that name",
                    "write it with def or class at the top level of a case file, and give what "
                    "varies as arguments={…}",
                )


def _is_importable(thing: object) -> bool:
    found: object = sys.modules.get(getattr(thing, "__module__", None) or "builtins")
    for part in getattr(thing, "__qualname__", "").split("."):
        found = getattr(found, part, None)
    return found is thing
