"""State of the whole process that other people's code may change, and how it is put back.

One case file must not decide how another one's nets are built and trained. `kept` guards a block in
which foreign code runs: settings that change results are put back and named, everything else that
the block changed is put back silently.
"""

import gc
import locale
import logging
import os
import random
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["VARIABLES", "GlobalSetting", "accelerator", "accelerators", "generators_kept", "kept"]

VARIABLES = (
    "ATEN_CPU_CAPABILITY",
    "CUBLAS_WORKSPACE_CONFIG",
    "CUBLASLT_WORKSPACE_SIZE",
    "DISABLE_ADDMM_CUDA_LT",
    "DNNL_MAX_CPU_ISA",
    "HIPBLASLT_ALLOW_TF32",
    "MIOPEN_FIND_MODE",
    "MKL_CBWR",
    "MKL_DEBUG_CPU_TYPE",
    "MKL_ENABLE_INSTRUCTIONS",
    "NPY_DISABLE_CPU_FEATURES",
    "NVIDIA_TF32_OVERRIDE",
    "ONEDNN_MAX_CPU_ISA",
    "OPENBLAS_CORETYPE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
    "TORCH_BLAS_PREFER_CUBLASLT",
    "TORCH_BLAS_PREFER_HIPBLASLT",
)
"""Variables of the process by which libraries choose other kernels."""


def _interrupted_by(handler: Any) -> None:
    """Sets what Ctrl-C does, which only the main thread can, and only to a handler of Python's."""
    with suppress(ValueError, TypeError):
        signal.signal(signal.SIGINT, handler)


SILENT: tuple[tuple[Callable[[], Any], Callable[[Any], object]], ...] = (
    (lambda: locale.setlocale(locale.LC_ALL), lambda name: locale.setlocale(locale.LC_ALL, name)),
    (lambda: signal.getsignal(signal.SIGINT), _interrupted_by),
    (lambda: logging.root.manager.disable, logging.disable),
    (gc.isenabled, lambda on: gc.enable() if on else gc.disable()),
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (np.get_printoptions, lambda options: np.set_printoptions(**options)),
)
"""How other things of the process are read and written that a block may change."""


@dataclass(frozen=True)
class GlobalSetting:
    """A setting of the process that changes what nets learn.

    Attributes:
        name: as its users call it.
        word: a word that code which sets it contains.
        step: what to write instead.
        read: gives its value.
        write: sets it.
        default: its value where torch was not imported before; None where that is not known.
    """

    name: str
    word: str
    step: str
    read: Callable[[], Any]
    write: Callable[[Any], object]
    default: Any = None


def accelerator(device: str) -> Any:
    """Return torch's module of the accelerator that ``device`` names: ``torch.cuda`` for cuda:0."""
    return getattr(sys.modules["torch"], device.partition(":")[0])


def accelerators() -> list[Any]:
    """Return torch's modules of the accelerators in use by this process, such as ``torch.cuda``."""
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return []
    names = ("cuda", "xpu", torch._C._get_privateuse1_backend_name())
    modules = [getattr(torch, name, None) for name in names]
    return [each for each in modules if each is not None and each.is_initialized()]


@contextmanager
def generators_kept() -> Iterator[None]:
    """Restore torch's global generators, of the CPU and of every accelerator, after a block."""
    torch: Any = sys.modules.get("torch")
    before = None if torch is None else torch.get_rng_state()
    devices = [(each, i) for each in accelerators() for i in range(each.device_count())]
    states = [(module, i, module.get_rng_state(i)) for module, i in devices]
    try:
        yield
    finally:
        if torch is not None:
            torch.set_rng_state(before)
        for module, i, state in states:
            module.set_rng_state(state, i)


@contextmanager
def kept() -> Iterator[list[GlobalSetting]]:
    """Puts back whatever the block changes of the process.

    Generators (Python's, numpy's, torch's), warning filters, the working directory, environment
    variables, matplotlib's rcParams and `SILENT` are put back silently. The list that it gives
    holds, after the block, the `GlobalSetting`s that the block changed.

    >>> with kept() as changed:
    ...     _ = np.seterr(divide="raise")
    >>> [each.name for each in changed], np.geterr()["divide"]
    (["numpy's error handling"], 'warn')
    """
    before = {each.name: each.read() for each in _settings()}
    others = [(write, read, read()) for read, write in SILENT]
    folder, environment = os.getcwd(), dict(os.environ)
    python, numpys = random.getstate(), np.random.get_state()
    matplotlib = sys.modules.get("matplotlib")
    drawing = None if matplotlib is None else dict(matplotlib.rcParams)
    changed: list[GlobalSetting] = []
    try:
        with warnings.catch_warnings(), generators_kept():
            yield changed
    finally:
        for each in _settings():
            earlier = before.get(each.name, each.default)
            if earlier is not None and each.read() != earlier:
                each.write(earlier)
                changed.append(each)
        for write, read, earlier in others:
            if read() != earlier:
                write(earlier)
        _put_back_environment(environment)
        with suppress(OSError):  # the folder is gone, which was not the block's working directory
            os.chdir(folder)
        random.setstate(python)
        np.random.set_state(numpys)
        if (matplotlib := sys.modules.get("matplotlib")) is not None:
            dict.update(matplotlib.rcParams, drawing or dict(matplotlib.rcParamsOrig))


def _settings() -> list[GlobalSetting]:
    """The settings of what is imported by now."""
    found = [
        GlobalSetting(
            "numpy's error handling",
            "seterr",
            "use numpy.errstate(…) around what needs it",
            np.geterr,
            lambda value: np.seterr(**value),
        ),
        GlobalSetting(
            "an environment variable that chooses kernels",
            "environ",
            "set it before pytest starts",
            lambda: {name: os.environ.get(name) for name in VARIABLES},
            lambda value: None,  # put back with all others
        ),
    ]
    torch: Any = sys.modules.get("torch")
    return found if torch is None else [*found, *_modes_of(torch), *_kernels_of(torch)]


def _modes_of(torch: Any) -> list[GlobalSetting]:
    return [
        GlobalSetting(
            "torch's default dtype",
            "set_default_",
            'give Experiment(dtype="float64"), or a dtype to each tensor',
            torch.get_default_dtype,
            torch.set_default_dtype,
            torch.float32,
        ),
        GlobalSetting(
            "torch's default device",
            "set_default_device",
            "leave it out: epochal moves nets and data to the device of --device",
            lambda: str(torch.get_default_device()),
            lambda value: torch.set_default_device(None if value == "cpu" else value),
            "cpu",
        ),
        GlobalSetting(
            "torch's gradient mode",
            "set_grad_enabled",
            "use torch.no_grad() around what needs no gradient",
            torch.is_grad_enabled,
            torch.set_grad_enabled,
            True,
        ),
        GlobalSetting(
            "torch's anomaly detection",
            "set_detect_anomaly",
            "use torch.autograd.detect_anomaly() around what needs it",
            torch.is_anomaly_enabled,
            torch.autograd.set_detect_anomaly,
            False,
        ),
    ]


def _kernels_of(torch: Any) -> list[GlobalSetting]:
    cudnn, mkldnn = torch.backends.cudnn, torch.backends.mkldnn
    step = "leave it out: all claims are trained with the same numerics"
    rows: list[tuple[str, str, Callable[[], Any], Callable[[Any], object], Any]] = [
        (
            "threads",
            "set_num_threads",
            torch.get_num_threads,
            torch.set_num_threads,
            None,
        ),
        (
            "matmul precision",
            "matmul",
            torch.get_float32_matmul_precision,
            torch.set_float32_matmul_precision,
            "highest",
        ),
        (
            "deterministic algorithms",
            "use_deterministic_algorithms",
            torch.are_deterministic_algorithms_enabled,
            torch.use_deterministic_algorithms,
            False,
        ),
        (
            "flushing of denormal numbers",
            "set_flush_denormal",
            lambda: float(torch.tensor(1e-310, dtype=torch.float64) * 1) == 0,
            torch.set_flush_denormal,
            False,
        ),
        ("TF32 in cuDNN", "allow_tf32", *_attribute(cudnn, "allow_tf32"), True),
        ("benchmark mode of cuDNN", "benchmark", *_attribute(cudnn, "benchmark"), False),
        ("deterministic cuDNN", "deterministic", *_attribute(cudnn, "deterministic"), False),
        ("use of cuDNN", "cudnn.enabled", *_attribute(cudnn, "enabled"), True),
        ("use of oneDNN", "mkldnn.enabled", *_attribute(mkldnn, "enabled"), True),
    ]
    return [
        GlobalSetting(f"torch's {name}", word, step, read, write, default)
        for name, word, read, write, default in rows
    ]


def _attribute(owner: Any, name: str) -> tuple[Callable[[], Any], Callable[[Any], object]]:
    """How ``owner.name`` is read and written."""
    return lambda: getattr(owner, name), lambda value: setattr(owner, name, value)


def _put_back_environment(before: Mapping[str, str]) -> None:
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update({n: value for n, value in before.items() if os.environ.get(n) != value})
