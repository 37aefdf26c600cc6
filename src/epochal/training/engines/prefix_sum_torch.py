"""The sums of `prefix_sum` in plain torch, for machines without numba.

Every unit's ends are searched for anew, all units at once, by halving.
"""

import math

import torch
from torch import Tensor

__all__ = ["backward", "forward", "stretches"]


def forward(
    x: Tensor,
    angles: Tensor | None,
    order: Tensor,
    w: Tensor,
    b: Tensor | None,
    a: Tensor,
    factor: float,
    *,
    limit: float,
) -> tuple[Tensor, bool, Tensor, Tensor]:
    """The sum over units at every point, (n,), whether it can be relied on, and the stretches.

    Args:
        x: the sorted points, (n, 2), float64; on a line the second column is constant.
        angles: theirs around the circle, (n,); None on a line.
        order: where each of them stands in the sum, (n,).
        w: (m, 2), float64. b: (m,) or None. a: (m,), times ``factor``.
        limit: how large the units may be together.
    """
    plane = torch.cat([w, torch.zeros_like(a)[:, None] if b is None else b[:, None]], dim=1)
    begin, end = stretches(x, angles, plane)
    parts = factor * a[:, None] * plane
    active = (begin != end)[:, None]
    finite = torch.isfinite(parts).all()
    parts = torch.where(active, parts, 0)  # of those never active rounding may leave nothing
    sums = x.new_zeros(len(x) + 1, 3)
    sums.index_add_(0, begin, parts)
    sums.index_add_(0, end, -parts)
    sums[0] += (parts * (end < begin)[:, None]).sum(0)  # over the seam
    sums = sums.cumsum(0)[:-1]
    out = torch.empty_like(sums[:, 0])
    out[order] = sums[:, 0] * x[:, 0] + sums[:, 1] * x[:, 1] + sums[:, 2]
    reliable = finite & torch.isfinite(out).all() & (parts.abs().sum() <= limit)
    return out, bool(reliable), begin, end


def backward(
    x: Tensor,
    order: Tensor,
    slope: Tensor,
    w: Tensor,
    b: Tensor | None,
    a: Tensor,
    factor: float,
    begin: Tensor,
    end: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """The gradients of w, b and a from ``slope``, that of the sum at every point, (n,)."""
    sorted_ = slope[order][:, None]
    sums = torch.cat([x.new_zeros(1, 3), torch.cat([sorted_ * x, sorted_], dim=1).cumsum(0)])
    stretch = sums[end] - sums[begin] + sums[-1] * (end < begin)[:, None]
    along = (w * stretch[:, :2]).sum(1) + (0 if b is None else b * stretch[:, 2])
    outer = factor * a
    return outer[:, None] * stretch[:, :2], outer * stretch[:, 2], factor * along


def stretches(x: Tensor, angles: Tensor | None, plane: Tensor) -> tuple[Tensor, Tensor]:
    """Of each unit of ``plane`` (m, 3) the first place where it is positive, and the first behind.

    All points are (0, n), none (0, 0); around the circle a stretch over the seam ends before it
    begins.
    """
    n = len(x)
    if angles is None:
        first, last = _positive(x, plane, 0), _positive(x, plane, n - 1)
        whole = torch.full_like(first, n, dtype=torch.long)
        rising, falling = last & ~first, first & ~last
        up = n - _count(x, plane, whole - 1, -1, whole)
        down = _count(x, plane, whole * 0, 1, whole)
        begin = torch.where(rising, up, 0)
        return begin, torch.where(falling, down, torch.where(last, whole, 0))
    turn = 2 * math.pi
    top = torch.atan2(plane[:, 1], plane[:, 0])
    top = torch.where(top < angles[0], top + turn, top)
    bottom = top + math.pi
    turned = bottom >= angles[0] + turn
    up = torch.searchsorted(angles, top)
    down = torch.searchsorted(angles, torch.where(turned, bottom - turn, bottom)) + n * turned
    right = _count(x, plane, up, 1, down - up)
    left = _count(x, plane, up - 1, -1, n - (down - up))
    begin, end = (up - left) % n, (up + right) % n
    end = torch.where(end == 0, n, end)
    partial = (left + right > 0) & (left + right < n)
    whole = left + right == n
    return torch.where(partial, begin, 0), torch.where(partial, end, torch.where(whole, n, 0))


def _count(x: Tensor, plane: Tensor, start: Tensor, step: int, count: Tensor) -> Tensor:
    """How many of ``count`` points from ``start`` on, along which the unit falls, are positive."""
    low, high = torch.zeros_like(count), count
    for _ in range(len(x).bit_length() + 1):
        middle = (low + high) // 2
        more = (low < high) & _positive(x, plane, (start + step * middle) % len(x))
        low, high = torch.where(more, middle + 1, low), torch.where(more, high, middle)
    return low


def _positive(x: Tensor, plane: Tensor, place: Tensor | int) -> Tensor:
    points = x[place]
    return plane[:, 0] * points[..., 0] + plane[:, 1] * points[..., 1] + plane[:, 2] > 0
