"""The loss that a loop trains with."""

import torch
from torch import nn

from epochal.experiments.loops import Loop, Loss

__all__ = ["batch_sizes", "loss_of"]


def loss_of(loop: Loop, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The loss of ``output`` and ``target``, both ``(n, k)``, as ``loop`` computes it.

    Classes may be given by their numbers, ``(n,)``.
    """
    if isinstance(loop.loss, Loss):
        found: torch.Tensor = getattr(nn, loop.loss.name)(**loop.loss.keywords)(output, target)
        return found
    if loop.loss == "hinge":
        return (1 - target * output).clamp(min=0).mean()
    if loop.loss == "mean":
        return nn.functional.mse_loss(output, target)
    return 0.5 * ((output - target) ** 2).sum()


def batch_sizes(loop: Loop, points: int) -> list[int]:
    """The sizes of batch that an epoch has, the usual one first.

    >>> batch_sizes(Loop(batch=10), 101), batch_sizes(Loop(batch=10, drop_last=True), 101)
    ([10, 1], [10])
    >>> batch_sizes(Loop(), 101)
    [101]
    """
    if loop.batch is None:
        return [points]
    last = points % loop.batch
    return [loop.batch, last] if last and not loop.drop_last else [loop.batch]
