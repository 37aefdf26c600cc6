"""Runs as bytes: the same to the last bit, in less, and rows of older versions still open."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from epochal.journal.arrays import _ordered, _shuffled, pack, seal, unpack
from epochal_testing.journals import assert_same, trained

shapes = array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
kinds = st.sampled_from([np.dtype(name) for name in ("f4", "f8", "i8", "?", "<U16", "<U3")])


@given(kinds.flatmap(lambda kind: arrays(kind, shapes)))
def test_an_array_comes_back_to_the_last_bit(array: np.ndarray[Any, Any]) -> None:
    found = _ordered(_shuffled(array), array.dtype.str, list(array.shape))
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert found.tobytes() == array.tobytes()


@pytest.mark.parametrize("epochs", [0, 1, 300])
def test_runs_come_back_as_they_were(epochs: int) -> None:
    runs = trained(44, epochs)
    assert_same(unpack(pack(runs), runs.states), runs)
    assert_same(unpack(pack(runs)), replace(runs, states=()))


def test_what_was_packed_may_be_written_to() -> None:
    unpack(pack(trained())).loss[0, 0] = 1.0


def test_a_row_of_an_older_version_is_refused() -> None:
    with pytest.raises(ValueError, match="an older epochal stored it, in a form that is not read"):
        unpack(seal(b"PK an npz file"))


def test_damage_is_told() -> None:
    packed = pack(trained())
    with pytest.raises(ValueError, match="its bytes do not match their hash"):
        unpack(packed[:-1] + bytes([packed[-1] ^ 1]))
