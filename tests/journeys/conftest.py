"""What the journeys share: one Chromium for a module's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser import CHROMIUM, FLAGS


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """A browser without windows; each test opens its own context in it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
