"""The plan of a run: what each claim takes, on which machines, and when all is done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from epochal.claims.case import Case
from epochal.claims.cost import Share
from epochal.planning.machines import Machines, scaled
from epochal.planning.rates import Estimate, Rates
from epochal.planning.rounds import rounds
from epochal.planning.shared_out import components, share_out
from epochal.planning.simulate import Chain, Key, Schedule, in_order, simulate

__all__ = ["CURVE", "Plan", "Row"]

CURVE = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""The numbers of workers for which the wall time is simulated."""

START_SECONDS, RUN_SECONDS = 5.0, 0.04
"""Until workers have loaded torch, and beside the training of a run.

Measured with ``--cluster local:2`` on two cores: 3.7 to 6.8 s, and 39 ms.
"""


@dataclass(frozen=True)
class Row:
    """What a claim takes.

    Attributes:
        claim: its id.
        kind: the kind of machine that trains it.
        seeds: how many.
        rounds: in how many rounds they are asked for.
        runs: how many trainings, of all its settings.
        seconds: of one process.
        chain: seconds with a worker for each run.
        ends: when its last run ends, in seconds from the start.
        sources: how many of its runs have their time from which source.
    """

    claim: str
    kind: str
    seeds: int
    rounds: int
    runs: int
    seconds: float
    chain: float
    ends: float
    sources: Mapping[str, int]


class Plan:
    """A run of ``cases`` on ``machines``, simulated.

    Args:
        cases: what is judged.
        machines: where.
        rates: training times.
        verdicts: what the last verdict of a claim said of each seed, by the case's id.
        seeds: a fixed number of seeds instead of the sequential test.
    """

    def __init__(
        self,
        cases: Sequence[Case],
        machines: Sequence[Machines],
        rates: Rates,
        verdicts: Mapping[str, Sequence[bool]] | None = None,
        seeds: int | None = None,
    ) -> None:
        self.cases, self.machines, self.rates = cases, machines, rates
        known = verdicts or {}
        self._rounds = {
            case.id: rounds(case, known.get(case.id, ()), seeds, machines[0].device)
            for case in cases
        }
        self._shares = self._needed()
        self._estimates: dict[str, dict[Key, Estimate]] = {}

    def _needed(self) -> dict[Key, Share]:
        """Every run, with the longest horizon that any claim needs."""
        found: dict[Key, Share] = {}
        for case in self.cases:
            seeds = [seed for each in self._rounds[case.id] for seed in each]
            for name, epochs in case.horizons.items():
                for seed in seeds:
                    share = Share(case.experiments[name], seed, epochs)
                    key = share.experiment.digest, seed
                    if key not in found or found[key].epochs < epochs:
                        found[key] = share
        return found

    def _times(self, machines: Machines) -> dict[Key, Estimate]:
        if machines.kind not in self._estimates:
            self._estimates[machines.kind] = {
                key: self.rates.of(share, machines) for key, share in self._shares.items()
            }
        return self._estimates[machines.kind]

    def costs(self, machines: Machines) -> dict[Key, float]:
        """Return the seconds that each run occupies a worker of that kind."""
        return {key: each.seconds + RUN_SECONDS for key, each in self._times(machines).items()}

    def chain(self, case: Case) -> Chain:
        """Return the runs of ``case``, round by round."""
        digests = [case.experiments[name].digest for name in case.horizons]
        return Chain(
            case.id,
            tuple(
                tuple((digest, seed) for seed in seeds for digest in digests)
                for seeds in self._rounds[case.id]
            ),
        )

    def shared_out(self, machines: Sequence[Machines]) -> dict[str, Machines]:
        """Return the machines that train each claim, by the case's id."""
        costs = {each.kind: self.costs(each) for each in machines}

        def seconds(group: Sequence[Case], kind: Machines) -> tuple[float, float]:
            chains, known = [self.chain(case) for case in group], costs[kind.kind]
            keys = {key for chain in chains for each in chain.rounds for key in each}
            return sum(known[key] for key in keys), max(chain.seconds(known) for chain in chains)

        kinds = [(each, each.workers) for each in machines]
        shared = share_out(components(self.cases), kinds, seconds)
        return {case.id: kind for group, kind in shared for case in group}

    def schedules(self, machines: Sequence[Machines]) -> list[Schedule]:
        """Return what happens when on each kind of ``machines``."""
        where = self.shared_out(machines)
        found = []
        for each in machines:
            mine = [self.chain(case) for case in self.cases if where[case.id] is each]
            costs = self.costs(each)
            found.append(simulate(in_order(mine, costs), costs, each.workers))
        return found

    def wall(self, machines: Sequence[Machines]) -> float:
        """Return the seconds until the last run on ``machines`` ends."""
        return START_SECONDS + max(each.wall for each in self.schedules(machines))

    @cached_property
    def rows(self) -> list[Row]:
        """What each claim takes, the most expensive first."""
        where, found = self.shared_out(self.machines), list[Row]()
        ends = {k: v for each in self.schedules(self.machines) for k, v in each.ends.items()}
        for case in self.cases:
            machines, chain = where[case.id], self.chain(case)
            keys = [key for each in chain.rounds for key in each]
            sources = [self._times(machines)[key].source for key in keys]
            costs = self.costs(machines)
            found.append(
                Row(
                    case.id,
                    machines.kind,
                    sum(map(len, self._rounds[case.id])),
                    len(chain.rounds),
                    len(keys),
                    chain.work(costs),
                    chain.seconds(costs),
                    START_SECONDS + ends[case.id],
                    {source: sources.count(source) for source in dict.fromkeys(sources)},
                )
            )
        return sorted(found, key=lambda row: row.seconds, reverse=True)

    @property
    def longest(self) -> Row:
        """The claim that no number of workers makes shorter."""
        return max(self.rows, key=lambda row: row.chain)

    @cached_property
    def runs(self) -> dict[Key, tuple[Machines, Estimate]]:
        """Every run once, with the machines that train it."""
        where = self.shared_out(self.machines)
        found: dict[Key, tuple[Machines, Estimate]] = {}
        for case in self.cases:
            machines = where[case.id]
            for each in self.chain(case).rounds:
                found |= {key: (machines, self._times(machines)[key]) for key in each}
        return found

    def seconds(self) -> float:
        """Return the training time of all runs together, on one worker of each kind."""
        return sum(each.seconds + RUN_SECONDS for _, each in self.runs.values())

    def stored(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Return how many of the runs are among ``rows``, as far as they are needed."""
        done: dict[Key, int] = {}
        for row in rows:
            key = row["experiment"], row["seed"]
            done[key] = max(row["epochs_done"], done.get(key, 0))
        return sum(done.get(key, -1) >= share.epochs for key, share in self._shares.items())

    def curve(self) -> list[tuple[int, float]]:
        """Return numbers of workers, of the same kinds and shares, with the wall time of each."""
        found: dict[int, float] = {}
        for count in CURVE:
            machines = scaled(self.machines, count)
            found.setdefault(sum(each.workers for each in machines), self.wall(machines))
        return [*found.items()]
