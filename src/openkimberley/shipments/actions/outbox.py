"""The outbox: e-mails are queued in the transaction of the act they tell of, and sent afterwards, at least once.

What a crash means: before the commit, nothing was to be sent; after it, the notice stands in the table until a tick has
sent it. A crash between sending and marking sends it again, under the same ``Message-ID``, which a receiver's mail
system takes for the same message. A server that fails keeps the notice queued, with its error for all to see.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils import translation

from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound
from openkimberley.shipments import queries
from openkimberley.shipments.models import Notice

BACK_OFF = (1, 5, 15, 60, 240)
"""Minutes until the next attempt; the last step repeats until a server takes the notice."""

LEASE = timedelta(minutes=10)  # longer than a batch takes: two ticks at once do not send the same notice
BATCH = 50

LANGUAGE = "en"  # the Scheme's working language: the reader is another nation's authority


def queue(
    kind: str, *, by: Actor, at: datetime, number: str, to_authority: str, fields: dict[str, Any], address: str = ""
) -> Notice:
    """Put an e-mail into the outbox. Must be inside an action's transaction; the journal names it with that act.

    ``fields`` fill the texts ``shipments/mail/KIND.txt`` and travel as ``notice.json``. Without a known address the
    notice is FAILED from the start, and says so on the list of what waits.
    """
    address = address or queries.address_of(to_authority, on=at.date())
    subject, body = wording(kind, number, fields)
    waiting = Notice.objects.filter(authority=by.authority, certificate_number=number).count()
    notice = Notice.objects.create(
        authority=by.authority, kind=kind, certificate_number=number, to_authority=to_authority, address=address,
        subject=subject, body=body, fields=fields,
        message_id=f"<{kind.lower()}.{number}.{waiting + 1}@{by.authority.lower()}.openkimberley>",
        status="QUEUED" if address else "FAILED", queued_at=at, next_attempt=at,
        error="" if address else "no e-mail address of this authority is known: enter one, or tell it by other means",
    )  # fmt: skip
    record(
        "notice.queued", by=by, at=at, subject=number,
        statement={"kind": kind, "to": to_authority, "message_id": notice.message_id}, personal={"fields": fields},
    )  # fmt: skip
    return notice


def wording(kind: str, number: str, fields: dict[str, Any]) -> tuple[str, str]:
    """Subject and body of an e-mail, in the Scheme's working language; also the preview of what will be sent."""
    with translation.override(LANGUAGE):
        text = render_to_string(f"shipments/mail/{kind.lower()}.txt", {**fields, "number": number})
    subject, _, body = text.strip().partition("\n")
    return " ".join(subject.split())[:200], body.strip() + "\n"


@action("shipments.claim_notices", needs=Permission.SHIPMENT_SEAL)
def claim_notices(*, by: Actor, at: datetime) -> list[Notice]:
    """Take the notices that are due, so that no other tick sends them meanwhile. The claim ends by itself."""
    due = Notice.objects.select_for_update().filter(authority=by.authority, status="QUEUED", next_attempt__lte=at)
    claimed = list(due[:BATCH])
    Notice.objects.filter(pk__in=[notice.pk for notice in claimed]).update(next_attempt=at + LEASE)
    record(
        "notices.claimed", by=by, at=at, subject=by.authority,
        statement={"message_ids": [notice.message_id for notice in claimed]},
    )  # fmt: skip
    return claimed


@action("shipments.mark_notice_sent", needs=Permission.SHIPMENT_SEAL)
def mark_notice_sent(*, by: Actor, at: datetime, message_id: str) -> Notice:
    """Enter that a mail server took the notice."""
    notice = _locked(message_id, by=by)
    notice.status, notice.sent_at, notice.error, notice.attempts = "SENT", at, "", notice.attempts + 1
    notice.save(update_fields=["status", "sent_at", "error", "attempts"])
    record(
        "notice.sent", by=by, at=at, subject=notice.certificate_number,
        statement={"kind": notice.kind, "message_id": message_id}, personal={"to": notice.address},
    )  # fmt: skip
    return notice


@action("shipments.mark_notice_unsent", needs=Permission.SHIPMENT_SEAL)
def mark_notice_unsent(*, by: Actor, at: datetime, message_id: str, error: str) -> Notice:
    """Enter that no server took the notice; it stays queued for the next attempt."""
    notice = _locked(message_id, by=by)
    wait = BACK_OFF[min(notice.attempts, len(BACK_OFF) - 1)]
    notice.attempts, notice.error = notice.attempts + 1, error[:300]
    notice.next_attempt = at + timedelta(minutes=wait)
    notice.save(update_fields=["attempts", "error", "next_attempt"])
    record(
        "notice.not_sent", by=by, at=at, subject=notice.certificate_number,
        statement={"message_id": message_id, "attempt": notice.attempts}, personal={"error": error[:300]},
    )  # fmt: skip
    return notice


@action("shipments.readdress_notice", needs=Permission.SHIPMENT_SEAL)
def readdress_notice(*, by: Actor, at: datetime, message_id: str, address: str) -> Notice:
    """Give a notice that was not sent the right e-mail address, and queue it again at once."""
    try:
        validate_email(address)
    except Exception as error:
        raise Conflict(f"{address[:60]!r} is no e-mail address") from error
    notice = _locked(message_id, by=by)
    if notice.status == "SENT":
        raise Conflict(f"notice {message_id} was sent on {notice.sent_at:%Y-%m-%d}")
    notice.address, notice.status, notice.next_attempt, notice.error = address, "QUEUED", at, ""
    notice.save(update_fields=["address", "status", "next_attempt", "error"])
    record(
        "notice.readdressed", by=by, at=at, subject=notice.certificate_number,
        statement={"message_id": message_id}, personal={"to": address},
    )  # fmt: skip
    return notice


def deliver_notices(*, by: Actor, at: datetime, connection: BaseEmailBackend | None = None) -> int:
    """Send what is due of the actor's authority, or of every authority for the node itself: how many were sent.

    Each notice is claimed, sent outside any transaction, and marked by an act of its own: a slow mail server holds up
    no officer. Never raises for a server that fails.
    """
    authorities = [by.authority] if by.authority else queries.authorities_with_due_notices(at=at)
    return sum(_deliver(replace(by, authority=one), at=at, connection=connection) for one in authorities)


def _deliver(by: Actor, *, at: datetime, connection: BaseEmailBackend | None) -> int:
    """Send what is due of one authority: how many a server took."""
    if not queries.due_notices(by.authority, at=at):
        return 0
    sent = 0
    mail = connection or get_connection()
    for notice in claim_notices(by=by, at=at):
        try:
            letter(notice, mail).send()
        except Exception as error:  # whatever a server or an address does, the notice stays
            mark_notice_unsent(by=by, at=at, message_id=notice.message_id, error=f"{type(error).__name__}: {error}")
        else:
            mark_notice_sent(by=by, at=at, message_id=notice.message_id)
            sent += 1
    return sent


def letter(notice: Notice, connection: BaseEmailBackend | None = None) -> EmailMessage:
    """The e-mail of a notice: its text, and its fields as ``notice.json`` for the receiver's software."""
    message = EmailMessage(
        subject=notice.subject, body=notice.body, to=[notice.address], connection=connection,
        headers={"Message-ID": notice.message_id, "Auto-Submitted": "auto-generated"},
    )  # fmt: skip
    fields = {"kind": notice.kind, "number": notice.certificate_number, **notice.fields}
    message.attach("notice.json", json.dumps(fields, ensure_ascii=False, indent=1), "application/json")
    if receipt := notice.fields.get("receipt"):
        message.attach("receipt.jws", receipt, "application/jose")
    if instruction := notice.fields.get("instruction"):
        message.attach("correction.jws", instruction, "application/jose")
    return message


def _locked(message_id: str, *, by: Actor) -> Notice:
    """A notice of the actor's authority, locked. Raises ``NotFound``."""
    notice = Notice.objects.select_for_update().filter(authority=by.authority, message_id=message_id).first()
    if notice is None:
        raise NotFound("notice", message_id[:60])
    return notice
