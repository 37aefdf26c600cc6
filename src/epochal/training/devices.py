"""Names of devices: which ones exist here, and one clear error for one that does not."""

import re
from collections.abc import Sequence

from epochal.errors import DeviceError
from epochal.identity.accelerators import Accelerator, detected
from epochal.identity.environment import processor
from epochal.process import accelerator

__all__ = ["allocations", "describe", "resolve"]

NAMES = "cpu, cuda, cuda:N, xpu, xpu:N, all, auto"

CPU = Accelerator("cpu", "cpu", {})

INSTALL = "https://pytorch.org/get-started/locally/"
DRIVERS = "https://docs.nvidia.com/deploy/cuda-compatibility/"


def resolve(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the devices that ``names`` ask for, in order, each with the GPUs that share its work.

    GPUs of one model with one driver give the same results: they are one device, which is called
    by its first GPU. ``cuda`` is the first GPU with all that equal it, ``cuda:1`` one GPU. ``auto``
    is ``cuda`` or ``xpu`` where a kernel runs, else ``cpu``; ``all`` is the CPU and every device on
    which a kernel runs.

    >>> resolve(["cpu", "cpu"])
    {'cpu': ('cpu',)}

    Raises:
        DeviceError: there is no such device here, or no kernel runs on it.
    """
    wanted = {each.device: each for name in names for each in _expand(name)}
    groups: list[list[Accelerator]] = []
    for each in wanted.values():
        group = next((group for group in groups if group[0].facts == each.facts), None)
        if group is None:
            groups.append([each])
        else:
            group.append(each)
    return {group[0].device: tuple(each.device for each in group) for group in groups}


def describe(device: str) -> str:
    """Return the product's name: the GPU's, or the processor's as the system gives it."""
    return processor() if device == "cpu" else accelerator(device).get_device_name(device)


def allocations(device: str) -> int:
    """Return how many tensors this process has allocated on an accelerator so far."""
    stats = accelerator(device).memory_stats(device)
    return int(stats.get("allocation.all.allocated", 0))


def _expand(name: str) -> list[Accelerator]:
    if name == "cpu":
        return [CPU]
    if name in ("auto", "all"):
        working = [each for each in detected().accelerators if not each.problem]
        if name == "all":
            return [CPU, *working]
        return [each for each in working if each.facts == working[0].facts] or [CPU]
    if name.partition(":")[0] == "mps":
        rule = "torch has neither float64 nor deterministic kernels for it"
        raise DeviceError("--device", name, rule, "use --device cpu, which Macs are judged on")
    match = re.fullmatch(r"([a-z]\w*)(?::(\d+))?", name)
    if match is None or match[1] not in ("cuda", "xpu", *detected().kinds):
        raise DeviceError("--device", name, "no such device", f"choose one of {NAMES}")
    return _accelerators(name, match[1], match[2])


def _accelerators(name: str, kind: str, number: str | None) -> list[Accelerator]:
    seen = detected().of(kind)
    if not seen:
        raise DeviceError("--device", name, *_why_none(kind))
    device = f"{kind}:{number or 0}"
    one = next((each for each in seen if each.device == device), None)
    if one is None:
        rule = f"this machine has {len(seen)} that torch sees"
        step = f"choose one of {', '.join(each.device for each in seen)}"
        raise DeviceError("--device", name, rule, step)
    if one.problem:
        rule = f"no kernel runs on it ({one.problem}{_warned()})"
        raise DeviceError("--device", name, rule, f"install a torch built for it, see {INSTALL}")
    alike = [each for each in seen if not each.problem and each.facts == one.facts]
    return [one] if number is not None else alike


def _why_none(kind: str) -> tuple[str, str]:
    """The rule that is broken where torch sees no accelerator of ``kind``, and the next step."""
    here = detected()
    if here.torch and kind not in here.kinds:
        rule = f"torch {here.torch} was built without {kind.upper()}"
        return rule, f"install a build with it, see {INSTALL}, or use --device cpu"
    rule = f"torch could use one, but sees none{_warned()}"
    if "driver" in _warned():
        return rule, f"update the driver, see {DRIVERS}, or use --device cpu"
    return rule, "check nvidia-smi (or rocm-smi) and CUDA_VISIBLE_DEVICES, or use --device cpu"


def _warned() -> str:
    """What torch warned of while it looked, behind a colon; empty if of nothing."""
    lines = [each for each in detected().warnings if "pynvml" not in each]
    return f": {lines[0].partition(' (Triggered')[0]}" if lines else ""
