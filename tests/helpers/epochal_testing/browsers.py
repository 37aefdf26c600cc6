"""A headless Chromium for tests of the page, where there is one."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Watched", "browser", "opened"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

QUIET = (
    "--no-sandbox",  # needed as root, as in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

PATIENCE = 120_000
"""Milliseconds: a machine may be busy, and only a wrong answer fails."""


class Watched:
    """A page, what it wrote to the console, and what it asked for."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda each: self._said(each.type, each.text))
        page.on("pageerror", lambda each: self.errors.append(str(each)))
        page.on("request", lambda each: self.requests.append(each.url))

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.errors.append(text)

    @property
    def foreign(self) -> list[str]:
        """Requests for anything but the file itself."""
        own = ("file:", "data:", "blob:")
        return [each for each in self.requests if not each.startswith(own)]

    def claim(self, name: str) -> None:
        """Opens a claim by its link, and waits until it is drawn."""
        self.page.evaluate("hash => { location.hash = hash }", name)
        self.page.wait_for_selector(f"#claim[data-ready='{name}']")

    def data(self, panel: str) -> list[dict[str, Any]]:
        """What is drawn in a panel: the traces that Plotly has."""
        found: list[dict[str, Any]] = self.page.evaluate(
            "id => document.getElementById(id).data.map(({x, y, z, name}) => ({x, y, z, name}))",
            f"plot-{panel}",
        )
        return found

    def slide(self, place: int) -> None:
        """Puts the slider to a place, and waits until the panels follow."""
        self.page.evaluate(
            "async place => { const slider = document.getElementById('epoch');"
            "slider.value = place; await to(place); }",
            place,
        )


@contextmanager
def browser() -> Iterator[Any]:
    """A browser, or a skipped test that says what is missing."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=path, args=list(QUIET))
        try:
            yield running
        finally:
            running.close()


@contextmanager
def opened(running: Any, file: Path, **options: Any) -> Iterator[Watched]:
    """A new window with a page, as a browser opens a file."""
    context = running.new_context(**options)
    try:
        watched = Watched(context.new_page())
        watched.page.goto(file.as_uri())
        yield watched
    finally:
        context.close()
