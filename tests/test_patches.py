"""What a block replaces in libraries is put back and named; what libraries do themselves stays."""

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from epochal import FitsBy
from epochal.patches import unpatched


def _identity(self: Any, x: Any) -> Any:
    return x


REPLACED: dict[str, tuple[str, Callable[[], object]]] = {
    "method": (
        "torch.nn.modules.activation.Tanh.forward",
        lambda: setattr(nn.Tanh, "forward", _identity),
    ),
    "inherited": (
        "torch.nn.modules.activation.Tanh.__call__",
        lambda: setattr(nn.Tanh, "__call__", _identity),
    ),
    "function": (
        "torch.nn.init.kaiming_uniform_",
        lambda: setattr(nn.init, "kaiming_uniform_", _identity),
    ),
    "tensor": ("torch.Tensor.backward", lambda: setattr(torch.Tensor, "backward", _identity)),
    "step": ("torch.optim.adam.Adam.step", lambda: setattr(torch.optim.Adam, "step", _identity)),
    "nothing": ("numpy.random.RandomState", lambda: setattr(np.random, "RandomState", None)),
    "number": ("math.pi", lambda: setattr(math, "pi", 3.0)),
    "ours": (
        "epochal.claims.rules.named.errors.FitsBy.describe",
        lambda: setattr(FitsBy, "describe", _identity),
    ),
    "hook": (
        "torch.nn.modules.module._global_forward_hooks",
        lambda: nn.modules.module.register_module_forward_hook(lambda module, given, output: None),
    ),
}


@pytest.mark.parametrize(("name", "replace"), REPLACED.values(), ids=REPLACED)
def test_what_is_replaced_is_named_and_put_back(name: str, replace: Callable[[], object]) -> None:
    with unpatched() as replaced:
        replace()
    assert replaced == [name]
    with unpatched() as replaced:
        net = nn.Sequential(nn.Linear(1, 2), nn.Tanh(), nn.Linear(2, 1))
        optimizer = torch.optim.Adam(net.parameters())
        net(torch.ones(1, 1)).sum().backward()
        optimizer.step()
    assert replaced == []


def test_a_wrapper_is_named_too_unless_the_library_itself_wraps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = torch.optim.SGD.step
    monkeypatch.setattr(torch.optim.SGD, "step", original)  # which puts it back after the test

    @wraps(original)
    def step(*given: Any, **named: Any) -> Any:
        return original(*given, **named)

    with unpatched() as replaced:
        setattr(torch.optim.SGD, "step", step)  # noqa: B010
    assert replaced == ["torch.optim.sgd.SGD.step"]
    assert torch.optim.SGD.step is original
    with unpatched() as replaced:
        setattr(torch.optim.SGD, "step", torch.no_grad()(original))  # noqa: B010
    assert replaced == []
    assert torch.optim.SGD.step is not original


def test_it_is_put_back_after_an_error_too() -> None:
    original = nn.Tanh.forward

    def fails() -> None:
        with unpatched():
            setattr(nn.Tanh, "forward", _identity)  # noqa: B010
            raise SystemExit

    with pytest.raises(SystemExit):
        fails()
    assert nn.Tanh.forward is original
