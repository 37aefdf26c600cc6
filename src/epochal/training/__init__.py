"""How an experiment is trained: nets, engines, devices, and the processes that fill the cores.

The only room that imports torch; below it are `journal`, `claims` and `experiments`. Begin with
`engines/choice`, where `train` is, then `engines/stock`, then `trainer`.
"""
