"""Files: kept once by their hash, without what a picture tells besides its pixels; hostile ones refused by name."""

import os
from io import BytesIO
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from openkimberley.desk import files
from openkimberley.kernel.errors import NotFound, Untrusted

PLACE = b"somewhere near Koidu"


def picture(kind, size=(16, 8), **more):
    out = BytesIO()
    image = Image.effect_noise(size, 40).convert("RGB")
    exif = Image.Exif()
    exif[0x010E] = PLACE.decode()
    exif[0x0112] = more.pop("turn", 6)
    if kind == "PNG":
        told = PngInfo()
        told.add_text("Comment", PLACE.decode())
        more["pnginfo"] = told
    image.save(out, kind, exif=exif, **more)
    return out.getvalue()


def pixels(data):
    return Image.open(BytesIO(data)).convert("RGB").tobytes()


@pytest.fixture
def place(tmp_path, settings):
    settings.PLACE = SimpleNamespace(files=tmp_path / "files")
    return tmp_path / "files"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_loses_all_but_its_pixels(place, kind):
    whole = picture(kind) + b"<script>hung on the end</script>"
    assert PLACE in whole
    kept = files.open_file(files.keep(whole, "picture"))
    assert PLACE not in kept
    assert b"script" not in kept
    assert pixels(kept) == pixels(whole)


def test_a_photograph_keeps_which_way_is_up(place):
    assert Image.open(BytesIO(files.cleaned(picture("JPEG", turn=6)))).getexif()[0x0112] == 6
    assert 0x0112 not in Image.open(BytesIO(files.cleaned(picture("JPEG", turn=1)))).getexif()


def test_a_progressive_photograph_keeps_its_pixels(place):
    whole = picture("JPEG", size=(200, 100), progressive=True)
    assert pixels(files.cleaned(whole)) == pixels(whole)


def test_cleaning_twice_changes_nothing(place):
    for kind in ("JPEG", "PNG", "WEBP"):
        once = files.cleaned(picture(kind))
        assert files.cleaned(once) == once


def test_the_same_file_is_kept_once(place):
    data = picture("PNG")
    assert files.keep(data) == files.keep(data)
    assert len([p for p in place.rglob("*") if p.is_file()]) == 1


def test_a_file_altered_on_the_disk_is_not_given_out(place):
    sha256 = files.keep(picture("PNG"))
    path = place / sha256[:2] / sha256
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(Untrusted, match="altered"):
        files.open_file(sha256)


@pytest.mark.parametrize("name", ["", "0" * 64, "../../etc/passwd", "A" * 64, "0" * 63 + "\n"])
def test_a_name_that_is_no_hash_opens_nothing(place, name):
    with pytest.raises(NotFound):
        files.open_file(name)


def test_a_pdf_is_a_document_and_no_picture(place):
    pdf = b"%PDF-1.7\nhello\n%%EOF\n"
    assert files.open_file(files.keep(pdf)) == pdf
    with pytest.raises(Untrusted, match="none of JPG, PNG, WEBP"):
        files.keep(pdf, "picture")
    with pytest.raises(Untrusted, match="cut off"):
        files.keep(b"%PDF-1.7\nhello")


@pytest.mark.parametrize("data", [b"", b"MZ\x90", b"<svg onload=x>", b"GIF89a", b"\xff\xd8\xff", b"RIFF....WEBP"])
def test_what_is_no_such_file_is_refused_by_name(place, data):
    with pytest.raises(Untrusted) as caught:
        files.keep(data)
    assert caught.value.step == files.FILE


def test_too_many_bytes_and_too_many_pixels_are_refused(place, monkeypatch):
    monkeypatch.setattr(files, "MAX_PIXELS", 100)
    with pytest.raises(Untrusted, match="pixels"):
        files.keep(picture("PNG"))
    with pytest.raises(Untrusted, match="bytes"):
        files.keep(b"%PDF-" + b"x" * files.MAX_BYTES)


JPEG, PNG, WEBP = picture("JPEG"), picture("PNG"), picture("WEBP")


@given(st.sampled_from([JPEG, PNG, WEBP]), st.integers(0, 2000), st.binary(max_size=6), st.booleans())
@settings(max_examples=300, deadline=None)
def test_a_damaged_picture_is_refused_by_name_or_kept_readable(whole, place, damage, cut):
    place %= len(whole)
    hurt = whole[:place] + damage + (b"" if cut else whole[place + len(damage) :])
    try:
        kept = files.cleaned(hurt)
    except Untrusted as error:
        kept = error.step.encode()
    assert kept == b"1 file" or files.media_type(kept) != "application/octet-stream"


def test_an_attachment_never_runs(place):
    answer = files.attachment(files.keep(picture("JPEG")), 'spec"imen\r\nX: y/é')
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Content-Disposition"] == "attachment; filename*=UTF-8''spec_imen__X_%20y_%C3%A9.jpg"


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "a" / "b"
    files.write_atomically(path, b"old")

    def fail(handle):
        raise OSError("no space")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        files.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in path.parent.iterdir()] == ["b"]
