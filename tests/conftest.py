"""Property tests try the same examples every time and have no deadline: machines may be busy."""

import pytest
from hypothesis import settings

settings.register_profile("epochal", deadline=None, derandomize=True, database=None)
settings.load_profile("epochal")


def pytest_configure(config: pytest.Config) -> None:
    """A warning is an error in tests, and none where claims are judged."""
    config.addinivalue_line("filterwarnings", "error")
    config.addinivalue_line("filterwarnings", "ignore:Benchmarks are automatically disabled")


@pytest.fixture(autouse=True)
def nobody_else_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions that tests start neither speak to the CI they run in nor print differently there."""
    for name in ("CI", "BUILD_NUMBER", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests begin first: at the end one worker would wait for the other's."""
    items.sort(key=lambda item: "test_survival" not in item.nodeid)
