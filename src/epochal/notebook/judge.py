"""`judge` for a script or a notebook: a claim's verdict, trained here and now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from epochal.claims.case import Case
from epochal.claims.claim import Claim
from epochal.claims.verdicts import judge as verdict_on
from epochal.experiments.checks import natural, record
from epochal.experiments.runs import Runs, join
from epochal.judging.findings import CaseResult, Findings, keep
from epochal.judging.independent import independent
from epochal.notebook.show import kept, page
from epochal.report.drawn import figure_of
from epochal.report.text import explanation_of
from epochal.training.environments import measured_in
from epochal.training.train import one_device, train_seeds

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Verdict", "judge"]


@dataclass(frozen=True, eq=False, repr=False)
class Verdict:
    """The verdict on a claim, which prints and draws itself.

    Attributes:
        found: everything that was measured.
    """

    found: CaseResult

    @property
    def status(self) -> str:
        """``reproduced``, ``refuted``, ``undecided``, ``estimated`` or ``broken``."""
        return self.found.result.status

    @property
    def k(self) -> int:
        """The number of seeds that hold."""
        return self.found.result.k

    @property
    def n(self) -> int:
        """The number of seeds that were trained."""
        return self.found.result.n

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        """Of each seed ``seed``, ``holds``, ``numbers`` and ``diverged``."""
        return self.found.result.outcomes

    @property
    def interval(self) -> list[float] | None:
        """The interval of a rate or a number, where the rule decides by one."""
        return self.found.result.interval

    def plot(self, path: str | Path | None = None) -> "Figure | None":
        """Draw what the claim's page in a report would show.

        Args:
            path: a PNG file to write, if any.

        Returns:
            The figure; None where nothing was trained to its end.
        """
        figure = self._figure()
        return None if figure is None else kept(figure, path)

    def _figure(self) -> "Figure | None":
        findings = Findings()
        findings.add(self.found.result, self.found.curves)
        return figure_of(findings, self.found.case.claim)

    def __str__(self) -> str:
        return explanation_of(self.found, self.found.trace[0])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return page(str(self), self._figure())


def judge(claim: Claim, seeds: int | None = None, device: str = "cpu") -> Verdict:
    """Train ``claim`` in this process, as far as its verdict needs.

    The test is that of ``pytest bench/``. Nothing is stored: a claim in a folder of case files,
    whose runs are worth keeping, is judged by ``pytest bench/ --claims ID``.

    Args:
        claim: what to judge.
        seeds: a fixed number of seeds instead of the claim's own test.
        device: one device, as for ``pytest bench/ --device``.

    Raises:
        SpecError: ``claim``, ``seeds`` or ``device`` is wrong. An error while training makes the
            verdict ``broken`` instead.

    >>> from epochal import Claim, Experiment, FitsBy, Line, MLP, Optimizer, Sine, Source, judge
    >>> tiny = Experiment(
    ...     inputs=Line(low=-1, high=1, points=20),
    ...     target=Sine(2),
    ...     net=MLP(widths=(8,)),
    ...     optimizer=Optimizer("Adam", lr=0.03),
    ... )
    >>> mine = Source(
    ...     key="me", title="A guess", authors="me", year=2026, url="me.md", story="…", bibtex=""
    ... )
    >>> verdict = judge(
    ...     Claim(
    ...         id="me-fits",
    ...         source=mine,
    ...         where="here",
    ...         says="Eight units learn one slow wave.",
    ...         reading="The error gets below 0.02 by epoch 300.",
    ...         experiments=tiny,
    ...         rule=FitsBy(epoch=300, mse_below=0.02),
    ...     ),
    ...     seeds=5,
    ... )
    >>> verdict.status, verdict.n
    ('reproduced', 5)
    """
    record("claim", claim, Claim, "give a Claim(…)")
    if seeds is not None:
        natural("seeds", seeds)
    where, case = one_device(device), Case(claim, claim.rule, claim.experiments_by_name)
    parts: dict[str, list[Runs]] = {name: [] for name in case.horizons}

    def ask(case: Case, wanted: Sequence[int]) -> Mapping[str, Runs]:
        for name, epochs in case.horizons.items():
            parts[name].append(train_seeds(case.experiments[name], wanted, where, epochs))
        return {name: runs[-1] for name, runs in parts.items()}

    verdict = verdict_on(case, independent(ask), seeds)
    runs = {name: join(each) for name, each in parts.items()} if verdict.outcomes else {}
    first = case.experiments[next(iter(case.horizons))]
    environment = measured_in(first, where).described
    found = keep(case, where, verdict, runs, environment, seeds is not None)
    asked = "".join([f", seeds={seeds}" * bool(seeds), f", device={device!r}" * (device != "cpu")])
    again = replace(found.result, repeat=f"epochal.judge(claim{asked})")
    return Verdict(replace(found, result=again))
