"""Errors of a GPU: no room for one more process, or a process that cannot use it any more."""

from epochal.errors import BrokenRun, DeviceFault, DeviceFull
from epochal.experiments.frames import broken, message

__all__ = ["explained", "full"]

FULL = ("out of memory", "busy or unavailable", "already in use")
"""Words of a GPU's own errors if it has no room: in its memory, or for a second process."""

FAULTS = ("CUDA error", "HIP error", "XPU error", "device-side assert")
"""Words of errors after which CUDA refuses every further call of the process."""

MIXED = "Expected all tensors to be on the same device"


def full(error: BaseException, device: str) -> DeviceFull | None:
    """Return ``error`` as one of a ``device`` without room for this process, None if it is none."""
    if device == "cpu" or not isinstance(error, RuntimeError):
        return None
    text = str(error)
    is_own = any(each in text for each in FAULTS) and any(each in text for each in FULL)
    if type(error).__name__ != "OutOfMemoryError" and not is_own:
        return None
    first = text.strip().splitlines()[0]
    return DeviceFull(f"{device} has no room ({first}); free it, or give --workers 1")


def explained(error: Exception, device: str) -> BrokenRun:
    """Return the `BrokenRun` that ``error`` on ``device`` means for a claim."""
    failed, text = broken(error), message(error)
    if device == "cpu" or not isinstance(error, RuntimeError):
        return failed
    if MIXED in text:
        step = "register a net's constant tensors with register_buffer, which moves them along"
        return BrokenRun(f"{failed.why}; {step}", failed.trace)
    lost = any(each in text for each in FAULTS)
    return DeviceFault(failed.why, failed.trace) if lost else failed
