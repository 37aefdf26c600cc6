"""Files that appear whole or not at all, and folders that can be written to."""

import os
import tempfile
from pathlib import Path

from epochal.errors import SpecError

__all__ = ["expanded", "save", "writable"]


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
