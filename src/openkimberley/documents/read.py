"""Reading a PDF back: its attached statement, and whether its seal is intact. Bytes come from anybody.

Steps, named in ``Untrusted``:

1. *parse*: a PDF of bounded size, not encrypted, with attachments of bounded size, at most one statement among them
2. *roots*: the trust roots are certificates

Then the seal, whose outcome is a value and not an error:

a. exactly one byte range, from the first byte of the file to the last, leaving out the seal itself and nothing else
b. the seal is the one shape that ``seal.signed_data`` builds, padded with zeros: byte by byte
c. the ECDSA signature over its attributes is good, and these hold the SHA-256 of the file
d. the seal certificate was issued by one of the given roots, for sealing, and was in force at the stated time

No PDF parser runs on foreign bytes: compressed objects, cross-reference tables and scripts are not looked at. What an
authority sealed is what it sealed, whatever its structure; and a statement is judged by its own signature.
"""

# mypy: disable-error-code="no-untyped-call"
# asn1crypto has no types.

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from openkimberley.documents.seal import signed_attributes, signed_data
from openkimberley.kernel.errors import Untrusted

MAX_PDF_BYTES = 10 * 1024 * 1024
MAX_ATTACHMENT_BYTES = 256 * 1024
MAX_ATTACHMENTS = 8
MAX_CMS_HEX = 64 * 1024

PROOF_HEADER = b"c2sp.org/tlog-proof@v1\n"
"""How the proof of a journal entry begins."""

SealState = Literal["intact", "altered", "unsigned", "unknown_signer", "unreadable"]

_PARSE = "1 parse"
_ROOTS = "2 roots"
_SIGNS_OF_A_SEAL = (
    b"/ByteRange",
    b"ETSI.CAdES.detached",
    b"adbe.pkcs7",
    b"(KPSeal)",
    b"/DocMDP",
    b"Adobe.PPK",
    b"/SigFlags",
    b"/FT /Sig",
    b"/FT/Sig",
)
_RANGE = re.compile(rb"/ByteRange\s{0,3}\[\s{0,3}(\d{1,9})\s{1,3}(\d{1,9})\s{1,3}(\d{1,9})\s{1,3}(\d{1,9})\s{0,60}\]")
_TIME = re.compile(rb"/M\s{0,3}\(D(?::|\\072)(\d{14})Z\)")
_EMBEDDED = re.compile(rb"/Type\s{0,8}/EmbeddedFile\b")
_FILESPEC_NAME = re.compile(rb"/F\s{0,3}\(([A-Z0-9][A-Z0-9 ._-]{1,39})\.(?:sd-jwt|receipt\.jws)\)")
_LENGTH = re.compile(rb"/Length\s{1,3}(\d{1,9})\b(?!\s+\d+\s+R)")
_FILTER = re.compile(rb"/Filter\s{0,3}(\[[^\]]{0,200}\]?|/[A-Za-z0-9#]{1,40})")
_B64 = rb"[A-Za-z0-9_-]"
_SD_JWT = re.compile(rb"ey" + _B64 + rb"{1,2000}\." + _B64 + rb"{2,100000}\." + _B64 + rb"{2,12000}~[A-Za-z0-9_~.-]*")
_JWS = re.compile(rb"ey" + _B64 + rb"{1,2000}\." + _B64 + rb"{2,100000}\." + _B64 + rb"{2,12000}")


@dataclass(frozen=True, slots=True)
class PdfReading:
    """What a PDF holds. ``sd_jwt``, ``receipt`` and ``proof`` are *not verified* here, nor the ``number`` they state.

    ``seal`` speaks of the file alone; ``certificate_sha256`` is the seal certificate's, in hex; ``sealed_at`` is the
    time that the sealed bytes state; ``detail`` is for people.
    """

    sd_jwt: str | None
    receipt: str | None
    proof: str | None
    number: str | None
    seal: SealState
    certificate_sha256: str | None
    sealed_at: datetime | None
    detail: str


@dataclass(frozen=True, slots=True)
class _Seal:
    state: SealState
    detail: str
    certificate_sha256: str | None = None
    sealed_at: datetime | None = None


def read_pdf(pdf: bytes, roots: Sequence[bytes] = ()) -> PdfReading:
    """The attached statement and the state of the seal. ``roots`` are the trusted root certificates (DER).

    Raises ``Untrusted`` where the bytes are no PDF that we read, or the attachments are too many or too large.
    """
    if len(pdf) > MAX_PDF_BYTES:
        raise Untrusted(_PARSE, f"the file is larger than {MAX_PDF_BYTES // 1024 // 1024} MB")
    if b"%PDF-" not in pdf[:1024]:
        raise Untrusted(_PARSE, "this is not a PDF")
    if re.search(rb"/Encrypt\s{0,3}\d+\s+\d+\s+R", pdf):
        raise Untrusted(_PARSE, "the PDF is encrypted")
    trusted = _roots(roots)
    sd_jwt, receipt, proof = _statements(pdf)
    seal = _seal(pdf, trusted)
    return PdfReading(
        sd_jwt,
        receipt,
        proof,
        _number(sd_jwt or receipt, pdf),
        seal.state,
        seal.certificate_sha256,
        seal.sealed_at,
        seal.detail,
    )


def _roots(roots: Sequence[bytes]) -> list[x509.Certificate]:
    try:
        return [x509.load_der_x509_certificate(root) for root in roots]
    except ValueError as broken:
        raise Untrusted(_ROOTS, "a trust root is not a certificate") from broken


# --- attachments ------------------------------------------------------------------------------------------------------


def _statements(pdf: bytes) -> tuple[str | None, str | None, str | None]:
    """The attached SD-JWT, receipt and proof. Raises ``Untrusted`` if there are two different ones of a kind."""
    sd_jwts, receipts, proofs = set(), set(), set()
    for content in _attachments(pdf):
        text = content.strip()
        if _SD_JWT.fullmatch(text):
            sd_jwts.add(text.decode("ascii"))
        elif _JWS.fullmatch(text):
            receipts.add(text.decode("ascii"))
        elif content.startswith(PROOF_HEADER):
            proofs.add(content.decode("utf-8", "replace"))
    if len(sd_jwts) > 1 or len(receipts) > 1 or len(proofs) > 1:
        raise Untrusted(_PARSE, "the PDF holds more than one signed statement")
    return next(iter(sd_jwts), None), next(iter(receipts), None), next(iter(proofs), None)


def _attachments(pdf: bytes) -> Iterator[bytes]:
    """The content of each embedded file, bounded."""
    for count, found in enumerate(_EMBEDDED.finditer(pdf)):
        if count >= MAX_ATTACHMENTS:
            raise Untrusted(_PARSE, f"the PDF has more than {MAX_ATTACHMENTS} attachments")
        start = pdf.rfind(b" obj", max(0, found.start() - 2000), found.start())
        opening = re.compile(rb"stream\r?\n").search(pdf, found.end(), found.end() + 2000)
        if start < 0 or opening is None:
            continue  # a mention of the words, not a stream
        content = _content(pdf, pdf[start : opening.start()], opening.end())
        if content is not None:
            yield content


def _content(pdf: bytes, header: bytes, at: int) -> bytes | None:
    """The stream that begins ``at``, unpacked; None if it is damaged or packed in a way that we do not unpack."""
    filters = _FILTER.search(header)
    if filters is None:
        length = _LENGTH.search(header)
        size = int(length.group(1)) if length else 0
        if size > MAX_ATTACHMENT_BYTES:
            raise Untrusted(_PARSE, f"an attachment is larger than {MAX_ATTACHMENT_BYTES // 1024} kB")
        return pdf[at : at + size]
    if filters.group(1).strip(b"[] \r\n\t") != b"/FlateDecode":
        return None
    unpacker = zlib.decompressobj()
    try:
        content = unpacker.decompress(pdf[at : at + MAX_PDF_BYTES], MAX_ATTACHMENT_BYTES + 1)
    except zlib.error:
        return None
    if len(content) > MAX_ATTACHMENT_BYTES:
        raise Untrusted(_PARSE, f"an attachment is larger than {MAX_ATTACHMENT_BYTES // 1024} kB")
    return content


def _number(statement: str | None, pdf: bytes) -> str | None:
    """The certificate number that the statement, or else the name of an attachment, gives."""
    if statement:
        payload = statement.split(".")[1]
        try:
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            number = claims["kpc_number"]
            if isinstance(number, str) and 0 < len(number) <= 40:
                return number
        except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
            pass
    named = _FILESPEC_NAME.search(pdf)
    return named.group(1).decode("ascii") if named else None


# --- the seal ---------------------------------------------------------------------------------------------------------


def _seal(pdf: bytes, roots: Sequence[x509.Certificate]) -> _Seal:
    """The state of the seal; never raises."""
    if not any(sign in pdf for sign in _SIGNS_OF_A_SEAL):
        return _Seal("unsigned", "The file carries no seal.")
    try:
        return _checked_seal(pdf, roots)
    except Exception:  # ASN.1 and X.509 parsers raise anything on hostile bytes; the answer is the same
        return _Seal("unreadable", "The seal cannot be read.")


def _checked_seal(pdf: bytes, roots: Sequence[x509.Certificate]) -> _Seal:
    bounds = _bounds(pdf)  # a
    if isinstance(bounds, _Seal):
        return bounds
    before, after = bounds
    digits = pdf[before + 1 : after - 1]
    digest = hashlib.sha256(pdf[:before] + pdf[after:]).digest()
    certificate, signature, stated = _parts(digits)
    if stated != digest:
        return _Seal("altered", "The file was changed after it was sealed.")
    if digits != signed_data(digest, certificate, signature).hex().upper().encode("ascii").ljust(
        len(digits), b"0"
    ):  # b
        return _Seal("altered", "The seal was changed, or is of another form than ours.")
    holder = x509.load_der_x509_certificate(certificate)
    if not _signed(holder, signature, signed_attributes(digest, certificate).dump()):  # c
        return _Seal("altered", "The signature of the seal is wrong.")
    return _trusted_seal(holder, hashlib.sha256(certificate).hexdigest(), _stated_time(pdf, before, after), roots)  # d


def _bounds(pdf: bytes) -> tuple[int, int] | _Seal:
    """Where the seal begins and ends, angle brackets included; or what is wrong with that."""
    if pdf.count(b"/ByteRange") != 1 or (found := _RANGE.search(pdf)) is None:
        return _Seal("altered", "The file has traces of a seal, but not exactly one seal.")
    first, before, after, rest = (int(number) for number in found.groups())
    if first != 0 or not 0 < before < after or after + rest != len(pdf):
        return _Seal("altered", "Something was added after the file was sealed, or taken away.")
    if before < found.end() and after > found.start():
        return _Seal("altered", "The seal does not cover its own bounds.")
    if after - before > MAX_CMS_HEX or pdf[before : before + 1] != b"<" or pdf[after - 1 : after] != b">":
        return _Seal("unreadable", "The seal is not where the file says it is.")
    return before, after


def _signed(holder: x509.Certificate, signature: bytes, message: bytes) -> bool:
    """Whether the certificate's key, which must be P-256, made this signature over the message."""
    public = holder.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        return False
    try:
        public.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _parts(digits: bytes) -> tuple[bytes, bytes, bytes]:
    """Certificate, signature and stated digest out of the seal. Raises whatever the ASN.1 parser raises."""
    padded = binascii.unhexlify(digits)
    length = _der_length(padded)
    data = cms.ContentInfo.load(padded[:length], strict=True)["content"]
    signer = data["signer_infos"][0]
    stated = next(a["values"][0].native for a in signer["signed_attrs"] if a["type"].native == "message_digest")
    return data["certificates"][0].chosen.dump(), signer["signature"].native, stated


def _der_length(der: bytes) -> int:
    """Length of the first DER element, header included."""
    if der[1] < 0x80:
        return 2 + der[1]
    size = der[1] & 0x7F
    return 2 + size + int.from_bytes(der[2 : 2 + size], "big")


def _stated_time(pdf: bytes, before: int, after: int) -> datetime | None:
    """The signing time (UTC) written next to the seal; it is inside the sealed bytes."""
    found = _TIME.search(pdf, max(0, before - 600), before) or _TIME.search(pdf, after, after + 600)
    if found is None:
        return None
    return datetime.strptime(found.group(1).decode("ascii"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _trusted_seal(
    holder: x509.Certificate, fingerprint: str, at: datetime | None, roots: Sequence[x509.Certificate]
) -> _Seal:
    """Whether a good seal is also one of ours to trust."""
    if at is None:
        return _Seal("unreadable", "The seal states no time.", fingerprint)
    if not holder.not_valid_before_utc <= at <= holder.not_valid_after_utc:
        return _Seal("unknown_signer", "The seal certificate was not in force when it sealed.", fingerprint, at)
    if not holder.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature:
        return _Seal("unknown_signer", "The seal certificate is not for sealing.", fingerprint, at)
    for root in roots:
        if _issued(holder, root) and root.not_valid_before_utc <= at <= root.not_valid_after_utc:
            return _Seal("intact", "The file is as it was sealed, by a known authority.", fingerprint, at)
    return _Seal("unknown_signer", "The file is as it was sealed, but by nobody known here.", fingerprint, at)


def _issued(holder: x509.Certificate, root: x509.Certificate) -> bool:
    """Whether ``root`` is a certificate authority and issued ``holder``."""
    try:
        if not root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        holder.verify_directly_issued_by(root)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return True
