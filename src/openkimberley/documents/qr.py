"""QR codes: drawing them for paper and screen, and reading them from an uploaded picture.

Drawing never raises the error correction by itself (``boost_error=False``), so that a text has one known size.
Reading treats the picture as hostile: its kind, bytes and pixels are bounded before it is opened.
"""

from __future__ import annotations

import io
import warnings
from functools import lru_cache

import segno
import zxingcpp
from PIL import Image, UnidentifiedImageError

from openkimberley.documents.facts import NotPrintable
from openkimberley.kernel.errors import Untrusted

QUIET_ZONE = 4
"""Modules of white around the code (ISO/IEC 18004)."""

MIN_MODULE_MM = 0.42
"""The smallest module we print: worn bags and phone cameras still read it (10 of 10 in our trials)."""

MAX_TEXT = 4296
"""Characters of the largest QR code (version 40, ECC L, alphanumeric)."""

MAX_IMAGE_BYTES = 20 * 1024 * 1024
MAX_IMAGE_PIXELS = 64_000_000  # a phone's 50-megapixel picture passes; decoded it takes 64 MB in grey, 192 MB in colour
MAX_CODES = 16
_WORKING_EDGE = 4000  # pixels; larger pictures are made smaller, a QR code on a page still has 10 pixels a module
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
_STEP = "1 parse"


@lru_cache(maxsize=8)  # size and drawing of one code are asked one after the other
def _made(text: str, ecc: str) -> segno.QRCode:
    if not text or len(text) > MAX_TEXT:
        raise NotPrintable(f"a QR code holds 1 to {MAX_TEXT} characters, not {len(text)}")
    try:
        return segno.make_qr(text, error=ecc, boost_error=False)
    except segno.DataOverflowError as overflow:
        raise NotPrintable(f"the text does not fit a QR code at error correction {ecc}") from overflow


def qr_modules(text: str, ecc: str = "M") -> int:
    """Modules along one side, quiet zone included. Raises ``NotPrintable`` if the text does not fit."""
    return int(_made(text, ecc).symbol_size(border=QUIET_ZONE)[0])


def qr_side_mm(text: str, ecc: str = "M", *, at_least: float = 0.0) -> float:
    """Side in millimetres, quiet zone included, with modules of ``MIN_MODULE_MM`` or more."""
    return round(max(at_least, qr_modules(text, ecc) * MIN_MODULE_MM), 2)


def qr_module_size_mm(text: str, ecc: str, side_mm: float) -> float:
    """Size of one module in millimetres when the code with its quiet zone is printed ``side_mm`` wide."""
    return side_mm / qr_modules(text, ecc)


def qr_svg(text: str, ecc: str = "M", dark: str = "#000000", *, title: str = "") -> str:
    """The code as one SVG element without size: it fills the box it is put into. For pages and the press."""
    out = io.BytesIO()
    _made(text, ecc).save(
        out, kind="svg", border=QUIET_ZONE, dark=dark, xmldecl=False, svgns=True, omitsize=True, nl=False,
        title=title or None, light="#ffffff",
    )  # fmt: skip
    return out.getvalue().decode("utf-8")


def qr_png(text: str, ecc: str = "M", *, scale: int = 8) -> bytes:
    """The code as a PNG picture, ``scale`` pixels a module."""
    out = io.BytesIO()
    _made(text, ecc).save(out, kind="png", border=QUIET_ZONE, scale=scale)
    return out.getvalue()


def _opened(image: bytes) -> Image.Image:
    """The picture in grey and of bounded size. Raises ``Untrusted``, whatever the decoder says."""
    if len(image) > MAX_IMAGE_BYTES:
        raise Untrusted(_STEP, f"the picture is larger than {MAX_IMAGE_BYTES // 1024 // 1024} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own pixel limit decides, below
            picture = Image.open(io.BytesIO(image), formats=_FORMATS)
            if picture.width * picture.height > MAX_IMAGE_PIXELS:
                raise Untrusted(_STEP, f"the picture has more than {MAX_IMAGE_PIXELS // 1_000_000} million pixels")
            picture.draft("L", (_WORKING_EDGE, _WORKING_EDGE))
            grey = _on_white(picture)
    except Untrusted:
        raise
    except (Image.DecompressionBombError, MemoryError) as bomb:
        raise Untrusted(_STEP, "the picture unfolds to more than we read") from bomb
    except (UnidentifiedImageError, Exception) as broken:  # decoders raise anything; none of it may cross
        raise Untrusted(_STEP, "this is no picture that we can read (PNG, JPEG, WebP, GIF, BMP, TIFF)") from broken
    grey.thumbnail((_WORKING_EDGE, _WORKING_EDGE))
    return grey


def _on_white(picture: Image.Image) -> Image.Image:
    """In grey; what is transparent becomes white, as on paper."""
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        colours = picture.convert("RGBA")
        white = Image.new("RGBA", colours.size, "white")
        white.alpha_composite(colours)
        return white.convert("L")
    return picture.convert("L")


def scan(image: bytes) -> list[str]:
    """The texts of all QR codes in a picture, in the order found; empty if there is none.

    Raises ``Untrusted("1 parse", ...)`` if the bytes are no picture, or too large or too many pixels.
    """
    grey = _opened(image)
    try:
        found = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
    except Exception as broken:  # a native decoder; none of its errors may cross
        raise Untrusted(_STEP, "the picture could not be searched for a QR code") from broken
    texts = [code.text for code in found[:MAX_CODES] if code.valid and code.text]
    return list(dict.fromkeys(text for text in texts if len(text) <= MAX_TEXT))
