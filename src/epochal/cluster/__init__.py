"""Claims trained by the workers of a Dask cluster, under each worker's own environment.

Imports `planning`, `training` and `journal`; Dask's ``distributed`` only in functions. Begin with
`connection`, then `controller`; what runs on a worker is `remote`.
"""
