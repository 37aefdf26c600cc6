"""Engines: ways to train one experiment to the same `Runs`.

They import torch and what `training` may import. Begin with `choice`, which says which engine
trains what, then `reference`, a plain training loop. `prefix_sum` replaces the net in that loop by
one that costs O(n + m) an epoch, with sums in `prefix_sum_numba` or `prefix_sum_torch`.
"""
