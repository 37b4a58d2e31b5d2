"""The printing press: sets a layout with data and gives PDF/A-3a and PDF/UA-1 bytes, the same for the same input.

Data reach a layout only as JSON text through ``sys.inputs``; no layout source is ever put together from data, so a
name such as ``#read("/etc/passwd")`` is printed and not obeyed. System fonts are ignored. A warning of the typesetter
is an error here: a missing font would only warn, and print boxes in place of a name.
"""

from __future__ import annotations

import json
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst

from openkimberley.documents.facts import NotPrintable, checked_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_HERE = Path(__file__).parent
_LAYOUTS = _HERE / "layouts"
_FONTS = _HERE / "fonts"

STANDARDS: list[typst.PDFStandard] = ["a-3a", "ua-1"]
"""PDF/A-3a keeps text, structure and attachments for decades; PDF/UA-1 is for people who listen to the page."""

# One compiler for each layout keeps fonts and finished ornaments in memory: about 10 times faster than a fresh one.
# A compiler holds its last inputs, so only one thread may use it at a time.
_LOCK = threading.Lock()


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[_FONTS])


@cache
def _compiler(layout: str) -> typst.Compiler:
    return typst.Compiler(_LAYOUTS / f"{layout}.typ", root=_LAYOUTS, font_paths=_fonts(), ignore_system_fonts=True)


def _checked(data: Any) -> Any:
    """The same data with every text composed and checked. Raises ``NotPrintable``."""
    if isinstance(data, str):
        return checked_text(data)
    if isinstance(data, dict):
        return {key: _checked(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_checked(value) for value in data]
    return data


def press(layout: str, data: Mapping[str, Any], *, at_unix: int) -> bytes:
    """Set the layout ``layouts/<layout>.typ`` with ``data``; the file is dated ``at_unix`` (seconds, UTC).

    Raises ``NotPrintable`` where a character has no glyph, a text is disguised or the text does not fit the paper.
    """
    inputs = {"data": json.dumps(_checked(dict(data)), ensure_ascii=False, sort_keys=True)}
    with _LOCK:
        try:
            made, warnings = _compiler(layout).compile_with_warnings(
                format="pdf", sys_inputs=inputs, pdf_standards=STANDARDS, timestamp=at_unix
            )
        except typst.TypstError as error:
            raise NotPrintable(_plain(error.message)) from error
    if warnings:
        raise NotPrintable(_plain(warnings[0].message))
    if not isinstance(made, bytes):
        raise TypeError("the typesetter gave no PDF")
    return made


def _plain(message: str) -> str:
    """The typesetter's message as a person needs it."""
    if "could not be displayed" in message:
        shown = message.split("`")[1] if "`" in message else "?"
        return f"no bundled font has the character {shown}"
    if "TOO LONG" in message:
        return "the text is longer than the paper: shorten remarks, names or addresses"
    return f"the page could not be set: {message[:200]}"
