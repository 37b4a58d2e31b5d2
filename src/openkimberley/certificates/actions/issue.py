"""The second officer approves: number, signature, journal and record in one transaction, or none of them.

What a crash means: until the transaction commits nothing happened here, and the number is the next one still; after it,
the certificate stands with its number, signature and journal entry together. The signer may have signed for an act that
was not finished: the same act again gets the same signature, any other finds the number spent and enters it as void.
Paper and PDF are made from the record afterwards, as often as need be.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from openkimberley.alerts import queries as alerts
from openkimberley.certificates import queries, rules, statements
from openkimberley.certificates.actions import drafting
from openkimberley.certificates.actions.application import locked, move
from openkimberley.certificates.actions.approvals import of_both
from openkimberley.certificates.actions.paper import use_form
from openkimberley.certificates.facts import (
    CERTIFICATE_TRANSITIONS,
    ApplicationStatus,
    CertificateStatus,
    Kind,
)  # fmt: skip
from openkimberley.certificates.models import Application, Certificate, Draw, NumberRange, StatusIndex
from openkimberley.journal import queries as journal
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotFound, Refused
from openkimberley.kernel.rules import Severity
from openkimberley.participants import queries as participants
from openkimberley.trust import signing
from openkimberley.trust.canonical import b64u, sha256, unb64u

STATUS_LIST_SIZE = 2**17
"""Places in a year's status list (trust.md 4.9): large enough that indexes tell nothing of how many are issued."""


@action("certificates.approve", needs=Permission.CERTIFICATE_APPROVE)
def approve(
    *, by: Actor, at: datetime, reference: str, version: int, paper_serial: str = "", surrendered: bool = False,
    approval: Mapping[str, Any] | None = None,
) -> Certificate:  # fmt: skip
    """Approve an examined application: issue its certificate, signed and journalled.

    Takes the next number of the authority's registered range, and the blank form ``paper_serial`` where one is used.
    ``surrendered`` says that the old paper of a replacement was handed in (R087). ``approval`` is the officer's own
    over the exact draft (``trust.approval``); without it the node's word stands, which a signer may refuse.
    Raises ``Refused`` with every objection that refuses or holds; ``Conflict`` where the application moved on or the
    signer does not answer; ``NotFound`` where no range, blank form or signing key is at hand; ``NotPermitted`` or
    ``Untrusted`` where the signer does not accept the approvals.
    """
    row = locked(reference, by=by, version=version)
    move(row, ApplicationStatus.APPROVED, at=at)
    row.decided_by = by.id
    numbers = _range_for(row.authority, at.date())
    number = f"{numbers.prefix}{numbers.next:0{numbers.digits}d}"
    # What several of the following ask is read once: each read costs as much as a signature.
    found, profiles = row.examinations.last(), participants.profiles()
    content = drafting.content_to_issue(
        row, number=number, on=at.date(), by=by, paper_serial=paper_serial, found=found, profiles=profiles
    )
    case = queries.case(row, on=at.date(), content=content, approver=by.id, found=found, profiles=profiles)
    stops = [o for o in rules.before_issue(case) if o.severity is not Severity.FLAG]
    old = _predecessor(row, by=by)
    if old is not None:
        stops += rules.before_replacement(_replacement(old, surrendered=surrendered))
    if stops:
        raise Refused(stops, subject=reference)
    approvals = of_both(row, drafting.draft_of(row, content), found=found, by=by, at=at, evidence=approval)
    certificate = _sign_and_record(row, content, numbers, approvals, by=by, at=at)
    if paper_serial:
        use_form(authority=row.authority, serial=paper_serial, number=certificate.number, at=at)
    row.certificate_number = certificate.number
    row.save(update_fields=["status", "changed_at", "version", "decided_by", "certificate_number"])
    if old is not None:
        _replace(old, by_number=certificate.number, by=by, at=at)
    return certificate


def _predecessor(row: Application, *, by: Actor) -> Certificate | None:
    """The certificate that this one would replace, locked. Raises ``NotFound``."""
    if not row.about or row.kind != Kind.EXPORT:
        return None
    old = Certificate.objects.select_for_update().filter(authority=by.authority, number=row.about).first()
    if old is None:
        raise NotFound("certificate", row.about)
    if old.replaced_by:  # a lost one stays lost: its status does not tell that another took its place
        raise Conflict(f"certificate {old.number} was replaced by {old.replaced_by} already")
    return old


def _replacement(old: Certificate, *, surrendered: bool) -> rules.Replacement:
    """What the rules ask about a certificate that is to be replaced."""
    status = CertificateStatus(old.status)
    lost = status is CertificateStatus.LOST
    before_export = CertificateStatus.REPLACED in CERTIFICATE_TRANSITIONS[status]
    return rules.Replacement(
        old.number, exported=not (lost or before_export), surrendered=surrendered, lost=lost, voided=lost,
        published=lost and alerts.alert_for(old.number, old.participant) is not None,
    )  # fmt: skip


def _range_for(authority: str, on: date) -> NumberRange:
    """The range to number from: this year's own first, else one without a year. Raises ``NotFound`` if all are used.

    A number that only the journal knows was given before an older database was restored: it is passed over.
    """
    for row in NumberRange.objects.select_for_update().filter(authority=authority).order_by(*queries.RANGES_IN_TURN):
        if row.year not in (on.year, None):
            continue
        while row.next <= row.last and journal.came_back(f"{row.prefix}{row.next:0{row.digits}d}"):
            row.next += 1
        if row.next <= row.last:
            return row
    raise NotFound("free certificate number", f"of {authority}: register a range")


def _sign_and_record(
    row: Application, content: dict[str, Any], numbers: NumberRange, approvals: list[Any], *, by: Actor, at: datetime
) -> Certificate:
    """Let the signer sign, enter it in the journal, have the codes made with the entry's index, insert the record."""
    signed = _signed(row, content, numbers, approvals, by=by, at=at)
    content, cid, number = signed["content"], signed["cid"], signed["number"]
    certificate = statements.certificate_from_json(content)
    assert certificate.issue_date is not None
    assert certificate.expiry_date is not None
    assert certificate.total_carats is not None
    assert certificate.total_usd is not None
    entry = record(
        "certificate.issued", by=by, at=at, subject=number,
        statement={
            "cid": cid, "issue_date": content["issue_date"], "authority": row.authority,
            "application": row.reference, "kid": signed["kid"], "approval_level": signed["level"],
        },
        public={"t": "kpc.issue", "n": number, "h": cid, "d": content["issue_date"]},
    )  # fmt: skip
    codes = signing.service().codes(authority=row.authority, number=number, log_index=entry)
    issued = Certificate.objects.create(
        authority=row.authority, number=number, participant=certificate.issuer, kind=row.kind,
        status=CertificateStatus.ISSUED.value, application=row, content=content, issue_date=certificate.issue_date,
        expiry_date=certificate.expiry_date, issued_at=at, changed_at=at, exporter_licence=row.company,
        exporter_name=row.exporter_name, importer_name=row.importer_name, destination=certificate.destination,
        destination_authority=certificate.destination_authority, carats=certificate.total_carats,
        usd=certificate.total_usd, paper_serial=content.get("paper_serial", ""), cid=cid, sd_jwt=signed["sd_jwt"],
        approval_level=signed["level"], qr_full=codes["full"], qr_label=codes["label"],
        status_index=signed["status"]["idx"], journal_index=entry,
        replaces=row.about if row.kind == Kind.EXPORT else "",
        return_of=row.about if row.kind != Kind.EXPORT else "",
    )  # fmt: skip
    for source, carats in queries.draws_of(row.content).items():
        named = rules.normalised(source)  # compared as R008 says, however it was typed
        Draw.objects.create(certificate=issued, authority=row.authority, source_number=named, carats=carats)
    tell = functools.partial(signing.service().settle, authority=row.authority, number=number)
    transaction.on_commit(tell, robust=True)  # unheard, the next number tells the signer the same
    return issued


def _signed(
    row: Application, content: dict[str, Any], numbers: NumberRange, approvals: list[Any], *, by: Actor, at: datetime
) -> dict[str, Any]:
    """The signer's answer. A number that it spent on an act this node never finished is entered as void (R003).

    Raises ``NotFound`` where the range ends first.
    """
    year = at.year
    old = queries.issued(row.about) if row.about and row.kind == Kind.EXPORT else None
    place = _status_index(row.authority, year)
    request = {
        "authority": row.authority, "draft": drafting.draft_of(row, content), "issue_date": content["issue_date"],
        "expiry_date": content["expiry_date"], "paper_serial": content.get("paper_serial", ""),
        "iat": int(at.timestamp()), "replaces": old.cid if old else None, "approvals": approvals,
        "status": {"uri": queries.status_uri(row.authority, year), "idx": place.index, "id": year},
        "range": {"prefix": numbers.prefix, "first": numbers.first, "last": numbers.last, "digits": numbers.digits,
                  "year": numbers.year or 0},
    }  # fmt: skip
    while numbers.next <= numbers.last:
        number = f"{numbers.prefix}{numbers.next:0{numbers.digits}d}"
        signed = signing.service().certificate(request={**request, "number": number})
        numbers.next += 1
        numbers.save(update_fields=["next"])
        if bound := signed.get("bound"):
            _record_void(bound, by=by, at=at)
            continue
        if signed["status"] != request["status"]:  # what the signer signed before a crash of this node
            place.index, place.year = signed["status"]["idx"], signed["status"]["id"]
            place.save(update_fields=["index", "year"])
        return signed
    raise NotFound("free certificate number", f"of {row.authority}: register a range")


def _record_void(bound: dict[str, Any], *, by: Actor, at: datetime) -> None:
    """Enter that a number will never stand on a certificate: it was signed, and the act was not finished."""
    ref = b64u(sha256(b"kpc.ref.v1" + unb64u(bound["cid"])))
    record(
        "certificate.number_void", by=by, at=at, subject=bound["number"],
        statement={"cid": bound["cid"], "why": "error", "issue_date": bound["issue_date"]},
        public={"t": "kpc.void", "r": ref, "d": at.date().isoformat(), "why": "error"},
    )  # fmt: skip


def _status_index(authority: str, year: int) -> StatusIndex:
    """A place in the year's status list, random and never used before. Raises ``Conflict`` where the list is full."""
    for _ in range(1000):  # at a list nine tenths full a free place is found within 44 tries, nearly surely
        index = secrets.randbelow(STATUS_LIST_SIZE)
        try:
            with transaction.atomic():  # the table itself knows which are taken: nearly always the first is free
                return StatusIndex.objects.create(
                    authority=authority, year=year, index=index, uri=queries.status_uri(authority, year)
                )
        except IntegrityError:
            continue
    raise Conflict(f"the status list {year} of {authority} is full: begin another")


def _replace(old: Certificate, *, by_number: str, by: Actor, at: datetime) -> None:
    """Link the old certificate to the new one; it becomes replaced, unless it was lost, which it stays."""
    if old.status != CertificateStatus.LOST:
        old.status = CertificateStatus.REPLACED.value
    old.replaced_by, old.changed_at = by_number, at
    old.save(update_fields=["status", "replaced_by", "changed_at"])
    record(
        "certificate.replaced", by=by, at=at, subject=old.number, statement={"replaced_by": by_number},
        public=statements.void_entry(unb64u(old.cid), on=at.date(), why="replaced"),
    )  # fmt: skip
