"""The label of the sealed bag: 100 x 60 mm, its QR code at error correction Q, because bags get scratched."""

from __future__ import annotations

from openkimberley.documents.certificate import dated
from openkimberley.documents.facts import Label, NotPrintable, checked_number
from openkimberley.documents.press import press
from openkimberley.documents.qr import qr_side_mm, qr_svg

QR_ECC = "Q"
MIN_QR_MM = 29.0
MAX_QR_MM = 40.0


def render_label(label: Label) -> bytes:
    """The label as PDF; equal input, equal bytes. Raises ``NotPrintable`` if it cannot be set whole."""
    side = qr_side_mm(label.qr_text, QR_ECC, at_least=MIN_QR_MM)
    if side > MAX_QR_MM:
        raise NotPrintable(f"the QR code would be {side:.0f} mm wide; the label has room for {MAX_QR_MM:.0f} mm")
    data = {
        **dated(label.issued_at_unix),
        "file_title": f"{'SPECIMEN - DEMONSTRATION - ' if label.demonstration else ''}Label {label.number}",
        "authority": label.issuer,
        "number": checked_number(label.number),
        "issuer": label.issuer,
        "destination": label.destination,
        "seal": label.seal,
        "expires": label.expiry_date.isoformat(),
        "parcels": "" if label.parcels is None else str(label.parcels),
        "paper_serial": label.paper_serial,
        "check_code": label.check_code,
        "demonstration": label.demonstration,
        "qr_svg": qr_svg(label.qr_text, QR_ECC),
        "qr_mm": side,
    }
    return press("label", data, at_unix=label.issued_at_unix)
