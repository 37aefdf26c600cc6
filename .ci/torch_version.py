"""Pins one version of torch for an environment of tox, and tells whether it is what came.

python .ci/torch_version.py pin 2.15.0 FILE    constraints.txt with this torch, as FILE
python .ci/torch_version.py check 2.15.0       exit code 1 and a line if torch is another
"""

import re
import sys
from pathlib import Path


def main(task: str, wanted: str, *rest: str) -> int:
    """Runs a task; returns the exit code."""
    if task == "pin":
        pins = (Path(__file__).parents[1] / "constraints.txt").read_text()
        Path(rest[0]).write_text(re.sub(r"(?m)^torch==.*", f"torch=={wanted}", pins))
        return 0
    import torch

    build = str(torch.__version__)
    if build.partition("+")[0] != wanted:
        print(f"broken: this environment is for torch {wanted}, and has {build}", file=sys.stderr)
        return 1
    print(f"torch {build}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
