"""QR codes: one known size for one text; hostile pictures are refused in one way."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from openkimberley.documents import qr
from openkimberley.documents.facts import NotPrintable
from openkimberley.kernel.errors import Untrusted

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


@given(st.text(ALPHABET, min_size=1, max_size=900), st.sampled_from(["M", "Q"]))
@settings(max_examples=25, deadline=None)
def test_what_is_drawn_is_what_is_read(text, ecc):
    assert qr.scan(qr.qr_png(text, ecc, scale=4)) == [text]


def test_the_measured_sizes_of_the_profiles_hold():
    # trust design: full certificate 589 characters v15 = 77 modules; label 250 characters at Q v11 = 61 modules
    assert qr.qr_modules("A" * 589, "M") == 77 + 8
    assert qr.qr_modules("A" * 250, "Q") == 61 + 8
    assert qr.qr_side_mm("A" * 589, "M") == pytest.approx(35.7)
    assert qr.qr_module_size_mm("A" * 250, "Q", 29.0) >= 0.42


def test_svg_is_one_element_with_quiet_zone_and_no_size():
    svg = qr.qr_svg("KPC1:ABC", "M", dark="#123456")
    assert svg.startswith("<svg ")
    assert "viewBox" in svg
    assert "#123456" in svg
    assert " width=" not in svg.split(">")[0]


def test_svg_title_cannot_break_out():
    assert "<script>" not in qr.qr_svg("A", title="</title><script>")


@pytest.mark.parametrize("text", ["", "A" * 5000])
def test_no_code_for_nothing_or_for_too_much(text):
    with pytest.raises(NotPrintable):
        qr.qr_svg(text)


def test_a_photograph_without_code_gives_nothing():
    out = io.BytesIO()
    Image.new("RGB", (300, 300), "grey").save(out, "JPEG")
    assert qr.scan(out.getvalue()) == []


def test_a_transparent_picture_reads_as_on_white():
    code = Image.open(io.BytesIO(qr.qr_png("HELLO"))).convert("RGBA")
    code.putdata([(0, 0, 0, 0) if pixel[0] > 128 else (0, 0, 0, 255) for pixel in code.get_flattened_data()])
    out = io.BytesIO()
    code.save(out, "PNG")
    assert qr.scan(out.getvalue()) == ["HELLO"]


def png_of_claimed_size(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("width", "height"), [(60000, 60000), (9000, 9000), (2**31 - 1, 2**31 - 1), (0, 0), (100, 100)]
)
def test_picture_bombs_and_false_sizes_are_refused_before_they_unfold(width, height):
    with pytest.raises(Untrusted) as refusal:
        qr.scan(png_of_claimed_size(width, height))
    assert refusal.value.step == "1 parse"


def test_a_file_too_large_is_refused_unopened(monkeypatch):
    monkeypatch.setattr(qr, "MAX_IMAGE_BYTES", 100)
    with pytest.raises(Untrusted, match="larger"):
        qr.scan(bytes(101))


@pytest.mark.parametrize("junk", [b"", b"x", b"%PDF-1.7", b"GIF89a", b"\xff\xd8\xff\xe0", b"<svg/>", bytes(1000)])
def test_junk_is_untrusted_and_nothing_else(junk):
    with pytest.raises(Untrusted):
        qr.scan(junk)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_picture_never_raises_anything_else(data):
    picture = bytearray(qr.qr_png("KPC1:DAMAGED", scale=2))
    for _ in range(data.draw(st.integers(1, 8))):
        picture[data.draw(st.integers(0, len(picture) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(picture)))
    with contextlib.suppress(Untrusted):
        qr.scan(bytes(picture[:cut] if data.draw(st.booleans()) else picture))
