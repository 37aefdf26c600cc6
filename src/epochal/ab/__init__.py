"""A/B timing: whether an epoch of one source tree, revision or torch is slower than of another.

Imports `training` and what lies below. Begin with `statistics`, the decision, then `session`, which
asks two processes in turn; each of them is `process`, and times epochs by `epoch_timer`.
"""
