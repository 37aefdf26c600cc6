"""Makes an environment of tox for one version of torch, and tells whether it is what came.

python .ci/torch_env.py install 2.4.1 cpu    this torch with what it needs, then this package
python .ci/torch_env.py check 2.4.1 cuda     exit code 1 and a line if it is another or has no CUDA

``nightly`` in place of a version is the newest build that is not released yet. All but torch is
what `constraints.txt` says, so that two environments differ in torch alone; except what torch needs
itself, which comes in the versions that it asks for.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]

NIGHTLY = "https://download.pytorch.org/whl/nightly"
BUILDS = {"cpu": "cpu", "cuda": "cu130"}
"""By device, the folder of nightly builds."""

GIGABYTES = 12
"""Free space that is asked for first: torch comes with all of CUDA, packed and unpacked."""


def main(task: str, wanted: str, device: str = "cpu") -> int:
    """Runs a task; returns the exit code."""
    try:
        if task == "install":
            _check_disk()
            _install_torch(wanted, device)
            _install_package()
        print(f"torch {_checked(wanted, device)}")
    except Broken as error:
        print(f"broken: {error}", file=sys.stderr)
        return 1
    return 0


class Broken(Exception):
    """The environment is not what its name says; in one line."""


def _check_disk() -> None:
    free = shutil.disk_usage(sys.prefix).free / 1e9
    if free < GIGABYTES:
        raise Broken(f"{free:.0f} GB are free, and torch takes up to {GIGABYTES}; make room")


def _install_torch(wanted: str, device: str) -> None:
    nightly = ["--pre", "--index-url", f"{NIGHTLY}/{BUILDS[device]}", "torch"]
    given = nightly if wanted == "nightly" else [f"torch=={wanted}"]
    if _pip("install", *given):
        here = ".".join(map(str, sys.version_info[:2]))
        raise Broken(
            f"torch {wanted} cannot be installed for Python {here} on {sys.platform} (pip says why "
            "above); where there is no wheel, take another Python, such as tox -e py312-torch24-cpu"
        )


def _install_package() -> None:
    """This package, with all that torch does not need as in `constraints.txt`."""
    free = _needed_by("torch")
    pins = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    kept = [line for line in pins if _name(line) not in free]
    with tempfile.TemporaryDirectory() as folder:
        constraints = Path(folder, "constraints.txt")
        constraints.write_text("\n".join(kept) + "\n", "utf-8")
        if _pip("install", "-c", str(constraints), "-e", f"{ROOT}[dev]"):
            raise Broken("this package cannot be installed beside that torch (pip says why above)")


def _needed_by(name: str) -> set[str]:
    """``name`` and all that it needs, and what these need."""
    found, open_ = set[str](), [name]
    while open_:
        each = _name(open_.pop())
        if each and each not in found:
            found.add(each)
            try:
                needed = metadata.requires(each) or []
            except metadata.PackageNotFoundError:
                continue  # of another system, or an extra
            open_ += [line for line in needed if "extra ==" not in line]
    return found


def _name(line: str) -> str:
    """The project that a requirement is about, as package indexes compare them."""
    written = re.match(r"[A-Za-z0-9._-]+", line.strip())
    return re.sub(r"[-_.]+", "-", written.group()).lower() if written else ""


def _pip(*words: str) -> int:
    command = [sys.executable, "-m", "pip", words[0], "-q", "--disable-pip-version-check"]
    return subprocess.call([*command, *words[1:]])


def _checked(wanted: str, device: str) -> str:
    """The torch that is there; raises `Broken` if it is not ``wanted``, or not for ``device``."""
    # What runs counts, and not what pip believes.
    told = "import torch; print(torch.__version__, torch.version.cuda or torch.version.hip)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise Broken(f"torch {wanted} cannot be imported ({lines[-1]})")
    build, cuda = done.stdout.split()
    here = "nightly" if ".dev" in build else build.partition("+")[0]
    if here != wanted:
        raise Broken(
            f"this environment is for torch {wanted}, and has {build}; make it anew, tox -r"
        )
    if device == "cuda" and cuda == "None":
        raise Broken(f"torch {build} has no CUDA; give an index with such builds, then tox -r")
    return build


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
