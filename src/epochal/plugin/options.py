"""The options of ``pytest bench/``, and how they become `RunOptions`."""

import os
import shlex
from pathlib import Path

import pytest

from epochal.files import expanded
from epochal.judging.run_options import RunOptions

__all__ = ["add", "parse"]


def add(parser: pytest.Parser) -> None:
    """Adds epochal's options to pytest's."""
    group = parser.getgroup("epochal", "claims about how neural nets learn")
    add = group.addoption
    add(
        "--device", action="append", metavar="NAME", help="cpu, cuda, cuda:N, all, auto; repeatable"
    )
    add("--tier", default="quick", metavar="TIER", help="quick (default), standard or full")
    add(
        "--claims",
        action="append",
        metavar="GLOB",
        help="only claims whose id matches; several with commas, or repeated",
    )
    add("--seeds", type=int, metavar="N", help="a fixed number of seeds, not the sequential test")
    add("--engine", default="auto", metavar="NAME", help="which engine trains (default: auto)")
    add(
        "--workers",
        type=int,
        metavar="N",
        help="training processes (default: one a core); 0 trains in this one, for a debugger",
    )
    add("--journal", metavar="FILE", help="where finished trainings go, at once")
    add("--fresh", action="store_true", help="train anew what the journal has")
    add(
        "--checkpoint",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="how often a training that takes over ten times as long is saved (default: 30)",
    )
    add("--report", metavar="DIR", help="where the report goes")
    add("--cases", metavar="DIR", help="the folder of case files")
    add("--baseline", metavar="DIR", help="the committed results")
    add("--update-baseline", action="store_true", help="take the results into the baseline")
    add(
        "--replace-baseline",
        action="append",
        metavar="GLOB",
        help="the same, and these claims' results as they are, also with fewer seeds",
    )
    add("--gate", action="store_true", help="train anew and compare with the baseline")
    add("--controls", action="store_true", help="run each claim's control, which must turn it")
    # --strict is pytest's own option; under it, undecided is red here too.


def parse(config: pytest.Config) -> RunOptions:
    """What the options ask for; raises `SpecError` where one is wrong."""
    from epochal.training.workers import cores

    option = config.getoption
    sharing = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    workers, replaced = option("--workers"), _names(option("--replace-baseline"))
    return RunOptions(
        devices=tuple(option("--device") or ["cpu"]),
        tier=option("--tier"),
        claims=_names(option("--claims")),
        seeds=option("--seeds"),
        engine=option("--engine"),
        workers=workers if workers is not None else max(1, cores() // sharing),
        report=_folder(config, "--report", ".epochal/report"),
        cases=_folder(config, "--cases", "cases"),
        cases_named=_cases_named(config),
        baseline=_folder(config, "--baseline", "reports/baseline"),
        update_baseline=option("--update-baseline") or bool(replaced),
        replace_baseline=replaced,
        controls=option("--controls"),
        strict=bool(option("strict")),
        journal=_folder(config, "--journal", ".epochal/journal.sqlite"),
        fresh=option("--fresh"),
        gate=option("--gate"),
        checkpoint=option("--checkpoint"),
        dry=config.option.collectonly,
        command=shlex.join(["pytest", *map(str, config.invocation_params.args)]),
    )


def _names(given: list[str] | None) -> tuple[str, ...]:
    return tuple(name.strip() for each in given or [] for name in each.split(","))


def _folder(config: pytest.Config, name: str, default: str) -> Path:
    """What the user named, seen from where pytest was called; else a place of the project."""
    named = config.getoption(name)
    if named is not None:
        return expanded(named).absolute()
    return config.rootpath / default


def _cases_named(config: pytest.Config) -> str:
    folder = _folder(config, "--cases", "cases").resolve()
    own = (config.rootpath / "cases").resolve()
    return "" if folder == own else os.path.relpath(folder, config.rootpath)
