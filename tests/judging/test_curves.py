"""The curves that pictures are drawn from."""

import numpy as np

from epochal import Runs
from epochal.claims.rules.base import PlotHints
from epochal.journal.retention import thinned
from epochal.judging.curves import Curves, curves
from epochal_testing.synthetic import runs

REGIONS = PlotHints(epochs=(50, 200), regions=(2.0, 5.0), kind="regions")
PLAIN = PlotHints(epochs=(100,), mse=(0.05,))


def on_601_points(seeds: range) -> Runs:
    made = runs(seeds, np.full((len(seeds), 201), 0.3))
    probe = np.linspace(-7.5, 7.5, 601)
    shape = (len(seeds), len(made.snapshots), 601)
    shown = np.broadcast_to(np.sin(probe), shape).copy()
    target = np.tile(np.sin(2 * probe), (len(seeds), 1))
    return Runs(**{**vars(made), "probe": probe, "probe_target": target, "predictions": shown})


def test_thinned_runs_show_the_same_positions_so_that_curves_can_be_put_together() -> None:
    whole = on_601_points(range(3))
    thin = thinned(on_601_points(range(3, 5)), {100})
    assert len(thin.probe) == 301
    one, other = curves(whole, "cpu", REGIONS), curves(thin, "cpu", PLAIN)
    assert one.positions == other.positions
    for both in (one.merged(other), other.merged(one)):
        assert both.seeds == [0, 1, 2, 3, 4]
        assert set(both.fits) == {"50", "100", "200"}
        assert both.heat == one.heat


def test_of_curves_at_other_positions_those_that_go_further_stay() -> None:
    long = curves(on_601_points(range(2)), "cpu", REGIONS)
    short = curves(runs(range(2), np.full((2, 51), 0.3)), "cpu", PLAIN)
    assert long.merged(short) == short.merged(long) == long
    assert isinstance(long, Curves)
