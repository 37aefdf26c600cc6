"""Puts the claims, their tests and the baseline into the wheel; pyproject.toml says all else."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = ("bench", "cases", "reports/baseline")


class BuildShipped(build_py):
    """Also copies what `epochal.shipped` finds."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            for part in SHIPPED:
                into = Path(self.build_lib, "epochal", "_shipped", part)
                shutil.rmtree(into, ignore_errors=True)
                shutil.copytree(part, into, ignore=shutil.ignore_patterns("__pycache__"))


setup(cmdclass={"build_py": BuildShipped})
