"""Importing one case file: it leaves the process as it was, or it is refused with its line."""

import importlib
import inspect
import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from epochal.claims.claim import refused_later
from epochal.errors import SpecError, nearest
from epochal.experiments.frames import message, summary
from epochal.patches import unpatched
from epochal.process import kept

__all__ = ["imported"]


def imported(path: Path, name: str) -> ModuleType:
    """The module of a case file; what its import changed of the process is put back.

    Raises:
        SpecError: it cannot be imported, or it changes something that other files depend on.
    """
    known = set(sys.modules)
    if "torch" not in known and _imports_torch(path):
        with suppress(ImportError):  # which the file itself will meet
            importlib.import_module("torch")  # so that it is seen what the file replaces in it
    try:
        with refused_later(), unpatched() as replaced, kept() as changed:
            module = importlib.import_module(name)
        if changed:
            raise _not_alone(path, changed[0].name, re.escape(changed[0].word), changed[0].step)
        if replaced:
            word, step = replaced[0].rpartition(".")[2], "derive a class or write your own function"
            raise _not_alone(path, replaced[0], rf"\.{word}\s*=[^=]|['\"]{word}['\"]", step)
        return module
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also sys.exit() and pytest.importorskip()
        for each in set(sys.modules) - known:
            if f"{each}.".startswith(f"{name}."):
                del sys.modules[each]  # so that it is refused again, and not half known
        raise _refusal(path, error) from error


def _refusal(path: Path, error: BaseException) -> SpecError:
    """Why a case file is refused, with its line."""
    if not isinstance(error, SpecError):
        return _unreadable(path, error)
    file, line = _place(path, error)
    line = error.line or line
    place = f"{file.name}:{line} {error.field}" if line else error.field
    return SpecError(place, error.value, error.rule, error.next_step)


def _imports_torch(path: Path) -> bool:
    """Whether importing a case file imports torch, as far as its own text says."""
    return any(re.match("(import|from) torch", text) for _, _, text in _lines(path))


def _not_alone(path: Path, name: str, pattern: str, step: str) -> SpecError:
    """The error of a file that changes something which other claims depend on."""
    lines = [f"{file}:{n}" for file, n, text in _lines(path) if re.search(pattern, text)]
    rule = f"importing it changes {name}, on which the claims of other files depend"
    return SpecError("--cases", next(iter(lines), str(path)), rule, step)


def _lines(path: Path) -> Iterator[tuple[Path, int, str]]:
    """Every line of a case file, or of the files of a package, with its number."""
    for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
        for number, text in enumerate(file.read_text("utf-8", "replace").splitlines(), 1):
            yield file, number, text


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


def _unreadable(path: Path, error: BaseException) -> SpecError:
    rule, step = f"importing it fails ({summary(error)})", "mend it"
    said = message(error)
    unknown = re.search(r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'", said)
    if "positional argument" in said:
        step = "give every field by its name"
    if unknown:
        step = _nearest_field(error, unknown[1], unknown[2]) or step
    file, line = _place(path, error)
    shown = path.parent / file.relative_to(path.resolve().parent) if line else path
    return SpecError("--cases", f"{shown}:{line}" if line else str(path), rule, step)


def _nearest_field(error: BaseException, kind: str, field: str) -> str:
    """What may have been meant by a ``field`` that the class named ``kind`` does not have."""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        found = frame.f_globals.get(kind)
        if isinstance(found, type):
            return nearest(field, inspect.signature(found).parameters)
    return ""
