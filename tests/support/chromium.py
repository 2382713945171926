"""Pages in a headless Chromium, with what they do beside showing themselves."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def program() -> str | None:
    """Where Chromium lies; None where it is not installed."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


@contextmanager
def running() -> Iterator[Any]:
    """A headless Chromium of the system, driven by Playwright, which brings none of its own."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []  # which the superuser cannot have
        browser = driver.chromium.launch(executable_path=program(), args=root)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Opened:
    """A page from the disk; `wrong` is what it wrote to the console and what failed, `asked` what it asked for."""

    page: Any
    wrong: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def opened(browser: Any, file: Path, *, width: int = 1280, **context: Any) -> Opened:
    """Open a file in a window of its own."""
    page = browser.new_context(viewport={"width": width, "height": 900}, **context).new_page()
    found = Opened(page)
    page.on("console", lambda message: found.wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: found.wrong.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (found.wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: found.asked.append(request.url))
    page.goto(file.resolve().as_uri())
    return found
