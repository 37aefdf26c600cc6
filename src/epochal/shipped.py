"""The claims, their tests and the baseline that come with epochal, wherever it is installed."""

from pathlib import Path

__all__ = ["CASES", "bench_words", "shipped"]

CASES = "shipped"
"""In place of a folder of case files: those that come with epochal."""


def shipped(part: str) -> Path:
    """The folder of ``bench``, ``cases`` or ``reports/baseline``: in the wheel, or in a clone."""
    packed = Path(__file__).with_name("_shipped")
    return (packed if packed.is_dir() else Path(__file__).parents[2]) / part


def bench_words(root: Path) -> list[str]:
    """What ``epochal bench`` gives to pytest before its own options, in the folder ``root``."""
    return [
        *(str(shipped("bench")), "--rootdir", str(root), "--override-ini", "addopts="),
        *("-p", "epochal.plugin", "-p", "no:cacheprovider", "-p", "no:benchmark"),
        *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # epochal itself is imported already
        *("--cases", str(shipped("cases")), "--baseline", str(shipped("reports/baseline"))),
    ]
