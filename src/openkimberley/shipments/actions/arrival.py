"""The importing side: a shipment is presented, a hold decided, goods opened and compared, receipt confirmed.

Nothing here is ticked off: the officer types what he reads, counts and weighs, and the software compares.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from openkimberley.alerts import actions as alerts
from openkimberley.alerts import queries as alerts_known
from openkimberley.alerts.facts import Alert, AlertKind, AlertStatus
from openkimberley.certificates import actions as certification
from openkimberley.certificates import queries as certificates
from openkimberley.certificates.facts import CERTIFICATE_TRANSITIONS, CertificateStatus
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound, Refused
from openkimberley.kernel.rules import Severity
from openkimberley.shipments import facts, queries
from openkimberley.shipments.actions.export import Picture, as_json, keep_pictures, refuse
from openkimberley.shipments.actions.outbox import queue
from openkimberley.shipments.models import (
    Arrival,
    Confirmation,
    DiscrepancyCase,
    Inspection,
    PresentedArtefact,
    Shipment,
)

A = facts.ArrivalStatus

INSPECTED_AGAIN = "INSPECTED_AGAIN"
"""How a case ends that a slip of the pen opened: a second inspection found no difference. Both stay on record."""


def locked(number: str, *, by: Actor) -> Arrival:
    """An arrival of the actor's authority, locked. Raises ``NotFound``."""
    rows = Arrival.objects.select_for_update().filter(authority=by.authority, number=queries.normalised(number))
    row = rows.first() if by.authority else None
    if row is None:
        raise NotFound("arrival", number[:40])
    return row


def move(row: Arrival, to: facts.ArrivalStatus) -> None:
    """Set the status if the table of transitions has the step. Raises ``Conflict`` otherwise."""
    if to not in facts.ARRIVAL_TRANSITIONS[A(row.status)]:
        raise Conflict(f"the shipment under {row.written} is {row.status.lower()}: it cannot become {to.value.lower()}")
    row.status = to.value


def follow(row: Arrival, to: CertificateStatus, *, by: Actor, at: datetime) -> None:
    """Move the issuer's record along where the issuer is on this node and its record allows the step.

    A certificate that its issuer has voided stays void, whatever arrives with it: the arrival keeps what was found.
    """
    issued = certificates.issued(row.written)
    if issued is None or issued.destination_authority != by.authority:
        return
    if to not in CERTIFICATE_TRANSITIONS[CertificateStatus(issued.status)]:
        return
    certification.record_import_step(by=by, at=at, number=row.written, to=to)
    shipment = Shipment.objects.select_for_update().filter(
        authority=issued.authority, certificate_number=row.written
    ).first()  # fmt: skip
    if shipment is None:
        return
    shipment.status = to.value
    if to is CertificateStatus.ARRIVED:
        shipment.arrived_at = at
    elif to is not CertificateStatus.DISPUTED:
        shipment.closed_at = at
    shipment.save(update_fields=["status", "arrived_at", "closed_at"])


def present(*, by: Actor, at: datetime, **given: Any) -> Arrival:
    """Enter that a shipment was presented: see ``receive``. A second use of a certificate raises an alert too (R080).

    The refusal undoes the presentation and is journalled; the alert is an act of its own, so that it stays.
    """
    try:
        return receive(by=by, at=at, **given)
    except Refused as refusal:
        again = next((one for one in refusal.objections if one.rule == "R082"), None)
        if again is not None and refusal.subject:
            _warn_of_second_use(refusal.subject, again.message, by=by, at=at)
        raise


def _warn_of_second_use(number: str, what: str, *, by: Actor, at: datetime) -> None:
    """Enter the alert that a used certificate was presented again, unless one is out already."""
    issuer = queries.issuer_of(number, by=by)
    if not by.may(Permission.ALERT_RAISE) or alerts_known.alert_for(number, issuer) is not None:
        return
    alert = Alert(
        kind=AlertKind.FAKE, issuer=issuer, day=at.date(), number=number, features=(what,), reported_by=by.authority,
        source=f"presented again at {by.authority} on {at.date()}", status=AlertStatus.SUSPECTED,
    )  # fmt: skip
    try:
        alerts.raise_alert(by=by, at=at, alert=alert)
    except (Conflict, Refused):
        return  # the same is out already: nothing is to be added


@action("shipments.present", needs=Permission.SHIPMENT_RECEIVE)
def receive(
    *, by: Actor, at: datetime, number: str = "", artefact: bytes = b"", presented_on: date, original: bool,
    copy_enclosed: bool | None = None, hand_carried: bool = False, declared_on_arrival: bool | None = None,
    proof: str = "",
) -> Arrival:  # fmt: skip
    """Enter that a shipment was presented: by the scanned code, PDF or electronic certificate, or by its typed number.

    Keeps the verification engine's whole report and the rules' objections. What is in doubt waits for a person's
    decision (R037, R072, R083); the goods themselves may be inspected meanwhile. A second use of a certificate is
    refused (R082). ``proof`` is that of the issuer's journal, where it came along. Raises ``Refused``, ``Untrusted``
    for an artefact that is none, ``NotFound`` for a number that neither this node nor the register of papers knows.
    """
    if presented_on > at.date():
        raise Conflict("a shipment is not presented in the future")
    seen = queries.sighting(number, artefact, by=by, at=at, proof=proof)
    if number and queries.normalised(number) != queries.normalised(seen.number):
        raise Conflict(f"the code is that of {seen.number}, and {number[:40]} was typed: look at the paper again")
    refuse(queries.before_use(seen.issuer, seen.number, by=by), subject=seen.number, holds=False)
    key = {"authority": by.authority, "issuer": seen.issuer, "number": seen.number}
    row = Arrival.objects.select_for_update().filter(**key).first() or Arrival(**key, status=A.EXPECTED.value)
    if row.status != A.EXPECTED:
        raise Conflict(
            f"the shipment under {row.written} was presented on {row.presented_on}: find it under Imports. "
            "If these are other goods, keep them here and tell the issuing authority"
        )
    for name, value in seen.columns().items():
        setattr(row, name, value)
    row.status, row.presented_on, row.presented_at, row.presented_by = A.PRESENTED.value, presented_on, at, by.id
    row.original, row.copy_enclosed, row.closed_at = original, copy_enclosed, None
    row.hand_carried, row.declared_on_arrival = hand_carried, declared_on_arrival
    row.due_on = queries.confirmation_due(by.authority, presented_on)
    objections = queries.on_presentation(row, by=by)
    row.objections = as_json(objections)
    doubtful = bool(row.verdict) and row.verdict.get("advice") != "accept"
    row.held = doubtful or any(o.severity is not Severity.FLAG for o in objections)
    row.save()
    if artefact:
        PresentedArtefact.objects.update_or_create(arrival=row, defaults={"content": artefact})
    follow(row, CertificateStatus.ARRIVED, by=by, at=at)
    record(
        "shipment.presented", by=by, at=at, subject=row.number,
        statement={
            "issuer": row.issuer, "presented_on": presented_on.isoformat(), "original": original,
            "source": row.source, "held": row.held, "verdict": str(row.verdict.get("verdict", "")),
            "advice": str(row.verdict.get("advice", "")), "rules": sorted({o.rule for o in objections}),
        },
    )  # fmt: skip
    return row


@action("shipments.decide_hold", needs=Permission.SHIPMENT_RECEIVE)
def decide_hold(*, by: Actor, at: datetime, number: str, reason: str) -> Arrival:
    """Decide that a shipment which was held may go on, and why (R037: never by itself).

    Raises ``Refused`` where an objection stands that no officer may set aside: that one needs a case.
    """
    row = locked(number, by=by)
    if not row.held or row.status not in (A.PRESENTED, A.INSPECTED):
        raise Conflict(f"nothing is held for decision under {row.written}")
    if len(reason.strip()) < 10:
        raise Conflict("say in a sentence why the shipment may go on")
    refuse(queries.not_to_be_decided(row), subject=row.number)
    if queries.proof_overdue(row, at=at):
        raise Conflict(
            "the issuer's time to enter the certificate in its journal is over: ask it for the proof and hand that in,"
            " or detain the goods"
        )
    row.held, row.decision, row.decided_by = False, reason.strip(), by.id
    row.save(update_fields=["held", "decision", "decided_by"])
    record("shipment.hold_decided", by=by, at=at, subject=row.number, statement={}, personal={"reason": reason.strip()})
    return row


@action("shipments.hand_in_proof", needs=Permission.SHIPMENT_RECEIVE)
def hand_in_proof(*, by: Actor, at: datetime, number: str, proof: str) -> Arrival:
    """Hand in the proof that the certificate stands in its issuer's journal (T7): what was held for that goes on.

    Raises ``Untrusted`` (8 log) where it is no proof of this certificate, ``Conflict`` where none is asked for.
    """
    row = locked(number, by=by)
    if row.status not in (A.PRESENTED, A.INSPECTED) or not queries.unproved(row):
        raise Conflict(f"no proof is asked for under {row.written}")
    row.verdict = queries.with_proof(row, proof, by=by, at=at)
    row.held = row.verdict["advice"] != "accept" or any(o.get("severity") != Severity.FLAG for o in row.objections)
    row.save(update_fields=["verdict", "held"])
    record("shipment.proved", by=by, at=at, subject=row.number, statement={"proof": proof[:8000], "held": row.held})
    return row


@action("shipments.inspect", needs=Permission.SHIPMENT_RECEIVE)
def inspect(
    *, by: Actor, at: datetime, number: str, found: facts.Inspection, pictures: list[Picture], remarks: str = ""
) -> Inspection:
    """Enter what was found in the opened container; the software compares it with the certificate (R074, R081).

    Any difference, of 0.01 carat too, opens a discrepancy case; so does a condition of import that failed. A second
    inspection while the case is open counts instead of the first, and both stay on record.
    """
    row = locked(number, by=by)
    before = DiscrepancyCase.objects.select_for_update().filter(arrival=row).first()
    if before is not None and before.status != "OPEN":
        raise Conflict(f"the case of {row.written} is closed: {before.way_out.lower().replace('_', ' ')}")
    if row.status not in (A.PRESENTED, A.INSPECTED, A.DISPUTED, A.DETAINED):
        raise Conflict(f"the shipment under {row.written} is {row.status.lower()}: it is not inspected now")
    refuse(queries.not_entered(found), subject=row.number)
    differences = queries.differences(row, found)
    objections = queries.on_inspection(row, found, by=by, on=at.date())
    lines = queries.lines_json(found.lines)
    inspection = Inspection.objects.create(
        arrival=row, authority=by.authority, inspected_by=by.id, inspected_at=at, seals=list(found.seals),
        seals_intact=bool(found.seals_intact), container_tamper_resistant=bool(found.tamper_resistant),
        packed_alone=bool(found.packed_alone), number_read=found.number[:40], parcels=found.parcels or 0, lines=lines,
        carats=found.carats or Decimal("0.00"), usd=found.usd, exporter_read=found.exporter[:200],
        importer_read=found.importer[:200], remarks=remarks, differences=differences,
    )  # fmt: skip
    keep_pictures(pictures, number=row.written, direction="IMPORT", by=by, at=at)
    record(
        "shipment.inspected", by=by, at=at, subject=row.number,
        statement={
            "number": found.number, "seals": list(found.seals), "seals_intact": found.seals_intact,
            "tamper_resistant": found.tamper_resistant, "packed_alone": found.packed_alone, "parcels": found.parcels,
            "lines": lines, "photographs": [[one.shows, one.sha256] for one in pictures],
            "rules": sorted({o.rule for o in objections}),
        },
        personal={
            "exporter": found.exporter, "importer": found.importer, "remarks": remarks, "differences": differences,
        },
    )  # fmt: skip
    serious = [o for o in objections if o.severity is Severity.REFUSE]
    if differences or serious:
        _dispute(row, differences, as_json(objections), by=by, at=at)
    else:
        _agree(row, before, as_json(objections), by=by, at=at)
    return inspection


def _dispute(
    row: Arrival, differences: list[dict[str, str]], objections: list[dict[str, Any]], *, by: Actor, at: datetime
) -> None:
    """Open the discrepancy case, or bring the open one up to date. Must be inside an action."""
    DiscrepancyCase.objects.update_or_create(
        arrival=row,
        defaults={"differences": differences, "objections": objections},
        create_defaults={
            "differences": differences, "objections": objections, "authority": row.authority, "issuer": row.issuer,
            "number": row.number, "opened_at": at, "opened_by": by.id,
            "tell_issuer_by": queries.tell_issuer_by(row.authority, at.date()),
        },
    )  # fmt: skip
    if row.status not in (A.DISPUTED, A.DETAINED):
        move(row, A.DISPUTED)
        row.save(update_fields=["status"])
        follow(row, CertificateStatus.DISPUTED, by=by, at=at)
    record(
        "discrepancy.opened", by=by, at=at, subject=row.number,
        statement={"rules": sorted({o["rule"] for o in objections})}, personal={"differences": differences},
    )  # fmt: skip


def _agree(
    row: Arrival, before: DiscrepancyCase | None, objections: list[dict[str, Any]], *, by: Actor, at: datetime
) -> None:
    """Goods and certificate agree: ready to confirm. An open case was a slip of the pen, and says so.

    Not so where the goods were detained: they are released with a finding and measures only (R084).
    """
    if before is not None and before.detained_at is not None:
        before.differences, before.objections = [], objections
        before.save(update_fields=["differences", "objections"])
        return
    if before is not None:
        before.status, before.way_out = "CLOSED", INSPECTED_AGAIN
        before.closed_at, before.closed_by = at, by.id
        before.save()
        record("discrepancy.closed", by=by, at=at, subject=row.number, statement={"way_out": before.way_out})
    if row.status != A.INSPECTED:
        move(row, A.INSPECTED)
        row.save(update_fields=["status"])


@action("shipments.confirm_import", needs=Permission.SHIPMENT_RECEIVE)
def confirm_import(*, by: Actor, at: datetime, number: str, declared: bool) -> Confirmation:
    """Confirm the import: the signed receipt of Section III(b), once for each certificate (R076, R082).

    The certificate is used from now on. The receipt goes back to the exporting authority: by itself where it is on this
    node, else by e-mail. Raises ``Refused`` where something is still open, or the officer took another part in this
    shipment (R063).
    """
    row = locked(number, by=by)
    inspection = row.inspections.last()
    if inspection is None:
        raise Conflict(f"the shipment under {row.written} was not inspected")
    if row.held:
        raise Conflict(f"the shipment under {row.written} is held: decide that first")
    case = DiscrepancyCase.objects.filter(arrival=row).first()
    move(row, A.CONFIRMED)
    if not declared:
        raise Conflict("the officer declares to have inspected, opened and compared the goods before confirming")
    refuse(queries.before_confirmation(row, inspection, case, by=by, on=at.date()), subject=row.number)
    result = "discrepancy" if case is not None and case.way_out == facts.WayOut.REMEDIED.value else "match"
    return conclude(row, inspection, result, by=by, at=at)


def conclude(row: Arrival, inspection: Inspection | None, result: str, *, by: Actor, at: datetime) -> Confirmation:
    """Sign and keep the receipt, close the certificate, tell the exporting authority. Must be inside an action."""
    if queries.confirmation(row.issuer, row.number):
        raise Refused(queries.before_use(row.issuer, row.number, by=by), subject=row.number)
    receipt = queries.receipt_of(row, inspection, result, at=at)
    signed = queries.sign_receipt(receipt)
    confirmation = Confirmation.objects.create(
        authority=by.authority, issuer=row.issuer, number=row.number, result=result,
        received_on=row.presented_on or at.date(), due_on=row.due_on,
        parcels=inspection.parcels if inspection else None, carats=inspection.carats if inspection else None,
        usd=receipt.usd, receipt=signed, made_by=by.id, made_at=at,
    )  # fmt: skip
    if result != "refused" and inspection is not None:
        certification.enter_received(
            by=by, at=at, issuer=row.issuer, number=row.number, importer_licence=row.importer_licence,
            carats=inspection.carats, usd=receipt.usd or Decimal("0.00"), origin=queries.origin_of(row),
            received_on=confirmation.received_on, cid=row.cid,
        )  # fmt: skip
    row.closed_at = at
    row.save()
    record(
        "shipment.confirmed" if result != "refused" else "shipment.import_refused", by=by, at=at, subject=row.number,
        statement={
            "v": 1, "t": "kpc.confirm", "r": row.number, "h": queries.receipt_hash(signed),
            "d": confirmation.received_on.isoformat(), "res": result,
        },
        public=queries.public_confirmation(row, signed, result, on=confirmation.received_on),
    )  # fmt: skip
    if result != "refused":
        follow(row, CertificateStatus.CONFIRMED, by=by, at=at)
    if not queries.works_here(row.issuing_authority):
        to = queries.authority_to_tell(row.issuing_authority, row.issuer, on=at.date())
        queue(
            "RECEIPT", by=by, at=at, number=row.written, to_authority=to,
            fields=queries.receipt_fields(row, receipt, signed),
        )  # fmt: skip
    return confirmation
