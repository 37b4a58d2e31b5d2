"""The engine in TypeScript, built and asked: in Debian's Chromium, as on an officer's machine, or in Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import CHROMIUM, FLAGS

WEB = Path(__file__).parents[2] / "web"
NODE = shutil.which("node")

needs_build = pytest.mark.skipif(
    NODE is None or not (WEB / "node_modules" / "esbuild").exists(),
    reason="THE ENGINE IN TYPESCRIPT WAS NOT RUN: it needs Node and `npm ci` in web/",
)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's Chromium: apt-get install chromium")


def build(out: Path) -> Path:
    """Build the engine from its sources; returns the folder."""
    subprocess.run([str(NODE), "verifier/engine/build.mjs", str(out)], cwd=WEB, check=True, timeout=120)
    return out


def in_node(built: Path, file: Path) -> list[dict[str, Any]]:
    """What Node's run of the built engine answers to a case file."""
    command = [str(NODE), str(built / "run-cases.mjs"), str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    return [json.loads(line) for line in done.stdout.splitlines()]


def in_chromium(built: Path) -> Iterator[Any]:
    """A page opened from a file, as from a stick, with the built engine under the global name ``engine``."""
    from playwright.sync_api import sync_playwright

    (built / "page.html").write_text('<!doctype html><meta charset="utf-8"><script src="tested.js"></script>', "utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.goto((built / "page.html").as_uri())
        assert page.evaluate("isSecureContext && typeof crypto.subtle.verify") == "function"
        yield page
        browser.close()
