"""The accelerators of this machine, such as CUDA GPUs, and why one cannot be used.

A child process looks for them: a CUDA context takes some hundred MB, and a GPU in exclusive-process
mode allows a single one, so the process that only hands out work must have none.
"""

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from typing import Any

from epochal.process import accelerators

__all__ = ["Accelerator", "Detected", "detect", "detected"]

KINDS = ("cuda", "xpu")
"""Torch's device types that can be trained on."""

SECONDS = 300.0
"""How long the child may take; the first start of a driver takes a minute."""

LIBRARIES = ("nvidia-cublas", "nvidia-cublas-cu12", "nvidia-cublas-cu11")


@dataclass(frozen=True)
class Accelerator:
    """One device that torch sees.

    Attributes:
        device: its name in torch, such as ``cuda:0``.
        name: the product's name.
        facts: all about it and its libraries that can change a bit of a result.
        problem: why no kernel runs on it; empty if one runs.
    """

    device: str
    name: str
    facts: Mapping[str, str]
    problem: str = ""

    @property
    def kind(self) -> str:
        """Torch's device type, such as ``cuda``."""
        return self.device.partition(":")[0]


@dataclass(frozen=True)
class Detected:
    """What torch says of this machine's accelerators.

    Attributes:
        accelerators: those that it sees, working or not.
        torch: its version.
        kinds: the device types that this torch was built for.
        warnings: what it warned of meanwhile, a line each.
    """

    accelerators: tuple[Accelerator, ...] = ()
    torch: str = ""
    kinds: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def of(self, kind: str) -> list[Accelerator]:
        """The accelerators of one type."""
        return [each for each in self.accelerators if each.kind == kind]


@cache
def detected() -> Detected:
    """Detect the accelerators, once a process; in a child unless this process uses one already."""
    if accelerators():
        return detect()
    command = [sys.executable, "-m", "epochal.identity.accelerators"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS)
        given = json.loads(done.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError):
        return Detected(warnings=("the process that looks for GPUs did not answer",))
    each = tuple(Accelerator(**row) for row in given.pop("accelerators"))
    return Detected(each, given["torch"], tuple(given["kinds"]), tuple(given["warnings"]))


def detect() -> Detected:
    """Detect the accelerators in this process, which then has a context on each."""
    import torch

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        kinds = [each for each in KINDS if _is_built(torch, each)]
        own = torch._C._get_privateuse1_backend_name()
        kinds += [own] if hasattr(torch, own) else []
        each = tuple(device for kind in kinds for device in _of(torch, kind))
    lines = dict.fromkeys(" ".join(str(warning.message).split()) for warning in caught)
    return Detected(each, str(torch.__version__), tuple(kinds), tuple(lines))


def _is_built(torch: Any, kind: str) -> bool:
    if kind == "cuda":
        return torch.version.cuda is not None or getattr(torch.version, "hip", None) is not None
    return getattr(torch.version, kind, None) is not None


def _of(torch: Any, kind: str) -> Iterator[Accelerator]:
    module = getattr(torch, kind)
    for number in range(module.device_count() if module.is_available() else 0):
        device = f"{kind}:{number}"
        try:
            torch.ones(2, device=device).sum().item()
        except RuntimeError as error:
            yield Accelerator(device, device, {}, str(error).strip().splitlines()[0])
        else:
            yield Accelerator(device, module.get_device_name(number), _facts(torch, kind, number))


def _facts(torch: Any, kind: str, number: int) -> dict[str, str]:
    if kind != "cuda":
        return {"gpu": getattr(torch, kind).get_device_name(number)}
    about = torch.cuda.get_device_properties(number)
    facts = {
        "gpu": f"{about.name}, sm_{about.major}{about.minor}, {about.multi_processor_count} SMs"
    }
    if torch.version.hip:
        return {**facts, "rocm": f"{torch.version.hip}, {about.gcnArchName}"}
    blas = next(filter(None, map(_version, LIBRARIES)), "unknown")
    cudnn = torch.backends.cudnn.version()
    return {**facts, "cuda": f"{torch.version.cuda}, cuDNN {cudnn}, cuBLAS {blas}"}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    print(json.dumps(asdict(detect())))
