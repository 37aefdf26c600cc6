"""A simulated schedule: which run starts when, on a number of equal workers."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Chain", "Key", "Schedule", "in_order", "simulate"]

Key = tuple[str, int]
"""A run: the digest of its setting, and its seed."""


@dataclass(frozen=True)
class Chain:
    """A claim's runs.

    Attributes:
        name: the claim's id.
        rounds: the runs of each round; one starts when all runs of the round before are done.
    """

    name: str
    rounds: tuple[tuple[Key, ...], ...]

    def seconds(self, costs: Mapping[Key, float]) -> float:
        """Return how long it takes with as many workers as it has runs."""
        return sum(max((costs[key] for key in each), default=0.0) for each in self.rounds)

    def work(self, costs: Mapping[Key, float]) -> float:
        """Return how long one worker takes for it."""
        return sum(costs[key] for each in self.rounds for key in each)


@dataclass(frozen=True)
class Schedule:
    """What happens when, in seconds from the start.

    Attributes:
        wall: when the last run ends.
        ends: when each claim's last run ends, by its id.
    """

    wall: float
    ends: Mapping[str, float]


def in_order(chains: Iterable[Chain], costs: Mapping[Key, float]) -> list[Chain]:
    """Return the cheapest chain, for a verdict at once, and then the others, longest first."""
    found = sorted(chains, key=lambda chain: chain.work(costs), reverse=True)
    return [*found[-1:], *found[:-1]]


def simulate(chains: Sequence[Chain], costs: Mapping[Key, float], workers: int) -> Schedule:
    """Return the schedule of ``chains`` on ``workers``.

    Runs start in the order of chains. A further round of a claim goes before whatever has not
    started. A run that several claims share is trained once.

    >>> chains = [Chain("a", ((("x", 1), ("x", 2)), (("x", 3),))), Chain("b", ((("y", 1),),))]
    >>> costs = {("x", 1): 2.0, ("x", 2): 3.0, ("x", 3): 1.0, ("y", 1): 1.0}
    >>> simulate(chains, costs, 2).wall, simulate(chains, costs, 1).wall
    (4.0, 7.0)
    """
    return _Simulation(costs).run(chains, workers)


class _Simulation:
    def __init__(self, costs: Mapping[Key, float]) -> None:
        self._costs = costs
        self._ready: list[tuple[int, int, Key]] = []
        self._asked: set[Key] = set()
        self._done: dict[Key, float] = {}
        self._waiting: dict[Key, list[_Claim]] = {}
        self._number = 0

    def run(self, chains: Sequence[Chain], workers: int) -> Schedule:
        claims = [_Claim(chain) for chain in chains]
        for claim in claims:
            self._advance(claim, 0.0)
        running, now = list[tuple[float, Key]](), 0.0
        while self._ready or running:
            while self._ready and len(running) < workers:
                *_, key = heapq.heappop(self._ready)
                heapq.heappush(running, (now + self._costs[key], key))
            now, key = heapq.heappop(running)
            self._done[key] = now
            for claim in self._waiting.pop(key, []):
                claim.missing.discard(key)
                self._advance(claim, now)
        return Schedule(now, {claim.chain.name: claim.end for claim in claims})

    def _advance(self, claim: "_Claim", now: float) -> None:
        """Starts the next rounds of ``claim`` until it has to wait for a run."""
        while not claim.missing:
            claim.end = now
            if claim.round == len(claim.chain.rounds):
                return
            keys = claim.chain.rounds[claim.round]
            for key in (key for key in keys if key not in self._asked):
                self._asked.add(key)
                self._number += 1
                heapq.heappush(self._ready, (-min(1, claim.round), self._number, key))
            claim.missing = {key for key in keys if key not in self._done}
            for key in claim.missing:
                self._waiting.setdefault(key, []).append(claim)
            claim.round += 1


class _Claim:
    def __init__(self, chain: Chain) -> None:
        self.chain, self.round, self.end = chain, 0, 0.0
        self.missing: set[Key] = set()
