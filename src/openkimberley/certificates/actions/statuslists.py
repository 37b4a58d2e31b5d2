"""Status lists are signed, published and journalled: whenever a status changed, and once a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from openkimberley.certificates import queries, statements
from openkimberley.certificates.models import StatusList
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict
from openkimberley.trust import statuslist
from openkimberley.trust.canonical import sha256
from openkimberley.trust.signing import sign_statement

if TYPE_CHECKING:
    from openkimberley.trust.statuslist import StatusList as Entries

RENEW_AFTER = 86_400.0
"""Seconds after which a list is signed anew anyhow: a list kept fresh tells that its issuer is there."""


def publish_due(*, by: Actor, at: datetime) -> int:
    """Publish every list that is due, each by an act of its own. Returns how many editions there are now."""
    count = 0
    for authority, year in queries.due(at=at, renew_after=RENEW_AFTER):
        count += len(publish_status_lists(by=replace(by, authority=authority), at=at, year=year))
    return count


@action("certificates.publish_status_lists", needs=Permission.STATUS_PUBLISH)
def publish_status_lists(*, by: Actor, at: datetime, year: int) -> list[StatusList]:
    """Sign and publish the status list of the actor's authority and a year, under each of its addresses.

    Raises ``Conflict`` where the record would take back what was published: void and used are for ever; it names the
    certificates. Raises ``NotFound`` where there is no such list, or no key to sign it with.
    """
    found = [(one, uri) for authority, one, uri in queries.lists() if (authority, one) == (by.authority, year)]
    entries = queries.statuses(by.authority, year)
    made = [_publish(uri, entries, by=by, at=at, year=year) for _, uri in found]
    if not made:
        raise Conflict(f"{by.authority} issued no certificate in {year}: there is no status list to publish")
    return made


def _publish(uri: str, entries: Entries, *, by: Actor, at: datetime, year: int) -> StatusList:
    """One edition under one address. Must be inside an action."""
    last = queries.published(by.authority, year, uri)
    if last is not None:
        refuse_reversal(queries.read(last.jwt), entries, authority=by.authority, year=year)
        if last.at > at:
            raise Conflict(f"the list {uri} was published at {last.at.isoformat()}, later than now: mend the clock")
    claims = statuslist.claims_of(uri, entries, iat=int(at.timestamp()))
    jwt = sign_statement(by.authority, statuslist.TYP, claims)
    row = StatusList.objects.create(
        authority=by.authority, year=year, uri=uri, serial=last.serial + 1 if last else 1, jwt=jwt,
        sha256=sha256(jwt.encode()).hex(), at=at,
    )  # fmt: skip
    record(
        "status.published", by=by, at=at, subject=statuslist.name_of(uri),
        statement={"uri": uri, "serial": row.serial, "sha256": row.sha256},
        public=statements.list_entry(statuslist.name_of(uri), jwt),
    )  # fmt: skip
    return row


def refuse_reversal(before: Entries, after: Entries, *, authority: str, year: int) -> None:
    """Raise ``Conflict`` naming every certificate whose status would move as no status may."""
    if not (illegal := before.illegal_moves(after)):
        return
    numbers = queries.numbers_at(authority, year, [index for index, _, _ in illegal])
    moves = sorted({f"{old.name.lower()} to {new.name.lower()}" for _, old, new in illegal})
    raise Conflict(
        f"the status of {', '.join(numbers) or 'a place without certificate'} went from {', '.join(moves)}: nothing is "
        "published. Void and used are for ever; find out who changed the record"
    )
