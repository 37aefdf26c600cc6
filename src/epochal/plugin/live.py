"""Live progress while a claim trains: one line that is drawn over, on a terminal only."""

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from epochal.claims.case import Case
from epochal.claims.cost import duration
from epochal.plugin.notices import NOTICES

if TYPE_CHECKING:
    from epochal.judging.runner import Runner
    from epochal.training.trainer import Doing

__all__ = ["Live", "clock"]


class Live:
    """Draws where training stands; quiet off a terminal, under ``-q`` and under xdist."""

    def __init__(self, runner: "Runner", config: pytest.Config) -> None:
        self.runner, self.config = runner, config
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        writer = getattr(reporter, "_tw", None)
        self.writer: Any = (
            writer if _wanted(config, writer, bool(getattr(reporter, "isatty", False))) else None
        )
        self.case: tuple[Case, str] | None = None
        self.since, self.first, self.all = 0.0, 0, 0.0
        self.width = 0

    def begin(self, case: Case, device: str) -> None:
        """A new claim is judged from now on."""
        self.case, self.since, self.first = (case, device), time.monotonic(), -1
        if self.writer is not None:
            self.all = self.runner.hours()[1] / self.runner.processes

    def draw(self) -> None:
        """Draws the line anew, below what there is to say."""
        self.config.stash[NOTICES].show()
        if self.writer is not None and self.case is not None:
            self._show(self._line(*self.case))

    def end(self) -> None:
        """Clears the line."""
        if self.writer is not None and self.width:
            self._show("")
            self.width = 0

    def _line(self, case: Case, device: str) -> str:
        place = f"claim {self.runner.done + 1} of {len(self.runner.selected)}"
        doing = self.runner.trainer.doing(case, device)
        left = self.runner.trainer.waiting(case, device) - sum(each.epoch for each in doing)
        self.first = left if self.first < 0 else max(self.first, left)
        rate = (self.first - left) / max(time.monotonic() - self.since, 1e-3)
        parts = [f"{place} {case.id}"]
        parts += [f"{clock(left / rate)} left, {rate:.0f} epochs/s"] if rate > 0 else []
        parts += [
            f"seed {each.seed} epoch {each.epoch}/{each.epochs} {_error(each)}" for each in doing
        ] or ["waiting for a worker"]
        parts.append(f"all: {duration(self.all)} left")
        aim = ", ".join(f"{each:g}" for each in case.rule.marks().mse)
        parts += [f"threshold MSE {aim}"] if aim else []
        return " | ".join(parts)

    def _show(self, line: str) -> None:
        capture: Any = self.config.pluginmanager.get_plugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture else nullcontext():
            assert self.writer is not None
            line = line[: self.writer.fullwidth - 1]
            self.writer.write("\r" + line + " " * (self.width - len(line)) + "\r", flush=True)
            self.width = len(line)


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds.

    >>> clock(75.2)
    '1:15'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def _error(doing: "Doing") -> str:
    return f"loss {doing.loss:.3g}" if doing.mse is None else f"MSE {doing.mse:.3g}"


def _wanted(config: pytest.Config, writer: Any, terminal: bool) -> bool:
    alone = getattr(config.option, "dist", "no") == "no" and not hasattr(config, "workerinput")
    return alone and config.get_verbosity() >= 0 and writer is not None and terminal
