"""The case files, and the own modules that they import, as bytes that travel to workers."""

import ast
import hashlib
import io
import os
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp

from epochal.claims.folder import mount
from epochal.errors import SpecError
from epochal.identity.sources import is_own_module

__all__ = ["Bundle", "bundle", "unpacked", "use"]

MOST_BYTES = 64 * 2**20
"""Files of a folder of cases, all together; every worker gets them once."""

CASES, MODULES = "cases", "epochal-modules"
"""The two folders of a bundle."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of all files in the archive, so that equal files give equal bytes."""


@dataclass(frozen=True)
class Bundle:
    """Case files and own modules.

    Attributes:
        package: the name that the folder of case files is imported by.
        modules: the names of own modules outside the folder.
        content: a ZIP archive.
    """

    package: str
    modules: tuple[str, ...]
    content: bytes = field(repr=False)

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits that change with any file."""
        named = "\n".join((self.package, *self.modules)).encode()
        return hashlib.sha256(named + self.content).hexdigest()[:16]


def bundle(folder: Path) -> Bundle:
    """Return the files of a ``folder`` of cases that has been read.

    Raises:
        SpecError: they are too many bytes.
    """
    files = [(CASES, folder, path) for path in _files(folder)]
    own = [*_own_modules(folder)]
    for _, top in own:
        below = _files(top) if top.is_dir() else [top]
        files += [(MODULES, top.parent, path) for path in below]
    size = sum(path.stat().st_size for *_, path in files)
    if size > MOST_BYTES:
        rule = f"with --cluster its {size / 2**20:.0f} MiB travel, at most {MOST_BYTES >> 20} may"
        raise SpecError("--cases", str(folder), rule, "keep data elsewhere")
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, base, path in files:
            name = f"{place}/{path.relative_to(base).as_posix()}"
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return Bundle(mount(folder), tuple(name for name, _ in own), stream.getvalue())


def unpacked(sent: Bundle, below: Path) -> Path:
    """Return the folder below ``below`` that holds the files of ``sent``."""
    folder = below / f"epochal-{sent.digest}"
    if not folder.exists():
        below.mkdir(parents=True, exist_ok=True)
        draft = Path(mkdtemp(dir=below))
        with zipfile.ZipFile(io.BytesIO(sent.content)) as archive:
            archive.extractall(draft)
        try:
            draft.rename(folder)
        except OSError:  # another process of this machine was faster
            if not folder.exists():
                raise
    return folder


_used: dict[str, str] = {}
"""The digest of the bundle that this process uses, by the package's name."""


def use(digest: str, package: str, modules: tuple[str, ...], folder: Path) -> None:
    """Have this process import ``package`` and ``modules`` from an unpacked bundle.

    What it has imported of them from elsewhere is dropped.
    """
    if _used.get(package) == digest:
        return
    for name in list(sys.modules):
        if any(f"{name}.".startswith(f"{each}.") for each in (package, *modules)):
            del sys.modules[name]
    others = [each for each in sys.path if Path(each).name != MODULES]
    sys.path[:] = [str(folder / MODULES), *others]
    mount(folder / CASES, package)
    _used[package] = digest


def _files(folder: Path) -> list[Path]:
    found = []
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(n for n in folders if n != "__pycache__" and not n.startswith("."))
        found += [Path(where, name) for name in sorted(files) if not name.endswith(".pyc")]
    return found


def _own_modules(folder: Path) -> Iterator[tuple[str, Path]]:
    """The own modules and packages outside ``folder`` that its files import, wherever in them."""
    open_, known = [path for path in _files(folder) if path.suffix == ".py"], set[str]()
    while open_:
        for name in _imported(open_.pop()):
            module = sys.modules.get(name)
            if name in known or module is None or not is_own_module(name, vars(module)):
                continue
            known.add(name)
            file = getattr(module, "__file__", None)
            if file is None or Path(file).resolve().is_relative_to(folder.resolve()):
                continue
            top = Path(file).parent if Path(file).stem == "__init__" else Path(file)
            yield name, top
            open_ += [path for path in _files(top) if path.suffix == ".py"] or [top]


def _imported(path: Path) -> Iterator[str]:
    """The top-level names that a file imports absolutely; none of one that is no Python."""
    try:
        tree = ast.parse(path.read_text("utf-8", "replace"))
    except (SyntaxError, ValueError):  # its claims are refused, and those of other files are not
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]
