"""Who may show a certificate, what its parts say, and to whom they were shown."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from openkimberley.certificates import rules, statements
from openkimberley.certificates.models import Certificate, Disclosure
from openkimberley.certificates.queries.sight import visible_certificates
from openkimberley.kernel.actor import Actor
from openkimberley.kernel.errors import NotFound

TOLD = ("ANNOUNCED", "DEPARTED", "ARRIVED", "CONFIRMED", "DISPUTED", "RETURNED", "REFUSED")
"""Statuses in which the importer may know of it: nobody sees a shipment before its release."""


def shown_certificate(number: str, *, by: Actor) -> Certificate:
    """A certificate that the actor may show a part of: his company's, as exporter or importer, or his authority's.

    Raises ``NotFound``.
    """
    rows = visible_certificates(Certificate.objects.all(), by=by)
    if by.companies:
        rows = rows | Certificate.objects.filter(
            destination_authority=by.authority, content__importer__licence__in=sorted(by.companies), status__in=TOLD
        )
    row = rows.filter(number=number).first() if by.authority else None
    if row is None:
        raise NotFound("certificate", number[:40])
    return row


def company_of(row: Certificate, *, by: Actor) -> str:
    """The licence under which the actor holds the certificate, empty where he serves an authority."""
    named = (row.exporter_licence, str((row.content.get("importer") or {}).get("licence", "")))
    return next((licence for licence in named if licence in by.companies), "")


def standing(row: Certificate, *, by: Actor) -> rules.Standing:
    """How the actor stands to a certificate."""
    own = bool(by.authority) and by.authority in (row.authority, row.destination_authority)
    return rules.Standing(holder=bool(company_of(row, by=by)), authority=own and not by.companies)


def preview(row: Certificate, profile: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a part would show, and what the certificate says besides: claims by name."""
    whole = statements.shown_in(row.sd_jwt)
    wanted = rules.shown_claims(profile)
    shown = {name: value for name, value in whole.items() if name in wanted}
    return shown, {name: value for name, value in whole.items() if name not in wanted}


def disclosures(number: str, *, by: Actor) -> QuerySet[Disclosure]:
    """The parts of a certificate that were shown: a company sees its own, an authority its own."""
    row = shown_certificate(number, by=by)
    rows = Disclosure.objects.filter(certificate=row, authority=by.authority)
    return rows.filter(Q(company__in=by.companies) if by.companies else Q(company=""))


def processing(*, authority: str) -> list[dict[str, Any]]:
    """The record of processing: every part that an authority showed, to whom and on what basis, oldest first."""
    rows = Disclosure.objects.filter(authority=authority, company="").select_related("certificate")
    return [
        {
            "at": row.made_at.isoformat(timespec="seconds"), "number": row.certificate.number, "profile": row.profile,
            "claims": row.fields, "to": row.shown_to, "basis": row.basis, "by": row.made_by,
        }
        for row in rows.order_by("made_at", "id").iterator(chunk_size=1000)
    ]  # fmt: skip
