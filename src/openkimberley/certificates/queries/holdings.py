"""Certificates under which rough came in, and what re-exports have drawn from them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db.models import Q, Sum

from openkimberley.certificates.models import (
    Application,
    Certificate,
    Draw,
    Received,
)  # fmt: skip
from openkimberley.certificates.queries.sight import issued
from openkimberley.certificates.rules import normalised
from openkimberley.kernel import measures
from openkimberley.kernel.actor import Actor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NOTHING = Decimal("0.00")
FREES_ITS_CARATS = ("VOID", "REPLACED", "EXPIRED_RETURNED", "RETURNED")
"""Goods of a certificate in one of these may go out under another, if it was voided before they left. Those of a lost
one may be gone with it: only its replacement uses them again."""


def draws_of(content: Mapping[str, Any]) -> dict[str, Decimal]:
    """Carats that an application takes from each import certificate: one that is listed twice is drawn twice."""
    found: dict[str, Decimal] = {}
    for draw in content.get("draws_on", []):
        found[draw["number"]] = found.get(draw["number"], NOTHING) + measures.carats(draw["carats"])
    return found


def left_to_send_back(row: Application) -> Decimal | None:
    """Carats of another certificate that no technical one about it has moved yet; None where it is not known here."""
    came = issued(row.about)
    if came is None:
        return None
    gone = Certificate.objects.filter(authority=row.authority, return_of=row.about).exclude(status__in=FREES_ITS_CARATS)
    moved: Decimal | None = gone.aggregate(total=Sum("carats"))["total"]
    left: Decimal = came.carats - (moved or NOTHING)
    return left


def drawn(authority: str, sources: Iterable[str], *, besides: str = "") -> dict[str, Decimal]:
    """Carats already drawn from each import certificate by certificates that still stand.

    ``besides`` is a certificate that is left out, because another takes its place.
    """
    written = {normalised(number): number for number in sources}
    rows = (
        Draw.objects.filter(authority=authority, source_number__in=list(written))
        .exclude(
            Q(certificate__status__in=FREES_ITS_CARATS)
            & (~Q(certificate__status="VOID") | Q(certificate__departed_at__isnull=True))
        )
        .exclude(Q(certificate__status="LOST") & ~Q(certificate__replaced_by=""))
        .exclude(certificate__number=besides)
        .values("source_number")
        .annotate(total=Sum("carats"))
    )
    return {written[row["source_number"]]: row["total"] or Decimal("0.00") for row in rows}


def received(authority: str, numbers: Iterable[str]) -> dict[str, Received]:
    """The import certificates of an authority, by number as the caller writes it; compared as R008 says."""
    written = {normalised(number): number for number in numbers}
    rows = Received.objects.filter(authority=authority, number__in=list(written))
    return {written[row.number]: row for row in rows}


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
