"""Reads: the register and the profiles as facts, from the database where it is filled, else as shipped."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import lru_cache
from typing import Any

from openkimberley.participants import statements
from openkimberley.participants.data import shipped_profiles, shipped_register
from openkimberley.participants.facts import (
    Authority,
    NationalList,
    Participant,
    Profile,
    Profiles,
    Register,
    Status,
    StatusPeriod,
    Value,
)
from openkimberley.participants.models import (
    AuthorityRow,
    NationalListDate,
    ParticipantRow,
    ProfileValue,
    StatusRow,
    Version,
)


def version() -> str:
    """Which content the register in the database has; empty where nothing was loaded."""
    return Version.objects.values_list("token", flat=True).first() or ""


def shipped_version() -> str:
    """The digest of the shipped data that was loaded; empty where none was."""
    return Version.objects.values_list("shipped", flat=True).first() or ""


def register() -> Register:
    """The register of Participants, re-read only after a change."""
    token = version()
    return _register(token) if token else shipped_register()


def profiles() -> Profiles:
    """The jurisdiction profiles: shipped ones with the values of the database on top, re-read only after a change."""
    token = version()
    return _profiles(token) if token else shipped_profiles()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one code stands on a day: the row of the list that web, API and command line show."""

    participant: Participant
    period: StatusPeriod
    seat: bool

    @property
    def trades(self) -> bool:
        """True where certificates may be issued and accepted without restriction."""
        return self.period.trades

    def as_json(self) -> dict[str, Any]:
        """The row of the contract; ``since`` is null where nothing was recorded before."""
        return statements.standing(self.participant.code, self.participant.name, self.period)


def standings(on: date, by_list: str = "") -> list[Standing]:
    """Everybody in the register in order of name, as of a day."""
    whole = register()
    return [
        Standing(one, whole.status_at(one.code, on, by_list), one.has_seat(on))
        for one in sorted(whole.participants.values(), key=lambda one: one.name)
    ]


def _period(row: Any, until: date | None) -> StatusPeriod:
    """A row as a period that ends on a day."""
    stated = {f.name: getattr(row, f.name) for f in fields(StatusPeriod)}
    return StatusPeriod(**{**stated, "status": Status(row.status), "zones": tuple(row.zones), "until": until})


def _ends(rows: list[Any]) -> list[date | None]:
    """Where each of the rows of one subject ends: at its own end or where the next begins, whichever is first."""
    nexts = [row.since for row in rows[1:]] + [None]
    return [
        min((day for day in (row.until, after) if day), default=None) for row, after in zip(rows, nexts, strict=True)
    ]


def effective_statuses(code: str = "") -> list[StatusRow]:
    """The rows that count, in order of Participant and day: those that no later row corrects."""
    rows = StatusRow.objects.order_by("participant_id", "since", "id")
    rows = rows.filter(participant=code) if code else rows
    corrected = {row.corrects_id for row in rows}
    return [row for row in rows if row.pk not in corrected]


@lru_cache(maxsize=4)
def _register(token: str) -> Register:
    """The register of one content of the database."""
    statuses: dict[str, list[StatusRow]] = defaultdict(list)
    for status in effective_statuses():
        statuses[status.participant_id].append(status)
    authorities: dict[str, list[AuthorityRow]] = defaultdict(list)
    for authority in AuthorityRow.objects.order_by("participant_id", "id"):
        authorities[authority.participant_id].append(authority)
    found = {
        row.code: _participant(row, statuses[row.code], authorities[row.code]) for row in ParticipantRow.objects.all()
    }
    return Register(found, _national_lists())


def _participant(row: ParticipantRow, statuses: list[StatusRow], authorities: list[AuthorityRow]) -> Participant:
    """One Participant with its history and authorities."""
    basis = statements.read_participant({"code": row.code, "name": row.name, "kind": row.kind, **row.about}, "database")
    history = tuple(_period(one, end) for one, end in zip(statuses, _ends(statuses), strict=True))
    successors = {one.replaces_id: one for one in authorities if one.replaces_id}
    named = tuple(_authority(one, successors.get(one.pk)) for one in authorities)
    return replace(basis, history=history, authorities=named)


def _authority(row: AuthorityRow, successor: AuthorityRow | None) -> Authority:
    """An authority, until the one that replaced it."""
    until = row.until if successor is None or successor.since is None else min(row.until or date.max, successor.since)
    stated = {f.name: getattr(row, f.name) for f in fields(Authority) if f.name != "participant"}
    return Authority(**{**stated, "participant": row.participant_id, "until": until})


def _national_lists() -> dict[str, NationalList]:
    """National lists with the rows of the database."""
    rows: dict[tuple[str, str], list[NationalListDate]] = defaultdict(list)
    for row in NationalListDate.objects.order_by("by_list", "code", "since"):
        rows[row.by_list, row.code].append(row)
    shipped = shipped_register().national_lists
    found = {code: NationalList(code, code, "", {}) for code, _ in rows} | dict(shipped)
    periods: dict[str, dict[str, tuple[StatusPeriod, ...]]] = defaultdict(dict)
    for (by_list, code), entries in rows.items():
        ends = _ends(entries)
        periods[by_list][code] = tuple(_period(one, end) for one, end in zip(entries, ends, strict=True))
    return {code: replace(one, periods=periods.get(code, {})) for code, one in found.items()}


@lru_cache(maxsize=4)
def _profiles(token: str) -> Profiles:
    """The profiles of one content of the database."""
    laid = dict(shipped_profiles().by_code)
    for row in ProfileValue.objects.order_by("id"):
        said = {"value": row.value, "source": row.source, "note": row.note, "confidence": row.confidence}
        value: Value[Any] | None = None
        if row.value is not None:
            value = statements.read_profile_value(row.field, said, f"database {row.code}.{row.field}")
        profile = laid.get(row.code) or Profile(row.code)
        laid[row.code] = replace(profile, **{row.field: value})  # type: ignore[arg-type]
    return Profiles(laid)
