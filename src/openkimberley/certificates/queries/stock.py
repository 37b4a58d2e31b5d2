"""Registered ranges of numbers and the ledger of blank forms."""

from __future__ import annotations

from datetime import date

from django.db.models import Count, F, Q, QuerySet

from openkimberley.certificates.models import (
    Form,
    NumberRange,
)  # fmt: skip
from openkimberley.certificates.queries.sight import participant_of
from openkimberley.participants import queries as participants

RANGES_IN_TURN = (F("year").desc(nulls_last=True), "first")
"""A year's own range comes before one without a year, on every database."""


def may_number(authority: str, prefix: str, *, on: date) -> bool:
    """True where a prefix is that of the authority's own control system on a day."""
    register, own = participants.register(), participant_of(authority)
    system = register.system_of_prefix(prefix, on)
    return prefix == own or (system is not None and system == register.system_of_prefix(own, on))


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


def blank_forms(authority: str, *, status: str = "", text: str = "") -> QuerySet[Form]:
    """The ledger of an authority's blank forms by serial, narrowed by what is given."""
    rows = Form.objects.filter(authority=authority).order_by("serial")
    if status:
        rows = rows.filter(status=status)
    if text := text.strip():
        rows = rows.filter(Q(serial__istartswith=text) | Q(batch__iexact=text) | Q(certificate_number__iexact=text))
    return rows


def next_number(authority: str, *, on: date) -> str:
    """The number that the next certificate of a day would get, empty where no registered range has one left."""
    for row in NumberRange.objects.filter(authority=authority).order_by(*RANGES_IN_TURN):
        if row.next <= row.last and row.year in (on.year, None):
            return f"{row.prefix}{row.next:0{row.digits}d}"
    return ""
