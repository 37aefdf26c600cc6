"""The pictures: one module a kind, all in one style. Only they import matplotlib."""
