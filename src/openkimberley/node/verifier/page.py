"""The page put together: the built part, the words, the list; and whether a file is still that page.

A page is the built part (script, sheet, reader of codes; from ``web/verifier``) with two data blocks filled in: the
words of this version and the list of whom to trust. Data blocks never run: whoever changes one can change what is
trusted, not what is done. So a page is untouched if this version writes the same bytes around the list that it carries.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from openkimberley.node.verifier.words import carried

BUILT = Path(__file__).parent / "built"
_DATA = re.compile(r'<script type="application/json" id="kp-data">([^<]*)</script>')

POLICY = {
    "default-src": ["'none'"],
    "img-src": ["data:", "blob:"],
    "media-src": ["blob:"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
}
"""What the page may do wherever it lies: nothing leaves it, nothing comes in but what it holds."""


class Checked(NamedTuple):
    """What was found of a file: is it a page of ours, is all around its list untouched, and what it carries."""

    ours: bool
    untouched: bool
    data: dict[str, Any]


@cache
def built() -> str:
    """The built part, with places for policy, words and data."""
    return (BUILT / "page.html").read_text(encoding="utf-8")


@cache
def words() -> str:
    """The words of this version as they stand in the page."""
    return _block(carried())


@cache
def policy() -> dict[str, list[str]]:
    """The content security policy of the page: only this script, by its hash, and the reader of codes."""
    page = built()
    script = page.rpartition("<script>")[2].partition("</script>")[0]
    style = page.partition("<style>")[2].partition("</style>")[0]
    return {**POLICY, "script-src": [_hash(script), "'wasm-unsafe-eval'"], "style-src": [_hash(style)]}


def on_a_stick(data: dict[str, Any]) -> bytes:
    """The page as one file that works from a folder: everything inside, no address it could ask."""
    meta = "; ".join(f"{name} {' '.join(values)}" for name, values in sorted(policy().items()))
    return _filled(f'<meta http-equiv="Content-Security-Policy" content="{meta}">', "", data)


@cache
def served() -> bytes:
    """The page as the node serves it: the policy is in the response, the list is fetched from beside it."""
    head = '<link rel="manifest" href="manifest.json"><link rel="apple-touch-icon" href="icon.png">'
    return _filled("", head, {"form": "served", "source": "bundle.json"})


def check(page: bytes) -> Checked:
    """Compare a file with the page that this version writes around the same list."""
    try:
        held = _DATA.findall(page.decode("utf-8"))
        data = json.loads(held[0]) if len(held) == 1 else None
    except (UnicodeDecodeError, ValueError):
        data = None
    if not isinstance(data, dict):
        return Checked(ours=False, untouched=False, data={})
    return Checked(ours=True, untouched=on_a_stick(data) == page, data=data)


def _filled(meta: str, head: str, data: dict[str, Any]) -> bytes:
    parts = {"policy": meta, "head": head, "words": words(), "data": _block(data)}
    return re.sub(r"<!--(policy|head|words|data)-->", lambda found: parts[found[1]], built()).encode()


def _block(content: object) -> str:
    """JSON that can stand inside a data block whatever it says."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
