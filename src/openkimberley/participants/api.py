"""The register over HTTP: reading is for everybody; decisions for the Chair, lists and profiles for supervisors."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from openkimberley.desk.web import actor_of
from openkimberley.kernel.errors import NotFound
from openkimberley.participants import actions, queries, statements
from openkimberley.participants.facts import Authority, Decision, Participant, Status, StatusPeriod, Verb
from openkimberley.participants.facts.profiles import FIELDS

router = Router(tags=["participants"])


class StandingOut(Schema):
    """Where one Participant stands on a day."""

    code: str
    name: str
    status: str
    trades: bool
    since: date | None
    source: str


class ListOut(Schema):
    """The list of a day."""

    at: date
    by: str
    participants: int
    countries: int
    rows: list[StandingOut]


class ParticipantOut(StandingOut):
    """One Participant with its whole history, as of a day. ``unknown`` names the profile fields nobody has told us."""

    at: date
    kind: str
    sure: bool
    into: str
    zones: list[str]
    history: list[dict[str, Any]]
    covers: list[dict[str, Any]]
    prefixes: list[dict[str, Any]]
    producer: list[dict[str, Any]]
    authorities: list[dict[str, Any]]
    national_lists: dict[str, list[dict[str, Any]]]
    doubts: list[str]
    profile: dict[str, dict[str, Any]]
    unknown: list[str]


@router.get("/participants", auth=None, response=ListOut, summary="Who takes part on a day")
def list_participants(
    request: HttpRequest, at: date | None = None, by: Literal["", "US", "CA", "EU"] = ""
) -> dict[str, Any]:
    """Everybody in the register as of ``at`` (today where left out), by the Scheme's list or a national one."""
    day = at or timezone.localtime().date()
    whole = queries.register()
    return {
        "at": day, "by": by, "participants": len(whole.members_at(day)), "countries": len(whole.countries_at(day)),
        "rows": [one.as_json() for one in queries.standings(day, by)],
    }  # fmt: skip


@router.get("/participants/{code}", auth=None, response=ParticipantOut, summary="All that is known of one Participant")
def one_participant(request: HttpRequest, code: str, at: date | None = None) -> dict[str, Any]:
    """Status, history, authorities, coverage and profile, each value with its source; also of a country in a union."""
    day, code = at or timezone.localtime().date(), code.upper()
    whole = queries.register()
    period = whole.status_at(code, day)
    if code not in whole.participants and not period.into:
        raise NotFound("participant", code)
    participant = whole.participants.get(code) or Participant(code, code)
    profile = queries.profiles().of(code)
    said = statements.write_participant(participant)
    parts = {name: said.get(name, []) for name in _PARTS}
    national = {
        one.code: [statements.write_row(entry) for entry in one.periods.get(code, ())]
        for one in whole.national_lists.values()
    }
    return {
        **statements.standing(code, participant.name, period), **parts, "at": day, "kind": participant.kind,
        "sure": whole.sure_at(code, day), "into": period.into, "zones": [z.name for z in whole.open_zones(code, day)],
        "national_lists": {name: rows for name, rows in national.items() if rows},
        "profile": statements.write_profile(profile), "unknown": sorted(set(FIELDS) - set(profile.known())),
    }  # fmt: skip


_PARTS = ("history", "covers", "prefixes", "producer", "authorities", "doubts")


class DecisionIn(Schema):
    """A decision of the Scheme about one Participant."""

    verb: Verb
    effective: date
    reference: str
    source: str
    url: str = ""
    note: str = ""
    zones: list[str] = []
    name: str = ""


class EntryIn(Schema):
    """A dated status with its source: a correction, or an entry in a national list."""

    status: Status
    since: date
    source: str
    url: str = ""
    note: str = ""
    decision: str = ""
    zones: list[str] = []
    precision: Literal["day", "month", "year", "window"] = "day"
    confidence: Literal["seen", "own:H", "own:M", "own:L", "derived"] = "seen"

    def period(self) -> StatusPeriod:
        """The entry as a fact."""
        return StatusPeriod(**{**self.dict(), "zones": tuple(self.zones), "until": None})


class AuthorityIn(Schema):
    """An authority that a Participant has named, and the name of the one that it follows."""

    code: str
    name: str
    exporting: bool
    importing: bool
    since: date
    source: str
    email: str = ""
    note: str = ""
    replaces: str = ""


class ValueIn(Schema):
    """A value of a profile in the JSON form of the profiles file, with its source."""

    value: Any = None
    source: str
    note: str = ""


@router.post("/participants/{code}/decisions", response=dict[str, Any], summary="Enter a decision of the Scheme")
def decide(request: HttpRequest, code: str, given: DecisionIn) -> dict[str, Any]:
    """Admit, suspend, restrict, reinstate or remove from a day on. For the Chair."""
    decision = Decision(**{**given.dict(exclude={"name"}), "code": code.upper(), "zones": tuple(given.zones)})
    named = {"name": given.name} if given.verb is Verb.ADMIT else {}
    act = actions.DECISIONS[given.verb]
    return statements.write_row(act(by=actor_of(request), at=timezone.localtime(), decision=decision, **named))


@router.post("/participants/{code}/history/{since}", response=dict[str, Any], summary="Correct a period")
def correct(request: HttpRequest, code: str, since: date, given: EntryIn) -> dict[str, Any]:
    """Put a right period in the place of the one that began on ``since``. For the Chair."""
    entry = given.period()
    by, at = actor_of(request), timezone.localtime()
    return statements.write_row(actions.correct_status(by=by, at=at, code=code.upper(), since=since, entry=entry))


@router.post("/national-lists/{by_list}/{code}", response=dict[str, Any], summary="Date a national list")
def date_national_list(request: HttpRequest, by_list: str, code: str, given: EntryIn) -> dict[str, Any]:
    """Note since when a national list names a code, or names it no longer. For a supervisor."""
    by, at, entry = actor_of(request), timezone.localtime(), given.period()
    set_date = actions.set_national_date
    return statements.write_row(set_date(by=by, at=at, by_list=by_list.upper(), code=code.upper(), entry=entry))


@router.post("/participants/{code}/authorities", response=dict[str, Any], summary="Name an authority")
def name_authority(request: HttpRequest, code: str, given: AuthorityIn) -> dict[str, Any]:
    """Add an authority, in the place of another where ``replaces`` names one. For a supervisor."""
    stated = given.dict(exclude={"replaces"})
    named = Authority(participant=code.upper(), until=None, **stated)
    by, at = actor_of(request), timezone.localtime()
    return statements.write_row(
        actions.designate_authority(by=by, at=at, authority=named, replaces=given.replaces, since=given.since)
    )


@router.post("/profiles/{code}/{field}", response=dict[str, Any], summary="Set a value of a profile")
def set_value(request: HttpRequest, code: str, field: str, given: ValueIn) -> dict[str, Any]:
    """Lay a sourced value over a profile; null takes it away. For a supervisor."""
    by, at = actor_of(request), timezone.localtime()
    actions.set_profile_value(by=by, at=at, code=code.upper(), field=field, stated=given.dict())
    return {"code": code.upper(), "field": field, **given.dict()}
