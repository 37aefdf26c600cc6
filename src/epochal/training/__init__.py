"""How an experiment is trained: nets, engines, devices, and the processes that fill the cores.

Torch is imported here, and by the rooms above that train. Begin with `train`, where a setting and
its seeds become `Runs`, then `engines/reference`, then `trainer`.
"""
