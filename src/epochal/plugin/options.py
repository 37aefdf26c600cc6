"""The options of ``pytest bench/``, and how they become `RunOptions`."""

import os
import shlex
from contextlib import suppress
from pathlib import Path

import pytest

from epochal.errors import SpecError
from epochal.files import expanded
from epochal.judging.repeat import cases_named
from epochal.judging.run_options import RunOptions
from epochal.plugin.distributed import is_distributed, is_worker
from epochal.shipped import bench_words

__all__ = ["add", "parse"]


def add(parser: pytest.Parser) -> None:
    """Adds epochal's options to pytest's."""
    group = parser.getgroup("epochal", "claims about how neural nets learn")
    add = group.addoption
    devices = "cpu (default), cuda, cuda:N, xpu, all or auto; repeatable"
    add("--device", action="append", metavar="NAME", help=devices)
    add("--tier", default="quick", metavar="TIER", help="quick (default), standard or full")
    globs = "judge only claims with a matching id; separate several by commas"
    add("--claims", action="append", metavar="GLOB", help=globs)
    with suppress(ValueError):  # the marker `seeds` has it, too
        add("--seeds", type=int, metavar="N", help="N seeds instead of the sequential test")
    add("--engine", default="auto", metavar="NAME", help="auto (default), reference or prefix_sum")
    add(
        "--workers",
        type=int,
        metavar="N",
        help="training processes (default: one per core); 0 trains in this process, for a debugger",
    )
    where = "train on a Dask cluster: tcp://HOST:PORT, or local:N for N processes"
    add("--cluster", metavar="ADDRESS", default="", help=where)
    add("--journal", metavar="FILE", help="finished runs (default: .epochal/journal.sqlite)")
    add("--fresh", action="store_true", help="reuse no stored runs")
    add(
        "--checkpoint",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="save long trainings this often (default: 30)",
    )
    add("--report", metavar="DIR", help="folder of the report (default: .epochal/report)")
    add("--cases", metavar="DIR", help="folder of case files (default: cases)")
    add("--baseline", metavar="DIR", help="committed results (default: reports/baseline)")
    add("--update-baseline", action="store_true", help="add the results to the baseline")
    add(
        "--replace-baseline",
        action="append",
        metavar="GLOB",
        help="also replace the baseline's results of these claims, even by fewer seeds",
    )
    add("--gate", action="store_true", help="train again and compare with the baseline")
    add("--controls", action="store_true", help="judge controls, which must turn the verdict")
    # --strict is pytest's own option; under it, undecided is red here too.


def parse(config: pytest.Config) -> RunOptions:
    """What the options ask for; raises `SpecError` where one is wrong."""
    from epochal.training.workers import cores

    option = config.getoption
    sharing = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    workers, replaced = option("--workers"), _names(option("--replace-baseline"))
    if option("--cluster") and (is_distributed(config) or is_worker(config)):
        rule, step = "with -n every process would use the cluster", "leave out -n"
        raise SpecError("--cluster", option("--cluster"), rule, step)
    if option("--cluster") and workers is not None:
        rule, step = "with --cluster the workers of the cluster train", "leave one of them out"
        raise SpecError("--workers", workers, rule, step)
    return RunOptions(
        devices=tuple(option("--device") or ["cpu"]),
        tier=option("--tier"),
        claims=_names(option("--claims")),
        seeds=option("--seeds"),
        engine=option("--engine"),
        cluster=option("--cluster"),
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
        command=_typed([*map(str, config.invocation_params.args)]),
    )


def _names(given: list[str] | None) -> tuple[str, ...]:
    return tuple(name.strip() for each in given or [] for name in each.split(","))


def _folder(config: pytest.Config, name: str, default: str) -> Path:
    """What the user named, seen from where pytest was called; else a place of the project."""
    named = config.getoption(name)
    if named is not None:
        return expanded(named).absolute()
    return config.rootpath / default


def _typed(words: list[str]) -> str:
    first = bench_words(Path.cwd())
    if words[: len(first)] == first:
        return shlex.join(["epochal", "bench", *words[len(first) :]])
    return shlex.join(["pytest", *words])


def _cases_named(config: pytest.Config) -> str:
    folder = _folder(config, "--cases", "cases").resolve()
    return cases_named(folder, config.rootpath)
