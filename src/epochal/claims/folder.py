"""Loads claims from a folder of case files, by path.

A case file is a Python module with a list ``CLAIMS``. The folder is imported as a package of its
own, so that a case file can say ``from .basri_2019 import FIGURE_2``.
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
from epochal.experiments.parts import ModuleNet

__all__ = ["load", "unique"]


def load(folder: Path) -> list[Claim]:
    """All claims of ``folder``, by file name and then in the order of each file.

    Raises:
        SpecError: no such folder, a file that does not import, a file without ``CLAIMS``, an
            entry that is not a `Claim`, or two claims with one id.
    """
    if not folder.is_dir():
        raise SpecError("--cases", str(folder), "there is no such folder", "give one with cases")
    names = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))
    if not names:
        raise SpecError("--cases", str(folder), "it holds no case file", "add one with CLAIMS")
    package = _package(folder.resolve())
    return unique(claim for name in names for claim in _claims(folder / f"{name}.py", package))


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
        place = f"{path.name}:{error.line or _line(path, error)} {error.field}"
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


def _line(path: Path, error: BaseException) -> int:
    """The line of the case file on which ``error`` arose; 0 if it was none of its lines."""
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    frames = traceback.extract_tb(error.__traceback__)[::-1]
    return next((f.lineno or 0 for f in frames if Path(f.filename) == path.resolve()), 0)


def _unreadable(path: Path, error: Exception) -> SpecError:
    rule, step = f"it does not import ({summary(error)})", "mend it"
    unknown = re.search(
        r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'", str(error)
    )
    if "positional argument" in str(error):
        step = "give every field by its name"
    if unknown:
        step = _nearest_field(error, unknown[1], unknown[2]) or step
    line = _line(path, error)
    return SpecError("--cases", f"{path}:{line}" if line else str(path), rule, step)


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
                line = f":{code.co_firstlineno}" if code is not None else ""
                raise SpecError(
                    f"{path.name}{line} {case.id}.{name}.{field}",
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
