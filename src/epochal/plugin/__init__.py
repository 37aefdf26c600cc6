"""The pytest plugin: options, claims as parametrized tests, their outcomes, the end of a session.

The root ``conftest.py`` loads it, elsewhere ``-p epochal.plugin``; it is no entry point, since a
global ``--device`` would break other projects. Imports pytest, `report` and what lies below.
Begin with `hooks`.
"""

# Named and not imported: pytest loads the hooks when it loads this.
pytest_plugins = ["epochal.plugin.hooks"]
