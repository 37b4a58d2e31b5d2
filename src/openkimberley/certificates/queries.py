"""Reads of certification: who may see what, the facts that rules ask, lists for pages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Count, Q, QuerySet, Sum

from openkimberley.certificates import facts, statements
from openkimberley.certificates.models import (
    Application, Certificate, Correction, Draw, Form, NumberRange, Received,
)  # fmt: skip
from openkimberley.kernel import measures
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def content_facts(row: Application, *, on: date, number: str = "") -> facts.Certificate:
    """The certificate that an application would become, issued on a day. Raises ``Untrusted`` for unreadable content."""
    draft = {key: value for key, value in row.content.items() if value not in ("", None, [], {})}
    return statements.certificate_from_json(
        {
            **draft,
            "number": number or f"{participant_of(row.authority)}0",
            "issuer": participant_of(row.authority),
            "issuing_authority": row.authority,
            "issue_date": on.isoformat(),
        }
    )


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
