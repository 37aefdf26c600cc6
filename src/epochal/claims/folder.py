"""Loads claims from a folder of case files, by path.

A case file is a Python module with a list ``CLAIMS``, or a package whose ``__init__.py`` has it.
The folder is imported as a package of its own, so that a case file can say
``from .basri_2019 import FIGURE_2``.
"""

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from epochal.claims.case import Case
from epochal.claims.case_file import imported
from epochal.claims.claim import Claim
from epochal.errors import SpecError, all_of
from epochal.experiments.measures import Measured
from epochal.experiments.nets import ModuleNet
from epochal.experiments.own_loop import Training
from epochal.identity.sources import CASES_PACKAGE
from epochal.shipped import shipped

__all__ = ["Folder", "load", "mount", "read"]


@dataclass(frozen=True)
class Folder:
    """What a folder of case files holds.

    Attributes:
        claims: by file name and then in the order of each file.
        refused: one error for each file or claim that cannot be judged, with its file and line.
    """

    claims: tuple[Claim, ...]
    refused: tuple[SpecError, ...] = ()


def load(folder: Path) -> list[Claim]:
    """The claims of ``folder``; raises `SpecError` or `Refusals` where anything is refused."""
    found = read(folder)
    if found.refused:
        raise all_of(found.refused)
    return list(found.claims)


def read(folder: Path) -> Folder:
    """The claims of ``folder``, and what is refused: one bad file takes no other file away.

    A file is refused that does not import, has no ``CLAIMS``, or changes a setting of the process
    that other claims depend on; a claim that shares its id with another, or stands in none of its
    source's parts. Importing leaves the process as it was.

    Raises:
        SpecError: no such folder, or no claim in it; `Refusals` where several things are refused.
    """
    if not folder.is_dir():
        raise SpecError("--cases", str(folder), "there is no such folder", "give one with cases")
    modules = [path for path in folder.glob("*.py") if not path.stem.startswith("_")]
    packages = [path.parent for path in folder.glob("*/__init__.py")]
    paths = sorted(modules + packages, key=lambda path: path.stem)
    if not paths:
        raise SpecError("--cases", str(folder), "it holds no case file", "add one with CLAIMS")
    package, claims, refused = mount(folder), list[Claim](), list[SpecError]()
    for path in paths:
        found = _read(path, package)
        claims += found.claims
        refused += found.refused
    claims, shared = _check_ids(claims)
    claims, taken = _check_shipped(claims, folder)
    refused += [*shared, *taken]
    if not refused:  # else claims are missing, which sources may name
        claims, refused = _check_sources(claims)
    if refused and not claims:
        raise all_of(refused)
    if not claims:
        raise SpecError("--cases", str(folder), "its case files hold no claim", "add one to CLAIMS")
    return Folder(tuple(claims), tuple(refused))


def _check_ids(claims: list[Claim]) -> tuple[list[Claim], list[SpecError]]:
    """The claims whose id is their own; all that share one are refused."""
    by_id: dict[str, list[Claim]] = {}
    for claim in claims:
        by_id.setdefault(claim.id, []).append(claim)
    errors = []
    for name, found in by_id.items():
        if len(found) > 1:
            rule = f"two claims have this id; the other one is in {found[0].place}"
            field = f"{found[1].place} claim.id"
            errors.append(SpecError(field, name, rule, "rename one"))
    return [claim for claim in claims if len(by_id[claim.id]) == 1], errors


def _check_shipped(claims: list[Claim], folder: Path) -> tuple[list[Claim], list[SpecError]]:
    """The claims but for those with the id of a claim of another source that epochal ships.

    Journal and history know claims by their ids alone.
    """
    ours = shipped("cases")
    if folder.resolve() == ours.resolve() or not ours.is_dir():
        return claims, []
    texts = "".join(each.read_text("utf-8") for each in ours.rglob("*.py"))
    if not any(f'"{claim.id.partition("-")[0]}-' in texts for claim in claims):
        return claims, []  # and no time is spent on importing them
    known = {claim.id: claim.source.key for claim in read(ours).claims}
    errors = {
        claim.id: SpecError(
            f"{claim.place} claim.id",
            claim.id,
            f"a claim of {known[claim.id]} that comes with epochal has this id",
            "rename yours",
        )
        for claim in claims
        if known.get(claim.id, claim.source.key) != claim.source.key
    }
    return [claim for claim in claims if claim.id not in errors], list(errors.values())


def _check_sources(claims: list[Claim]) -> tuple[list[Claim], list[SpecError]]:
    """The claims of sources whose parts, panels and answer name their claims and no others."""
    errors: dict[str, SpecError] = {}
    for source in {claim.source.key: claim.source for claim in claims}.values():
        try:
            source.check([claim.id for claim in claims if claim.source.key == source.key])
        except SpecError as error:
            errors[source.key] = error
    return [each for each in claims if each.source.key not in errors], list(errors.values())


def mount(folder: Path, name: str = "") -> str:
    """Make the modules of ``folder`` importable below a package, and return the package's name.

    Where none is given, it holds the path: two folders called cases do not mix, and worker
    processes make the same.
    """
    folder = folder.resolve()
    name = name or f"{CASES_PACKAGE}{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"
    if name not in sys.modules:
        module = ModuleType(name, "Case files loaded by path.")
        module.__path__ = [str(folder)]
        sys.modules[name] = module
    return name


def _read(path: Path, package: str) -> Folder:
    """The claims of one case file."""
    try:
        module = imported(path, f"{package}.{path.stem}")
    except SpecError as error:
        return Folder((), (error,))
    claims = getattr(module, "CLAIMS", None)
    if not isinstance(claims, list | tuple):
        rule, step = "it has no list CLAIMS", "add CLAIMS = [Claim(…)]"
        return Folder((), (SpecError("--cases", str(path), rule, step),))
    good, refused = list[Claim](), list[SpecError]()
    for each in claims:
        try:
            good.append(_checked(path, each))
        except SpecError as error:
            refused.append(error)
    return Folder(tuple(good), tuple(refused))


def _checked(path: Path, claim: object) -> Claim:
    if not isinstance(claim, Claim):
        raise SpecError(f"{path.name}: CLAIMS", claim, "each entry is a Claim", "make it one")
    if claim.refused is not None:
        error, file = claim.refused, claim.place.partition(":")[0]
        place = f"{file}:{error.line} {error.field}"
        raise SpecError(place, error.value, error.rule, error.next_step)
    for case in claim.cases:
        _check_own(path, case)
    return claim


TAKES = ("train", "net.factory")
"""What may be given arguments."""


def _check_own(path: Path, case: Case) -> None:
    """Refuses own functions and classes that a worker process could not import by their names."""
    for name, experiment in case.experiments.items():
        if isinstance(experiment, Training):
            own = {"train": experiment.train}
        else:
            net = experiment.net
            own = {"net.factory": net.factory} if isinstance(net, ModuleNet) else {}
            own |= {"inputs": type(experiment.inputs), "target": type(experiment.target)}
            functions = [each for each in experiment.measure if isinstance(each, Measured)]
            own |= {f"measure {each.called!r}": each.function for each in functions}
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
                    "write it with def or class at the top level of a case file"
                    + (", and give what varies as arguments={…}" * (field in TAKES)),
                )


def _is_importable(thing: object) -> bool:
    found: object = sys.modules.get(getattr(thing, "__module__", None) or "builtins")
    for part in getattr(thing, "__qualname__", "").split("."):
        found = getattr(found, part, None)
    return found is thing
