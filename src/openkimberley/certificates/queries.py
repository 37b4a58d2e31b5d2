"""Reads of certification: who may see what, the facts that rules ask, lists for pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Count, Q, QuerySet, Sum

from openkimberley.certificates import facts, statements
from openkimberley.certificates.facts import ApplicationStatus, CertificateStatus, Kind
from openkimberley.certificates.models import (
    Application, Certificate, Correction, Draw, Form, NumberRange, Received,
)  # fmt: skip
from openkimberley.certificates.rules.case import (
    Case, HeldImport, HeldLicence, Known, Valuations, Verification,
)  # fmt: skip
from openkimberley.kernel import measures
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import NotFound
from openkimberley.participants import queries as participants
from openkimberley.trade import queries as trade

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openkimberley.participants.facts import Profile

M = TypeVar("M", Application, Certificate)

SUPERVISED = (Permission.CERTIFICATE_EXAMINE, Permission.CERTIFICATE_APPROVE, Permission.PAPER_STOCK)


def participant_of(authority: str) -> str:
    """The Participant's code in an authority's code: ``EU`` of ``EU-BE``."""
    return authority.partition("-")[0]


def parts(reference: str) -> dict[str, Any]:
    """Filter values of an application's reference ``BW-A-000012``. Raises ``NotFound`` for anything else."""
    authority, _, serial = reference.rpartition("-A-")
    if not authority or not serial.isascii() or not serial.isdigit() or len(serial) > 18:
        raise NotFound("application", reference[:40])
    return {"authority": authority, "serial": int(serial)}


def visible(rows: QuerySet[Application], *, by: Actor) -> QuerySet[Application]:
    """The applications an actor may see: officers those of their authority, applicants those of their companies."""
    if not by.may(Permission.CERTIFICATE_READ):
        return rows.none()
    if by.companies:
        return rows.filter(authority=by.authority, company__in=by.companies)
    return rows.filter(authority=by.authority).exclude(status="DRAFT", kind="EXPORT") if by.authority else rows.none()


def visible_certificates(rows: QuerySet[Certificate], *, by: Actor) -> QuerySet[Certificate]:
    """The certificates an actor may see: its authority's, those addressed to its authority, or its companies' own."""
    if not by.may(Permission.CERTIFICATE_READ):
        return rows.none()
    if by.companies:
        return rows.filter(authority=by.authority, exporter_licence__in=by.companies)
    if not by.authority:
        return rows.none()
    return rows.filter(Q(authority=by.authority) | Q(destination_authority=by.authority))


def application(reference: str, *, by: Actor) -> Application:
    """One application that the actor may see. Raises ``NotFound``."""
    row = visible(Application.objects.all(), by=by).filter(**parts(reference)).first()
    if row is None:
        raise NotFound("application", reference)
    return row


def certificate(number: str, *, by: Actor) -> Certificate:
    """One certificate that the actor may see, by its number as written. Raises ``NotFound``."""
    row = visible_certificates(Certificate.objects.select_related("application"), by=by).filter(number=number).first()
    if row is None:
        raise NotFound("certificate", number)
    return row


def issued(number: str) -> Certificate | None:
    """The certificate with this number if this node issued it; for other areas' actions, not for pages."""
    return Certificate.objects.filter(number=number).first()


def fill(row: Application, content: dict[str, Any]) -> None:
    """Set the content of a draft and the columns that lists need. Unreadable amounts stay in the content as typed."""
    row.content = content
    row.exporter_name = str((content.get("exporter") or {}).get("name", ""))[:200]
    row.importer_name = str((content.get("importer") or {}).get("name", ""))[:200]
    row.destination = str(content.get("destination", ""))[:12]
    try:
        row.carats = sum((measures.carats(line["carats"]) for line in content.get("lines", [])), Decimal("0.00"))
    except (measures.BadMeasure, KeyError, TypeError):
        row.carats = None


def content_facts(row: Application, *, on: date) -> facts.Certificate:
    """The certificate that an application would become on a day. Raises ``Untrusted`` for unreadable content."""
    return read_content(row.content, authority=row.authority, on=on)


def read_content(content: dict[str, Any], *, authority: str, on: date) -> facts.Certificate:
    """A draft's JSON as a certificate of an authority on a day. Raises ``Untrusted`` naming every bad field."""
    draft = {key: value for key, value in content.items() if value not in ("", None, [], {})}
    return statements.certificate_from_json(
        {
            **draft,
            "number": f"{participant_of(authority)}0",  # the number comes with the approval
            "issuer": participant_of(authority),
            "issuing_authority": authority,
            "issue_date": on.isoformat(),
        }
    )


def case(row: Application, *, on: date, content: dict[str, Any] | None = None, approver: str = "") -> Case:
    """What the rules are asked about an application: filing it, or issuing ``content`` on a day.

    Raises ``Untrusted`` for content that cannot be read as a certificate.
    """
    wanted = statements.certificate_from_json(content) if content else content_facts(row, on=on)
    return Case(
        certificate=wanted, asked_on=on, register=participants.register(), profiles=participants.profiles(),
        known=_known(row, wanted, on=on, approver=approver), own=True,
    )  # fmt: skip


def _known(row: Application, wanted: facts.Certificate, *, on: date, approver: str) -> Known:
    """What this desk knows about an application besides its content."""
    found = row.examinations.last()
    licence = trade.known_licences([row.company]).get(row.company) if row.company else None
    draws = {draw["number"]: measures.carats(draw["carats"]) for draw in row.content.get("draws_on", [])}
    sources, already = received(row.authority, draws), drawn(row.authority, draws)
    values = {valuation.role: valuation for valuation in row.valuations.all()}
    here = participant_of(row.authority)
    return Known(
        issued_numbers=frozenset(
            Certificate.objects.filter(number=wanted.number).values_list("number", flat=True) if approver else ()
        ),
        licences=tuple(held_licences([row.company], on=on)) if row.company else None,
        stock_declared=(on.year - 1 in licence.stock_declared) if licence else None,
        private_person=licence.one_time if licence else None,
        mined_here=here in wanted.origin if not draws else None,
        imports={
            number: HeldImport(
                number, source.carats - already.get(number, Decimal("0.00")),
                origin=tuple(country for country in source.origin if country != facts.MIXED),
                mixed=facts.MIXED in source.origin,
            )
            for number, source in sources.items()
        },
        draws=draws,
        declared=bool(row.declared_by),
        verification=Verification(found.method, found.method_reason) if found else None,
        valuations=Valuations(
            exporter=wanted.total_usd, government=values["GOVERNMENT"].usd if "GOVERNMENT" in values else None,
            independent=values["INDEPENDENT"].usd if "INDEPENDENT" in values else None, requested_at=row.filed_at,
            valued_at=max((value.valued_at for value in values.values()), default=None),
        ),
        steps={
            name: person
            for name, person in (
                ("apply", row.filed_by or row.opened_by), ("examine", found.examined_by if found else ""),
                ("value", values["GOVERNMENT"].valued_by if "GOVERNMENT" in values else ""), ("approve", approver),
            )
            if person
        },
    )  # fmt: skip


def held_licences(numbers: Iterable[str], *, on: date) -> list[HeldLicence]:
    """The licences among ``numbers`` that are good on a day, as the rules read them."""
    known = trade.known_licences(list(numbers))
    return [
        HeldLicence(number, frozenset(kind.value for kind in licence.kinds), since=on, until=on + timedelta(days=1))
        for number, licence in known.items()
        if licence.status_on(on).value == "GRANTED"
    ]


def profile_of(authority: str) -> Profile:
    """The jurisdiction profile of an authority's Participant."""
    return participants.profiles().of(participant_of(authority))


def waiting(by: Actor) -> list[dict[str, Any]]:
    """What waits for an actor in certification, oldest first: what it is, which one, since when, and where to act."""
    wanted: set[str] = set()
    if by.may(Permission.CERTIFICATE_EXAMINE):
        wanted.add(ApplicationStatus.FILED)
    if by.may(Permission.CERTIFICATE_APPROVE):
        wanted.add(ApplicationStatus.EXAMINED)
    if by.may(Permission.CERTIFICATE_VALUE) and not by.may(Permission.CERTIFICATE_EXAMINE):
        wanted |= {ApplicationStatus.FILED, ApplicationStatus.EXAMINED}
    if by.may(Permission.CERTIFICATE_APPLY):
        wanted |= {ApplicationStatus.DRAFT, ApplicationStatus.RETURNED}
    rows = visible(Application.objects.all(), by=by).filter(status__in=wanted).order_by("changed_at")[:200]
    found = [
        {"what": row.status, "kind": "application", "number": row.reference, "since": row.changed_at, "due": None,
         "who": row.exporter_name, "url_name": "application"}
        for row in rows
    ]  # fmt: skip
    if by.may(Permission.SHIPMENT_SEAL) and by.authority:
        issued_ = Certificate.objects.filter(authority=by.authority, status__in=["ISSUED", "SEALED", "ANNOUNCED"])
        found += [
            {"what": row.status, "kind": "certificate", "number": row.number, "since": row.changed_at,
             "due": row.expiry_date, "who": row.exporter_name, "url_name": "certificate"}
            for row in issued_.order_by("changed_at")[:200]
        ]  # fmt: skip
    return found


def bundle(*, at: datetime) -> dict[str, Any]:
    """What a check needs when there is no node: participants, this node's keys, statuses, uses and alerts.

    Rebuilt only when the journal has moved since the last time. See docs/spec/bundle.md for the form.
    """
    head = journal_head()
    key = (head, at.date())
    if _bundle.get("key") != key:
        _bundle.update(key=key, made=_make_bundle(at=at))
    return {**_bundle["made"], "issued": at.astimezone(UTC).isoformat(timespec="seconds")}


_bundle: dict[str, Any] = {}

STATUS_BITS = {
    CertificateStatus.VOID: 1, CertificateStatus.REPLACED: 1, CertificateStatus.LOST: 1,
    CertificateStatus.EXPIRED_RETURNED: 1, CertificateStatus.RETURNED: 1, CertificateStatus.REFUSED: 2,
    CertificateStatus.DISPUTED: 2, CertificateStatus.CONFIRMED: 3,
}  # fmt: skip
"""What a status means in the 2-bit status list (trust.md 4.9): 1 void, 2 under query, 3 confirmed and used."""


def certificate_facts(row: Certificate) -> facts.Certificate:
    """An issued certificate as the facts that rules read."""
    return statements.certificate_from_json(row.content)


def drawn(authority: str, sources: Iterable[str]) -> dict[str, Decimal]:
    """Carats already drawn from each import certificate by certificates that still stand."""
    rows = (
        Draw.objects.filter(authority=authority, source_number__in=list(sources))
        .exclude(certificate__status__in=["VOID", "REPLACED", "LOST", "EXPIRED_RETURNED", "RETURNED"])
        .values("source_number")
        .annotate(total=Sum("carats"))
    )
    return {row["source_number"]: row["total"] or Decimal("0.00") for row in rows}


def received(authority: str, numbers: Iterable[str]) -> dict[str, Received]:
    """The import certificates of an authority, by number."""
    return {row.number: row for row in Received.objects.filter(authority=authority, number__in=list(numbers))}


def used(issuer: str, number: str) -> Received | None:
    """The record that a certificate was used at import, if it was: there is never a second."""
    return Received.objects.filter(issuer=issuer, number=number).first()


def ranges(authority: str) -> list[NumberRange]:
    """An authority's registered ranges, in order."""
    return list(NumberRange.objects.filter(authority=authority))


def forms_count(authority: str) -> dict[str, int]:
    """How many blank forms an authority has in each state."""
    rows = Form.objects.filter(authority=authority).values("status").annotate(count=Count("id"))
    return {row["status"]: row["count"] for row in rows}


def next_blank(authority: str) -> str:
    """The serial of the next blank sheet, or empty where none is left."""
    row = Form.objects.filter(authority=authority, status="RECEIVED").order_by("serial").first()
    return row.serial if row else ""


def corrections(number: str) -> list[Correction]:
    """The corrections to a certificate, oldest first."""
    return list(Correction.objects.filter(number=number))
