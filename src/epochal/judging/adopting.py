"""Stored runs of older code, tried under today's and taken over where no bit differs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from epochal.claims.claim import Claim
from epochal.errors import DeviceError, EpochalError
from epochal.experiments.experiment import Experiment
from epochal.experiments.own_loop import Training
from epochal.experiments.runs import Runs
from epochal.identity.environment import Environment, differences
from epochal.journal.store import Journal
from epochal.journal.units import Unit
from epochal.training.devices import resolve
from epochal.training.environments import measured_in
from epochal.training.numerics import numerics
from epochal.training.train import train

__all__ = ["Adopted", "adopt"]

LEAST_EPOCHS, SHARE = 100, 0.01
"""How far the first stored seed is trained anew: so many epochs, or this share of its own."""

CODE = "engine code"


@dataclass(frozen=True)
class Adopted:
    """What came of the rows of one experiment under one older code.

    Attributes:
        experiment: the digest.
        claims: the claims that use it.
        code: the fingerprint under which the rows were measured.
        rows: how many there are.
        epochs: how many epochs were trained for it.
        differs: where today's code gives something else, in words; nothing if the rows were taken
            over.
    """

    experiment: str
    claims: tuple[str, ...]
    code: str
    rows: int
    epochs: int
    differs: str = ""


def adopt(journal: Journal, claims: Iterable[Claim]) -> Iterator[Adopted]:
    """Takes over the rows whose environment is today's but for epochal's own code.

    Of each experiment the first stored seed is trained for max(100, 1%) of its epochs. Where every
    loss and every hash of the weights is the same, all its rows are taken over, in one transaction.
    Rows of experiments that no claim has, or of another torch, machine or device, stay as they are.
    """
    known, users = _experiments(claims)
    environments = journal.environments()
    for (digest, key), seeds in _groups(journal).items():
        facts, experiment = environments.get(key), known.get(digest)
        if facts is None or experiment is None:
            continue
        today = _today(experiment, facts)
        if today is None or set(differences(facts, today.facts)) != {CODE}:
            continue
        unit = Unit(digest, min(seeds), key)
        stored = journal.runs(unit)
        epochs = min(stored.epochs_done, max(LEAST_EPOCHS, int(SHARE * stored.epochs_done)))
        differs = _tried(experiment, facts["device"], stored.until(epochs))
        code = facts[CODE]
        if not differs:
            journal.add_environment(today.key, today.hardware_key, today.facts)
            seeds = journal.adopt(digest, key, today.key, code)
        yield Adopted(digest, tuple(sorted(users[digest])), code, len(seeds), epochs, differs)


def _experiments(
    claims: Iterable[Claim],
) -> tuple[dict[str, Experiment | Training], Mapping[str, set[str]]]:
    known: dict[str, Experiment | Training] = {}
    users = defaultdict[str, set[str]](set)
    for claim in claims:
        for case in claim.cases:
            for experiment in case.experiments.values():
                known[experiment.digest] = experiment
                users[experiment.digest].add(claim.id)
    return known, users


def _groups(journal: Journal) -> dict[tuple[str, str], list[int]]:
    """The seeds by experiment and key, the longest trained first: the first come stay."""
    found = defaultdict[tuple[str, str], list[int]](list)
    for row in sorted(journal.contents(), key=lambda row: row["epochs_done"], reverse=True):
        found[row["experiment"], row["environment"]].append(row["seed"])
    return found


def _today(experiment: Experiment | Training, facts: Mapping[str, str]) -> Environment | None:
    """The environment that the experiment would be trained in now, None without such a device."""
    try:
        [device] = resolve((facts["device"],))
    except DeviceError:
        return None
    return measured_in(experiment, device)


def _tried(experiment: Experiment | Training, device: str, stored: Runs) -> str:
    """Where today's code gives other bits than ``stored``, in words."""
    [device] = resolve((device,))
    with numerics():
        try:
            seeds = stored.seeds.tolist()
            found = train(experiment, seeds, device, stored.epochs_done).until(stored.epochs_done)
        except EpochalError as error:
            return f"it cannot be trained any more: {error}"
    losses = np.flatnonzero(found.loss.view("u1") != stored.loss.view("u1"))
    if len(losses):
        epoch = int(losses[0]) // found.loss.itemsize
        return f"another loss at epoch {epoch}"
    # Of what is stored, some snapshots may have been left out.
    common, ours, theirs = np.intersect1d(found.snapshots, stored.snapshots, return_indices=True)
    other = common[(found.weight_hash[:, ours] != stored.weight_hash[:, theirs])[0]]
    return f"other weights at epoch {other[0]}" if len(other) else ""
