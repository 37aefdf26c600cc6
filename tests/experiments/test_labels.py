"""Targets that are classes: where they come from, and as what a loss is given them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from epochal import (
    MLP,
    Box,
    Experiment,
    Formula,
    Function,
    Labels,
    Line,
    Loop,
    Loss,
    Noise,
    Optimizer,
    Scaling,
    Sine,
    Table,
    Training,
    modular_addition,
    parity,
    spirals,
    xor,
)
from epochal.errors import SpecError
from epochal.experiments.data import draw
from epochal.experiments.labels import CODINGS

ENTROPY = Loop(loss=Loss("CrossEntropyLoss"))
SIGN = Labels(Formula("x > 0"))
THREE = Labels.table([0, 1, 2, 3], ["dog", "cat", "dog", "eel"])


def setting(target: Any = SIGN, loop: Loop = ENTROPY, **more: Any) -> Experiment:
    given = {"net": MLP(widths=(8,)), "optimizer": Optimizer("SGD", lr=0.1), "probe": 41, **more}
    if not isinstance(target, Labels) or not isinstance(target.of, Table):
        given.setdefault("inputs", Line(low=-1, high=1, points=40))
    return Experiment(target=target, loop=loop, **given)


def thirds(x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.floor(1.499 * x + 1.5)


# --------------------------------------------------------------------------- where they come from


def test_a_formula_or_a_function_gives_classes() -> None:
    x = np.array([-1.0, -0.1, 0.1, 1.0])
    assert (SIGN.count, SIGN.values(x).tolist()) == (2, [0, 0, 1, 1])
    three = Labels(Function(thirds, name="thirds"), classes=3, names=("low", "mid", "high"))
    assert three.values(x).tolist() == [0, 1, 1, 2]
    assert str(three) == "3 classes (0 low, 1 mid, 2 high) by thirds"
    assert [SIGN.name(1), three.name(1)] == ["1", "mid"]


def test_texts_of_a_table_are_numbered_in_order_and_the_page_lists_them() -> None:
    assert THREE.names == ("cat", "dog", "eel")
    assert isinstance(THREE.of, Table)
    assert np.asarray(THREE.of.y).tolist() == [1, 0, 1, 2]
    assert str(THREE) == "3 classes (0 cat, 1 dog, 2 eel)"
    assert "3 classes (0 cat, 1 dog, 2 eel)" in setting(THREE).describe()
    assert Labels.table([0, 1], [0, 1]).names == ()


def test_names_of_classes_do_not_count_in_the_digest() -> None:
    named = Labels(Formula("x > 0"), names=("left", "right"))
    assert setting(named).digest == setting(SIGN).digest
    assert setting(Labels(Formula("x >= 0"))).digest != setting(SIGN).digest
    more = Labels(Formula("x > 0"), classes=3)
    assert setting(more).digest != setting(SIGN).digest


def test_a_file_gives_classes_by_number_or_by_name(tmp_path: Path) -> None:
    path = tmp_path / "animals.csv"
    path.write_text("weight,note,kind\n4,a,cat\n9,b,dog\n5,,cat\n")
    found = Labels.read(path, x=["weight"], y="kind", held_out=[1])
    assert (found.names, found.of.name) == (("cat", "dog"), "animals.csv")  # type: ignore[attr-defined]
    assert found.of.held == 1  # type: ignore[attr-defined]
    path.write_text("weight,kind\n4,0\n9,1\n5,0\n")
    numbers = Labels.read(path)
    assert (numbers.names, numbers.count) == ((), 2)
    path.write_text("weight,kind\n4,cat\nheavy,dog\n")
    with pytest.raises(SpecError, match="line 3"):
        Labels.read(path)
    path.write_text("weight,kind\n4,cat\n9,\n")
    with pytest.raises(SpecError, match="line 3"):
        Labels.read(path)


def test_the_tables_that_everybody_uses() -> None:
    plain: Any = xor().of
    assert np.asarray(plain.x).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert np.asarray(plain.y).tolist() == [0, 1, 1, 0]
    noisy: Any = xor(points=400, sd=0.1).of
    corners = np.round(np.asarray(noisy.x)).astype(int)
    assert (corners.sum(axis=1) % 2 == np.asarray(noisy.y)).mean() > 0.99
    assert (np.asarray(noisy.x) - corners).std() == pytest.approx(0.1, rel=0.1)

    bits: Any = parity(4, relevant=2).of
    x, y = np.asarray(bits.x), np.asarray(bits.y)
    assert len({*map(tuple, x.tolist())}) == 16
    assert (y == (x[:, 0] * x[:, 1] < 0)).all()

    arms: Any = spirals(points=50, turns=1, arms=3, held_out=0.2)
    x, y = np.asarray(arms.of.x), np.asarray(arms.of.y)
    assert (arms.count, len(x), arms.of.held) == (3, 150, 30)
    assert np.hypot(*x.T).max() == pytest.approx(1)
    turned = x[y == 0] @ np.array([[-0.5, np.sqrt(3) / 2], [-np.sqrt(3) / 2, -0.5]])
    assert turned == pytest.approx(x[y == 1])  # the next arm, by a third of a turn

    added: Any = modular_addition(5, held_out=0.4)
    x, y = np.asarray(added.of.x), np.asarray(added.of.y)
    a, b = x[:, :5].argmax(axis=1), x[:, 5:].argmax(axis=1)
    assert (x.sum(axis=1) == 2).all()
    assert (y == (a + b) % 5).all()
    assert len({*zip(a.tolist(), b.tolist(), strict=True)}) == 25
    assert added.of.held == 10


# ------------------------------------------------------------------------- as a loss is given them


@pytest.mark.parametrize(
    ("loop", "given"),
    [
        (ENTROPY, [0, 1]),
        (Loop(loss=Loss("MultiMarginLoss")), [0, 1]),
        (Loop(loss=Loss("BCEWithLogitsLoss")), [[0], [1]]),
        (Loop(loss="hinge"), [[-1], [1]]),
        (Loop(), [[1, 0], [0, 1]]),
        (Loop(loss="half_sum"), [[1, 0], [0, 1]]),
        (Loop(loss=Loss("MSELoss")), [[1, 0], [0, 1]]),
    ],
    ids=lambda each: str(each.loss) if isinstance(each, Loop) else "",
)
def test_two_classes_as_each_loss_is_given_them(loop: Loop, given: list[Any]) -> None:
    assert SIGN.encoded(loop, np.array([0.0, 1.0])).tolist() == given
    outputs = np.shape(given)[1] if np.ndim(given) == 2 else 2
    assert setting(loop=loop).outputs == SIGN.outputs_for(loop) == outputs


def test_three_classes_have_an_output_each() -> None:
    values = np.array([2.0, 0.0])
    for name in {*CODINGS} - {"hinge"}:
        loop = Loop(loss=Loss(name) if name.endswith("Loss") else name)
        assert THREE.outputs_for(loop) == 3
        hot = THREE.encoded(loop, values)
        assert hot.tolist() == ([2, 0] if hot.ndim == 1 else [[0, 0, 1], [1, 0, 0]])


def test_what_is_drawn_are_classes() -> None:
    data = draw(setting(), 3)
    assert (data.target == (data.positions > 0)).all()
    assert (data.probe_target == (data.probe > 0)).all()
    assert setting().recorded == ("confusion", "error rate", "margin")
    held = setting(spirals(points=10, held_out=0.2)).recorded
    assert held[1:] == (
        *("error rate", "margin", "held-out error rate", "held-out margin", "held-out loss"),
    )
    assert "confusion" not in setting(modular_addition(11)).recorded


def test_two_dimensions_have_a_map_around_the_points_of_a_table() -> None:
    data = draw(setting(spirals(points=10), probe=400), 3)
    assert data.probe.shape == (400, 2)
    assert data.probe.min() < -0.9
    assert data.probe.max() > 0.9
    assert np.isnan(data.probe_target).all()
    box = setting(Labels(Formula("x*y > 0")), inputs=Box(low=(-1, -1), high=(1, 1), points=30))
    assert draw(box, 3).probe_target.max() == 1


# ------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Labels(3), "target.of = 3"),  # type: ignore[arg-type]
        (lambda: Labels(SIGN), "classes are one number a point"),
        (lambda: Labels(Sine(1, scale="unit_norm")), "classes have no scale"),
        (lambda: Labels(Formula("x"), classes=1), "target.classes = 1"),
        (lambda: Labels(Formula("x"), names=("a",)), "there are 2 classes; give a name for each"),
        (lambda: Labels.table([0, 1, 2], [0, 2, 2]), "no row has class 1; number classes from 0"),
        (lambda: Labels.table([0, 1, 2], [1, 2, 2]), "no row has class 0"),
        (lambda: Labels.table([0, 1], [0, 0.5]), "a class is a whole number from 0 to 1"),
        (lambda: Labels.table([0, 1], [0, -1]), "a class is a whole number from 0 to 1"),
        (lambda: Labels.table([0, 1], ["a", 1]), "table.y"),
        (lambda: Labels(Formula("x")).values(np.array([2.0])), "target = 2.0: a class"),
        (lambda: setting(loop=Loop(loss=Loss("SmoothL1Loss"))), "classes are trained with BCEWith"),
        (lambda: setting(loop=Loop(loss=Loss("BCELoss"))), 'give Loss("CrossEntropyLoss")'),
        (lambda: setting(THREE, Loop(loss="hinge")), 'there are 3; give Loss("MultiMarginLoss")'),
        (lambda: setting(Sine(1), Loop(loss="hinge")), "it is a loss of two classes"),
        (lambda: setting(noise=Noise(0.1)), "noise is added to numbers, and these are classes"),
        (lambda: setting(scaling=Scaling(target="min_max")), "classes have no scale; leave it out"),
        (lambda: xor(points=6), "each corner has as many; give a multiple of 4"),
        (lambda: parity(17), "the table would have 131072 rows; give 16 or less"),
        (lambda: parity(3, relevant=4), "there are 3 bits; give no more"),
        (lambda: spirals(arms=1), "spirals.arms = 1"),
        (lambda: modular_addition(1), "modular_addition.p = 1"),
        (lambda: modular_addition(200), "give 113 or less"),
    ],
)
def test_bad_classes_are_refused_in_one_line(make: Callable[[], object], told: str) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_loop_of_ones_own_learns_numbers() -> None:
    def descend(data: Any, seed: int, device: str) -> Any:
        yield 1.0, lambda features: features[:, 0]

    with pytest.raises(SpecError, match="judged by the values that it predicts"):
        Training(
            train=descend,
            flops_an_epoch=1.0,
            inputs=Line(low=-1, high=1, points=9),
            target=SIGN,
        )
