"""Lines about a cluster, shown between pytest's own: what is waited for, and who is refused."""

import threading
from collections import deque
from contextlib import nullcontext
from typing import Any

import pytest

__all__ = ["NOTICES", "Notices"]


class Notices:
    """Lines that any thread may give, shown by the main one, which alone may touch the capture."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._lines: deque[str] = deque()

    def say(self, line: str) -> None:
        """Show ``line`` now, or soon where another thread says it."""
        self._lines.append(line)
        if threading.current_thread() is threading.main_thread():
            self.show()

    def show(self) -> None:
        """Show what has not been shown yet."""
        reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        while self._lines and reporter is not None:
            capture: Any = self._config.pluginmanager.get_plugin("capturemanager")
            with capture.global_and_fixture_disabled() if capture else nullcontext():
                reporter.ensure_newline()
                reporter.write_line(self._lines.popleft())


NOTICES = pytest.StashKey[Notices]()
