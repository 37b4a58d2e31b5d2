"""What this node's monitor looks at: others' journals, what was announced to us, and what is said of ourselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from openkimberley.shipments.models import Arrival
from openkimberley.witness import queries
from openkimberley.witness.facts import Announced

if TYPE_CHECKING:
    from openkimberley.witness.alone.rounds import Watchlist

LOOK_BACK = timedelta(days=120)
"""Longer than any certificate lives: what was announced before has long ended."""


def watchlist(*, at: datetime) -> Watchlist | None:
    """The watch list of this node; None where no witness policy is in force."""
    found = queries.watchlist()
    if found is None:
        return None
    authorities, _ = queries.listed()
    own = {
        name: document for name, document in authorities.items()
        if queries.own_origin() and (document.get("log") or {}).get("origin") == queries.own_origin()
    }  # fmt: skip
    return replace(found, own=own, announced=announced(found, at=at))


def announced(found: Watchlist, *, at: datetime) -> tuple[Announced, ...]:
    """The certificates that were announced to us and whose journal is known: one journal of the issuer, no more.

    Where an issuer has several it is not known which of them must hold the certificate, and nobody is accused.
    """
    origins: dict[str, list[str]] = {}
    for log in found.logs:
        origins.setdefault(log.issuer, []).append(log.origin)
    rows = Arrival.objects.filter(announced_at__gte=at - LOOK_BACK, issuer__in=list(origins)).exclude(cid="")
    return tuple(
        Announced(row.number, row.cid, str(row.content["issue_date"])[:10], origins[row.issuer][0])
        for row in rows if len(origins[row.issuer]) == 1 and row.content.get("issue_date")
    )  # fmt: skip
