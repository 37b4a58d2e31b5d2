"""What was found in others' journals becomes an alert, once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from openkimberley.alerts import actions as alerts
from openkimberley.alerts.facts import Alert, AlertKind, AlertStatus
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission, Role
from openkimberley.kernel.errors import Conflict
from openkimberley.trust.notes import Checkpoint, Note
from openkimberley.witness.facts import Alarm, AlarmCode, EvidenceKind
from openkimberley.witness.models import Evidence, Finding, WitnessedLog
from openkimberley.witness.rules.monitoring import equivocation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

NODE = Actor(id="node", roles=frozenset({Role.SUPERVISOR}), via="node")
"""The node itself, when it reports what it found."""


def report_evidence(*, at: datetime) -> int:
    """Report every piece of evidence that proves equivocation by itself and was not reported. Returns how many."""
    rows = Evidence.objects.filter(kind=EvidenceKind.EQUIVOCATION.value).order_by("id")
    return report_findings([_alarm(row) for row in rows], at=at)


def _alarm(row: Evidence) -> Alarm:
    return equivocation(row.origin, row.held, row.shown)


def report_findings(alarms: Iterable[Alarm], *, at: datetime) -> int:
    """Report alarms that were not reported before. Returns how many were new."""
    count = 0
    for alarm in {one.mark: one for one in alarms}.values():
        if not Finding.objects.filter(mark=alarm.mark).exists():
            report_finding(by=NODE, at=at, alarm=alarm)
            count += 1
    return count


@action("witness.report", needs=Permission.ALERT_RAISE)
def report_finding(*, by: Actor, at: datetime, alarm: Alarm) -> Finding:
    """Keep an alarm of the monitor, and enter an alert where it is known whose journal it is.

    Raises ``Conflict`` where it was reported already.
    """
    if Finding.objects.filter(mark=alarm.mark).exists():
        raise Conflict("this was reported already")
    row = Finding(
        mark=alarm.mark, code=alarm.code.value, origin=alarm.origin[:200], sentence=alarm.sentence[:500],
        remedy=alarm.remedy[:500], evidence=dict(alarm.evidence), at=at,
    )  # fmt: skip
    if (alert := _alert(alarm, at=at)) is not None:
        row.alert = alerts.raise_alert(by=by, at=at, alert=alert).reference
    row.save()
    record("witness.finding_reported", by=by, at=at, subject=(alarm.origin or alarm.code.value)[:80], statement={
        **alarm.as_json(), "alert": row.alert,
    })  # fmt: skip
    return row


def _alert(alarm: Alarm, *, at: datetime) -> Alert | None:
    """The alert of an alarm; None where no Participant is known for the journal, or it is about this node itself."""
    log = WitnessedLog.objects.filter(origin=alarm.origin).first()
    if log is None or not log.participant:
        return None
    alert = Alert(
        AlertKind.JOURNAL, issuer=log.participant, day=at.date(), features=(alarm.sentence[:300],),
        source=f"journal {alarm.origin}, finding {alarm.mark[:16]}",
    )  # fmt: skip
    if alarm.code is AlarmCode.EQUIVOCATION:
        return replace(alert, kind=AlertKind.EQUIVOCATION, status=AlertStatus.CONFIRMED,
                       features=(*alert.features, *_roots(alarm)))  # fmt: skip
    return alert


def _roots(alarm: Alarm) -> tuple[str, ...]:
    """Both signed versions in words, for whoever has the alert only."""
    found = []
    for name in ("one", "other"):
        if text := str(alarm.evidence.get(name, "")):
            one = Checkpoint.parse(Note.parse(text).text)
            found.append(f"{one.size} entries with the root {one.root.hex()}")
    return tuple(found)
