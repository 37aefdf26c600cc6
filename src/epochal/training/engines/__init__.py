"""Engines: ways to train one experiment to the same `Runs`.

They import torch and what `training` may import. Begin with `choice`, which says which engine
trains what, then `stock`, the loop that a reader would write, then `exact`, which exchanges the net
of it for one that costs O(n + m) an epoch, by sums in `exact_numba` or `exact_torch`.
"""
