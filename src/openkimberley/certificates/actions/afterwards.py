"""What may happen to an issued certificate: void, lost, taken back expired, corrected, the steps of its shipment."""

from __future__ import annotations

from datetime import datetime

from openkimberley.alerts import actions as alerts
from openkimberley.alerts.facts import Alert, AlertKind, AlertStatus
from openkimberley.certificates import rules, statements
from openkimberley.certificates.facts import CERTIFICATE_TRANSITIONS, CertificateStatus
from openkimberley.certificates.models import Certificate, Correction
from openkimberley.certificates.rules.correction import text_at
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound, Refused
from openkimberley.trust.canonical import unb64u
from openkimberley.trust.signing import sign_statement

S = CertificateStatus
EXPORT_STEPS = frozenset({S.SEALED, S.ANNOUNCED, S.DEPARTED})
IMPORT_STEPS = frozenset({S.ARRIVED, S.CONFIRMED, S.DISPUTED, S.RETURNED, S.REFUSED})


def _locked(number: str, *, by: Actor) -> Certificate:
    """A certificate of the actor's authority, locked. Raises ``NotFound``."""
    row = Certificate.objects.select_for_update().filter(authority=by.authority, number=number).first()
    if row is None:
        raise NotFound("certificate", number)
    return row


def _move(row: Certificate, to: CertificateStatus, *, at: datetime) -> None:
    """Set and store the status if the table of transitions has the step. Raises ``Conflict`` otherwise."""
    if to not in CERTIFICATE_TRANSITIONS[S(row.status)]:
        raise Conflict(f"certificate {row.number} is {row.status.lower()}: it cannot become {to.value.lower()}")
    row.status, row.changed_at = to.value, at
    row.save(update_fields=["status", "changed_at"])


@action("certificates.void", needs=Permission.CERTIFICATE_VOID)
def void(*, by: Actor, at: datetime, number: str, why: str, reason: str) -> Certificate:
    """Void a certificate for good (R088). ``why`` is spoiled, error, stolen or recalled; ``reason`` is for people."""
    if why not in ("spoiled", "error", "stolen", "recalled"):
        raise Conflict("a certificate is voided as spoiled, error, stolen or recalled")
    row = _locked(number, by=by)
    _move(row, S.VOID, at=at)
    record(
        "certificate.voided", by=by, at=at, subject=number,
        statement={"t": "kpc.void", "h": row.cid, "why": why}, personal={"reason": reason},
        public=statements.void_entry(unb64u(row.cid), on=at.date(), why=why),
    )  # fmt: skip
    return row


@action("certificates.report_lost", needs=Permission.CERTIFICATE_VOID)
def report_lost(*, by: Actor, at: datetime, number: str, circumstances: str) -> Certificate:
    """Enter a certificate as lost: void at once, all told, and only then may another be issued for the goods (R092)."""
    row = _locked(number, by=by)
    _move(row, S.LOST, at=at)
    alerts.raise_alert(
        by=by, at=at, alert=Alert(
            AlertKind.LOST_CERTIFICATE, issuer=row.participant, day=at.date(), number=number,
            features=(circumstances,), reported_by=by.authority, source=f"{by.authority}, its issuer",
            status=AlertStatus.CONFIRMED, authority=by.authority,
        ),
    )  # fmt: skip
    record(
        "certificate.lost", by=by, at=at, subject=number,
        statement={"t": "kpc.void", "h": row.cid, "why": "stolen"}, personal={"circumstances": circumstances},
        public=statements.void_entry(unb64u(row.cid), on=at.date(), why="stolen"),
    )  # fmt: skip
    return row


@action("certificates.take_back_expired", needs=Permission.CERTIFICATE_VOID)
def take_back_expired(*, by: Actor, at: datetime, number: str) -> Certificate:
    """Take back an unused certificate whose validity has ended; it cannot be used again (R038).

    Raises ``Conflict`` where it is still valid.
    """
    row = _locked(number, by=by)
    if at.date() <= row.expiry_date:
        raise Conflict(f"certificate {number} is valid until {row.expiry_date}: void or replace it instead")
    _move(row, S.EXPIRED_RETURNED, at=at)
    record(
        "certificate.expired_returned", by=by, at=at, subject=number,
        statement={"h": row.cid, "expiry_date": row.expiry_date.isoformat()},
        public=statements.void_entry(unb64u(row.cid), on=at.date(), why="returned"),
    )  # fmt: skip
    return row


@action("certificates.instruct_correction", needs=Permission.CERTIFICATE_VOID)
def instruct_correction(*, by: Actor, at: datetime, number: str, field: str, new: str, reason: str) -> Correction:
    """Sign the instruction by which another authority may mend a minor error on this certificate (R086).

    Raises ``Refused`` for a field whose change is no minor error: weight, value, origin, number, dates, parties' place.
    """
    row = _locked(number, by=by)
    if objections := rules.before_correction(row.content, field=field, new=new):
        raise Refused(objections, subject=number)
    if row.status in (S.VOID, S.REPLACED, S.LOST, S.EXPIRED_RETURNED, S.RETURNED):
        raise Conflict(f"certificate {number} is {row.status.lower()}: it is not corrected any more")
    old = text_at(row.content, field)
    instruction = sign_statement(by.authority, statements.CORRECTION, statements.correction_claims(
        statements.Correction(
            participant=row.participant, authority=by.authority, iat=int(at.timestamp()), cid=unb64u(row.cid),
            number=number, field=field, old=old, new=new, reason=reason,
        )
    ))  # fmt: skip
    correction = Correction.objects.create(
        authority=by.authority, number=number, field=field, old=old, new=new, reason=reason,
        instruction=instruction, made_at=at,
    )  # fmt: skip
    record(
        "certificate.correction_instructed", by=by, at=at, subject=number,
        statement={"h": row.cid, "field": field}, personal={"old": old, "new": new, "reason": reason},
    )  # fmt: skip
    return correction


@action("certificates.export_step", needs=Permission.SHIPMENT_SEAL)
def record_export_step(*, by: Actor, at: datetime, number: str, to: CertificateStatus) -> Certificate:
    """Follow the shipment on the exporting side: sealed, announced, departed."""
    if to not in EXPORT_STEPS:
        raise Conflict(f"{to.value.lower()} is no step of the exporting side")
    row = _locked(number, by=by)
    _move(row, to, at=at)
    if to is S.DEPARTED:
        row.departed_at = at
        row.save(update_fields=["departed_at"])
    record(f"certificate.{to.value.lower()}", by=by, at=at, subject=number, statement={"h": row.cid})
    return row


@action("certificates.end_abroad", needs=Permission.SHIPMENT_SEAL)
def record_end_abroad(*, by: Actor, at: datetime, number: str, to: CertificateStatus) -> Certificate:
    """Close a certificate on the word of an importing authority that has no desk here: confirmed or refused."""
    if to not in (S.CONFIRMED, S.REFUSED):
        raise Conflict(f"an authority abroad confirms or refuses: {to.value.lower()} is neither")
    row = _locked(number, by=by)
    _move(row, to, at=at)
    record(f"certificate.{to.value.lower()}", by=by, at=at, subject=number, statement={"h": row.cid})
    return row


@action("certificates.import_step", needs=Permission.SHIPMENT_RECEIVE)
def record_import_step(*, by: Actor, at: datetime, number: str, to: CertificateStatus) -> Certificate | None:
    """Follow the shipment on the importing side, where the issuer is on this node too.

    The actor is the importing authority's officer: the certificate must be addressed to his authority.
    Returns None where another node issued the certificate.
    """
    if to not in IMPORT_STEPS:
        raise Conflict(f"{to.value.lower()} is no step of the importing side")
    row = Certificate.objects.select_for_update().filter(number=number).first()
    if row is None:
        record("certificate.step_elsewhere", by=by, at=at, subject=number, statement={"to": to.value})
        return None
    if row.destination_authority != by.authority:
        raise Conflict(f"certificate {number} is addressed to {row.destination_authority}, not to {by.authority}")
    _move(row, to, at=at)
    back = statements.void_entry(unb64u(row.cid), on=at.date(), why="returned") if to is S.RETURNED else None
    record(f"certificate.{to.value.lower()}", by=by, at=at, subject=number, statement={"h": row.cid}, public=back)
    return row
