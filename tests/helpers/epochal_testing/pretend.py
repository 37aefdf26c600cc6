"""A pretend accelerator that computes on the CPU, for tests of what would happen on a GPU.

Its tensors wrap the CPU's. An operation on tensors of two devices is an error. Operations are
counted, and so is every moment at which the host would wait for the device. It has its own random
generator. It says nothing about speed.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from epochal.identity.accelerators import detected

__all__ = ["DEVICE", "Count", "MixedDevices", "pretending", "register"]

KIND = "pretend"
DEVICE = f"{KIND}:0"

aten = torch.ops.aten
WAITS = (aten._local_scalar_dense.default, aten.equal.default, aten.nonzero.default)
"""Operations with a result on the host, which has to wait for the device."""


class MixedDevices(RuntimeError):
    """An operation was given tensors of two devices."""


@dataclass
class Count:
    """Work of the device.

    Attributes:
        kernels: number of operations that it computed.
        waits: number of times the host waited for it.
    """

    kernels: int = 0
    waits: int = 0


class Tensor(torch.Tensor):
    """A tensor on the device; ``raw`` is the CPU tensor that it wraps."""

    raw: torch.Tensor
    made: int = 0

    @staticmethod
    def __new__(cls, raw: torch.Tensor) -> "Tensor":
        made: Tensor = torch.Tensor._make_wrapper_subclass(
            cls,
            raw.size(),
            strides=raw.stride(),
            storage_offset=raw.storage_offset(),
            dtype=raw.dtype,
            device=torch.device(DEVICE),
        )
        made.raw = raw
        Tensor.made += 1
        return made

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        return f"{KIND}({self.raw!r})"

    def __reduce_ex__(self, protocol: Any) -> Any:
        reduce: Any = self.raw.__reduce_ex__  # it is stored as a tensor of the CPU
        return reduce(protocol)

    @classmethod
    def __torch_dispatch__(  # type: ignore[override]
        cls, func: Any, types: object, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        return _compute(func, args, kwargs or {}, Count())


class _Event:
    """A moment on the device, which computes at once."""

    def __init__(self, enable_timing: bool = False) -> None:
        self.at = 0.0

    def record(self, stream: None) -> None:
        self.at = time.perf_counter()

    def elapsed_time(self, later: "_Event") -> float:
        return (later.at - self.at) * 1e3


class _Module:
    """The interface that torch expects of a device's module, such as ``torch.cuda``."""

    state = torch.Generator().manual_seed(0).get_state()

    def is_available(self) -> bool:
        return True

    def device_count(self) -> int:
        return 1

    def current_device(self) -> int:
        return 0

    def get_device_name(self, device: object = None) -> str:
        return "no device"

    def is_initialized(self) -> bool:
        return True

    def _is_in_bad_fork(self) -> bool:
        return False

    Event = _Event

    def current_stream(self, device: object = None) -> None:
        pass

    def synchronize(self, device: object = None) -> None:
        pass

    def memory_stats(self, device: object = None) -> dict[str, int]:
        return {"allocation.all.allocated": Tensor.made}

    def manual_seed_all(self, seed: int) -> None:
        self.state = torch.Generator().manual_seed(seed + 1).get_state()

    def get_rng_state(self, device: object = None) -> torch.Tensor:
        return self.state.clone()

    def set_rng_state(self, state: torch.Tensor, device: object = None) -> None:
        self.state = state.clone()


MODULE = _Module()


@cache
def register() -> None:
    """Register the device with torch, once in a process; it cannot be undone.

    It has to come before the first backward pass of the process, which fixes autograd's devices.
    So the module of a test calls it when it is imported.
    """
    from torch.optim import optimizer
    from torch.utils import backend_registration

    backend_registration._setup_privateuseone_for_python_backend(KIND, backend_module=MODULE)
    optimizer._foreach_supported_types.append(Tensor)  # as for CUDA: one kernel for all weights


@contextmanager
def pretending() -> Iterator[Count]:
    """Provide the device ``pretend:0`` within a block, and the count of its work."""
    count = Count()
    detected.cache_clear()
    with _Mode(count):
        yield count
    detected.cache_clear()


class _Mode(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self, count: Count) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.count = count

    def __torch_dispatch__(
        self, func: Any, types: object, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        return _compute(func, args, kwargs or {}, self.count)


def _compute(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any], count: Count) -> Any:
    there = [each for each in tree_leaves([args, kwargs]) if isinstance(each, Tensor)]
    wanted = kwargs.get("device")
    if func is aten._to_copy.default:
        return _moved(func, args, kwargs, count)
    if func is aten.copy_.default:
        count.kernels += bool(there)
        count.waits += bool(there) and not isinstance(args[0], Tensor)
        _raw(args[0]).copy_(_raw(args[1]))
        return args[0]
    made_there = wanted is not None and torch.device(wanted).type == KIND
    if not there and not made_there:
        return func(*args, **kwargs)
    _check_one_device(func, args, kwargs)
    count.kernels += _is_kernel(func)
    count.waits += func in WAITS
    given = tree_map(_raw, args), tree_map(_raw, dict(kwargs))
    if "device" in given[1]:
        given[1]["device"] = torch.device("cpu")
    with _own_generator(func):
        found = func(*given[0], **given[1])
    known = {id(each.raw): each for each in there}
    return tree_map(lambda each: _wrapped(each, known), found)


@cache
def _is_kernel(func: Any) -> bool:
    """Whether ``func`` computes something, and is no view and no allocation."""
    schema = func._schema
    writes = any(each.alias_info and each.alias_info.is_write for each in schema.arguments)
    is_view = any(each.alias_info for each in schema.returns) and not writes
    return not is_view and "empty" not in schema.name


def _moved(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any], count: Count) -> Any:
    """A copy of a tensor, of another dtype or on another device."""
    given = dict(kwargs)
    target = torch.device(given.pop("device", None) or args[0].device)
    is_there = isinstance(args[0], Tensor)
    count.kernels += is_there or target.type == KIND
    count.waits += is_there and target.type != KIND
    copied = func(_raw(args[0]), **given)
    return Tensor(copied) if target.type == KIND else copied


def _check_one_device(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    # As on a GPU, a host's number may stand among the device's tensors, and no array may.
    tensors = [each for each in tree_leaves([args, kwargs]) if isinstance(each, torch.Tensor)]
    host = [each for each in tensors if not isinstance(each, Tensor) and each.dim()]
    if host:
        raise MixedDevices(f"{func}: a tensor of shape {tuple(host[0].shape)} is on the CPU")


@contextmanager
def _own_generator(func: Any) -> Iterator[None]:
    """Draws of ``func`` come from the device's generator, not from the CPU's."""
    if torch.Tag.nondeterministic_seeded not in func.tags:
        yield
        return
    cpu = torch.get_rng_state()
    torch.set_rng_state(MODULE.state)
    try:
        yield
    finally:
        MODULE.state = torch.get_rng_state()
        torch.set_rng_state(cpu)


def _raw(value: Any) -> Any:
    return value.raw if isinstance(value, Tensor) else value


def _wrapped(value: Any, known: Mapping[int, Tensor]) -> Any:
    if not isinstance(value, torch.Tensor):
        return value
    return known[id(value)] if id(value) in known else Tensor(value)
