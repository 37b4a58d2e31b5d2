"""The ledger of blank security paper and the registered ranges of numbers: what a forger wants most."""

from __future__ import annotations

from datetime import datetime

from openkimberley.alerts import actions as alerts
from openkimberley.alerts.facts import Alert, AlertKind, AlertStatus, serials
from openkimberley.certificates import queries, statements
from openkimberley.certificates.facts import FormStatus
from openkimberley.certificates.models import Form, NumberRange
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound

ALERT_OF = {FormStatus.LOST: AlertKind.LOST_BLANKS, FormStatus.STOLEN: AlertKind.STOLEN_BLANKS}
MOST_AT_ONCE = 5000  # a printer's box; more in one entry is a slip of the key


@action("certificates.register_range", needs=Permission.PAPER_STOCK)
def register_range(
    *, by: Actor, at: datetime, prefix: str, first: int, last: int, digits: int, year: int | None = None
) -> NumberRange:
    """Register a range of certificate numbers of the actor's authority (R006, R009).

    ``prefix`` is the Participant's code; numbers are zero-padded to ``digits``. Raises ``Conflict`` where the prefix is
    another's, or the range is upside down, too long for its digits, or overlaps a registered one of any authority.
    """
    if not (0 <= first <= last < 10**digits):
        raise Conflict(f"the range {first}-{last} does not fit {digits} digits: give first, last and digits in order")
    if not queries.may_number(by.authority, prefix, on=at.date()):
        raise Conflict(f"numbers that begin with {prefix} are not those of {by.authority}")
    # the authorities of a union share its prefix: no number is in the ranges of two of them
    for other in NumberRange.objects.select_for_update().filter(prefix=prefix):
        if first <= other.last and other.first <= last:
            raise Conflict(f"the range {first}-{last} overlaps the registered range {other.first}-{other.last}")
    row = NumberRange.objects.create(
        authority=by.authority, prefix=prefix, digits=digits, first=first, last=last, next=first, year=year,
        registered_at=at,
    )  # fmt: skip
    record(
        "range.registered", by=by, at=at, subject=f"{prefix}:{first}-{last}",
        statement={"prefix": prefix, "first": first, "last": last, "digits": digits, "year": year},
    )  # fmt: skip
    return row


@action("certificates.receive_forms", needs=Permission.PAPER_STOCK)
def receive_forms(*, by: Actor, at: datetime, batch: str, prefix: str, first: int, last: int, digits: int) -> int:
    """Enter a delivery of blank forms with serials ``prefix`` + zero-padded number. Returns how many.

    Raises ``Conflict`` where a serial is on the ledger already, or the delivery is upside down or too large to be true.
    """
    if not (0 <= first <= last < 10**digits) or last - first >= MOST_AT_ONCE:
        raise Conflict(f"a delivery has serials in order and at most {MOST_AT_ONCE} sheets, not {first} to {last}")
    serials = [f"{prefix}{n:0{digits}d}" for n in range(first, last + 1)]
    known = Form.objects.filter(authority=by.authority, serial__in=serials[:1] + serials[-1:])
    between = Form.objects.filter(authority=by.authority, serial__gte=serials[0], serial__lte=serials[-1])
    if clash := (known.first() or between.filter(serial__startswith=prefix).first()):
        raise Conflict(f"serial {clash.serial} is on the ledger already, received {clash.received_at:%Y-%m-%d}")
    Form.objects.bulk_create(
        Form(authority=by.authority, serial=serial, batch=batch, received_at=at, changed_at=at) for serial in serials
    )
    record(
        "forms.received", by=by, at=at, subject=f"{serials[0]}..{serials[-1]}",
        statement={"batch": batch, "first": serials[0], "last": serials[-1], "count": len(serials)},
    )  # fmt: skip
    return len(serials)


@action("certificates.write_off_form", needs=Permission.PAPER_STOCK)
def write_off_form(*, by: Actor, at: datetime, serial: str, status: FormStatus, reason: str) -> Form:
    """Write off a blank form as spoiled, lost or stolen. Final: a sheet that turns up again stays written off.

    A lost or stolen sheet is an alert at every desk from this moment on.

    Raises ``NotFound``; ``Conflict`` where the sheet is not blank any more.
    """
    form = Form.objects.select_for_update().filter(authority=by.authority, serial=serial).first()
    if form is None:
        raise NotFound("blank form", serial)
    if status not in (FormStatus.SPOILED, FormStatus.LOST, FormStatus.STOLEN):
        raise Conflict("a blank form is written off as spoiled, lost or stolen")
    if form.status != FormStatus.RECEIVED:
        raise Conflict(f"form {serial} is {form.status.lower()} since {form.changed_at:%Y-%m-%d}")
    form.status, form.reason, form.changed_at = status.value, reason, at
    form.save(update_fields=["status", "reason", "changed_at"])
    record(
        f"form.{status.value.lower()}", by=by, at=at, subject=serial, statement={"serial": serial},
        personal={"reason": reason}, public=statements.form_entry(serial),
    )  # fmt: skip
    if status in ALERT_OF:
        alerts.raise_alert(
            by=by, at=at, alert=Alert(
                ALERT_OF[status], issuer=by.authority.partition("-")[0], day=at.date(), serials=serials(serial),
                features=(reason,), reported_by=by.authority, source=f"{by.authority}, its owner",
                status=AlertStatus.CONFIRMED, authority=by.authority,
            ),
        )  # fmt: skip
    return form


def use_form(*, authority: str, serial: str, number: str, at: datetime) -> None:
    """Mark a blank form as used for a certificate. Must be inside the issuing action's transaction.

    Raises ``NotFound`` or ``Conflict`` where the sheet is not on the ledger or not blank.
    """
    sheet = Form.objects.filter(authority=authority, serial=serial)
    blank = sheet.filter(status=FormStatus.RECEIVED.value)
    if blank.update(status=FormStatus.USED.value, certificate_number=number, changed_at=at):
        return
    form = sheet.first()
    if form is None:
        raise NotFound("blank form", serial)
    raise Conflict(f"form {serial} is {form.status.lower()}, not blank: take the next sheet")
