"""The numerics under which everything is trained: one thread, full precision.

One thread everywhere is what makes results independent of how many workers and cores there are.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["numerics", "set_numerics"]


def set_numerics() -> None:
    """Sets them for the whole process."""
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision("highest")  # no TF32 on CUDA
    torch.backends.cudnn.allow_tf32 = False


@contextmanager
def numerics() -> Iterator[None]:
    """Sets them for a block, and puts back what was before."""
    threads = torch.get_num_threads()
    precision, tf32 = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    set_numerics()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision(precision)
        torch.backends.cudnn.allow_tf32 = tf32
