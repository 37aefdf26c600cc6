"""On what a result was measured: recorded beside it, without importing torch."""

import platform
from importlib import metadata

__all__ = ["describe"]

PACKAGES = ("torch", "numpy", "scipy", "pytest")


def describe() -> dict[str, str]:
    """Versions and the system, as text.

    >>> sorted(describe())[:3]
    ['epochal', 'numpy', 'pytest']
    """
    from epochal import __version__

    versions = {name: _version(name) for name in PACKAGES}
    return {
        "epochal": __version__,
        "python": platform.python_version(),
        **versions,
        "system": f"{platform.system()} {platform.machine()}",
    }


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "absent"
