"""From bytes to a report: takes the SD-JWT out of a PDF, then asks the pure engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openkimberley.verification import engine
from openkimberley.verification.statements import bundle_from_json

if TYPE_CHECKING:
    from datetime import datetime

    from openkimberley.verification.facts import Report
    from openkimberley.verification.statements import Bundle

PDF_MAGIC = b"%PDF-"


def verify_file(data: bytes, bundle: Bundle, *, now: datetime, authority: str | None = None) -> Report:
    """Judge the bytes of a file: a PDF, an SD-JWT, or the text of a QR code."""
    if data[:1024].lstrip().startswith(PDF_MAGIC):
        from openkimberley.documents.read import read_pdf

        reading = read_pdf(data, bundle.seal_certificates)
        return engine.verify_pdf(reading.sd_jwt, reading, bundle, now=now, authority=authority)
    return engine.verify(data, bundle, now=now, authority=authority)


def current_bundle(*, at: datetime) -> Bundle:
    """This node's own bundle as the engine reads it; read anew only when the journal has moved."""
    from openkimberley.certificates import queries

    made = queries.bundle(at=at)
    key = (made["head"], made["issued"][:13])
    if _read.get("key") != key:
        _read.update(key=key, bundle=bundle_from_json(made))
    bundle: Bundle = _read["bundle"]
    return bundle


_read: dict[str, Any] = {}
