"""Loads claims from a folder of case files, by path.

A case file is a Python module with a list ``CLAIMS``. The folder is imported as a package of its
own, so that a case file can say ``from .basri_2019 import FIGURE_2``.
"""

import hashlib
import importlib
import sys
import traceback
import types
from collections.abc import Sequence
from pathlib import Path

from epochal.claims.claim import Claim, unique
from epochal.errors import SpecError

__all__ = ["load"]


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
        line = next(
            (
                frame.lineno
                for frame in traceback.extract_tb(error.__traceback__)[::-1]
                if Path(frame.filename) == path.resolve()
            ),
            0,
        )
        place = f"{path.name}:{line} {error.field}"
        raise SpecError(place, error.value, error.rule, error.next_step) from error
    except Exception as error:
        raise SpecError(
            "--cases", str(path), f"it does not import ({type(error).__name__}: {error})", "mend it"
        ) from error
    claims = getattr(module, "CLAIMS", None)
    if not isinstance(claims, list | tuple):
        raise SpecError("--cases", str(path), "it has no list CLAIMS", "add CLAIMS = [Claim(…)]")
    for each in claims:
        if not isinstance(each, Claim):
            raise SpecError(f"{path.name}: CLAIMS", each, "each entry is a Claim", "make it one")
    return claims
