"""Buffers of a net, such as running means, that a look at it must not move."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

__all__ = ["buffers_kept"]


@contextmanager
def buffers_kept(net: nn.Module) -> Iterator[None]:
    """Give ``net`` copies of its buffers in a block, and its own ones after it."""
    own = [(each._buffers, dict(each._buffers)) for each in net.modules()]
    copies = {id(each): each.clone() for each in net.buffers()}
    for buffers, kept in own:  # a write into the originals would tell autograd of a change
        buffers.update({name: copies.get(id(each)) for name, each in kept.items()})
    try:
        yield
    finally:
        for buffers, kept in own:
            buffers.update(kept)
