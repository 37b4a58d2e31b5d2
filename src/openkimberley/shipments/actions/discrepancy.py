"""A discrepancy case and its ways out: corrected, released with remedy, returned, refused, confiscated (facts 3.5)."""

from __future__ import annotations

from datetime import datetime

from openkimberley.certificates import actions as certification
from openkimberley.certificates.facts import CertificateStatus
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound
from openkimberley.shipments import facts, queries
from openkimberley.shipments.actions.arrival import conclude, follow, locked, move
from openkimberley.shipments.actions.export import as_json, refuse
from openkimberley.shipments.actions.outbox import queue
from openkimberley.shipments.models import Arrival, Confirmation, DiscrepancyCase, Notice

A = facts.ArrivalStatus
W = facts.WayOut


def _open_case(number: str, *, by: Actor) -> tuple[Arrival, DiscrepancyCase]:
    """The arrival and its open case, both locked. Raises ``NotFound``; ``Conflict`` where the case is closed."""
    row = locked(number, by=by)
    case = DiscrepancyCase.objects.select_for_update().filter(arrival=row).first()
    if case is None:
        raise NotFound("discrepancy case", number[:40])
    if case.status != "OPEN":
        raise Conflict(f"the case of {row.written} was closed on {case.closed_at:%Y-%m-%d}")
    return row, case


def _close(case: DiscrepancyCase, way_out: facts.WayOut, *, by: Actor, at: datetime) -> None:
    """Close the case by one of the ways out. Must be inside an action."""
    case.status, case.way_out, case.closed_by, case.closed_at = "CLOSED", way_out.value, by.id, at
    case.save()
    record(
        "discrepancy.closed", by=by, at=at, subject=case.number,
        statement={
            "way_out": way_out.value, "finding": case.finding, "technical_number": case.technical_number,
        },
        personal={"measures": case.measures, "disposal": case.disposal},
    )  # fmt: skip


@action("shipments.detain", needs=Permission.SHIPMENT_RECEIVE)
def detain(*, by: Actor, at: datetime, number: str, reason: str) -> DiscrepancyCase:
    """Detain the goods (R083, R084). Opens the case where none is open: goods may be detained unopened."""
    row = locked(number, by=by)
    if row.status not in (A.PRESENTED, A.INSPECTED, A.DISPUTED):
        raise Conflict(f"the shipment under {row.written} is {row.status.lower()}: its goods are not here to detain")
    if not reason.strip():
        raise Conflict("say why the goods are detained")
    case, _ = DiscrepancyCase.objects.select_for_update().get_or_create(
        arrival=row,
        defaults={
            "authority": row.authority, "issuer": row.issuer, "number": row.number, "differences": [],
            "objections": row.objections, "opened_at": at, "opened_by": by.id,
            "tell_issuer_by": queries.tell_issuer_by(row.authority, at.date()),
        },
    )  # fmt: skip
    if case.status != "OPEN" or case.detained_at:
        raise Conflict(f"the goods under {row.written} are detained already, or their case is closed")
    case.detained_at, case.detained_reason = at, reason.strip()
    case.save(update_fields=["detained_at", "detained_reason"])
    move(row, A.DETAINED)
    row.save(update_fields=["status"])
    follow(row, CertificateStatus.DISPUTED, by=by, at=at)
    record("goods.detained", by=by, at=at, subject=row.number, statement={}, personal={"reason": reason.strip()})
    return case


@action("shipments.tell_issuer", needs=Permission.SHIPMENT_RECEIVE)
def tell_issuer(*, by: Actor, at: datetime, number: str, question: str = "", address: str = "") -> Notice:
    """Tell the authority that is said to have issued the certificate what failed, within one month (R085)."""
    row, case = _open_case(number, by=by)
    fields = {
        "differences": case.differences, "objections": [
            {"rule": o["rule"], "message": o["message"]} for o in case.objections
        ], "detained": case.detained_at is not None, "question": question.strip(),
    }  # fmt: skip
    to = queries.authority_to_tell(row.issuing_authority, row.issuer, on=at.date())
    notice = queue(
        "FAILURE", by=by, at=at, number=row.written, to_authority=to, fields=fields, address=address
    )  # fmt: skip
    case.issuer_told_at = at
    case.save(update_fields=["issuer_told_at"])
    record(
        "discrepancy.issuer_told", by=by, at=at, subject=row.number,
        statement={"to": notice.to_authority, "message_id": notice.message_id},
        personal={"question": question.strip()},
    )  # fmt: skip
    return notice


@action("shipments.accept_correction", needs=Permission.SHIPMENT_RECEIVE)
def accept_correction(
    *, by: Actor, at: datetime, number: str, field: str, new: str, reason: str, instruction: str
) -> DiscrepancyCase:
    """Endorse the correction of a minor error on its issuer's instruction, which is kept with it (R086).

    ``instruction`` is the signed text or the letter's words. The case closes when no difference is left. Raises
    ``Refused`` for a field whose change is no minor error.
    """
    row, case = _open_case(number, by=by)
    old = queries.declared_value(row, field)
    refuse(queries.before_correction(row, field=field, new=new, instruction=instruction), subject=row.number)
    certification.enter_correction(
        by=by, at=at, number=row.number, field=field, old=old, new=new, reason=reason, instruction=instruction
    )
    case.differences = queries.differences_left(row)
    case.save(update_fields=["differences"])
    record(
        "discrepancy.corrected", by=by, at=at, subject=row.number,
        statement={"field": field, "left": len(case.differences)}, personal={"old": old, "new": new},
    )  # fmt: skip
    if not case.differences and not queries.serious(case) and row.inspections.exists():
        # the issuer says itself that its own slip of the pen made the difference: another authority's act (R084)
        case.finding = facts.Fault.ANOTHER_AUTHORITY.value
        _way(row, case, W.CORRECTED, by=by, at=at, fault=case.finding, instructed=True)
        _release(row)
    return case


def _way(
    row: Arrival, case: DiscrepancyCase, way_out: facts.WayOut, *, by: Actor, at: datetime, fault: str = "",
    measures: str = "", technical_number: str = "", requested: bool = False, disposal: str = "",
    instructed: bool = False,
) -> None:  # fmt: skip
    """Ask the rules whether the case may end this way, and close it. Must be inside an action. Raises ``Refused``."""
    objections = queries.closing(
        case, way_out, on=at.date(), fault=fault, measures=measures, technical_number=technical_number,
        requested=requested, disposal=disposal, instructed=instructed,
    )  # fmt: skip
    refuse(objections, subject=row.number)
    case.objections = [*case.objections, *as_json(objections)]
    _close(case, way_out, by=by, at=at)


def _release(row: Arrival) -> None:
    """Let released goods go on to confirmation. Must be inside an action."""
    move(row, A.INSPECTED)
    row.held = False
    row.save(update_fields=["status", "held"])


@action("shipments.release_with_remedy", needs=Permission.SHIPMENT_RECEIVE)
def release_with_remedy(*, by: Actor, at: datetime, number: str, fault: str, measures: str) -> DiscrepancyCase:
    """Release goods: the failure was not knowing or intentional, or another authority's act, and is mended (R084).

    ``fault`` is one of ``facts.Fault``; ``measures`` says what was done about it. The goods were inspected before.
    """
    row, case = _inspected_case(number, by=by)
    case.finding, case.measures = fault, measures.strip()
    _way(row, case, W.REMEDIED, by=by, at=at, fault=fault, measures=measures)
    _release(row)
    return case


@action("shipments.bring_original", needs=Permission.SHIPMENT_RECEIVE)
def bring_original(*, by: Actor, at: datetime, number: str, fault: str, measures: str) -> DiscrepancyCase:
    """Enter that the original certificate was brought afterwards: the goods that waited for it go on (R073, R084).

    Raises ``Conflict`` where something else than the missing original is open too.
    """
    row, case = _inspected_case(number, by=by)
    others = [one["rule"] for one in queries.serious(case) if one["rule"] != "R073"]
    if case.differences or others:
        raise Conflict("more than the original is missing: release with remedy, or take another way out")
    row.original = True
    case.finding, case.measures = fault, measures.strip()
    _way(row, case, W.ORIGINAL_BROUGHT, by=by, at=at, fault=fault, measures=measures)
    _release(row)
    row.save(update_fields=["original"])
    return case


def _inspected_case(number: str, *, by: Actor) -> tuple[Arrival, DiscrepancyCase]:
    """The open case of goods that were inspected. Raises ``Conflict`` otherwise: nothing is released unseen (R074)."""
    row, case = _open_case(number, by=by)
    if not row.inspections.exists():
        raise Conflict(f"the goods under {row.written} were not inspected: open, weigh and compare them first")
    return row, case


@action("shipments.refuse_goods", needs=Permission.SHIPMENT_RECEIVE)
def refuse_goods(*, by: Actor, at: datetime, number: str, reason: str) -> Confirmation:
    """Refuse the import. The certificate is spent: the receipt says so, and it cannot be presented again."""
    row, case = _open_case(number, by=by)
    if not reason.strip():
        raise Conflict("say why the import is refused")
    case.measures = reason.strip()
    _way(row, case, W.REFUSED, by=by, at=at, measures=reason)
    move(row, A.REFUSED)
    confirmation = conclude(row, row.inspections.last(), "refused", by=by, at=at)
    follow(row, CertificateStatus.REFUSED, by=by, at=at)
    return confirmation


@action("shipments.confiscate", needs=Permission.SHIPMENT_RECEIVE)
def confiscate(*, by: Actor, at: datetime, number: str, reason: str, disposal: str) -> Confirmation:
    """Confiscate goods that fail the Scheme, and record what becomes of them (R093)."""
    row, case = _open_case(number, by=by)
    case.measures, case.disposal = reason.strip(), disposal.strip()
    _way(row, case, W.CONFISCATED, by=by, at=at, measures=reason, disposal=disposal)
    move(row, A.CONFISCATED)
    confirmation = conclude(row, row.inspections.last(), "refused", by=by, at=at)
    follow(row, CertificateStatus.REFUSED, by=by, at=at)
    record(
        "goods.confiscated", by=by, at=at, subject=row.number,
        statement={}, personal={"reason": reason.strip(), "disposal": disposal.strip()},
    )  # fmt: skip
    return confirmation


@action("shipments.return_goods", needs=Permission.SHIPMENT_RECEIVE)
def return_goods(
    *, by: Actor, at: datetime, number: str, technical_number: str = "", requested_by_issuer: str = "", order: str = ""
) -> Confirmation:
    """Send the goods back: under a technical certificate at the issuer's request (R089), or by order (R090).

    ``requested_by_issuer`` is the issuer's request in words; ``order`` the order by which an opened container goes
    back. A technical certificate is linked to the original one; the goods count as a reversal, neither as new origin
    nor twice (R091).
    """
    row, case = _open_case(number, by=by)
    request, technical = requested_by_issuer.strip() or order.strip(), technical_number.strip()
    if not request:
        raise Conflict("enter the issuer's request, or the order by which the goods go back")
    way_out = W.RETURNED if requested_by_issuer.strip() else W.ORDERED_BACK
    case.technical_number, case.measures = technical, request
    _way(
        row, case, way_out, by=by, at=at, measures=request, technical_number=technical,
        requested=way_out is W.RETURNED,
    )  # fmt: skip
    move(row, A.RETURNED)
    confirmation = conclude(row, row.inspections.last(), "refused", by=by, at=at)
    follow(row, CertificateStatus.RETURNED, by=by, at=at)
    record(
        "goods.returned", by=by, at=at, subject=row.number,
        statement={"technical_number": technical, "way_out": way_out.value}, personal={"request": request},
    )  # fmt: skip
    return confirmation
