"""Status lists: what they say now, and how they were published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q

from openkimberley.certificates.facts import CertificateStatus
from openkimberley.certificates.models import Certificate, SigningKey, StatusIndex
from openkimberley.certificates.models import StatusList as Published
from openkimberley.trust import statuslist
from openkimberley.trust.statuslist import Status, StatusList

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

ADDRESS = "https://kp.example"
"""The public address of a node that was told none; certificates issued meanwhile keep naming it."""

STATUS_BITS = {
    CertificateStatus.VOID: 1, CertificateStatus.REPLACED: 1, CertificateStatus.LOST: 1,
    CertificateStatus.EXPIRED_RETURNED: 1, CertificateStatus.RETURNED: 1, CertificateStatus.REFUSED: 2,
    CertificateStatus.DISPUTED: 2, CertificateStatus.CONFIRMED: 3,
}  # fmt: skip


def status_uri(authority: str, year: int, address: str = "") -> str:
    """Where the status list of an authority and year is found: at the node's public address (``node.json``)."""
    base = address or str(settings.PLACE.config.get("address") or ADDRESS)
    return f"{base.rstrip('/')}/status/{authority}/{year}-1"


def lists() -> list[tuple[str, int, str]]:
    """Every list by authority, year and address. A node that moved has more than one address for a year."""
    rows = StatusIndex.objects.values_list("authority", "year", "uri").distinct().order_by("authority", "year", "uri")
    return sorted({(one, year, uri or status_uri(one, year, ADDRESS)) for one, year, uri in rows})


def statuses(authority: str, year: int) -> StatusList:
    """What became of the certificates of an authority and year, as the record has it now."""
    rows = Certificate.objects.filter(authority=authority, issued_at__year=year, status__in=list(STATUS_BITS))
    places = rows.values_list("status_index", "status")
    return StatusList.empty().with_({at: Status(STATUS_BITS[CertificateStatus(one)]) for at, one in places})


def published(authority: str, year: int, uri: str) -> Published | None:
    """The newest edition of a list, None where none was published."""
    return Published.objects.filter(authority=authority, year=year, uri=uri).order_by("-serial").first()


def edition(authority: str, year: int) -> Published | None:
    """The newest edition to serve under ``/status/AUTHORITY/YEAR-1``: that of the node's present address, if any."""
    rows = Published.objects.filter(authority=authority, year=year)
    return published(authority, year, status_uri(authority, year)) or rows.order_by("-at", "-serial").first()


def editions() -> list[Published]:
    """The newest edition of every list."""
    found = (published(authority, year, uri) for authority, year, uri in lists())
    return [row for row in found if row is not None]


def signed_lists() -> list[str]:
    """Every list as it was signed last: what travels in a bundle."""
    return [row.jwt for row in editions()]


def due(*, at: datetime, renew_after: float) -> list[tuple[str, int]]:
    """Authorities and years whose list is to be published: a status changed since, or this edition is ``renew_after``
    seconds old. Lists before last year's are renewed on change only: what was issued then is out of force.

    Authorities that have registered no key for lists are left out: nobody could check their word.
    """
    keyed = set(SigningKey.objects.filter(use=statuslist.USE, state="active").values_list("authority", flat=True))
    return sorted({
        (authority, year)
        for authority, year, uri in lists()
        if authority in keyed and _is_due(authority, year, uri, at=at, renew_after=renew_after)
    })  # fmt: skip


def _is_due(authority: str, year: int, uri: str, *, at: datetime, renew_after: float) -> bool:
    last = published(authority, year, uri)
    if last is None:
        return True
    if year >= at.year - 1 and (at - last.at).total_seconds() >= renew_after:
        return True
    changed = Q(changed_at__gte=last.at, status__in=list(STATUS_BITS))
    rows = Certificate.objects.filter(changed, authority=authority, issued_at__year=year)
    return rows.exists() and bool(read(last.jwt).moves(statuses(authority, year)))


def read(jwt: str) -> StatusList:
    """The entries of a list that this node published itself."""
    return statuslist.entries_of(jwt)


def numbers_at(authority: str, year: int, indexes: Iterable[int]) -> list[str]:
    """The numbers of the certificates at places of a list."""
    rows = Certificate.objects.filter(authority=authority, issued_at__year=year, status_index__in=list(indexes))
    return list(rows.order_by("number").values_list("number", flat=True))


def index_of_lists() -> list[dict[str, Any]]:
    """What ``/status/`` says: every list, where it is, until when it holds."""
    return [
        {
            "uri": row.uri, "authority": row.authority, "list": f"{row.year}-1", "serial": row.serial,
            "sha256": row.sha256, "issued": row.at.isoformat(timespec="seconds"), "bytes": len(row.jwt),
        }
        for row in editions()
    ]  # fmt: skip
