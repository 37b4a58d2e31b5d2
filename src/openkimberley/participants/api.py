"""The register over HTTP, for everybody: who is who on a day, and all that is known of one Participant."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema

from openkimberley.kernel.errors import NotFound
from openkimberley.participants import queries, statements
from openkimberley.participants.facts import Participant
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


@router.get("/participants", response=ListOut, summary="Who takes part on a day")
def list_participants(
    request: HttpRequest, at: date | None = None, by: Literal["", "US", "CA", "EU"] = ""
) -> dict[str, Any]:
    """Everybody in the register as of ``at`` (today where left out), by the Scheme's list or a national one."""
    day = at or timezone.now().date()
    whole = queries.register()
    return {
        "at": day, "by": by, "participants": len(whole.members_at(day)), "countries": len(whole.countries_at(day)),
        "rows": [one.as_json() for one in queries.standings(day, by)],
    }  # fmt: skip


@router.get("/participants/{code}", response=ParticipantOut, summary="All that is known of one Participant")
def one_participant(request: HttpRequest, code: str, at: date | None = None) -> dict[str, Any]:
    """Status, history, authorities, coverage and profile, each value with its source; also of a country in a union."""
    day, code = at or timezone.now().date(), code.upper()
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
