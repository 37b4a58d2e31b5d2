"""How long a certificate is kept, when its life ended, and what is due to be erased."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from openkimberley.certificates.facts import CERTIFICATE_TRANSITIONS, CertificateStatus
from openkimberley.certificates.models import Certificate, Document, Erasure
from openkimberley.certificates.rules import erasable_from
from openkimberley.participants import queries as participants

LEAST_YEARS = 3
"""Years for which every original is kept (Core Document, Section III(b)); a Participant's law may ask for more."""

ENDED = ("REFUSED", *(status.value for status, after in CERTIFICATE_TRANSITIONS.items() if not after))


def ended_on(row: Certificate, *, on: date) -> date | None:
    """The day on which nothing could be done with a certificate any more; None while something can."""
    if row.status in ENDED:
        return max(row.changed_at.date(), row.issue_date)
    over = row.expiry_date + timedelta(days=1)
    return over if row.status != CertificateStatus.DISPUTED and on >= over else None


def retention_years(row: Certificate) -> int:
    """Years that this certificate is kept after its end: the longest that the law of either side asks."""
    profiles = participants.profiles()
    told = [profiles.of(code).retention_years for code in (row.participant, row.destination)]
    asked = [
        years or 0
        for value in told if value is not None
        for years in (value.value.authority, value.value.exporter, value.value.importer)
    ]  # fmt: skip
    return max([LEAST_YEARS, *asked])


def due_for_erasure(*, authority: str, on: date) -> list[dict[str, Any]]:
    """The certificates of an authority whose time is over, the oldest first. Nothing is erased by itself."""
    before = date(on.year - LEAST_YEARS, on.month, min(on.day, 28)) + timedelta(days=3)
    rows = Certificate.objects.filter(authority=authority, erased_at=None, issue_date__lte=before)
    found = []
    for row in rows.order_by("issue_date", "number").iterator(chunk_size=1000):
        ended, years = ended_on(row, on=on), retention_years(row)
        if ended and (since := erasable_from(ended, years=years)) <= on:
            found.append({
                "number": row.number, "status": row.status, "ended": ended.isoformat(), "years": years,
                "due": since.isoformat(),
            })  # fmt: skip
    return found


def erasure(number: str, *, authority: str) -> Erasure | None:
    """That a certificate was erased, if it was."""
    return Erasure.objects.filter(authority=authority, number=number).first()


def file_in_use(sha256: str) -> bool:
    """Whether an application still has this file among its papers."""
    return Document.objects.filter(sha256=sha256, withdrawn_at=None).exists()
