"""On what a result was measured: what can change a bit, what makes times comparable, and the rest.

The facts of an `Environment` are all that can change a bit of a result; their digest is the *reuse
key*, under which alone a stored result counts as this one. Among them are those that make times
comparable; their digest is the *hardware key*. A *record* beside it says the rest: nothing in it,
and nothing that changes at a reboot, is in a key.
"""

import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import ClassVar

from epochal.identity.accelerators import detected
from epochal.identity.digest import digest
from epochal.process import VARIABLES

__all__ = [
    "Environment",
    "differences",
    "moment",
    "observe",
    "processor",
    "record",
    "version_of",
    "versions",
]

PACKAGES = ("torch", "numpy", "scipy", "pytest")

DRIVER = r"Kernel Module.*?\s(\d+\.[\d.]+)"
"""Where the text of the NVIDIA driver, closed or open, has its version."""


@dataclass(frozen=True)
class Environment:
    """Where a result comes from.

    >>> here = Environment({"processor": "P", "torch": "2.13.0"})
    >>> there = Environment({"processor": "P", "torch": "2.15.0"})
    >>> here.key == there.key, here.hardware_key == there.hardware_key
    (False, True)
    """

    facts: Mapping[str, str]
    versions: Mapping[str, str] | None = None
    """Of libraries, where it is not this process's."""

    HARDWARE: ClassVar[tuple[str, ...]] = ("processor", "vector", "gpu")

    @cached_property
    def key(self) -> str:
        """The reuse key: equal where a result can be taken for this one's."""
        return digest(dict(self.facts))

    @cached_property
    def hardware_key(self) -> str:
        """Equal where times can be compared."""
        return digest({name: self.facts[name] for name in self.HARDWARE if name in self.facts})

    @property
    def described(self) -> dict[str, str]:
        """What is stored with a verdict: versions, facts and keys; no name of the machine."""
        keys = {"key": self.key, "hardware key": self.hardware_key}
        return {**(self.versions or versions()), **self.facts, **keys}


def observe(device: str, engine: Mapping[str, str]) -> Environment:
    """The environment of this process for what ``engine`` trains on ``device``.

    Args:
        device: ``cpu`` or ``cuda:N``.
        engine: the engine's own facts: its name, a fingerprint of its code, its block rule.
    """
    facts = {"device": device.split(":")[0], **_processor_facts(), **_library_facts()}
    if device != "cpu":
        facts |= next(each.facts for each in detected().accelerators if each.device == device)
    facts |= {f"engine {name}": value for name, value in engine.items()}
    return Environment(facts)


def differences(one: Mapping[str, str], other: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The fields in which two environments differ, with both values; ``-`` where one has none.

    >>> differences({"torch": "2.13.0", "vector": "AVX2"}, {"torch": "2.15.0", "vector": "AVX2"})
    {'torch': ('2.13.0', '2.15.0')}
    """
    names = dict.fromkeys([*one, *other])
    pairs = {name: (one.get(name, "-"), other.get(name, "-")) for name in names}
    return {name: (a, b) for name, (a, b) in pairs.items() if a != b}


def versions() -> dict[str, str]:
    """Versions and the system, without importing torch.

    >>> sorted(versions())[:3]
    ['epochal', 'numpy', 'pytest']
    """
    from epochal.version import __version__

    return {
        "epochal": __version__,
        "python": platform.python_version(),
        **{name: version_of(name) for name in PACKAGES},
        "system": f"{platform.system()} {platform.machine()}",
    }


def record(repository: Path, devices: Sequence[str] = ()) -> dict[str, str]:
    """Return what is recorded of a session on ``devices`` and is in no key.

    The ``repository`` holds the claims.
    """
    found = {"host": platform.node(), **versions(), **_git(repository)}
    found["kernel"] = platform.release()
    found["cores"] = str(os.cpu_count())
    with suppress(ValueError, OSError, AttributeError):
        found["memory"] = (
            f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB"
        )
    driver = re.search(DRIVER, _text("/proc/driver/nvidia/version"))
    if driver:
        found["driver"] = driver.group(1)
    if set(devices) - {"cpu"} and detected().warnings:
        found["device warnings"] = "; ".join(detected().warnings)
    return found


def moment() -> dict[str, str]:
    """How busy and how fast the machine is right now."""
    found = {}
    with suppress(OSError, AttributeError):
        found["load"] = f"{os.getloadavg()[0]:.2f}"
    frequency = re.search(r"cpu MHz\s*:\s*([\d.]+)", _text("/proc/cpuinfo"))
    if frequency:
        found["frequency"] = f"{float(frequency.group(1)):.0f} MHz"
    return found


def processor() -> str:
    """The processor as the system names it."""
    named = _cpu_field("model name") or _brand() or platform.processor()
    return named or platform.machine()


def _brand() -> str:
    """The processor's name on a Mac, where Python itself says ``arm``."""
    if sys.platform != "darwin":
        return ""
    command = ["sysctl", "-n", "machdep.cpu.brand_string"]
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
        return done.stdout.strip()
    return ""


def _processor_facts() -> dict[str, str]:
    import torch

    numbers = [_cpu_field(each) for each in ("cpu family", "model", "stepping")]
    model = f"{processor()}, {platform.machine()} {'-'.join(filter(None, numbers))}".strip()
    return {"processor": model, "vector": torch.backends.cpu.get_cpu_capability()}


def _library_facts() -> dict[str, str]:
    import numpy
    import torch

    blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    set_here = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    return {
        "torch": str(torch.__version__),  # a subclass, which xdist does not carry
        "torch build": digest([str(torch.version.git_version), torch.__config__.show()]),
        "numpy": f"{numpy.__version__}, {blas.get('name')} {blas.get('version')}",
        "libc": " ".join(platform.libc_ver()).strip() or platform.system(),
        "numerics": "1 thread, highest matmul precision, no TF32",
        "variables": ", ".join(f"{name}={value}" for name, value in set_here.items()) or "none set",
    }


def _git(folder: Path) -> dict[str, str]:
    def ask(*words: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(folder), *words],
                capture_output=True,
                errors="replace",
                timeout=10,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    revision = ask("rev-parse", "--short=12", "HEAD")
    if revision is None:
        return {}
    return {"git": revision + ("-dirty" if ask("status", "--porcelain") else "")}


def _cpu_field(name: str) -> str:
    match = re.search(rf"^{name}\s*:\s*(.+)$", _text("/proc/cpuinfo"), re.MULTILINE)
    return match.group(1).strip() if match else ""


def _text(path: str) -> str:
    with suppress(OSError):
        return Path(path).read_text("utf-8", "replace")
    return ""


def version_of(package: str) -> str:
    """Return the installed version of ``package``, or ``absent``."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "absent"
