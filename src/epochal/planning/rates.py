"""How long a run takes on a kind of machine, from stored runs where there are any."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from epochal.claims.cost import Share
from epochal.experiments.experiment import Experiment
from epochal.experiments.own_loop import Training
from epochal.planning.machines import CPU, Machines
from epochal.training.cost import LEAST_SECONDS, RECENT, seconds

__all__ = ["MEASURED", "MODEL", "PACE", "Estimate", "Rates"]

MEASURED, PACE, MODEL = "measured", "pace of other settings", "not measured"
"""Where a rate comes from: stored runs of the setting, of other settings, or the cost model."""

LEAST_SHARE, LATEST = 0.1, 5
"""A stored run tells the rate of its setting if it has this share of the epochs or took
`LEAST_SECONDS`; this many of the latest are used."""


@dataclass(frozen=True)
class Estimate:
    """The training time of one run.

    Attributes:
        seconds: of one process.
        source: `MEASURED`, `PACE` or `MODEL`.
    """

    seconds: float
    source: str


class Rates:
    """The training times that stored runs and the cost model give.

    Args:
        rows: stored runs, as `Journal.contents` lists them.
        settings: those that the runs may be of.
        engine: the engine's name, or ``auto``.
    """

    def __init__(
        self,
        rows: Sequence[Mapping[str, Any]],
        settings: Iterable[Experiment | Training],
        engine: str = "auto",
    ) -> None:
        self._rows, self._engine = rows, engine
        self._settings = {each.digest: each for each in settings}
        self._paces: dict[str, tuple[float, int]] = {}
        self._own: dict[str, dict[str, list[Mapping[str, Any]]]] = {}

    def of(self, share: Share, machines: Machines) -> Estimate:
        """Return the training time of ``share`` on one of ``machines``."""
        model = self._model(share.experiment, share.epochs, machines)
        own = [
            row
            for row in self._stored(machines)[share.experiment.digest]
            if row["seconds"] >= LEAST_SECONDS or row["epochs_done"] >= LEAST_SHARE * share.epochs
        ]
        if own:
            ratio = median(self._ratio(row, share.experiment, machines) for row in own[-LATEST:])
            return Estimate(model * ratio, MEASURED)
        times, runs = self.pace(machines)
        return Estimate(model * times, PACE if runs else MODEL)

    def pace(self, machines: Machines) -> tuple[float, int]:
        """Return how many times longer runs took there than the cost model says, and of how many.

        1 and 0 where no stored run tells.
        """
        if machines.kind not in self._paces:
            long = [
                (row, digest)
                for digest, rows in self._stored(machines).items()
                for row in rows
                if row["seconds"] >= LEAST_SECONDS
            ]
            latest = sorted(long, key=lambda each: each[0].get("finished", 0.0))[-RECENT:]
            ratios = [self._ratio(row, self._settings[of], machines) for row, of in latest]
            self._paces[machines.kind] = (median(ratios) if ratios else 1.0), len(ratios)
        return self._paces[machines.kind]

    def _stored(self, machines: Machines) -> dict[str, list[Mapping[str, Any]]]:
        """The stored runs of known settings on that kind of machine, by setting."""
        if machines.kind not in self._own:
            found = defaultdict[str, list[Mapping[str, Any]]](list)
            for row in self._rows:
                if (
                    row["experiment"] in self._settings
                    and row["epochs_done"] > 0
                    and _is_of(row["device"], machines.kind)
                ):
                    found[row["experiment"]].append(row)
            self._own[machines.kind] = found
        return self._own[machines.kind]

    def _ratio(
        self, row: Mapping[str, Any], setting: Experiment | Training, machines: Machines
    ) -> float:
        return float(row["seconds"]) / self._model(setting, row["epochs_done"], machines)

    def _model(self, setting: Experiment | Training, epochs: int, machines: Machines) -> float:
        return seconds(setting, epochs, machines.device, self._engine)


def _is_of(device: str, kind: str) -> bool:
    """Whether a stored run's device, such as ``cuda:0 (NVIDIA H100)``, is of ``kind``.

    >>> _is_of("cpu (AMD EPYC)", "cpu"), _is_of("cuda:0 (NVIDIA H100)", "h100")
    (True, True)
    """
    name, _, product = device.partition(" ")
    return name == CPU if kind == CPU else name != CPU and kind.lower() in product.lower()
