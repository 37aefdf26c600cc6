"""Every branch of the reference loop is reached by a sentinel of the gate."""

import json
from collections.abc import Sequence
from pathlib import Path

import coverage
import pytest

from epochal import Claim, Measured, train
from epochal.claims.folder import load
from epochal.training import instruments, loss, measuring, nets, optimizers, scores
from epochal.training.engines import record, reference

pytestmark = pytest.mark.usefixtures("one_thread")

CASES = Path(__file__).parents[2] / "cases"

ELSEWHERE = {
    "_cut_after_divergence": "divergence is asked for by claims of both sources",
    "first_step": "settings are checked before anything trains",
    "_taken": "the same",
    "_groups": "a group that takes nothing is refused there",
    "_perceptron": "what is built is shown by the weights at epoch 0, by claims of every kind",
    "_output": "the same",
    "_initialize": "the same",
    "build": "the same",
    "_Scaled": "the same",
    "_module": "the same",
    "batch_sizes": "only the trial before training asks for it",
    "as_trained": "a class that no point has is refused in the dry run",
    "flush_if_due": "whether a flush is late depends on the clock",
    "flush": "the last flush of a training may find nothing",
    "sharpness": "what is not finite, flat or tiny is measured in test_measuring.py",
    "_largest": "the same",
    "_at": "the same",
    "dead_units": "nets that cannot be measured are refused there",
    "linear_regions": "the same",
    "try_once": "the same",
    "taken": "the same",
    "_flaw": "the same",
}
"""Functions whose branches no sentinel need reach, and what holds them instead."""


def missed(claims: Sequence[Claim], folder: Path) -> list[str]:
    """What no setting of ``claims`` reaches: file, function, lines and branches."""
    modules = (reference, record, loss, nets, optimizers, scores, measuring, instruments)
    files = [str(each.__file__) for each in modules]
    watched = coverage.Coverage(branch=True, data_file=None, include=files, config_file=False)
    watched.start()
    for each in claims:
        [experiment] = each.experiments_by_name.values()
        epochs = min(120, each.rule.needs()["run"])
        begun = train(experiment, [0], epochs=epochs // 4)
        train(experiment, [0], epochs=epochs, earlier=[begun])
    watched.stop()
    watched.json_report(outfile=str(folder / "reached.json"))
    told = json.loads((folder / "reached.json").read_text("utf-8"))["files"]
    return [
        f"{Path(file).name}: {name}, lines {found['missing_lines']} {found['missing_branches']}"
        for file, functions in told.items()
        for name, found in functions["functions"].items()
        if name and (found["missing_lines"] or found["missing_branches"])
        if not any(part.startswith(one) for part in name.split(".") for one in ELSEWHERE)
    ]


SENTINELS = [each for each in load(CASES) if each.id.startswith("sentinel-")]


def test_every_branch_of_the_loop_is_reached_by_a_sentinel(tmp_path: Path) -> None:
    assert missed(SENTINELS, tmp_path) == []


def test_every_instrument_is_used_by_a_sentinel() -> None:
    settings = [each for claim in SENTINELS for each in claim.experiments_by_name.values()]
    measures = [getattr(each, "measures", ()) for each in settings]
    used = {type(each) for of_one in measures for each in of_one}
    assert used == {*instruments.INSTRUMENTS, Measured}


def test_without_its_sentinel_a_branch_is_missed(tmp_path: Path) -> None:
    left_out = ("sentinel-closure", "sentinel-clipped")
    found = missed([each for each in SENTINELS if each.id not in left_out], tmp_path)
    assert any("_closure" in each for each in found)
    assert any(": clip," in each for each in found)
