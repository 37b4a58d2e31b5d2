"""Names on lists of sanctions and convictions: list, take off, and look up with evidence kept."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from openkimberley.alerts import facts, queries
from openkimberley.alerts.actions.warnings import WHOLE_SCHEME, draw_reference
from openkimberley.alerts.models import ListedName, NameKey
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission, Role
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime


@action("alerts.list_name", needs=Permission.ALERT_RAISE)
def list_name(*, by: Actor, at: datetime, entry: facts.ListedName) -> facts.ListedName:
    """Enter a name of a sanctions list, or of a conviction (Annex II item 6), from the day it was listed.

    Raises ``Conflict`` where list, name or source is missing, or the list has the name in that time already.
    """
    if not (entry.name.strip() and entry.list_name.strip() and entry.source.strip() and facts.name_key(entry.name)):
        raise Conflict("an entry names the list, the name and the source")
    same = facts.match_name(entry.name, tuple(queries.to_listed(row) for row in queries.listed_names(text=entry.name)))
    if any(m.entry.list_name == entry.list_name and m.entry.period.overlaps(entry.period) for m in same):
        raise Conflict(f"{entry.list_name} has {entry.name} in that time already")
    reference = draw_reference(by.authority, "NAME", at.year)
    row = ListedName.objects.create(
        reference=reference, authority=by.authority or WHOLE_SCHEME, kind=entry.kind.value, list_name=entry.list_name,
        name=entry.name, aliases=list(entry.aliases), entity=entry.entity.value, since=entry.period.start,
        until=entry.period.end, source=entry.source, note=entry.note, recorded_at=at, recorded_by=by.id,
    )  # fmt: skip
    for key in sorted({facts.name_key(name)[:200] for name in (entry.name, *entry.aliases)} - {""}):
        NameKey.objects.create(entry=row, key=key)
    record("name.listed", by=by, at=at, subject=reference, statement={
        "kind": entry.kind.value, "list": entry.list_name, "name_sha256": _digest(entry.name),
        "since": entry.period.start.isoformat(), "source": entry.source,
    })  # fmt: skip
    return replace(entry, reference=reference)


@action("alerts.delist_name", needs=Permission.ALERT_RAISE)
def delist_name(*, by: Actor, at: datetime, reference: str, until: date, reason: str) -> facts.ListedName:
    """Say from which day on a name no longer stands on its list. Raises ``Conflict`` where it ended before.

    Whoever listed it ends it, or the Chair. Raises ``NotPermitted`` for others.
    """
    row = ListedName.objects.select_for_update().filter(reference=reference).first()
    if row is None:
        raise NotFound("listed name", reference[:60])
    of_the_scheme = by.roles & {Role.CHAIR, Role.SECRETARIAT}
    if row.authority != (by.authority or WHOLE_SCHEME) and not of_the_scheme:
        raise NotPermitted(Permission.ALERT_RAISE, f"{reference} is ended by {row.authority}, who listed it")
    if until <= row.since or (row.until is not None and row.until <= until) or not reason.strip():
        raise Conflict(f"{reference} cannot end on {until}, or no reason is given")
    row.until = until
    row.save(update_fields=["until"])
    record("name.delisted", by=by, at=at, subject=reference, statement={
        "list": row.list_name, "until": until.isoformat(), "reason": reason[:500],
    })  # fmt: skip
    return queries.to_listed(row)


@action("alerts.screen", needs=Permission.ALERT_READ)
def screen(
    *, by: Actor, at: datetime, names: Sequence[str], subject: str, on: date
) -> tuple[facts.NameMatch, ...]:  # fmt: skip
    """Look names up in the lists of a day, and keep the evidence: what was asked, of which entries, with what result.

    ``subject`` is the certificate, application or licence that the names stand on. The journal keeps digests of names.
    """
    found = queries.match_names(names, on)
    entries = sorted(queries.listed_names(on).values_list("reference", flat=True))
    record("names.screened", by=by, at=at, subject=subject[:80], statement={
        "on": on.isoformat(), "names_sha256": [_digest(name) for name in names], "entries": len(entries),
        "entries_sha256": hashlib.sha256("\n".join(entries).encode()).hexdigest(),
        "matches": [{"entry": m.entry.reference, "name_sha256": _digest(m.asked), "exact": m.exact} for m in found],
    })  # fmt: skip
    return found


def _digest(name: str) -> str:
    """A name as the journal keeps it: the journal is never shortened, a person's name may have to go one day."""
    return hashlib.sha256(name.strip().encode()).hexdigest()
