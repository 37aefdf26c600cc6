"""What runs are when they are cut or put together."""

from dataclasses import replace

import numpy as np

from epochal.experiments.runs import join
from epochal_testing.synthetic import runs


def test_runs_that_are_cut_took_their_part_of_the_time() -> None:
    long = replace(runs([44], np.ones((1, 101))), seconds=np.array([10.0]))
    short = replace(runs([45], np.ones((1, 26))), seconds=np.array([2.0]))
    assert long.until(25).seconds.tolist() == [2.5]
    assert long.until(200).seconds.tolist() == [10.0]
    assert join([long, short]).seconds.tolist() == [2.5, 2.0]
