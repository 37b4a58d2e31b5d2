"""What the importing side keeps of a certificate: that it was used, and the corrections its issuer instructed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from openkimberley.certificates import queries
from openkimberley.certificates.models import Correction, Received
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict


@action("certificates.enter_received", needs=Permission.SHIPMENT_RECEIVE)
def enter_received(
    *, by: Actor, at: datetime, issuer: str, number: str, importer_licence: str, carats: Decimal, usd: Decimal,
    origin: list[str], received_on: date, cid: str = "",
) -> Received:  # fmt: skip
    """Close a certificate at import: its carats join the importer's holdings, and it can never be used again (R082).

    Raises ``Conflict`` where it was used before, naming when and where.
    """
    if before := queries.used(issuer, number):
        raise Conflict(f"certificate {number} was used before: confirmed by {before.authority} on {before.received_on}")
    row = Received.objects.create(
        authority=by.authority, issuer=issuer, number=number, importer_licence=importer_licence, carats=carats,
        usd=usd, origin=origin, received_on=received_on, cid=cid,
    )  # fmt: skip
    record(
        "certificate.used", by=by, at=at, subject=number,
        statement={"issuer": issuer, "carats": str(carats), "usd": str(usd), "received_on": received_on.isoformat()},
    )  # fmt: skip
    return row


@action("certificates.enter_correction", needs=Permission.SHIPMENT_RECEIVE)
def enter_correction(
    *, by: Actor, at: datetime, number: str, field: str, old: str, new: str, reason: str, instruction: str
) -> Correction:
    """Keep a minor correction with a received certificate, on its issuer's instruction (R086).

    ``instruction`` is the issuer's signed text, or its letter's words where the issuer has only paper.
    """
    if not instruction.strip():
        raise Conflict("a correction is made on the issuing authority's instruction only: enter it (R086)")
    row = Correction.objects.create(
        authority=by.authority, number=number, field=field, old=old, new=new, reason=reason,
        instruction=instruction, made_at=at,
    )  # fmt: skip
    record(
        "certificate.correction_entered", by=by, at=at, subject=number,
        statement={"field": field}, personal={"old": old, "new": new, "reason": reason},
    )  # fmt: skip
    return row
