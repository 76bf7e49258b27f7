"""A real Chromium, the system's own, and the site it looks at, in a thread of its own."""

from __future__ import annotations

import asyncio
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.admin.pages import SECONDS, site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MISSING = "there is no chromium here; apt-get install chromium (or google-chrome) lets these tests run"

CONTRASTS = (Path(__file__).parent / "contrasts.js").read_text(encoding="utf-8").partition("\n")[2]
"""Gives every text whose contrast to what is behind it is below WCAG 2.2 AA (success criterion 1.4.3)."""


@contextmanager
def browsing() -> Iterator[Browser]:
    """Chromium without a window; it brings no browser of its own along."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def site_in_a_thread(store: Path, port: int = 0) -> Iterator[str]:
    """The address of a running site: a browser that is asked to wait must not hold up the server."""
    address: list[str] = []
    ready, loop, end = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with site(store, port=port) as running:
            address.append(str(running.client.base_url).rstrip("/"))
            ready.set()
            await end.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), name="site", daemon=True)
    thread.start()
    assert ready.wait(SECONDS)
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(SECONDS)
        loop.close()
