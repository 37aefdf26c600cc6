"""A timing session: pairs of fresh processes, asked in turn for periods of epochs, A B B A."""

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from epochal.ab.arms import Arm
from epochal.ab.statistics import AbbaBlock
from epochal.errors import BrokenRun, EpochalError

__all__ = ["BLOCK_SECONDS", "Bench", "NotComparable"]

BLOCK_SECONDS = 1.25
"""How long a period takes, about, whatever an epoch costs; an arm trains two of them a block."""

ROUNDS = 20
"""In how many rounds a period is dealt: what a shared machine loses for a moment, both arms lose.

On the machine of our record, blocks of unchanged code with periods of 2 s in one piece spread by
5%; dealt in rounds of a sixteenth of a second, and with memory that is kept (`Arm`), by 2%.
"""


class NotComparable(EpochalError):
    """The two arms have nothing in common that could be timed."""


@dataclass
class Bench:
    """Two arms and one claim's setting; each call of `blocks` begins a session.

    Attributes:
        a: one arm.
        b: the other.
        claim: whose first setting is trained.
        cases: the folder of case files, where it is not each arm's own.
        device: ``cpu`` or ``cuda:N``.
        slowed: what share of its time arm B burns besides, to try the gate on.
        block: seconds of a period.
        on_block: called with each block.
        epochs: of a block, once the first pair of processes was ready.
        rounds: in how many rounds they are dealt, a b b a and so on.
        facts: what each arm runs on.
    """

    a: Arm
    b: Arm
    claim: str
    cases: Path | None = None
    device: str = "cpu"
    slowed: float = 0.0
    block: float = BLOCK_SECONDS
    on_block: Callable[[AbbaBlock], None] = lambda block: None
    epochs: int = 0
    rounds: int = ROUNDS
    facts: tuple[dict[str, str], dict[str, str]] = ({}, {})

    def blocks(self) -> Iterator[AbbaBlock]:
        """Quadruples for ever, each from two processes of its own.

        Raises:
            NotComparable: the arms' settings differ, or one has no such claim, device or engine.
            BrokenRun: an arm's process ended before its time.
        """
        while True:
            with ExitStack() as running:
                # Both import and warm up at once; nothing is timed meanwhile.
                a, b = (
                    running.enter_context(_Process(arm, self, slowed))
                    for arm, slowed in ((self.a, 0.0), (self.b, self.slowed))
                )
                rates = [each.ready() for each in (a, b)]
                self.facts = a.facts, b.facts
                if a.facts["setting"] != b.facts["setting"]:
                    raise NotComparable(f"{self.claim} is another setting in the two arms")
                if not self.epochs:
                    self._deal(self.block * max(rates))
                rounds = [
                    [each.seconds(self.epochs // self.rounds) for each in (a, b, b, a)]
                    for _ in range(self.rounds)
                ]
            first, second, third, last = map(sum, zip(*rounds, strict=True))
            block = AbbaBlock((first, second, third, last))
            self.on_block(block)
            yield block

    def _deal(self, epochs: float) -> None:
        """Deals about so many epochs in rounds of equal length, of at least one each."""
        self.rounds = min(ROUNDS, max(1, round(epochs)))
        self.epochs = self.rounds * max(1, round(epochs / self.rounds))


class _Process:
    """One arm's process, which is asked line by line."""

    def __init__(self, arm: Arm, bench: Bench, slowed: float) -> None:
        self.arm, self.facts = arm, dict[str, str]()
        # Closed on exit.
        self._errors: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115
        self._process = subprocess.Popen(
            arm.command(bench.claim, bench.cases, bench.device, slowed),
            env=arm.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def __enter__(self) -> "_Process":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._process.kill()
        self._process.communicate()
        self._errors.close()

    def ready(self) -> float:
        """Waits until it is warm; gives its rate in epochs a second."""
        answer = self._line()
        self.facts = answer["ready"]
        return float(answer["epochs a second"])

    def seconds(self, epochs: int) -> float:
        """Has it train a block; gives the seconds."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{epochs}\n")
        self._process.stdin.flush()
        return float(self._line()["seconds"])

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        code = self._process.wait()
        self._errors.seek(0)
        last = (self._errors.read().strip().splitlines() or [f"exit code {code}"])[-1]
        if code == 4:
            raise NotComparable(f"arm {self.arm.name}: {last.removeprefix('ERROR: ')}")
        raise BrokenRun(f"the process of arm {self.arm.name} ended: {last}")
