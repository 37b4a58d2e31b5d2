"""Certificates under which rough came in, and what re-exports have drawn from them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Sum

from openkimberley.certificates.models import (
    Draw,
    Received,
)  # fmt: skip
from openkimberley.kernel.actor import Actor

if TYPE_CHECKING:
    from collections.abc import Iterable


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


def holdings(*, by: Actor) -> list[dict[str, Any]]:
    """The import certificates of an applicant's companies with what is left of each, newest first; 100 of them."""
    rows = list(Received.objects.filter(authority=by.authority, importer_licence__in=by.companies)[:100])
    gone = drawn(by.authority, [row.number for row in rows])
    return [
        {"number": row.number, "received_on": row.received_on, "carats": row.carats, "origin": row.origin,
         "left": row.carats - gone.get(row.number, Decimal("0.00"))}
        for row in rows
    ]  # fmt: skip
