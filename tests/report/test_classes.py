"""Pictures, pages and samples of several outputs and of classes, from trainings of a few epochs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from epochal import (
    MLP,
    Box,
    ErrorRateBy,
    Experiment,
    FitsBy,
    Formula,
    Function,
    Labels,
    Line,
    Loop,
    Loss,
    Optimizer,
    Table,
    Vector,
    modular_addition,
    mse,
    spirals,
    train,
)
from epochal.claims.rules.base import SeedRule
from epochal.gate.quantities import of_samples
from epochal.journal.arrays import pack, unpack
from epochal.journal.retention import thinned
from epochal.judging.curves import Curves, curves
from epochal.judging.findings import Findings
from epochal.judging.samples import is_relative, samples
from epochal.report.chosen import of_claim
from epochal.report.drawn import draw
from epochal.report.pages import write
from epochal_testing import judged, synthetic
from epochal_testing.journals import assert_same

BOTH = Vector((Formula("sin(x)"), Formula("cos(x)")))
LINE = Line(low=-3, high=3, points=20)
ENTROPY = Loop(loss=Loss("CrossEntropyLoss"))


def fans(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.stack([np.sin(x + place) for place in range(6)], axis=1)


def setting(target: Any, **more: Any) -> Experiment:
    given = {"net": MLP(widths=(4,)), "optimizer": Optimizer("Adam", lr=0.05), **more}
    if isinstance(target, Labels):
        given.setdefault("loop", ENTROPY)
    return Experiment(target=target, **given)


SETTINGS: dict[str, Experiment] = {
    "two outputs": setting(BOTH, inputs=LINE, probe=41),
    "six outputs": setting(Function(fans, name="fans", outputs=6), inputs=LINE, probe=41),
    "a table": setting(Table([0, 1, 2, 3], [[0, 5], [1, 4], [4, 3], [9, 2]], held_out=[1])),
    "rows": setting(Table([[0, 1], [2, 1], [4, 5]], [[0, 5], [1, 4], [4, 3]])),
    "regions": setting(
        Labels(Formula("x*y > 0"), names=("apart", "together")),
        inputs=Box(low=(-1, -1), high=(1, 1), points=40),
        probe=100,
    ),
    "spirals": setting(spirals(points=20, arms=3, held_out=0.2), probe=100),
    "steps": setting(Labels(Formula("x > 0")), inputs=LINE, probe=41),
    "confusion": setting(modular_addition(3, held_out=0.3)),
    "margins": setting(modular_addition(11, held_out=0.3)),
}
KINDS = dict.fromkeys(("two outputs", "six outputs", "a table", "rows"), "outputs")


def rule_of(made: Experiment) -> SeedRule:
    if isinstance(made.target, Labels):
        return ErrorRateBy(epoch=12, below=1e-3)
    return FitsBy(epoch=12, mse_below=1e-9)


def judged_on(made: Experiment, rule: SeedRule, seeds: int = 3) -> tuple[Findings, Any]:
    claim = synthetic.claim(rule, experiments=made, allow_trivial=True)
    findings = Findings()
    judged.take(
        findings,
        claim,
        lambda name, seeds, epochs: train(made, list(seeds), epochs=epochs, quiet=True),
        seeds=seeds,
    )
    return findings, claim


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", SETTINGS)
def test_each_kind_of_target_has_its_picture_and_its_page(name: str, tmp_path: Path) -> None:
    made = SETTINGS[name]
    findings, claim = judged_on(made, rule_of(made))
    picture = of_claim(findings, claim)
    assert picture is not None
    assert picture[0] == KINDS.get(name, "classes")
    assert draw(findings, claim, tmp_path) is not None
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")
    write(findings, [claim], tmp_path / "report")
    page = (tmp_path / "report" / "test.md").read_text("utf-8")
    assert "figures/c.png" in page
    has_table = isinstance(made.target, Labels) and made.target.count <= 10
    assert (", points:\n\n|" in page) is has_table


def test_a_page_has_the_code_of_texts_and_how_classes_are_confused(tmp_path: Path) -> None:
    made = SETTINGS["regions"]
    findings, claim = judged_on(made, rule_of(made))
    write(findings, [claim], tmp_path)
    page = (tmp_path / "test.md").read_text("utf-8")
    assert "2 classes (0 apart, 1 together) by x * y > 0" in page
    [found] = findings.curves.values()
    assert f"run, seed {found.seeds[0]} at epoch 12, points:" in page
    assert "|   given apart |" in page.replace("| class    ", "")
    counts = np.array(found.confusion)
    assert (counts.shape, counts.sum()) == ((2, 2), 40)


def test_curves_have_each_output_and_the_confusion_of_classes() -> None:
    both = curves(train(SETTINGS["two outputs"], [1, 2], epochs=12), "cpu", MARKS)
    each = np.array(both.by_output, float)
    assert each.shape == (2, 2, len(both.epochs))
    np.testing.assert_allclose(each.mean(axis=0), np.array(both.mse, float), rtol=2e-3)
    one = both.of_output(1)
    assert (one.mse, one.by_output) == (both.by_output[1], [])
    assert np.shape(one.target) == np.shape(one.positions)
    assert both.confusion == []
    plain = curves(train(synthetic.EXPERIMENT, [1], epochs=12), "cpu", MARKS)
    assert not {"by_output", "confusion"} & {*plain.told}
    rings = curves(train(SETTINGS["spirals"], [1, 2], epochs=12), "cpu", MARKS)
    assert np.sum(rings.confusion) == 12  # the rows held out
    assert Curves(**rings.told) == rings
    other = curves(train(SETTINGS["spirals"], [3], epochs=12), "cpu", MARKS)
    assert rings.merged(other).seeds == [1, 2, 3]


MARKS = FitsBy(epoch=12, mse_below=0.1).marks()


def test_the_gate_samples_every_output_and_every_rate() -> None:
    taken = samples(train(SETTINGS["two outputs"], [1], epochs=12), "cpu")
    for output in range(2):
        assert f"grid MSE of output {output}" in taken.values
        assert f"MSE of output {output}" in taken.values
        assert f"prediction at 37% of the grid of output {output}" in taken.values
    assert "MSE" in taken.values
    names = {*samples(train(SETTINGS["spirals"], [1], epochs=12), "cpu").values}
    rates = {"error rate", "margin", "held-out error rate", "held-out margin", "held-out loss"}
    assert rates | {"loss"} <= names
    assert not {name for name in names if "MSE" in name}
    assert [is_relative(name) for name in ("error rate", "held-out loss", "margin")] == [
        *(False, True, False),
    ]
    on_grid = samples(train(SETTINGS["steps"], [1], epochs=12), "cpu")
    assert "grid error rate" in on_grid.values
    assert {each.key.name for each in of_samples(on_grid)} == {*on_grid.values}


@pytest.mark.parametrize("name", ["two outputs", "spirals"])
def test_the_journal_gives_such_runs_back_as_they_were(name: str) -> None:
    runs = train(SETTINGS[name], [4], epochs=12)
    again = unpack(pack(runs), runs.states)
    assert_same(replace(again, measured={}), replace(runs, measured={}))
    assert {*again.measured} == {*runs.measured}
    for of, each in runs.measured.items():
        assert np.array_equal(again.measured[of].values, each.values, equal_nan=True)
        assert np.array_equal(again.measured[of].epochs, each.epochs)
    assert (again.classes, again.outputs) == (runs.classes, runs.outputs)
    thin = thinned(runs, {12})
    assert thin.outputs == runs.outputs
    assert {*thin.measured} == {*runs.measured}


def test_a_picture_of_one_setting_has_the_errors_of_each_output_in_its_unit() -> None:
    rule = mse(output=0, relative=True).below(0.5).by(12)
    findings, claim = judged_on(SETTINGS["two outputs"], rule)
    picture = of_claim(findings, claim)
    assert picture is not None
    kind, _, marks, _, names, known, variances, reached = picture
    assert (kind, names, known, reached) == ("outputs", ["sin(x)", "cos(x)"], [], None)
    assert marks.variance_share == (0.5,)
    assert variances == pytest.approx([0.5, 0.5], rel=0.1)
