"""Documents and photographs: kept once under the SHA-256 of what they are, and checked whenever they are opened.

::

    sha256 = keep(upload.read(), "picture")        # "picture": PNG, JPEG, WEBP; "document": these or PDF
    data = open_file(sha256)                       # NotFound where it is not, Untrusted where it was altered
    media_type(data)                               # "image/jpeg"
    return attachment(sha256, "specimen")          # an HttpResponse; the view asks for permission first

What a file is, its bytes say, never its name. A picture is decoded once to see that it is one, and loses everything
besides its pixels before it is kept: place, camera, thumbnails, comments and whatever is hung on its end. Its pixels
are not touched, because they may become evidence; only which way is up is kept of a photograph's data. A PDF is kept
as it is. ``Untrusted("1 file", ...)`` names every refusal.

The folder is ``settings.PLACE.files``. Writing the same file twice keeps it once, so keeping needs no journal: the act
that names the file by its hash is the record.
"""

from __future__ import annotations

import hashlib
import re
import struct
import warnings
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from django.conf import settings
from django.http import HttpResponse

from openkimberley.desk.atomic import write_atomically
from openkimberley.kernel.errors import NotFound, Untrusted

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE = "1 file"
"""The step that fails where a file is not of a kind that is kept."""

MAX_BYTES = 12 * 1024 * 1024  # a photograph of a telephone is 5 MB; a scan of three pages 10 MB
MAX_PIXELS = 40_000_000  # decoded 160 MB; a telephone makes 12 to 50 million, a scan of A4 at 600 dpi 35 million
EXTENSIONS = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
KINDS = {"picture": frozenset(EXTENSIONS) - {"application/pdf"}, "document": frozenset(EXTENSIONS)}

_NAME = re.compile(r"^[0-9a-f]{64}$")
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs", b"cICP",
}  # fmt: skip
_WEBP_KEPT = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP", b"ANIM", b"ANMF"}


def keep(data: bytes, kind: str = "document") -> str:
    """Keep a file and say under which SHA-256. Raises ``Untrusted`` for what is no such file, or too large."""
    clean = cleaned(data, kind)
    sha256 = hashlib.sha256(clean).hexdigest()
    path = _path(sha256)
    if not path.exists():
        write_atomically(path, clean, mode=0o640)
    return sha256


def open_file(sha256: str) -> bytes:
    """The file of that hash. Raises ``NotFound``, or ``Untrusted`` where what is on the disk is not what was kept."""
    if not _NAME.match(sha256):
        raise NotFound("file", sha256[:64])
    try:
        data = _path(sha256).read_bytes()
    except OSError as error:
        raise NotFound("file", sha256) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Untrusted("2 hash", f"the file {sha256} was altered on the disk")
    return data


def remove(sha256: str) -> None:
    """Remove a file for good. Only an act of erasing asks for it, after looking whether others still need it."""
    if _NAME.match(sha256):
        _path(sha256).unlink(missing_ok=True)


def attachment(sha256: str, name: str) -> HttpResponse:
    """The file as an answer that a browser saves or shows in an ``img``, and never runs. The caller asks permission."""
    data = open_file(sha256)
    kind = media_type(data)
    safe = re.sub(r"[^\w .-]", "_", name)[:80].strip() or "file"
    response = HttpResponse(data, content_type=kind)
    named = quote(f"{safe}.{EXTENSIONS.get(kind, 'bin')}")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{named}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "no-store, private"  # invoices and photographs stay on no shared machine
    return response


def media_type(data: bytes) -> str:
    """What the first bytes say the file is; ``application/octet-stream`` for anything that is not kept here."""
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    if data.startswith(_PNG):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "application/octet-stream"


def cleaned(data: bytes, kind: str = "document") -> bytes:
    """The bytes that are kept of a file: a PDF as it is, a picture without its data. Raises ``Untrusted``."""
    if len(data) > MAX_BYTES:
        raise Untrusted(FILE, f"the file has {len(data)} bytes, more than the {MAX_BYTES} that are kept")
    found = media_type(data)
    if found not in KINDS[kind]:
        kinds = ", ".join(sorted(EXTENSIONS[one].upper() for one in KINDS[kind]))
        raise Untrusted(FILE, f"the file is none of {kinds}")
    if found == "application/pdf":
        if b"%%EOF" not in data[-2048:]:
            raise Untrusted(FILE, "the PDF is cut off: its end is missing")
        return data
    turn = _decoded(data, found)
    try:
        if found == "image/png":
            return _png(data)
        return _jpeg(data, turn) if found == "image/jpeg" else _webp(data)
    except (struct.error, IndexError) as error:
        raise Untrusted(FILE, "the picture is damaged") from error


def _decoded(data: bytes, found: str) -> int:
    """Decode a picture to see that it is one. Returns which way is up (EXIF orientation, 1 to 8)."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(data), formats=[found.removeprefix("image/").upper()]) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise Untrusted(FILE, f"the picture has more than {MAX_PIXELS} pixels")
                turn = picture.getexif().get(0x0112, 1)
                picture.load()
    except Untrusted:
        raise
    except Exception as error:  # a decoder of hostile bytes may raise anything; we name it once
        raise Untrusted(FILE, f"the picture cannot be read ({type(error).__name__})") from error
    return turn if isinstance(turn, int) and 1 <= turn <= 8 else 1


def _jpeg(data: bytes, turn: int) -> bytes:
    """A JPEG without its application data and comments; colour profile and orientation stay."""
    out = [b"\xff\xd8", _orientation(turn) if turn != 1 else b""]
    at = 2
    while True:
        while data[at + 1] == 0xFF:  # fill bytes
            at += 1
        if data[at] != 0xFF:
            raise Untrusted(FILE, "the picture is damaged")
        marker = data[at + 1]
        if marker == 0xDA:  # pixels from here, with further tables between the scans of a progressive picture
            end = data.rfind(b"\xff\xd9")
            out.append(data[at : end + 2] if end > at else data[at:] + b"\xff\xd9")
            return b"".join(out)
        (length,) = struct.unpack_from(">H", data, at + 2)
        segment = data[at : at + 2 + length]
        profile = marker == 0xE2 and segment[4:15] == b"ICC_PROFILE"
        if not (0xE0 <= marker <= 0xEF or marker == 0xFE) or marker in (0xE0, 0xEE) or profile:
            out.append(segment)
        at += 2 + length


def _orientation(turn: int) -> bytes:
    """The smallest EXIF segment that says which way is up, and nothing else."""
    tiff = b"MM\x00\x2a\x00\x00\x00\x08\x00\x01" + struct.pack(">HHIHH", 0x0112, 3, 1, turn, 0) + bytes(4)
    body = b"Exif\x00\x00" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _png(data: bytes) -> bytes:
    """A PNG with the chunks that its pixels and colours need."""
    out = [_PNG]
    at = len(_PNG)
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        name = data[at + 4 : at + 8]
        if name in _PNG_KEPT:
            out.append(data[at : at + 12 + length])
        at += 12 + length
        if name == b"IEND":
            break
    return b"".join(out)


def _webp(data: bytes) -> bytes:
    """A WEBP with the chunks that its pixels and colours need; the header no longer promises the others."""
    chunks = []
    for name, body in _chunks(data):
        if name in _WEBP_KEPT:
            # flags of VP8X: bit 3 promises EXIF, bit 2 XMP
            content = bytes([body[0] & ~0x0C]) + body[1:] if name == b"VP8X" else body
            chunks.append(name + struct.pack("<I", len(content)) + content + b"\x00" * (len(content) % 2))
    whole = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(whole)) + whole


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a RIFF file."""
    (size,) = struct.unpack_from("<I", data, 4)
    at, end = 12, min(len(data), 8 + size)
    while at + 8 <= end:
        name = data[at : at + 4]
        (length,) = struct.unpack_from("<I", data, at + 4)
        yield name, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _path(sha256: str) -> Path:
    """Where a file lies: in a folder by its first two digits, so that no folder grows without end."""
    return Path(settings.PLACE.files) / sha256[:2] / sha256
