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

    from openkimberley.trade.models import Licence


@action("trade.suspend", needs=Permission.LICENCE_GRANT)
def suspend(*, by: Actor, at: datetime, authority: str, number: str, since: date, reason: str) -> facts.Licence:
    """Suspend a licence from a day on. Raises ``Conflict`` where it is not in force on that day."""
    serve(by, authority)
    row, licence = locked(authority, number, Act.SUSPEND, since)
    change = facts.Change(LicenceStatus.SUSPENDED, since, reason)
    return _change(row, licence, change, "licence.suspended", by=by, at=at)


@action("trade.reinstate", needs=Permission.LICENCE_GRANT)
def reinstate(*, by: Actor, at: datetime, authority: str, number: str, since: date, reason: str) -> facts.Licence:
    """End a suspension from a day on. Raises ``Conflict`` where the licence is not suspended on that day."""
    serve(by, authority)
    row, licence = locked(authority, number, Act.REINSTATE, since)
    return _change(row, licence, facts.Change(LicenceStatus.GRANTED, since, reason), "licence.reinstated", by=by, at=at)


@action("trade.revoke", needs=Permission.LICENCE_GRANT)
def revoke(*, by: Actor, at: datetime, authority: str, number: str, since: date, reason: str) -> facts.Licence:
    """Revoke a licence from a day on, for good. Raises ``Conflict`` where it is revoked already."""
    serve(by, authority)
    row, licence = locked(authority, number, Act.REVOKE, since)
    return _change(row, licence, facts.Change(LicenceStatus.REVOKED, since, reason), "licence.revoked", by=by, at=at)


def _change(
    row: Licence, licence: facts.Licence, change: facts.Change, event: str, *, by: Actor, at: datetime
) -> facts.Licence:
    """Write the change and journal it. Raises ``Conflict`` where it has no reason, or lies before the last one."""
    if not change.reason.strip():
        raise Conflict("a change of a licence says why")
    if licence.changes and change.since < licence.changes[-1].since:
        last = licence.changes[-1].since
        raise Conflict(f"licence {licence.number} changed on {last} already: a later change cannot be dated before it")
    write_change(row, change, by=by, at=at)
    record(event, by=by, at=at, subject=licence.number, statement={
        "authority": licence.authority, "number": licence.number, "status": change.status.value,
        "since": change.since.isoformat(), "reason": change.reason,
    })  # fmt: skip
    return replace(licence, changes=(*licence.changes, change))
