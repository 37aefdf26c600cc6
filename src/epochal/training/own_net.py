"""A net of somebody's own, looked at before it becomes part of a setting."""

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from epochal.errors import SpecError
from epochal.experiments.checks import maker
from epochal.experiments.frames import summary
from epochal.process import kept

__all__ = ["count"]


def count(make_net: Callable[..., Any]) -> int:
    """The number of weights of the net that ``make_net()`` gives, biases not counted.

    Raises:
        SpecError: it needs arguments, fails, or gives no net.
    """
    maker("make_net", make_net, "it is called once for each seed")
    if needed := _needed(make_net):
        rule = f"it needs {', '.join(needed)}, and is called without arguments"
        step = f"give lambda: {make_net.__name__}(…)"
        raise SpecError("make_net", make_net, rule, step)
    try:
        with kept():
            net = make_net()
    except Exception as error:
        rule = f"it fails ({summary(error)})"
        raise SpecError("make_net", make_net, rule, "correct it") from error
    if not isinstance(net, nn.Module):
        rule = f"it gives a {type(net).__name__}, and an nn.Module is needed"
        raise SpecError("make_net", make_net, rule, "return the net")
    return max(1, sum(each.numel() for each in net.parameters() if each.ndim > 1))


def _needed(make_net: Callable[..., Any]) -> list[str]:
    """The arguments that it cannot be called without, as far as they are known."""
    try:
        parameters = inspect.signature(make_net).parameters
    except ValueError:  # a class of Python's own may not tell
        return []
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        name
        for name, each in parameters.items()
        if each.default is each.empty and each.kind not in several
    ]
