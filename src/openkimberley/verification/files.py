"""From the bytes of a file to a report: takes credential and proof out of a PDF, then asks the engine. No database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openkimberley.documents.read import read_pdf
from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import unb64u
from openkimberley.verification import engine
from openkimberley.verification.facts import SealFinding, SealState

if TYPE_CHECKING:
    from datetime import datetime

    from openkimberley.verification.facts import Report
    from openkimberley.verification.statements import Bundle

PDF_MAGIC = b"%PDF-"
NO_CERTIFICATE = "this PDF holds no signed certificate: photograph the code on the paper, or type the number"


def verify_file(data: bytes, bundle: Bundle, *, now: datetime, authority: str | None = None, proof: str = "") -> Report:
    """Judge the bytes of a file: a PDF, an SD-JWT, a QR text or a number.

    ``proof`` of the journal, where somebody brought one besides. Raises ``Untrusted`` for a PDF that holds no
    certificate (a scan, a label, a receipt) or is too large: nothing is said against a paper.
    """
    if not is_pdf(data):
        return engine.verify(data, bundle, now=now, authority=authority, proof=proof)
    reading = read_pdf(data, seal_roots(bundle))
    if not reading.sd_jwt and reading.seal != "altered":
        raise Untrusted("1 parse", NO_CERTIFICATE)
    # A seal that cannot be read was broken by whoever changed the file: an untouched page has a readable one, or none.
    state = SealState.ALTERED if reading.seal == "unreadable" else SealState(str(reading.seal))
    finding = SealFinding(state, reading.certificate_sha256 or "", reading.detail)
    return engine.verify_pdf(
        reading.sd_jwt or "", finding, bundle, now=now, authority=authority, proof=proof or reading.proof or ""
    )


def is_pdf(data: bytes) -> bool:
    """True where the bytes begin as a PDF does."""
    return data[:1024].lstrip().startswith(PDF_MAGIC)


def seal_roots(bundle: Bundle) -> list[bytes]:
    """The root certificates (DER) that a bundle trusts for the seals of pages."""
    about = bundle.as_json().get("authorities", {}).values()
    return [unb64u(root) for authority in about for root in authority.get("seal_roots", ())]
