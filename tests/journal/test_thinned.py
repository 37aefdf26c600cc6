"""What is kept of finished runs, and that nothing a rule looks at is lost."""

from dataclasses import replace

import numpy as np
import pytest

from epochal import CentreBeforeEdges, FitsBy, Runs, SameBits, Sine
from epochal.claims.rules.base import SeedRule
from epochal.experiments.runs import POINTS, join
from epochal.experiments.snapshots import looked_at, snapshot_epochs
from epochal.journal.retention import thinned
from epochal_testing import synthetic
from epochal_testing.synthetic import EXPERIMENT


def runs(epochs: int, points: int = 601) -> Runs:
    rng = np.random.default_rng(0)
    made = synthetic.runs([44], rng.random((1, epochs + 1)))
    probe = np.linspace(-7.5, 7.5, points)
    return replace(
        made,
        probe=probe,
        probe_target=np.sin(2 * probe)[None],
        predictions=rng.random((1, len(made.snapshots), points)).astype(np.float32),
        states=(b"weights",),
    )


def test_losses_stay_and_predictions_are_thinned() -> None:
    full = runs(15000)
    kept = thinned(full, looked_at([15000]))
    assert kept.loss is full.loss
    assert kept.mse is full.mse
    assert kept.states == ()
    assert len(kept.probe) == POINTS
    assert kept.probe[[0, -1]].tolist() == [-7.5, 7.5]
    assert kept.predictions.shape == (1, len(kept.snapshots), POINTS)
    places = np.isin(full.snapshots, kept.snapshots)
    assert (kept.predictions == full.predictions[:, places][:, :, ::2]).all()
    assert (kept.weight_hash == full.weight_hash[:, places]).all()
    early = full.snapshots[full.snapshots <= 100]
    assert kept.snapshots[: len(early)].tolist() == early.tolist()
    late = kept.snapshots[(kept.snapshots >= 100) & (kept.snapshots < 14000)]
    assert (late[1:] / late[:-1] >= 1.1).all()
    assert (late[1:] / late[:-1] < 1.17).all()
    assert kept.snapshots[-1] == 15000


def test_thinning_again_changes_nothing() -> None:
    once = thinned(runs(3000), looked_at([3000]))
    again = thinned(once, looked_at([3000]))
    assert again.snapshots.tolist() == once.snapshots.tolist()
    assert again.predictions.tobytes() == once.predictions.tobytes()


@pytest.mark.parametrize("epoch", [7, 100, 500, 4000, 10000])
def test_a_rule_gives_the_same_on_what_is_kept_of_the_probe_points(epoch: int) -> None:
    full = runs(10000, points=POINTS)
    for rule in (
        CentreBeforeEdges(epoch=epoch, centre=2, centre_below=0.1, edges=5, edges_above=0.1),
        FitsBy(epoch=epoch, mse_below=0.001),
    ):
        asked: SeedRule = rule
        kept = thinned(full, looked_at([epoch]))
        assert asked.outcomes({"run": kept}) == asked.outcomes({"run": full})


def test_seeds_that_were_thinned_otherwise_can_be_joined() -> None:
    full = runs(4000)
    parts = [full, thinned(full, looked_at([4000])), thinned(runs(3000), looked_at([2400]))]
    found = join(parts)
    assert found.loss.shape == (3, 3001)
    assert len(found.probe) == POINTS
    kept = set(parts[1].snapshots.tolist()) & set(parts[2].snapshots.tolist())
    assert set(found.snapshots.tolist()) == {epoch for epoch in kept if epoch <= 3000}
    assert found.predictions.shape == (3, len(found.snapshots), POINTS)
    assert (found.predictions[0] == found.predictions[1]).all()


def test_equal_bits_are_told_where_other_snapshots_are_kept() -> None:
    full = runs(4000)
    one, other = thinned(full, looked_at([4000])), thinned(full, looked_at([4000, 700, 2400]))
    [found] = SameBits(epoch=4000, first="a", second="b").outcomes({"a": one, "b": other})
    assert found.holds


def test_what_is_looked_at_is_the_window_before_an_epoch() -> None:
    assert looked_at([50]) == {48, 49, 50}
    assert looked_at([3]) == {3}
    assert looked_at([1000, 50]) == looked_at([1000]) | looked_at([50])
    assert max(looked_at([777])) in snapshot_epochs(777)


def test_fast_waves_keep_more_points() -> None:
    assert EXPERIMENT.points_kept == POINTS
    fast = replace(EXPERIMENT, target=Sine(30), probe=1000)
    assert fast.points_kept == int(8 * 30 * 15 / (2 * np.pi)) + 1
    kept = thinned(runs(20, points=1000), (), fast.points_kept)
    assert len(kept.probe) >= fast.points_kept
