"""A setting, what a seed draws of it, and the arrays that come of training it.

Imports numpy and the ground floor (`errors`, `files`, `version`), never torch: names of torch's
stay text here. Begin with `experiment`, then `runs`.
"""
