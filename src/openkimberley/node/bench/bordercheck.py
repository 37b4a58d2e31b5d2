"""The border check in Chromium: how heavy it is, and how long from a picture of a code to the verdict on the screen."""

from __future__ import annotations

import base64
import gzip
import io
import re
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from openkimberley.node.bench.measuring import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.node.bench.world import World

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]

CLOCK = """() => {
  document.addEventListener("change", () => { window.begun = performance.now() }, true);
  new MutationObserver(() => { if (document.getElementById("verdict")) window.done ??= performance.now() })
    .observe(document.getElementById("content"), { childList: true });
}"""
FLOOR = """async ([key, signature, message, turns]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const known = await crypto.subtle.importKey("raw", bytes(key), "Ed25519", false, ["verify"]);
  const begun = performance.now();
  for (let turn = 0; turn < turns; turn++)
    if (!await crypto.subtle.verify("Ed25519", known, bytes(signature), bytes(message))) throw new Error("refused");
  return (performance.now() - begun) / turns;
}"""


def verifier_page(world: World) -> Iterator[Figure]:
    """Bytes of both forms beside their reader of codes; milliseconds from picture to verdict beside a bare verify.

    The times need Chromium and playwright (both come with what the tests need); without them only the bytes are told.
    """
    from openkimberley.node.verifier import page

    bundle = world.bundle()
    stick = page.on_a_stick({"form": "stick", "bundle": bundle})
    found = re.search(rb'id="kp-wasm">([^<]*)<', stick)
    reader = len(base64.b64decode(found[1])) if found else 0
    floor = "its reader of codes alone (zxing-wasm as LZMA)"
    served = len(gzip.compress(page.served(), 9))
    yield Figure("verifier-page-served", served / 1000, "kB", reader / 1000, floor, less_is_better=True)
    yield Figure("verifier-page-stick", len(stick) / 1000, "kB", reader / 1000, floor, less_is_better=True)
    if CHROMIUM is None:
        sys.stderr.write("verifier-page: no Chromium here, so the time to a verdict was not measured\n")
        return
    yield _timed(world, CHROMIUM)


def _timed(world: World, chromium: str) -> Figure:
    from playwright.sync_api import sync_playwright

    from openkimberley.node.demo.people import ANTWERP, PRODUCER
    from openkimberley.node.verifier import page
    from openkimberley.trust import qr
    from openkimberley.trust.signing import public_key

    issued = world.issued()
    bundle = world.bundle() | {"issued": (world.now + timedelta(seconds=1)).isoformat(), "expected": [issued.cid]}
    file = Path(world.where.root) / "verifier.html"
    file.write_bytes(page.on_a_stick({"form": "stick", "bundle": bundle, "authority": ANTWERP}))
    signed = qr.read(issued.qr_full).statement
    parts = (public_key(PRODUCER).pub, signed.signature, signed.to_be_signed())
    asked = [base64.b64encode(each).decode() for each in parts]
    turns = 3 if world.quick else 21
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        tab = browser.new_context(offline=True).new_page()
        tab.goto(file.as_uri())
        tab.locator("section:has(#waiting) .button").first.click()
        tab.evaluate(CLOCK)
        picture = {"name": "photograph.jpg", "mimeType": "image/jpeg", "buffer": _photograph(issued.qr_full)}
        _verdict(tab, picture)  # the reader of codes is unpacked once
        times, floors = [], []
        for _ in range(turns):
            times.append(_verdict(tab, picture))
            floors.append(tab.evaluate(FLOOR, [*asked, 50]))
        browser.close()
    return Figure(
        "verifier-page", median(times), "ms", median(floors),
        "bare WebCrypto Ed25519 verify of the same message in the same Chromium", less_is_better=True,
    )  # fmt: skip


def _verdict(tab: Any, picture: dict[str, Any]) -> float:
    """Milliseconds by the page's own clock from the chosen picture to the verdict on the screen."""
    tab.evaluate("window.done = undefined")
    tab.set_input_files("#any-file", files=[picture])
    tab.wait_for_selector("#verdict")
    took = float(tab.evaluate("window.done - window.begun"))
    tab.get_by_role("button", name="Next certificate").click()
    tab.wait_for_selector("#verdict", state="detached")
    return took


def _photograph(code: str) -> bytes:
    """A telephone's picture of a code: 2,000 by 1,500 pixels, grey paper, a little turned."""
    import segno
    from PIL import Image

    drawn = io.BytesIO()
    segno.make(code, error="m", boost_error=False).save(drawn, kind="png", scale=9, border=4)
    sheet = Image.new("RGB", (2000, 1500), "#d8d4cc")
    sheet.paste(Image.open(drawn).convert("RGB"), (600, 350))
    out = io.BytesIO()
    sheet.rotate(5, fillcolor="#d8d4cc").save(out, "JPEG", quality=85)
    return out.getvalue()
