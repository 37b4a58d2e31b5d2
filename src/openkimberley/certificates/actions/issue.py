"""The second officer approves: number, signature, journal and record in one transaction, or none of them.

What a crash means: until the transaction commits nothing happened, and the number is the next one still; after it, the
certificate stands with its number, signature and journal entry together. Paper and PDF are made from the record
afterwards, as often as need be.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from openkimberley.alerts import queries as alerts
from openkimberley.certificates import queries, rules, statements
from openkimberley.certificates.actions.application import locked, move
from openkimberley.certificates.actions.paper import use_form
from openkimberley.certificates.facts import (
    CERTIFICATE_TRANSITIONS,
    STATEMENT,
    TITLE,
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
from openkimberley.trust.canonical import b64u, unb64u
from openkimberley.trust.signing import signer_for

if TYPE_CHECKING:
    from openkimberley.certificates.models import Examination
    from openkimberley.participants.facts import Profiles

STATUS_LIST_SIZE = 2**17
"""Places in a year's status list (trust.md 4.9): large enough that indexes tell nothing of how many are issued."""


@action("certificates.approve", needs=Permission.CERTIFICATE_APPROVE)
def approve(
    *, by: Actor, at: datetime, reference: str, version: int, paper_serial: str = "", surrendered: bool = False
) -> Certificate:
    """Approve an examined application: issue its certificate, signed and journalled.

    Takes the next number of the authority's registered range, and the blank form ``paper_serial`` where one is used.
    ``surrendered`` says that the old paper of a replacement was handed in (R087).
    Raises ``Refused`` with every objection that refuses or holds; ``Conflict`` where the application moved on;
    ``NotFound`` where no range, blank form or signing key is at hand.
    """
    row = locked(reference, by=by, version=version)
    move(row, ApplicationStatus.APPROVED, at=at)
    row.decided_by = by.id
    numbers = _range_for(row.authority, at.date())
    number = f"{numbers.prefix}{numbers.next:0{numbers.digits}d}"
    # What several of the following ask is read once: each read costs as much as a signature.
    found, profiles = row.examinations.last(), participants.profiles()
    content = content_to_issue(
        row, number=number, on=at.date(), by=by, paper_serial=paper_serial, found=found, profiles=profiles
    )
    case = queries.case(row, on=at.date(), content=content, approver=by.id, found=found, profiles=profiles)
    stops = [o for o in rules.before_issue(case) if o.severity is not Severity.FLAG]
    old = _predecessor(row, by=by)
    if old is not None:
        stops += rules.before_replacement(_replacement(old, surrendered=surrendered))
    if stops:
        raise Refused(stops, subject=reference)
    numbers.next += 1
    numbers.save(update_fields=["next"])
    if paper_serial:
        use_form(authority=row.authority, serial=paper_serial, number=number, at=at)
    certificate = _sign_and_record(row, content, by=by, at=at)
    row.certificate_number = number
    row.save(update_fields=["status", "changed_at", "version", "decided_by", "certificate_number"])
    if old is not None:
        _replace(old, by_number=number, by=by, at=at)
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


def content_to_issue(
    row: Application, *, number: str, on: date, by: Actor, paper_serial: str, found: Examination | None = None,
    profiles: Profiles | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The certificate's JSON: what was applied for, with the weights measured and the values that count."""
    found = found or row.examinations.last()
    if found is None:
        raise Conflict(f"application {row.reference} was not examined")
    profile = (profiles or participants.profiles()).of(queries.participant_of(row.authority))
    values = values_that_count(row, highest=bool(profile.highest_of_three_valuations))
    lines = [
        {"hs": weighed["hs"], "carats": weighed["carats"], "usd": usd}
        for weighed, usd in zip(found.lines, values, strict=True)
    ]
    content = queries.stated(row.content)
    content.update(
        number=number, issuer=queries.participant_of(row.authority), issuing_authority=row.authority,
        issue_date=on.isoformat(), expiry_date=rules.expiry(profile, on).isoformat(),
        title=TITLE, statement=STATEMENT, english=True,
        parcels=found.parcels, lines=lines, seals=found.seals,
        total_carats=str(sum((Decimal(line["carats"]) for line in lines), Decimal("0.00"))),
        total_usd=str(sum((Decimal(line["usd"]) for line in lines), Decimal("0.00"))),
        validated={"by": by.id, "date": on.isoformat()},
    )  # fmt: skip
    if paper_serial:
        content["paper_serial"] = paper_serial
    if row.kind != Kind.EXPORT and row.about:
        content["draws_on"] = [row.about]
    return content


def values_that_count(row: Application, *, highest: bool) -> list[str]:
    """US$ of each line: as declared, or of the highest valuation where the profile says so (R059, R060)."""
    declared = [str(line.get("usd", "")) for line in row.content.get("lines", [])]
    if not highest:
        return declared
    newest = {valuation.role: valuation for valuation in queries.valuations(row)}
    best = max(newest.values(), key=lambda valuation: valuation.usd, default=None)
    if best is None or best.usd <= sum((Decimal(usd) for usd in declared), Decimal("0.00")):
        return declared
    return [line["usd"] for line in best.lines]


def _sign_and_record(row: Application, content: dict[str, Any], *, by: Actor, at: datetime) -> Certificate:
    """Sign the credential, enter it in the journal, build the QR codes with the entry's index, insert the record."""
    certificate = statements.certificate_from_json(content)
    signer = signer_for(row.authority)
    year = at.year
    index = _status_index(row.authority, year)
    old = queries.issued(row.about) if row.about else None
    signed, cid = statements.issue_credential(
        certificate, signer=signer, authority=row.authority, iat=int(at.timestamp()),
        status_uri=queries.status_uri(row.authority, year), status_idx=index,
        replaces=unb64u(old.cid) if old and row.kind == Kind.EXPORT else None, kind=Kind(row.kind),
    )  # fmt: skip
    entry = record(
        "certificate.issued", by=by, at=at, subject=certificate.number,
        statement={
            "cid": b64u(cid), "issue_date": content["issue_date"], "authority": row.authority,
            "application": row.reference, "kid": signer.kid,
        },
        public={"t": "kpc.issue", "n": certificate.number, "h": b64u(cid), "d": content["issue_date"]},
    )  # fmt: skip
    qr = {"authority": row.authority, "cid": cid, "status": (year, index), "log_index": entry}
    assert certificate.expiry_date is not None
    assert certificate.issue_date is not None
    assert certificate.total_carats is not None
    assert certificate.total_usd is not None
    issued = Certificate.objects.create(
        authority=row.authority, number=certificate.number, participant=certificate.issuer, kind=row.kind,
        status=CertificateStatus.ISSUED.value, application=row, content=content, issue_date=certificate.issue_date,
        expiry_date=certificate.expiry_date, issued_at=at, changed_at=at, exporter_licence=row.company,
        exporter_name=row.exporter_name, importer_name=row.importer_name, destination=certificate.destination,
        destination_authority=certificate.destination_authority, carats=certificate.total_carats,
        usd=certificate.total_usd, paper_serial=content.get("paper_serial", ""), cid=b64u(cid),
        sd_jwt=signed, qr_full=statements.full_qr(certificate, signer=signer, **qr),
        qr_label=statements.label_qr(certificate, signer=signer, **qr), status_index=index, journal_index=entry,
        replaces=row.about if row.kind == Kind.EXPORT else "",
        return_of=row.about if row.kind != Kind.EXPORT else "",
    )  # fmt: skip
    for number, carats in queries.draws_of(row.content).items():
        source = rules.normalised(number)  # compared as R008 says, however it was typed
        Draw.objects.create(certificate=issued, authority=row.authority, source_number=source, carats=carats)
    return issued


def _status_index(authority: str, year: int) -> int:
    """A place in the year's status list, random and never used before. Raises ``Conflict`` where the list is full."""
    for _ in range(1000):  # at a list nine tenths full a free place is found within 44 tries, nearly surely
        index = secrets.randbelow(STATUS_LIST_SIZE)
        try:
            with transaction.atomic():  # the table itself knows which are taken: nearly always the first is free
                StatusIndex.objects.create(
                    authority=authority, year=year, index=index, uri=queries.status_uri(authority, year)
                )
        except IntegrityError:
            continue
        return index
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
