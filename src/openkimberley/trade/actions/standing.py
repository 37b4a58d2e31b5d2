"""Suspend, reinstate and revoke a licence, each from a day on and for a reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict
from openkimberley.trade import facts
from openkimberley.trade.actions.register import locked, serve, write_change
from openkimberley.trade.facts import Act, LicenceStatus

if TYPE_CHECKING:
    from datetime import date, datetime


@action("trade.suspend", needs=Permission.LICENCE_GRANT)
def suspend(*, by: Actor, at: datetime, authority: str, number: str, since: date, reason: str) -> facts.Licence:
    """Suspend a licence from a day on. Raises ``Conflict`` where it is not in force on that day."""
    return _change(Act.SUSPEND, LicenceStatus.SUSPENDED, "licence.suspended", by, at, authority, number, since, reason)


@action("trade.reinstate", needs=Permission.LICENCE_GRANT)
def reinstate(*, by: Actor, at: datetime, authority: str, number: str, since: date, reason: str) -> facts.Licence:
    """End a suspension from a day on. Raises ``Conflict`` where the licence is not suspended on that day."""
    return _change(Act.REINSTATE, LicenceStatus.GRANTED, "licence.reinstated", by, at, authority, number, since, reason)


@action("trade.revoke", needs=Permission.LICENCE_GRANT)
def revoke(*, by: Actor, at: datetime, authority: str, number: str, since: date, reason: str) -> facts.Licence:
    """Revoke a licence from a day on, for good. Raises ``Conflict`` where it is revoked already."""
    return _change(Act.REVOKE, LicenceStatus.REVOKED, "licence.revoked", by, at, authority, number, since, reason)


def _change(
    act: Act, status: LicenceStatus, event: str, by: Actor, at: datetime, authority: str, number: str, since: date,
    reason: str,
) -> facts.Licence:  # fmt: skip
    """Write the change and journal it."""
    serve(by, authority)
    row, licence = locked(authority, number, act, since)
    if not reason.strip():
        raise Conflict("a change of a licence says why")
    if licence.changes and since < licence.changes[-1].since:
        last = licence.changes[-1]
        raise Conflict(f"licence {number} changed on {last.since} already: a later change cannot be dated before it")
    change = facts.Change(status, since, reason)
    write_change(row, change, by=by, at=at)
    record(event, by=by, at=at, subject=number, statement={
        "authority": authority, "number": number, "status": status.value, "since": since.isoformat(), "reason": reason,
    })  # fmt: skip
    return replace(licence, changes=(*licence.changes, change))
