"""One run of claims, from what it was asked to do to what is kept of it.

Imports `training`, `journal`, `claims` and `experiments`, and nothing of pytest: a notebook uses it
as the plugin does. Begin with `runner`, then `findings`.
"""
