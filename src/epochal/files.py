"""Files that appear whole or not at all, and folders that can be written to."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from epochal.errors import SpecError

__all__ = ["expanded", "load_record", "save", "writable"]

T = TypeVar("T")


def expanded(text: str | os.PathLike[str]) -> Path:
    """The path that ``text`` stands for: ``~`` and ``$VARIABLES`` replaced.

    >>> os.environ["EPOCHAL_EXAMPLE"] = "/tmp"
    >>> str(expanded("$EPOCHAL_EXAMPLE/report"))
    '/tmp/report'
    """
    return Path(os.path.expandvars(text)).expanduser()


def save(path: Path, content: str | bytes) -> None:
    """Writes ``content`` to ``path``, which appears whole or not at all.

    Of several processes that save to one path at once, one wins, and none is disturbed.
    """
    data = content.encode() if isinstance(content, str) else content
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        # mkstemp lets nobody else read; a page is as readable as any other file here.
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(partial, 0o666 & ~umask)
        os.replace(partial, path)
    except BaseException:
        os.unlink(partial)
        raise


def writable(folder: Path, option: str = "--report") -> Path:
    """``folder``, made if needed; raises `SpecError` if it cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SpecError(
            option,
            str(folder),
            f"it cannot be written to ({error.strerror})",
            "name another folder",
        ) from error
    return folder


def load_record(option: str, path: Path, read: Callable[[Any], T], without: T) -> T:
    """What ``read`` makes of the JSON in ``path``, or of the list of its lines in a ``.jsonl``.

    Args:
        option: what named the file, for errors.
        path: the file.
        read: makes the record of JSON values.
        without: what is returned if there is no file.

    Raises:
        SpecError: the file is damaged, or ``read`` cannot make anything of it.
    """
    if not path.exists():
        return without
    try:
        text = path.read_text("utf-8")
        is_lines = path.suffix == ".jsonl"
        return read(
            [json.loads(line) for line in text.splitlines()] if is_lines else json.loads(text)
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        rule = f"it cannot be read ({type(error).__name__}: {error})"
        step = "restore it from git, or remove it and measure again"
        raise SpecError(option, str(path), rule, step) from error
