"""Raise, confirm, withdraw and import alerts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from openkimberley.alerts import facts, queries, rules, statements
from openkimberley.alerts.data import known_fakes
from openkimberley.alerts.facts import AlertStatus
from openkimberley.alerts.models import Alert, Series
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission, Role
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

WHOLE_SCHEME = "KP"
"""The keeper of what nobody's authority entered: the Chair and the seeds."""


def draw_reference(authority: str, word: str, year: int) -> str:
    """The next reference of a series. Undone with the transaction, so without gaps. Inside an action only."""
    name = f"{authority or WHOLE_SCHEME}-{word}-{year}"
    Series.objects.get_or_create(name=name)
    series = Series.objects.select_for_update().get(name=name)
    series.last += 1
    series.save(update_fields=["last"])
    return f"{name}-{series.last:04d}"


@action("alerts.raise", needs=Permission.ALERT_RAISE)
def raise_alert(*, by: Actor, at: datetime, alert: facts.Alert) -> facts.Alert:
    """Enter an alert, suspected or confirmed. From now on every desk of this node stops what it names.

    Raises ``Refused`` where it says too little (R177), ``Conflict`` where the same is out already.
    """
    if alert.status is AlertStatus.WITHDRAWN:
        raise Conflict("an alert that is withdrawn already is not raised")
    if objections := list(rules.before_alert(alert)):
        raise Refused(objections, subject=alert.number or alert.issuer)
    if statements.fingerprint(alert) in queries.fingerprints():
        raise Conflict("this alert is on record already")
    if alert.number and (out := _same_paper(alert)):
        raise Conflict(f"alert {out.reference} is out for {out.issuer} {out.number} already: decide on that one")
    return _enter(alert, by=by, at=at)


def _same_paper(alert: facts.Alert) -> facts.Alert | None:
    """The alert of the same kind that is out for the same number."""
    out = queries.alert_for(alert.number, alert.issuer)
    return out if out and out.kind is alert.kind else None


def _enter(alert: facts.Alert, *, by: Actor, at: datetime, keeper: str = "") -> facts.Alert:
    """Write and journal an alert under a reference of this node."""
    authority = keeper or by.authority or WHOLE_SCHEME
    reference = draw_reference(authority, "ALERT", at.year)
    run = alert.serials
    Alert.objects.create(
        reference=reference, authority=authority, kind=alert.kind.value, issuer=alert.issuer, number=alert.number,
        number_key=facts.number_key(alert.number, alert.issuer)[:45], serial_prefix=run.prefix[:20] if run else "",
        serial_first=run.first if run else None, serial_last=run.last if run else None, zone=alert.zone,
        features=list(alert.features), reported_by=alert.reported_by, source=alert.source, day=alert.day,
        status=alert.status.value, fingerprint=statements.fingerprint(alert), recorded_at=at, recorded_by=by.id,
    )  # fmt: skip
    entered = replace(alert, reference=reference, authority=authority)
    said = statements.to_json(entered)
    if alert.reference:
        said["senders_reference"] = alert.reference
    record("alert.raised", by=by, at=at, subject=reference, statement=said)
    return entered


def _held(reference: str, to: AlertStatus, by: Actor) -> Alert:
    """The alert's row, held until the transaction ends, where the actor may decide on it and it is not decided yet.

    An alert is decided by the authority that raised it, by the issuer whose paper it names, or by the Chair.
    """
    row = Alert.objects.select_for_update().filter(reference=reference).first()
    if row is None:
        raise NotFound("alert", reference[:60])
    issuers = by.authority == row.issuer or by.authority.startswith(f"{row.issuer}-")
    chair = bool(by.roles & {Role.CHAIR, Role.SECRETARIAT})
    if not (chair or issuers or (by.authority and by.authority == row.authority)):
        raise NotPermitted(Permission.ALERT_RAISE, f"alert {reference} is decided by {row.authority} or {row.issuer}")
    if to not in facts.TRANSITIONS[AlertStatus(row.status)]:
        raise Conflict(f"alert {reference} is {row.status.lower()} already")
    return row


@action("alerts.confirm", needs=Permission.ALERT_RAISE)
def confirm_alert(*, by: Actor, at: datetime, reference: str, reason: str, features: Sequence[str] = ()) -> facts.Alert:
    """Confirm a suspected alert, with what is now known of its features. It becomes a public warning.

    Raises ``Refused`` where a fake has no feature (R177), ``Conflict`` where it is decided, ``NotPermitted``.
    """
    row = _held(reference, AlertStatus.CONFIRMED, by)
    before = queries.to_alert(row)
    known = tuple(dict.fromkeys((*before.features, *features)))
    after = replace(before, status=AlertStatus.CONFIRMED, features=known)
    if objections := list(rules.before_alert(after)):
        raise Refused(objections, subject=reference)
    if not reason.strip():
        raise Conflict("a confirmation says who confirmed it, and how")
    row.status, row.features, row.decided_reason = after.status.value, list(known), reason[:500]
    row.save(update_fields=["status", "features", "decided_reason"])
    record("alert.confirmed", by=by, at=at, subject=reference,
           statement={**statements.to_json(after), "reason": reason[:500]})  # fmt: skip
    return after


@action("alerts.withdraw", needs=Permission.ALERT_RAISE)
def withdraw_alert(*, by: Actor, at: datetime, reference: str, reason: str) -> facts.Alert:
    """Withdraw an alert: it stays on record and stops nothing any more. Raises ``Conflict``, ``NotPermitted``."""
    row = _held(reference, AlertStatus.WITHDRAWN, by)
    if not reason.strip():
        raise Conflict("a withdrawal says why")
    row.status, row.decided_reason = AlertStatus.WITHDRAWN.value, reason[:500]
    row.save(update_fields=["status", "decided_reason"])
    record("alert.withdrawn", by=by, at=at, subject=reference, statement={
        "reference": reference, "withdraws": reference, "reason": reason[:500], "kind": row.kind, "issuer": row.issuer,
        "number": row.number,
    })  # fmt: skip
    return queries.to_alert(row)


@action("alerts.import", needs=Permission.ALERT_RAISE)
def import_alerts(*, by: Actor, at: datetime, alerts: Iterable[facts.Alert]) -> tuple[str, ...]:
    """Enter alerts that another node wrote, all or none; what is here already is passed over. Returns references.

    Raises ``Refused`` with the objections to all of them. Withdrawn ones are passed over: they stop nothing.
    """
    wanted = [alert for alert in alerts if alert.stops]
    if objections := [o for alert in wanted for o in rules.before_alert(alert)]:
        raise Refused(objections, subject="alerts")
    entered = _enter_new(wanted, by=by, at=at)
    record("alerts.imported", by=by, at=at, subject=by.authority or WHOLE_SCHEME, statement={
        "read": len(wanted), "entered": list(entered),
    })  # fmt: skip
    return entered


@action("alerts.seed", needs=Permission.ALERT_RAISE)
def seed_known_fakes(*, by: Actor, at: datetime) -> tuple[str, ...]:
    """Enter the public warnings that come with the software, each with its source. A second run enters nothing new."""
    entered = _enter_new(known_fakes(), by=by, at=at, keeper=WHOLE_SCHEME)
    record("alerts.seeded", by=by, at=at, subject=WHOLE_SCHEME, statement={"entered": list(entered)})
    return entered


def _enter_new(alerts: Iterable[facts.Alert], *, by: Actor, at: datetime, keeper: str = "") -> tuple[str, ...]:
    """Enter those that are not here yet, also not under other words for the same number."""
    seen = set(queries.fingerprints())
    entered = []
    for alert in alerts:
        mark = statements.fingerprint(alert)
        if mark in seen or (alert.number and _same_paper(alert)):
            continue
        seen.add(mark)
        entered.append(_enter(alert, by=by, at=at, keeper=keeper).reference)
    return tuple(entered)
