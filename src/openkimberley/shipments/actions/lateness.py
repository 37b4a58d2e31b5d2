"""What is late is chased: confirmations that did not come back some days after the certificate's expiry (R079)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.shipments import queries
from openkimberley.shipments.actions.outbox import queue
from openkimberley.shipments.models import Shipment

CHASE_EVERY = timedelta(days=14)
"""How long an authority is given to answer a reminder. A choice of this software: no text of the Scheme gives one."""


def chase_late(*, by: Actor, at: datetime) -> int:
    """Remind importing authorities of confirmations that are late, once per interval. Returns how many were reminded.

    An officer does it for the own authority, the node for every authority it serves.
    """
    authorities = [by.authority] if by.authority else queries.authorities_with_late_exports(on=at.date())
    count = 0
    for authority in authorities:
        for late in queries.late_exports(authority, on=at.date()):
            due = late.chased_at is None or late.chased_at + CHASE_EVERY <= at
            if due and queries.still_stands(late.certificate_number):
                chase(by=replace(by, authority=authority), at=at, number=late.certificate_number)
                count += 1
    return count


@action("shipments.chase", needs=Permission.SHIPMENT_SEAL)
def chase(*, by: Actor, at: datetime, number: str) -> Shipment:
    """Remind the importing authority of one confirmation that did not come, by e-mail."""
    row = Shipment.objects.select_for_update().get(authority=by.authority, certificate_number=number)
    row.chases, row.chased_at = row.chases + 1, at
    row.save(update_fields=["chases", "chased_at"])
    queue(
        "CHASE", by=by, at=at, number=number, to_authority=row.importing_authority or row.importing_participant,
        fields={
            "expiry_date": row.expiry_date.isoformat(), "total_carats": str(row.carats), "exporter": row.exporter_name,
            "importer": row.importer_name, "count": row.chases,
            "departed_on": row.departed_at.date().isoformat() if row.departed_at else "",
        },
    )  # fmt: skip
    record("shipment.chased", by=by, at=at, subject=number, statement={"count": row.chases})
    return row
