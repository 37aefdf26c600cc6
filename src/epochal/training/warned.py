"""What Python's warnings say in a worker, kept until it is noted beside the training it came up in.

A new torch announces there what it will drop, and a worker's standard error is read by nobody.
"""

import re
import warnings
from pathlib import PurePath
from typing import TextIO

__all__ = ["collected", "listen"]

_heard = dict[str, bool]()
"""Each text, and whether it was told: Python's own memory of it ends with any change of filters."""


def listen() -> None:
    """From now on every warning of this process is kept, once for each place that it comes from."""
    warnings.resetwarnings()  # else Python leaves out the deprecations, which are what matters here
    warnings.simplefilter("default")
    warnings.showwarning = _hear


def collected() -> list[str]:
    """What was not told yet: kind, message and where, in one line each."""
    said = [text for text, is_reported in _heard.items() if not is_reported]
    _heard.update(dict.fromkeys(said, True))
    return said


def _hear(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    first = " ".join(str(message).split())
    _heard.setdefault(f"{category.__name__}: {first} ({_place(filename)}:{lineno})", False)


def _place(filename: str) -> str:
    """The file as it is called wherever it is installed."""
    inside = re.sub(r".*[/\\](?:site-packages|dist-packages|python3\.\d+)[/\\]", "", filename)
    return inside if inside != filename else "/".join(PurePath(filename).parts[-2:])
