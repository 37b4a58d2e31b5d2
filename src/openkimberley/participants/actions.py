"""Verbs: the only writers of the register. Each adds rows and tells the journal; none changes or deletes one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.db import IntegrityError

from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission, Role
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Refused
from openkimberley.participants import queries, rules, statements
from openkimberley.participants.data import shipped_document, shipped_register
from openkimberley.participants.facts import (
    BECOMES,
    Authority,
    Decision,
    Participant,
    Status,
    StatusPeriod,
    Value,
    Verb,
)
from openkimberley.participants.facts.profiles import FIELDS
from openkimberley.participants.models import (
    AuthorityRow,
    NationalListDate,
    ParticipantRow,
    ProfileValue,
    StatusRow,
    Version,
)
from openkimberley.trust.signing import can_sign

DOCUMENTS = ("participants", "profiles", "national_lists")


def _shipped_digest() -> str:
    """SHA-256 over the shipped documents: which data was loaded."""
    together = json.dumps([shipped_document(name) for name in DOCUMENTS], sort_keys=True)
    return hashlib.sha256(together.encode()).hexdigest()


def _changed(shipped: str = "") -> None:
    """Give the register's content a new token, so that readers re-read."""
    row, _ = Version.objects.select_for_update().get_or_create(pk=1)
    row.number += 1
    row.token = uuid4().hex
    row.shipped = shipped or row.shipped
    row.save()


def _columns(period: StatusPeriod, at: datetime) -> dict[str, Any]:
    """A period as columns."""
    stated = {f.name: getattr(period, f.name) for f in fields(StatusPeriod)}
    return {**stated, "status": period.status.value, "zones": list(period.zones), "recorded_at": at}


@action("participants.seed", needs=Permission.PARTICIPANT_LIST)
def seed_register(*, by: Actor, at: datetime) -> int:
    """Load the shipped register into the database; what stands there already is left alone.

    Returns how many Participants were added. Doing it again adds nothing and says so in the journal.
    """
    shipped, digest = shipped_register(), _shipped_digest()
    present = set(ParticipantRow.objects.values_list("code", flat=True))
    missing = [one for code, one in sorted(shipped.participants.items()) if code not in present]
    for participant in missing:
        _add(participant, at)
    if not present:
        for code, national in sorted(shipped.national_lists.items()):
            for subject, periods in sorted(national.periods.items()):
                NationalListDate.objects.bulk_create(
                    [NationalListDate(by_list=code, code=subject, **_columns(one, at)) for one in periods]
                )
    if missing or queries.shipped_version() != digest:
        _changed(digest)
    record("register.seeded", by=by, at=at, subject="participants",
           statement={"digest": digest, "added": [one.code for one in missing], "kept": len(present)})  # fmt: skip
    return len(missing)


LIST_UPDATED = "trust.updated"
"""How an entry about a new version of the trust list is called."""


@action("participants.enter_list_version", needs=Permission.PARTICIPANT_LIST)
def enter_list_version(*, by: Actor, at: datetime, file: str, sha256: str) -> None:
    """Enter in the journal that a file of the trust list was published: its name and SHA-256 (base64url).

    A list that was shown to this node alone is missing from everybody else's journal (T16).
    """
    record(LIST_UPDATED, by=by, at=at, subject=file[:80], statement={"file": file, "sha256": sha256},
           public={"t": "trust.update", "f": file, "h": sha256})  # fmt: skip


def _add(participant: Participant, at: datetime) -> ParticipantRow:
    """Add a Participant with its history and authorities, as shipped."""
    about = statements.write_participant(replace(participant, history=(), authorities=()))
    for name in ("code", "name", "kind"):
        about.pop(name)
    row = ParticipantRow.objects.create(
        code=participant.code, name=participant.name, kind=participant.kind, about=about
    )
    before: StatusRow | None = None
    for period in participant.history:
        before = StatusRow.objects.create(participant=row, replaces=before, **_columns(period, at))
    AuthorityRow.objects.bulk_create(
        [AuthorityRow(participant=row, **_named(one, at)) for one in participant.authorities]
    )
    return row


def _named(authority: Authority, at: datetime) -> dict[str, Any]:
    """An authority as columns."""
    stated = {f.name: getattr(authority, f.name) for f in fields(Authority) if f.name != "participant"}
    return {**stated, "recorded_at": at}


def _decide(decision: Decision, by: Actor, at: datetime, name: str = "") -> StatusPeriod:
    """End the present status and begin the next. Raises ``NotFound``, ``Refused``, ``Conflict``."""
    known = queries.register().participants.get(decision.code)
    if known is None and decision.verb is not Verb.ADMIT:
        raise NotFound("participant", decision.code)
    participant = known or Participant(decision.code, name or decision.code)
    if objections := rules.before_decision(decision, participant):
        raise Refused(objections, subject=decision.code)
    row, _ = ParticipantRow.objects.get_or_create(
        code=decision.code, defaults={"name": participant.name, "kind": participant.kind}
    )
    rows = queries.effective_statuses(decision.code)
    before = rows[-1] if rows else None
    period = StatusPeriod(
        BECOMES[decision.verb], decision.effective, None, decision.source, url=decision.url, note=decision.note,
        decision=decision.reference, zones=decision.zones,
    )  # fmt: skip
    try:
        StatusRow.objects.create(participant=row, replaces=before, **_columns(period, at))
    except IntegrityError as error:
        raise Conflict(f"the status of {decision.code} has changed meanwhile") from error
    _changed()
    ended = {"status": before.status, "since": before.since.isoformat()} if before else {}
    record(f"participant.{_PAST[decision.verb]}", by=by, at=at, subject=decision.code,
           statement={"begins": statements.write_row(period), "ends": ended})  # fmt: skip
    return period


@action("participants.correct", needs=Permission.PARTICIPANT_DECIDE)
def correct_status(*, by: Actor, at: datetime, code: str, since: date, entry: StatusPeriod) -> StatusPeriod:
    """Put a right period in the place of one that was wrong: the one that began on ``since`` stays on record.

    Use it where the true day of an admission becomes known, or a decision was entered wrongly. Raises ``NotFound``
    where no period begins on that day; ``Refused`` without a source or where it would pass a neighbour.
    """
    rows = queries.effective_statuses(code)
    place = next((place for place, row in enumerate(rows) if row.since == since), None)
    if place is None:
        raise NotFound("status", f"{code} {since.isoformat()}")
    history = queries.register().participants[code].history
    before = history[place - 1] if place else None
    after = history[place + 1] if place + 1 < len(history) else None
    if objections := list(rules.correction_fits_between_its_neighbours(entry, before, after)):
        raise Refused(objections, subject=code)
    wrong = rows[place]
    StatusRow.objects.create(participant_id=code, corrects=wrong, **{**_columns(entry, at), "until": None})
    _changed()
    said = {"begins": statements.write_row(entry), "corrects": statements.write_row(history[place])}
    record("participant.corrected", by=by, at=at, subject=code, statement=said)
    return entry


_PAST = {
    Verb.ADMIT: "admitted", Verb.SUSPEND: "suspended", Verb.SELF_SUSPEND: "self_suspended",
    Verb.RESTRICT_TO_ZONES: "restricted", Verb.REINSTATE: "reinstated", Verb.REMOVE: "removed",
}  # fmt: skip


@action("participants.admit", needs=Permission.PARTICIPANT_DECIDE)
def admit(*, by: Actor, at: datetime, decision: Decision, name: str = "") -> StatusPeriod:
    """Admit an applicant, or readmit a removed Participant (R165, R172). ``name`` for one that is not in the register.

    Raises ``Refused``; ``Conflict`` where somebody else decided meanwhile. So do the decisions below.
    """
    return _decide(replace(decision, verb=Verb.ADMIT), by, at, name)


@action("participants.suspend", needs=Permission.PARTICIPANT_DECIDE)
def suspend(*, by: Actor, at: datetime, decision: Decision) -> StatusPeriod:
    """Suspend a Participant: its certificates are refused from the day of effect (R042)."""
    return _decide(replace(decision, verb=Verb.SUSPEND), by, at)


@action("participants.self_suspend", needs=Permission.PARTICIPANT_DECIDE)
def self_suspend(*, by: Actor, at: datetime, decision: Decision) -> StatusPeriod:
    """Note that a Participant suspended its own trade."""
    return _decide(replace(decision, verb=Verb.SELF_SUSPEND), by, at)


@action("participants.restrict", needs=Permission.PARTICIPANT_DECIDE)
def restrict_to_zones(*, by: Actor, at: datetime, decision: Decision) -> StatusPeriod:
    """Let a Participant export from the named zones only (R043), or name other zones from a day on."""
    return _decide(replace(decision, verb=Verb.RESTRICT_TO_ZONES), by, at)


@action("participants.reinstate", needs=Permission.PARTICIPANT_DECIDE)
def reinstate(*, by: Actor, at: datetime, decision: Decision) -> StatusPeriod:
    """End a suspension, restriction, embargo or removal: full participation again."""
    return _decide(replace(decision, verb=Verb.REINSTATE), by, at)


@action("participants.remove", needs=Permission.PARTICIPANT_DECIDE)
def remove(*, by: Actor, at: datetime, decision: Decision) -> StatusPeriod:
    """Take a Participant off the list."""
    return _decide(replace(decision, verb=Verb.REMOVE), by, at)


DECISIONS: dict[Verb, Callable[..., StatusPeriod]] = {
    Verb.ADMIT: admit, Verb.SUSPEND: suspend, Verb.SELF_SUSPEND: self_suspend,
    Verb.RESTRICT_TO_ZONES: restrict_to_zones, Verb.REINSTATE: reinstate, Verb.REMOVE: remove,
}  # fmt: skip
"""The action of each decision, for a shell that has read a ``Decision``."""


@action("participants.set_national_date", needs=Permission.PARTICIPANT_LIST)
def set_national_date(*, by: Actor, at: datetime, by_list: str, code: str, entry: StatusPeriod) -> StatusPeriod:
    """Note since when a national list names a code, or names it no longer (R173). Raises ``Refused``."""
    before = NationalListDate.objects.filter(by_list=by_list, code=code).order_by("-since").first()
    present = StatusPeriod(Status(before.status), before.since, before.until, before.source) if before else None
    if objections := rules.before_national_date(entry, present):
        raise Refused(objections, subject=f"{by_list}:{code}")
    NationalListDate.objects.create(by_list=by_list, code=code, replaces=before, **_columns(entry, at))
    _changed()
    ends = before.since.isoformat() if before else ""
    said = {"begins": statements.write_row(entry), "ends": ends}
    record("national_list.dated", by=by, at=at, subject=f"{by_list}:{code}", statement=said)
    return entry


def _its_own(by: Actor, code: str) -> None:
    """Raise ``NotPermitted`` where a Participant has its desk on this node and another's officer would speak for it.

    Of a Participant without a desk here, every supervisor notes what it notified.
    """
    known = queries.register().participants.get(code)
    here = [one.code for one in known.authorities if _has_desk(one.code)] if known else []
    if here and by.authority not in here and Role.CHAIR not in by.roles:
        raise NotPermitted(Permission.PARTICIPANT_LIST, f"{code} is on this node: {', '.join(here)} enters that itself")


def _has_desk(authority: str) -> bool:
    """True where an authority signs on this node."""
    return can_sign(authority)


@action("participants.designate_authority", needs=Permission.PARTICIPANT_LIST)
def designate_authority(
    *, by: Actor, at: datetime, authority: Authority, replaces: str = "", since: date | None = None
) -> Authority:
    """Add an authority that a Participant has named; ``replaces`` names the one that it follows, from ``since`` on.

    Raises ``NotFound`` for a Participant or a replaced authority that is not in the register.
    """
    _its_own(by, authority.participant)
    row = ParticipantRow.objects.filter(code=authority.participant).first()
    if row is None:
        raise NotFound("participant", authority.participant)
    before = None
    if replaces:
        before = AuthorityRow.objects.filter(participant=row, name__iexact=replaces).order_by("-id").first()
        if before is None:
            raise NotFound("authority", replaces)
    named = replace(authority, since=since or authority.since or at.date())
    AuthorityRow.objects.create(participant=row, replaces=before, **_named(named, at))
    _changed()
    record("authority.designated", by=by, at=at, subject=named.code,
           statement={"named": statements.write_row(named), "replaces": replaces})  # fmt: skip
    return named


@action("participants.set_profile_value", needs=Permission.PARTICIPANT_LIST)
def set_profile_value(*, by: Actor, at: datetime, code: str, field: str, stated: Mapping[str, Any]) -> Value[Any]:
    """Lay a sourced value over a profile; the value before it stays on record.

    ``stated`` is ``{"value": ..., "source": ..., "note": ..., "confidence": ...}`` in the form of ``statements``; a
    ``value`` of null takes the value away. Raises ``NotFound`` for an unknown field, ``Untrusted`` for a wrong value.
    """
    _its_own(by, code)
    if field not in FIELDS:
        raise NotFound("profile field", field)
    checked = {**stated, "value": "" if stated.get("value") is None else stated["value"]}
    if stated.get("value") is None:
        value: Value[Any] = statements.read_profile_value("special", checked, f"{code}.{field}")
    else:
        value = statements.read_profile_value(field, checked, f"{code}.{field}")
    before = ProfileValue.objects.filter(code=code, field=field).order_by("-id").first()
    ProfileValue.objects.create(
        code=code, field=field, value=stated.get("value"), source=value.source, note=value.note,
        confidence=value.confidence, replaces=before, recorded_at=at,
    )  # fmt: skip
    _changed()
    said = {"before": before.value if before else None, **stated}
    record("profile.value_set", by=by, at=at, subject=f"{code}.{field}", statement=said)
    return value
