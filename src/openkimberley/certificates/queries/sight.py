"""Who may see which application and certificate."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from openkimberley.certificates import facts, statements
from openkimberley.certificates.models import (
    Application,
    Certificate,
)  # fmt: skip
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import NotFound


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


def issued_as(cid: str) -> Certificate | None:
    """The certificate of a cid that this node issued, or of the first characters of one; None where there is none."""
    # a range and not "starts with": a range uses the index, on every database
    return Certificate.objects.filter(cid__gte=cid, cid__lt=cid + "~").first() if cid else None


def certificate_facts(row: Certificate) -> facts.Certificate:
    """An issued certificate as the facts that rules read."""
    return statements.certificate_from_json(row.content)
