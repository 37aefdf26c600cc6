"""Tables: what was measured, from lists or a CSV file, some of it held out."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.random import RandomState

from epochal import (
    MLP,
    Claim,
    Experiment,
    FitsBy,
    Formula,
    IsAffine,
    MaxErrorAt,
    MseAt,
    Noise,
    Optimizer,
    SharesAt,
    Table,
    Training,
    train,
)
from epochal.claims.rules.named.components import Band
from epochal.errors import SpecError
from epochal.experiments.data import Data, draw
from epochal.identity.digest import digest, specification
from epochal_testing.synthetic import SOURCE

TABLE = Table([0, 1, 2, 3, 4], [0, 1, 4, 9, 16])


def mean(data: Data, seed: int, device: str) -> Iterator[Any]:
    """The mean of what it may see, for ever."""
    while True:
        yield 1.0, lambda features: np.full(len(features), data.target.mean())


def setting(table: Table = TABLE, **more: Any) -> Experiment:
    return Experiment(
        target=table, net=MLP(widths=(8,)), optimizer=Optimizer("SGD", lr=0.01), **more
    )


def test_a_table_is_both_inputs_and_target() -> None:
    data = draw(setting(), 0)
    assert data.positions.tolist() == [0, 1, 2, 3, 4]
    assert data.target.tolist() == data.noisy.tolist() == [0, 1, 4, 9, 16]
    assert data.held is None
    assert np.isnan(data.probe_target).all()
    assert setting().inputs == TABLE
    assert setting().describe().startswith("a table of 5 rows and 1 input, y from 0 to 16\n8 ReLU")


def test_a_loop_of_ones_own_may_have_a_table() -> None:
    own = Training(train=mean, flops_an_epoch=1.0, target=replace(TABLE, held_out=0.4))
    assert isinstance(own.inputs, Table)
    runs = train(own, [3], epochs=4)
    data = draw(own, 3)  # type: ignore[arg-type]
    assert data.held is not None
    error = np.square(data.held.target - data.target.mean()).mean()
    assert runs.mse[0] == pytest.approx(error)


def test_a_seed_draws_which_rows_are_held_out() -> None:
    table = replace(TABLE, held_out=0.4)
    data = draw(setting(table), 3)
    assert data.held is not None
    assert (len(data.positions), len(data.held.positions)) == (3, 2) == (table.points, table.held)
    assert sorted([*data.positions, *data.held.positions]) == [0, 1, 2, 3, 4]
    assert (data.judged.target == data.judged.positions**2).all()
    assert (data.target == data.positions**2).all()
    splits = {tuple(draw(setting(table), seed).positions) for seed in range(20)}
    assert len(splits) > 5
    assert np.array_equal(draw(setting(table), 3).positions, data.positions)


def test_what_stands_in_results_is_a_hash_and_a_shape() -> None:
    long = Table(np.arange(5000.0), np.sqrt(np.arange(5000.0)))
    assert len(specification(setting(long))) < 700
    assert digest(TABLE) == digest(Table(np.arange(5.0), [0, 1, 4, 9, 16.0]))
    others = [Table([0, 1, 2, 3, 4], [0, 1, 4, 9, 17]), replace(TABLE, held_out=0.4)]
    assert len({digest(each) for each in (TABLE, *others)}) == 3
    assert Table([[0], [1]], [2, 3]) == Table([0, 1], [2, 3])
    assert Table([[0, 1], [1, 2]], [2, 3]).dimensions == 2


def test_positions_of_several_inputs_are_numbers_of_rows() -> None:
    x = np.arange(2000.0).reshape(1000, 2)
    data = draw(setting(Table(x, x.sum(axis=1), held_out=0.1), probe=50), 0)
    assert data.held is not None
    for each in (data, data.held):
        rows = each.positions.astype(int)
        assert np.array_equal(each.features, x[rows])
        assert np.array_equal(each.target, x[rows].sum(axis=1))
    assert len(data.probe) == 50
    assert np.array_equal(data.probe_features, x[data.probe.astype(int)])
    few = draw(setting(Table(x[:7], np.arange(7.0))), 0)
    assert few.probe.tolist() == [0, 1, 2, 3, 4, 5, 6]


def written(folder: Path, text: str) -> Path:
    path = folder / "heights.csv"
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "age,weight,height\n1,10,75\n2,12,86\n",
        "1,10,75\n2,12,86\n",
        "\ufeffage; weight ;height\n1;10;75\n\n2;12;86\n",
        "1\t10\t75\n2\t12\t86",
    ],
)
def test_a_csv_file_is_read_with_names_or_without(tmp_path: Path, text: str) -> None:
    table = Table.read(written(tmp_path, text))
    assert np.asarray(table.x).tolist() == [[1, 10], [2, 12]]
    assert np.asarray(table.y).tolist() == [75, 86]
    assert str(table).startswith("heights.csv of 2 rows and 2 inputs")


def test_columns_go_by_name(tmp_path: Path) -> None:
    path = written(tmp_path, "age,weight,height\n1,10,75\n2,12,86\n")
    table = Table.read(path, x="age", y="weight", held_out=0.5)
    assert (np.asarray(table.x).tolist(), np.asarray(table.y).tolist()) == ([1, 2], [10, 12])
    assert table.held == 1
    assert Table.read(str(path), x=["height", "age"], y="weight").dimensions == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x,y\n1,2\n3,\n", "line 3, column y: the cell is empty; fill it, or drop the row"),
        ("1,2\n3,four\n", "line 2, column 2: 'four' is not a finite number; write one such as"),
        ("x,y\n1,2\n3,nan\n", "line 3, column y: 'nan' is not a finite number"),
        ("x,y\n1,2\n3\n", "line 3 has 1 cells for 2 columns"),
        ("x\n1\n2\n", "it has one column; a table needs an input and a target"),
        ("x,y\n", "it has no row below its header"),
        ("\n\n", "it is empty; give it rows of numbers"),
        ("x,y\n1,2\n", "a table needs at least two rows"),
    ],
)
def test_a_wrong_file_is_told_by_line_and_column(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        Table.read(written(tmp_path, text))
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def claim(rule: Any, table: Table = TABLE) -> Claim:
    return Claim(
        id="test-table",
        source=SOURCE,
        where="1",
        says="It is so.",
        reading="By its numbers.",
        experiments=setting(table),
        rule=rule,
    )


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Table([1, 2], [1, 2, 3]), "table.y = 3: x has 2 rows, and y has 3; give as many"),
        (lambda: Table([1, None], [1, 2]), "table.x = nan: at row 1 it is not finite"),
        (
            lambda: replace(TABLE, held_out=0.01),
            "of 5 rows it leaves none held out; give from 0.2 to 0.8",
        ),
        (lambda: replace(TABLE, held_out=0.95), "of 5 rows it leaves none to train on"),
        (lambda: replace(TABLE, held_out=1), "table.held_out = 1.0: it is a part of the rows"),
        (lambda: Table.read("nowhere.csv"), "it cannot be read (No such file or directory)"),
        (lambda: setting(noise=Noise(0.1)), "a table's targets are what was measured"),
        (
            lambda: replace(setting(), target=Formula("x")),
            "inputs = 'a table of 5 rows and 1 input",
        ),
        (lambda: setting(inputs=Table([0, 1], [0, 1])), "the target is a table, which has its own"),
        (lambda: claim(MaxErrorAt(epoch=9, below=1)), "the target of a table"),
        (
            lambda: claim(MseAt(epoch=9, variance_share_below=0.5, on="probe")),
            "ask for errors at its points",
        ),
        (
            lambda: claim(FitsBy(epoch=9, mse_below=0.5, on="probe")),
            "on the evaluation grid the target",
        ),
        (lambda: claim(SharesAt(epoch=9, bands=(Band(4, 0.5),))), "the target names no waves"),
        (
            lambda: claim(IsAffine(epoch=9), Table([[0, 1], [2, 3], [4, 7]], [1, 2, 5])),
            "is its rows, which lie on no line",
        ),
        (lambda: claim(FitsBy(epoch=9, mse_below=3)), "the best straight line has MSE 2.8 and"),
        (
            lambda: Experiment(
                target=Formula("x"), net=MLP(widths=(8,)), optimizer=Optimizer("SGD", lr=0.1)
            ),
            "inputs = None: an input is needed",
        ),
    ],
)
def test_bad_input_names_the_field(make: Callable[[], Any], told: str) -> None:
    with pytest.raises(SpecError) as caught:
        make()
    assert told in str(caught.value)


def test_a_column_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no such column; did you mean 'height'"):
        Table.read(written(tmp_path, "age,height\n1,75\n2,86\n"), y="heigth")
    with pytest.raises(SpecError, match="it is the target; leave it out"):
        Table.read(written(tmp_path, "age,height\n1,75\n2,86\n"), x="height")


def test_a_row_says_on_which_points_errors_are_told() -> None:
    rule = FitsBy(epoch=9, mse_below=0.5)
    assert claim(rule).cases[0].notes == ["errors are measured on the training rows"]
    held = claim(rule, replace(TABLE, held_out=0.4)).cases[0].notes
    assert held == ["errors are measured on 2 of 5 rows, which are held out, drawn by the seed"]


def test_rows_are_in_their_order() -> None:
    training, held = replace(TABLE, held_out=0.4).rows(RandomState(5))
    assert list(training) == sorted(training)
    assert list(held) == sorted(held)
