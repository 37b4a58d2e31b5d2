"""The seal: intact only for the very bytes that a known authority sealed."""

from __future__ import annotations

import contextlib
import io
import random
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from openkimberley.documents import read
from openkimberley.documents.certificate import render_certificate
from openkimberley.documents.read import read_pdf
from openkimberley.documents.seal import local_sealer, make_root_certificate, make_seal_certificate, seal_pdf
from openkimberley.documents.tests.conftest import PAGE, SIGNED
from openkimberley.kernel.errors import Untrusted


@pytest.fixture(scope="module")
def plain():
    return render_certificate(PAGE)


@pytest.fixture(scope="module")
def sealed(plain, seal):
    return seal_pdf(plain, seal.key, seal.certificate, at=SIGNED)


def state(pdf: bytes, root) -> str:
    try:
        return read_pdf(pdf, [root.certificate]).seal
    except Untrusted:
        return "unreadable"


def test_a_sealed_file_is_intact_and_says_by_whom_and_when(sealed, root, seal):
    reading = read_pdf(sealed, [root.certificate])
    assert reading.seal == "intact"
    assert reading.sealed_at == SIGNED
    assert reading.sd_jwt == PAGE.sd_jwt
    assert reading.number == "BW0012345"
    fingerprint = x509.load_der_x509_certificate(seal.certificate).fingerprint(read.hashes.SHA256()).hex()
    assert reading.certificate_sha256 == fingerprint


def test_another_implementation_agrees(sealed, root):
    signature = PdfFileReader(io.BytesIO(sealed)).embedded_signatures[0]
    trust = ValidationContext(trust_roots=[asn1_x509.Certificate.load(root.certificate)], moment=SIGNED)
    status = validate_pdf_signature(signature, trust)
    assert status.bottom_line
    assert status.summary() == "INTACT:TRUSTED,UNTOUCHED"
    assert signature.field_name == "KPSeal"
    assert signature.docmdp_level == MDPPerm.NO_CHANGES


def test_the_seal_changes_nothing_of_the_file_and_keeps_it_archival(plain, sealed):
    assert sealed.startswith(plain)
    assert b"ModDate" not in sealed[len(plain) :]
    assert b"/Metadata" in sealed[len(plain) :]


def test_equal_input_gives_an_equal_seal(plain, sealed, seal):
    assert seal_pdf(plain, seal.key, seal.certificate, at=SIGNED) == sealed


def test_a_signing_process_may_hold_the_key(plain, sealed, seal):
    assert seal_pdf(plain, local_sealer(seal.key, seal.certificate), seal.certificate, at=SIGNED) == sealed


def test_a_file_without_seal_is_unsigned(plain, root):
    assert state(plain, root) == "unsigned"


def test_a_seal_of_nobody_known_is_said_to_be_so(sealed, root):
    stranger = make_root_certificate("Department of Mines", "BW", not_before=datetime(2026, 1, 1, tzinfo=UTC))
    assert state(sealed, stranger) == "unknown_signer"
    assert read_pdf(sealed).seal == "unknown_signer"


def test_a_seal_certificate_is_no_root(sealed, seal):
    assert read_pdf(sealed, [seal.certificate]).seal == "unknown_signer"


@pytest.mark.parametrize("late", [timedelta(days=458), timedelta(days=-1)])
def test_a_seal_outside_its_certificates_life_is_not_trusted(late, plain, root, seal):
    at = datetime(2026, 1, 1, tzinfo=UTC) + late
    assert state(seal_pdf(plain, seal.key, seal.certificate, at=at), root) == "unknown_signer"


def test_a_seal_outside_its_roots_life_is_not_trusted(plain):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    root = make_root_certificate("X", "BW", not_before=start, days=10)
    seal = make_seal_certificate("X", "BW", root=root, not_before=start, days=400)
    assert state(seal_pdf(plain, seal.key, seal.certificate, at=SIGNED), root) == "unknown_signer"


def test_a_zone_other_than_utc_is_the_same_moment(plain, root, seal):
    for hours in (5, -7):
        at = SIGNED.astimezone(datetime.strptime(f"{hours:+03d}00", "%z").tzinfo)
        assert read_pdf(seal_pdf(plain, seal.key, seal.certificate, at=at), [root.certificate]).sealed_at == SIGNED


def test_no_second_seal_and_no_time_without_zone(sealed, plain, seal):
    with pytest.raises(ValueError, match="already"):
        seal_pdf(sealed, seal.key, seal.certificate, at=SIGNED)
    with pytest.raises(ValueError, match="zone"):
        seal_pdf(plain, seal.key, seal.certificate, at=SIGNED.replace(tzinfo=None))


def test_the_key_of_another_certificate_is_noticed(plain, root, seal):
    other = make_seal_certificate("Y", "BW", root=root, not_before=datetime(2026, 1, 1, tzinfo=UTC))
    assert state(seal_pdf(plain, other.key, seal.certificate, at=SIGNED), root) == "altered"


# --- threats ----------------------------------------------------------------------------------------------------------


def test_any_appended_byte_is_noticed(sealed, root):
    for tail in (b"\n", b" ", b"%%EOF\n", b"\n1 0 obj\n<<>>\nendobj\n"):
        assert state(sealed + tail, root) == "altered"


def test_an_incremental_update_is_noticed(sealed, root):
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    writer = IncrementalPdfFileWriter(io.BytesIO(sealed))
    writer.root["/Lang"] = writer.root["/Lang"]
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    assert state(out.getvalue(), root) == "altered"


def test_a_seal_upon_a_seal_is_noticed(sealed, root):
    again = sealed + sealed[-9000:]
    assert state(again, root) == "altered"


def test_a_file_cut_short_is_noticed_or_is_the_unsealed_file(sealed, plain, root):
    assert state(sealed[:-1], root) == "altered"
    assert state(sealed[: len(plain)], root) == "unsigned"


def test_a_seal_moved_to_another_file_is_noticed(plain, sealed, root):
    other = bytearray(sealed)
    spot = other.index(b"/MediaBox")
    other[spot : spot + 9] = b"/MediaBux"
    assert state(bytes(other), root) == "altered"


def test_every_byte_of_the_seals_own_gap_is_bound(sealed, root):
    """The gap is not covered by the file's digest: each of its bytes is checked by shape."""
    start = sealed.rindex(b"/Contents <") + 10
    end = sealed.index(b">", start)
    chooser = random.Random(7)
    spots = sorted({*range(start, start + 60), *range(end - 40, end + 1), *chooser.sample(range(start, end), 300)})
    for spot in spots:
        changed = bytearray(sealed)
        changed[spot] = chooser.choice([value for value in b"0123456789ABCDEFabcdef <>" if value != changed[spot]])
        assert state(bytes(changed), root) in {"altered", "unreadable"}, spot


@given(data=st.data())
@settings(max_examples=250, deadline=None)
def test_one_changed_byte_anywhere_is_never_intact_and_never_unsigned(data, sealed, root):
    spot = data.draw(st.integers(0, len(sealed) - 1))
    flip = data.draw(st.integers(1, 255))
    changed = bytearray(sealed)
    changed[spot] ^= flip
    assert state(bytes(changed), root) in {"altered", "unreadable"}


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_removed_or_inserted_bytes_are_never_intact(data, sealed, root):
    spot = data.draw(st.integers(0, len(sealed) - 1))
    more = data.draw(st.binary(max_size=3))
    less = data.draw(st.integers(0, 3))
    changed = sealed[:spot] + more + sealed[spot + less :]
    if changed != sealed:
        assert state(changed, root) in {"altered", "unreadable"}


@given(junk=st.binary(max_size=3000))
@settings(max_examples=150, deadline=None)
def test_hostile_bytes_are_untrusted_and_nothing_else(junk):
    for candidate in (junk, b"%PDF-1.7\n" + junk, b"%PDF-1.7 /ByteRange [0 10 20 5]" + junk):
        with contextlib.suppress(Untrusted):
            assert read_pdf(candidate).seal in {"unsigned", "altered", "unreadable"}


def embedded(content: bytes, extra: bytes = b"/Filter/FlateDecode") -> bytes:
    head = b"9 0 obj\n<</Length %d/Type/EmbeddedFile%s>>\nstream\n" % (len(content), extra)
    return head + content + b"\nendstream\nendobj\n"


def test_an_attachment_bomb_is_refused_before_it_unfolds():
    bomb = zlib.compress(bytes(200_000_000), 9)
    with pytest.raises(Untrusted, match="attachment"):
        read_pdf(b"%PDF-1.7\n" + embedded(bomb))


def test_many_or_contradicting_attachments_are_refused():
    one = embedded(zlib.compress(PAGE.sd_jwt.encode()))
    assert read_pdf(b"%PDF-1.7\n" + one).sd_jwt == PAGE.sd_jwt
    two = embedded(zlib.compress(PAGE.sd_jwt.replace("~", "AAAA~", 1).encode()))
    with pytest.raises(Untrusted, match="more than one"):
        read_pdf(b"%PDF-1.7\n" + one + two)
    with pytest.raises(Untrusted, match="attachments"):
        read_pdf(b"%PDF-1.7\n" + one * 9)


def test_an_unpacked_attachment_is_read_and_a_chain_of_filters_is_not():
    assert read_pdf(b"%PDF-1.7\n" + embedded(PAGE.sd_jwt.encode(), b"")).sd_jwt == PAGE.sd_jwt
    twice = zlib.compress(zlib.compress(PAGE.sd_jwt.encode()))
    assert read_pdf(b"%PDF-1.7\n" + embedded(twice, b"/Filter[/FlateDecode/FlateDecode]")).sd_jwt is None


def test_too_large_no_pdf_encrypted_or_bad_roots_are_refused():
    for bad in (bytes(read.MAX_PDF_BYTES + 1), b"", b"PK\x03\x04", b"%PDF-1.7 trailer <</Encrypt 5 0 R>>"):
        with pytest.raises(Untrusted):
            read_pdf(bad)
    with pytest.raises(Untrusted, match="root"):
        read_pdf(b"%PDF-1.7", [b"no certificate"])
