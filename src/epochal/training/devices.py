"""Which devices are there, and what to say when one is not."""

import re
from collections.abc import Sequence

import torch

from epochal.errors import DeviceError
from epochal.identity.environment import processor
from epochal.process import accelerator

__all__ = ["describe", "resolve"]

KINDS = "cpu, cuda, cuda:N, all, auto"


def resolve(names: Sequence[str]) -> list[str]:
    """The devices that ``names`` ask for, each once, in order: ``cpu`` or ``cuda:N``.

    ``auto`` takes CUDA where a kernel really runs, else the CPU; ``all`` takes the CPU and every
    GPU. A device that was named and is not there raises `DeviceError`.

    >>> resolve(["cpu", "cpu"])
    ['cpu']
    """
    found: list[str] = []
    for name in names:
        found += [device for device in _expand(name) if device not in found]
    return found


def describe(device: str) -> str:
    """The device's own name: the GPU's, or the processor's as the system gives it."""
    return processor() if device == "cpu" else accelerator(device).get_device_name(device)


def _expand(name: str) -> list[str]:
    if name == "cpu":
        return ["cpu"]
    if name == "auto":
        return ["cpu"] if _why_no_cuda() else [_working("cuda:0")]
    if name == "all":
        return ["cpu", *([] if _why_no_cuda() else _gpus())]
    match = re.fullmatch(r"cuda(?::(\d+))?", name)
    if match is None:
        raise DeviceError("--device", name, "no such device", f"choose one of {KINDS}")
    return [_working(f"cuda:{match.group(1) or 0}")]


def _gpus() -> list[str]:
    return [f"cuda:{index}" for index in range(torch.cuda.device_count())]


def _working(device: str) -> str:
    reason = _why_no_cuda()
    if reason:
        raise DeviceError("--device", device, *reason)
    if device not in _gpus():
        raise DeviceError(
            "--device",
            device,
            f"this machine has {torch.cuda.device_count()} GPUs that torch sees",
            f"choose one of {', '.join(_gpus())}",
        )
    try:
        torch.ones(2, device=device).sum().item()
    except RuntimeError as error:
        raise DeviceError(
            "--device",
            device,
            f"no kernel runs there ({str(error).splitlines()[0]})",
            "install a torch built for this GPU and driver",
        ) from error
    return device


def _why_no_cuda() -> tuple[str, str] | None:
    if torch.version.cuda is None and getattr(torch.version, "hip", None) is None:
        return (
            f"torch {torch.__version__} was built without CUDA",
            "install a CUDA build of torch (see README), or use --device cpu",
        )
    if not torch.cuda.is_available():
        return (
            "torch could use a GPU, but this machine shows none",
            "check nvidia-smi (or rocm-smi) and CUDA_VISIBLE_DEVICES, or use --device cpu",
        )
    return None
