"""The look: small, right in both writing directions, readable, and nothing inline that the security policy refuses."""

from __future__ import annotations

import gzip
import re
from itertools import product
from pathlib import Path

import pytest

import openkimberley

HOUSE = Path(openkimberley.__file__).parent
SHEET = HOUSE / "desk" / "static" / "desk" / "kimberley.css"
SOURCE = HOUSE.parents[1] / "web" / "kimberley.css"


def test_the_sheet_is_small():
    assert len(SHEET.read_bytes()) < 17_000
    assert len(gzip.compress(SHEET.read_bytes())) < 5_000


def test_the_built_sheet_says_what_its_source_says():
    def words(path):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        return sorted(set(re.findall(r"\.[a-z][\w-]*(?=[\s,{:.>\[+~)])", text)))

    assert words(SHEET) == words(SOURCE)


PHYSICAL = re.compile(
    r"(?<=[{;\s])(?:(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|top|bottom|float:\s*(?:left|right)"
    r"|text-align:\s*(?:left|right)|(?:min-|max-)?(?:width|height))(?=\s*:)"
)


def test_there_are_only_logical_properties():
    text = re.sub(r"@media[^{]*", "", SOURCE.read_text())
    assert PHYSICAL.findall(text) == []
    assert PHYSICAL.findall("a{margin-left:1px}")


def tokens(scheme: str) -> dict[str, str]:
    roots = re.findall(r":root\s*\{(.*?)\}", SOURCE.read_text(), re.S)
    light = dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", roots[0]))
    return light if scheme == "light" else light | dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", roots[1]))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXT = [
    *product(("ink", "soft", "accent", "accent-deep"), ("ground", "panel")),
    *((tone, f"{tone}-ground") for tone in ("good", "wait", "bad", "info", "idle")),
    *(("ink", f"{tone}-ground") for tone in ("good", "wait", "bad", "info")),
    *(("accent", f"{tone}-ground") for tone in ("good", "wait", "bad", "info")),
    ("bad", "ground"), ("on-accent", "accent"), ("on-accent", "accent-deep"), ("on-warning", "warning"),
    ("on-warning", "warning-deep"), ("on-band", "band"), ("band-soft", "band"), ("spark", "band"),
    ("on-focus", "focus"),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), TEXT)
def test_text_is_readable(scheme, front, back):
    """WCAG 2.2, 1.4.3: 4.5 to 1."""
    colours = tokens(scheme)
    assert contrast(colours[front], colours[back]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_edges_of_inputs_and_the_focus_are_seen(scheme):
    """WCAG 2.2, 1.4.11: 3 to 1, against what is beside."""
    colours = tokens(scheme)
    assert contrast(colours["edge"], colours["ground"]) >= 3
    assert contrast(colours["edge"], colours["panel"]) >= 3
    # the focus is two rings, so that one of them is seen on any ground
    assert max(contrast(colours[ring], colours["ground"]) for ring in ("focus", "on-focus")) >= 3


def templates() -> list[Path]:
    return sorted(HOUSE.glob("*/templates/**/*.html"))


def test_no_template_has_anything_inline_or_from_elsewhere():
    guilty = []
    for path in templates():
        text = re.sub(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", path.read_text(), flags=re.S)
        for pattern in (r"<style", r"\sstyle=", r"\son[a-z]+=\"", r"<script(?![^>]*(?:\bsrc=|application/json))",
                        r"(?:src|href)=\"(?:https?:)?//"):  # fmt: skip
            guilty += [f"{path.relative_to(HOUSE)}: {hit}" for hit in re.findall(pattern, text)]
    assert not guilty


def test_no_asset_asks_the_network():
    for path in (HOUSE / "desk" / "static").rglob("*.css"):
        assert "http" not in path.read_text()
        assert "@import" not in path.read_text()
