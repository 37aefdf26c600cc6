"""Property tests try the same examples every time and have no deadline: machines may be busy."""

from hypothesis import settings

settings.register_profile("epochal", deadline=None, derandomize=True, database=None)
settings.load_profile("epochal")
