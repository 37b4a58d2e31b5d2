"""The import confirmation on its own sheet (Annex I B), with the signed receipt attached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openkimberley.documents.certificate import dated, lines_data, party_data
from openkimberley.documents.facts import NotPrintable, amount_text, checked_language, checked_number
from openkimberley.documents.press import press
from openkimberley.documents.qr import qr_side_mm, qr_svg

if TYPE_CHECKING:
    from openkimberley.documents.facts import Confirmation

RESULTS = ("match", "discrepancy", "refused")
QR_ECC = "M"
_SEALS = {True: "seals_intact", False: "seals_broken", None: ""}


def render_confirmation(confirmation: Confirmation) -> bytes:
    """The import confirmation as PDF with ``NUMBER.receipt.jws`` attached; equal input, equal bytes.

    Raises ``NotPrintable`` if it cannot be set whole or its result is none of ``RESULTS``.
    """
    c = confirmation
    if c.result not in RESULTS:
        raise NotPrintable(f"{c.result[:30]!r} is no result of an import: {', '.join(RESULTS)}")
    data = {
        **dated(c.confirmed_at_unix),
        "file_title": f"{'SPECIMEN - DEMONSTRATION - ' if c.demonstration else ''}Import confirmation {c.number}",
        "language": checked_language(c.language),
        "number": checked_number(c.number),
        "issuer": c.issuer,
        "destination": c.destination,
        "authority": c.authority,
        "exporter": party_data(c.exporter),
        "importer": party_data(c.importer),
        "received_on": c.received_on.isoformat(),
        "confirmed_on": c.confirmed_on.isoformat(),
        "result": c.result,
        "parcels": str(c.parcels),
        "lines": lines_data(c.lines),
        "totals": {"carats": amount_text(c.total_carats), "usd": amount_text(c.total_usd)},
        "seal": c.seal,
        "seals": _SEALS[c.seals_intact],
        "differences": [{"field": d.field, "declared": d.declared, "found": d.found} for d in c.differences],
        "authenticated_by": list(c.authenticated_by),
        "check_code": c.check_code,
        "demonstration": c.demonstration,
        "qr_svg": qr_svg(c.qr_text, QR_ECC) if c.qr_text else "",
        "qr_mm": qr_side_mm(c.qr_text, QR_ECC, at_least=30.0) if c.qr_text else 0,
        "attachment": f"{c.number}.receipt.jws",
        "receipt": c.receipt,
    }
    return press("receipt", data, at_unix=c.confirmed_at_unix)
