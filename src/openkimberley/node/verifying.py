"""From bytes to a report: takes the SD-JWT out of a PDF, then asks the pure engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import unb64u
from openkimberley.verification import engine
from openkimberley.verification.facts import SealFinding, SealState
from openkimberley.verification.statements import Bundle

if TYPE_CHECKING:
    from datetime import datetime

    from openkimberley.verification.facts import Report

PDF_MAGIC = b"%PDF-"


def verify_file(
    data: bytes, bundle: Bundle, *, now: datetime, authority: str | None = None, proof: str = ""
) -> Report:
    """Judge the bytes of a file: a PDF, an SD-JWT, or the text of a QR code. ``Untrusted`` for too large a PDF.

    ``proof`` is that of the certificate's entry in the journal, where it came beside; a PDF may hold its own.
    """
    if not data[:1024].lstrip().startswith(PDF_MAGIC):
        return engine.verify(data, bundle, now=now, authority=authority, proof=proof)
    from openkimberley.documents.read import read_pdf

    reading = read_pdf(data, seal_roots(bundle))
    if not reading.sd_jwt and reading.seal != "altered":  # a scan, a label, a receipt: nothing is said against a paper
        raise Untrusted("1 parse", "this PDF holds no signed certificate: photograph the code on the paper instead")
    # A seal that cannot be read was broken by whoever changed the file: an untouched page has a readable one, or none.
    state = SealState.ALTERED if reading.seal == "unreadable" else SealState(str(reading.seal))
    finding = SealFinding(state, reading.certificate_sha256 or "", reading.detail)
    return engine.verify_pdf(
        reading.sd_jwt or "", finding, bundle, now=now, authority=authority, proof=proof or reading.proof or ""
    )


def seal_roots(bundle: Bundle) -> list[bytes]:
    """The root certificates (DER) that a bundle trusts for the seals of pages."""
    about = bundle.as_json().get("authorities", {}).values()
    return [unb64u(root) for authority in about for root in authority.get("seal_roots", ())]


def current_bundle(*, at: datetime) -> Bundle:
    """This node's own bundle as the engine reads it; read anew only when the journal has moved."""
    from openkimberley.certificates import queries

    made = queries.bundle(at=at)
    key = (made["head"], made["issued"][:13])
    if _read.get("key") != key:
        _read.update(key=key, bundle=Bundle(made))
    bundle: Bundle = _read["bundle"]
    return bundle


_read: dict[str, Any] = {}
