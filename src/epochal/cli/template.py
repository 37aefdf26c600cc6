"""The files of a new project, by their paths."""

from collections.abc import Mapping

__all__ = ["FILES", "IGNORED"]

IGNORED = (".epochal/", "__pycache__/")
"""Lines that ``.gitignore`` needs."""

CONFTEST = '''\
"""Claims are judged by `pytest bench/`; a plain `pytest` passes this folder over."""
from epochal.plugin.bench import pytest_addoption, pytest_ignore_collect  # noqa: F401
'''

TEST = '''\
"""Every claim in cases/, on every device that was asked for: one test each."""
from epochal.plugin.bench import test_claim  # noqa: F401
'''

CASE = '''\
"""Claims of our own."""

from dataclasses import replace

from epochal import MLP, Claim, Control, Experiment, FitsBy, Line, Optimizer, Sine, Source

OURS = Source(
    key="mine",
    title="Claims of our own",
    authors="us",
    year={year},
    url="",
    story="What we believe about our nets.",
    bibtex="",
)

SMALL = Experiment(
    inputs=Line(low=-3.14, high=3.14, points=200),
    target=Sine(1),
    net=MLP(widths=(50,), activation="Tanh"),
    optimizer=Optimizer("Adam", lr=1e-2),
)

CLAIMS = [
    Claim(
        id="mine-fifty-units-are-enough",
        source=OURS,
        where="here",
        ours=True,
        says="Fifty tanh units fit one oscillation of a sine within 1000 epochs.",
        reading="On sin(x) over ±π with Adam at 1e-2, the error gets below 0.001 by then.",
        experiments=SMALL,
        rule=FitsBy(epoch=1000, mse_below=0.001),
        expected="reproduced",
        control=Control(
            change="one unit",
            experiments={{"run": replace(SMALL, net=MLP(widths=(1,), activation="Tanh"))}},
        ),
    ),
]
'''

WORKFLOW = """\
name: claims

# Are the verdicts as expected? Once there is a baseline, do nets also learn as before?
# To record one: pytest bench/ --update-baseline, and commit reports/baseline.
on:
  push:
  pull_request:

permissions:
  contents: read

jobs:
  claims:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install torch --index-url https://download.pytorch.org/whl/cpu
      - run: pip install "epochal>={version}"
      - uses: actions/cache@v4
        with:
          path: .epochal
          key: epochal-${{{{ github.sha }}}}
          restore-keys: epochal-
      - run: if [ -d reports/baseline ]; then pytest bench/ --gate; else pytest bench/; fi
      - if: always()
        uses: actions/upload-artifact@v4
        with:
          name: claims
          path: .epochal/report
          include-hidden-files: true
          if-no-files-found: ignore
"""

FILES: Mapping[str, str] = {
    "bench/conftest.py": CONFTEST,
    "bench/test_claims.py": TEST,
    "cases/mine.py": CASE,
    ".github/workflows/claims.yml": WORKFLOW,
}
"""What they say, before the year and the version are filled in."""
