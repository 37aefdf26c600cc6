"""``epochal init`` and ``epochal bench``: claims in a project of one's own, and those shipped."""

import sys
from argparse import Namespace
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from epochal.cli.shared import Commands
from epochal.cli.template import FILES, IGNORED
from epochal.errors import SpecError
from epochal.files import expanded, save, writable
from epochal.shipped import bench_words, shipped
from epochal.version import __version__

__all__ = ["add", "bench"]


def add(commands: Commands) -> None:
    """Adds the commands of this file to the command line."""
    new = commands.add_parser("init", help="write a small project with one claim")
    new.add_argument(
        "folder",
        metavar="DIR",
        nargs="?",
        type=expanded,
        default=Path(),
        help="where (default: here)",
    )
    new.set_defaults(run=init)
    about = "judge the claims that come with epochal; takes the options of pytest bench/"
    commands.add_parser("bench", help=about, add_help=False)  # `main` hands its options to pytest


def init(options: Namespace) -> int:
    """``epochal init``: the files of a project, of which none is overwritten."""
    folder: Path = options.folder
    filled = {
        folder / name: text.format(year=date.today().year, version=__version__)
        if "{" in text
        else text
        for name, text in FILES.items()
    }
    for path, text in filled.items():
        if path.exists() and path.read_text("utf-8") != text:
            rule = "there is such a file, and it is not overwritten"
            raise SpecError("DIR", str(path), rule, "name another folder, or move it")
    for path, text in filled.items():
        save(writable(path.parent, "DIR") / path.name, text)
        print(path)
    ignored = folder / ".gitignore"
    known = ignored.read_text("utf-8") if ignored.exists() else ""
    missing = [line for line in IGNORED if line not in known.splitlines()]
    if missing:
        gap = "" if not known or known.endswith("\n") else "\n"
        save(ignored, known + gap + "".join(f"{line}\n" for line in missing))
        print(ignored)
    there = "" if folder == Path() else f"cd {folder} && "
    print(f"\nNow judge the claim of cases/mine.py: {there}pytest bench/")
    return 0


def bench(options: Sequence[str]) -> int:
    """``epochal bench``: pytest on the tests and claims that come with epochal."""
    import pytest

    given = {each.split("=")[0] for each in options}
    if given & {"--update-baseline", "--replace-baseline"} and "--baseline" not in given:
        rule = "the baseline that comes with epochal stays as it is"
        step = "give --baseline reports/baseline, here and at --gate"
        raise SpecError("--baseline", str(shipped("reports/baseline")), rule, step)
    sys.dont_write_bytecode = True  # the folder of an installed package may be nobody's to write to
    return int(pytest.main([*bench_words(Path.cwd()), *options]))
