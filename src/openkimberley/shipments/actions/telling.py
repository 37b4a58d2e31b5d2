"""The other side is told: what an issuer takes back or corrects after it was announced reaches who expects the goods.

Certification knows nothing of notices. So on every round the node looks for announced certificates that do not stand
any more, or were corrected, and queues what was not told yet, once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from openkimberley.certificates import queries as certification
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.shipments.actions.outbox import queue
from openkimberley.shipments.models import Notice, Shipment

LOOK_BACK = timedelta(days=400)  # longer than any certificate lives, from issue to the last reminder


def tell_changes(*, by: Actor, at: datetime) -> int:
    """Queue the notices of withdrawals and corrections that were not told yet. Returns how many."""
    count = 0
    for number, corrections in certification.changed_since(at - LOOK_BACK):
        shipment = Shipment.objects.filter(certificate_number=number, released_at__isnull=False).first()
        if shipment is None:
            continue  # nobody was told of it, so nobody need hear that it is gone
        told = list(Notice.objects.filter(certificate_number=number).values_list("kind", flat=True))
        officer = replace(by, authority=shipment.authority)
        if corrections is None and "WITHDRAWN" not in told:
            tell_withdrawal(by=officer, at=at, number=number)
            count += 1
        for place in range(told.count("CORRECTION"), corrections or 0):
            tell_correction(by=officer, at=at, number=number, place=place)
            count += 1
    return count


@action("shipments.tell_withdrawal", needs=Permission.SHIPMENT_SEAL)
def tell_withdrawal(*, by: Actor, at: datetime, number: str) -> Notice:
    """Tell the importing authority that an announced certificate is void, replaced, lost or taken back (R088, R092)."""
    row = Shipment.objects.get(authority=by.authority, certificate_number=number)
    certificate = certification.issued(number)
    assert certificate is not None
    notice = queue(
        "WITHDRAWN", by=by, at=at, number=number, to_authority=row.importing_authority or row.importing_participant,
        fields={
            "status": certificate.status, "replaced_by": certificate.replaced_by, "exporter": row.exporter_name,
            "importer": row.importer_name, "since": certificate.changed_at.date().isoformat(),
        },
    )  # fmt: skip
    record("shipment.withdrawal_told", by=by, at=at, subject=number, statement={"status": certificate.status})
    return notice


@action("shipments.tell_correction", needs=Permission.SHIPMENT_SEAL)
def tell_correction(*, by: Actor, at: datetime, number: str, place: int) -> Notice:
    """Send the issuer's signed instruction to correct a minor error to the importing authority (R086)."""
    row = Shipment.objects.get(authority=by.authority, certificate_number=number)
    one = certification.corrections(number, by.authority)[place]
    notice = queue(
        "CORRECTION", by=by, at=at, number=number, to_authority=row.importing_authority or row.importing_participant,
        fields={
            "field": one.field, "old": one.old, "new": one.new, "reason": one.reason, "instruction": one.instruction,
        },
    )  # fmt: skip
    record("shipment.correction_told", by=by, at=at, subject=number, statement={"field": one.field})
    return notice
