"""What a block changes of the process is put back, and named where it changes results."""

import gc
import locale
import logging
import os
import random
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import torch

from epochal.process import SILENT, kept
from epochal.training.randomness import moved, states

NAMED: dict[str, tuple[str, Callable[[], object]]] = {
    "dtype": ("torch's default dtype", lambda: torch.set_default_dtype(torch.float64)),
    "device": ("torch's default device", lambda: torch.set_default_device("meta")),
    "gradients": ("torch's gradient mode", lambda: torch.set_grad_enabled(False)),
    "threads": ("torch's threads", lambda: torch.set_num_threads(3)),
    "precision": (
        "torch's matmul precision",
        lambda: torch.set_float32_matmul_precision("medium"),
    ),
    "deterministic": (
        "torch's deterministic algorithms",
        lambda: torch.use_deterministic_algorithms(True),
    ),
    "anomaly": ("torch's anomaly detection", lambda: torch.autograd.set_detect_anomaly(True)),
    "denormals": ("torch's flushing of denormal numbers", lambda: torch.set_flush_denormal(True)),
    "onednn": (
        "torch's use of oneDNN",
        lambda: setattr(torch.backends.mkldnn, "enabled", False),
    ),
    "errors": ("numpy's error handling", lambda: np.seterr(all="raise")),
    "kernels": (
        "an environment variable that chooses kernels",
        lambda: os.environ.update(MKL_CBWR="COMPATIBLE"),
    ),
}


@pytest.mark.parametrize(("name", "change"), NAMED.values(), ids=NAMED)
def test_a_setting_that_changes_results_is_put_back_and_named(
    name: str, change: Callable[[], object]
) -> None:
    with kept() as changed:
        change()
    assert [each.name for each in changed] == [name]
    with kept() as changed:
        pass
    assert changed == []


def test_everything_else_is_put_back_silently(tmp_path: Path) -> None:
    here, filters = Path.cwd(), list(warnings.filters)
    before, others = states(), [read() for read, _ in SILENT]
    with kept() as changed:
        locale.setlocale(locale.LC_ALL, "C.UTF-8")
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.setrecursionlimit(500)
        logging.disable()
        gc.disable()
        np.set_printoptions(precision=2)
        os.chdir(tmp_path)
        os.environ["EPOCHAL_TEST"] = "1"
        warnings.simplefilter("ignore")
        mpl.rcParams["lines.linewidth"] = 99.0
        random.random(), np.random.rand(), torch.manual_seed(3)
    assert (Path.cwd(), list(warnings.filters), moved(before)) == (here, filters, [])
    assert [read() for read, _ in SILENT] == others
    assert "EPOCHAL_TEST" not in os.environ
    assert mpl.rcParams["lines.linewidth"] != 99.0
    assert changed == []


def test_it_is_put_back_after_an_error_too() -> None:
    def exits() -> None:
        with kept():
            torch.set_default_dtype(torch.float64)
            raise SystemExit

    with pytest.raises(SystemExit):
        exits()
    assert torch.get_default_dtype() is torch.float32
