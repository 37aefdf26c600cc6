"""How an experiment is trained: nets, engines, devices, and the processes that fill the cores.

Torch is imported here, and by what trains above. Begin with `train`, then `engines/reference`, then
`trainer`.
"""
