"""PURE. Participants, profiles and national lists as JSON, read strictly and written back.

The files under ``data/`` and the database keep the same form. Version 1: keys may be added, never renamed. Anything
not known is refused with ``Untrusted``, naming the row and the field.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from typing import Any, TypeVar

from openkimberley.kernel.errors import Untrusted
from openkimberley.participants.facts import (
    Authority,
    Cover,
    NationalList,
    Participant,
    Prefix,
    ProducerPeriod,
    Profile,
    Profiles,
    Status,
    StatusPeriod,
    Value,
    Zone,
)
from openkimberley.participants.facts.profiles import read_value, write_value
from openkimberley.participants.facts.register import nobody

T = TypeVar("T")

KINDS = frozenset({"STATE", "REIO", "ENTITY"})
CONFIDENCES = frozenset({"seen", "own:H", "own:M", "own:L", "derived"})
PRECISIONS = frozenset({"day", "month", "year", "window"})
_DATES = frozenset({"since", "until", "earliest", "latest"})
_FLAGS = frozenset({"country", "produces", "exporting", "importing"})
_LISTS = frozenset({"zones", "other_names", "doubts"})
_USUAL = {("confidence", "seen"), ("precision", "day"), ("country", True)}
_NEEDED: Mapping[Any, set[str]] = {
    StatusPeriod: {"status", "since", "source"},
    Zone: {"name", "since", "source"},
    Cover: {"code", "source"},
    Prefix: {"code", "source"},
    ProducerPeriod: {"produces", "source"},
    Authority: {"code", "name", "exporting", "importing", "source"},
}


def _bad(where: str, why: str) -> Untrusted:
    """A refusal that names the row and the field."""
    return Untrusted("participants data", f"{where}: {why}")


def _object(given: Any, where: str) -> Mapping[str, Any]:
    """An object, or a refusal."""
    if not isinstance(given, Mapping):
        raise _bad(where, "an object is wanted")
    return given


def _field(name: str, given: Any, where: str) -> Any:
    """One field of a row by its name's kind: date, flag, list of texts, status or text."""
    if name in _DATES:
        return _day(given, where)
    if name in _FLAGS:
        if type(given) is not bool:
            raise _bad(where, "true or false is wanted")
        return given
    if name in _LISTS:
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise _bad(where, "a list of texts is wanted")
        return tuple(given)
    if not isinstance(given, str):
        raise _bad(where, "text is wanted")
    for known, words in (("confidence", CONFIDENCES), ("precision", PRECISIONS), ("status", frozenset(Status))):
        if name == known and given not in words:
            raise _bad(where, f"{given!r} is none of {', '.join(sorted(words))}")
    if name == "source" and not given.strip():
        raise _bad(where, "a source is wanted")
    return Status(given) if name == "status" else given


def _day(given: Any, where: str) -> date | None:
    """A date as YYYY-MM-DD, or null."""
    if given is None:
        return None
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise _bad(where, "a date YYYY-MM-DD is wanted") from None


def read_row(kind: type[T], given: Any, where: str, **fixed: Any) -> T:
    """One row of a known kind (``StatusPeriod``, ``Authority``, ...). Raises ``Untrusted`` naming row and field."""
    row = _object(given, where)
    known = {f.name for f in fields(kind)} - set(fixed)  # type: ignore[arg-type]
    if unknown := sorted(set(row) - known):
        raise _bad(where, f"unknown keys {', '.join(map(str, unknown))}")
    if missing := sorted(name for name in _NEEDED[kind] if row.get(name) is None):
        raise _bad(where, f"missing keys {', '.join(missing)}")
    found = {name: _field(name, one, f"{where}.{name}") for name, one in row.items()}
    for name in known & {"since", "until"}:
        found.setdefault(name, None)
    return kind(**found, **fixed)


def write_row(row: Any, *leave_out: str) -> dict[str, Any]:
    """A row as JSON, without what is empty."""
    stated = {}
    for f in fields(row):
        one = getattr(row, f.name)
        if f.name in leave_out or one in (None, "", ()) or (f.name, one) in _USUAL:
            continue
        stated[f.name] = one.isoformat() if isinstance(one, date) else list(one) if isinstance(one, tuple) else one
    return stated


def _rows(kind: type[T], given: Any, where: str, **fixed: Any) -> tuple[T, ...]:
    """A list of rows."""
    if not isinstance(given, list):
        raise _bad(where, "a list is wanted")
    return tuple(read_row(kind, one, f"{where}[{place}]", **fixed) for place, one in enumerate(given))


def check_history(history: tuple[StatusPeriod, ...], where: str) -> None:
    """Periods follow each other without gap or overlap and only the last one is open. Raises ``Untrusted``."""
    for place, (period, after) in enumerate(itertools.pairwise(history)):
        if period.until != after.since:
            raise _bad(f"{where}.history[{place}]", f"ends {period.until}, but the next period begins {after.since}")
    for place, period in enumerate(history):
        if period.until is not None and period.until <= period.since:
            raise _bad(f"{where}.history[{place}]", "ends before it begins")
    if history and history[-1].until is not None:
        raise _bad(f"{where}.history[{len(history) - 1}]", "the last period must be open")


def _history(given: Any, where: str, code: str) -> tuple[StatusPeriod, ...]:
    """The dated status of one country; a time before it that a source leaves open is filled as no participation."""
    rows = sorted(_rows(StatusPeriod, given, where), key=lambda period: period.since)
    filled: list[StatusPeriod] = []
    for period in rows:
        if filled and filled[-1].until is not None and filled[-1].until < period.since:
            gap = nobody(code, until=period.since)
            filled.append(StatusPeriod(gap.status, filled[-1].until, gap.until, gap.source, confidence="derived"))
        filled.append(period)
    return tuple(filled)


_PLAIN = ("note", "other_names", "doubts")
_PARTS: Mapping[str, type[Any]] = {
    "covers": Cover, "prefixes": Prefix, "producer": ProducerPeriod, "zones": Zone,
}  # fmt: skip


def read_participant(given: Any, where: str) -> Participant:
    """One Participant with all its rows. Raises ``Untrusted`` naming row and field."""
    row = _object(given, where)
    for name in ("code", "name"):
        if not isinstance(row.get(name), str) or not row[name]:
            raise _bad(f"{where}.{name}", "text is wanted")
    code = row["code"]
    where = f"{where} ({code})"
    if unknown := sorted(set(row) - {f.name for f in fields(Participant)}):
        raise _bad(where, f"unknown keys {', '.join(map(str, unknown))}")
    if row.get("kind", "STATE") not in KINDS:
        raise _bad(f"{where}.kind", f"one of {', '.join(sorted(KINDS))} is wanted")
    history = _history(row.get("history", []), f"{where}.history", code)
    check_history(history, where)
    plain = {name: _field(name, row[name], f"{where}.{name}") for name in _PLAIN if name in row}
    parts: dict[str, Any] = {name: _rows(kind, row.get(name, []), f"{where}.{name}") for name, kind in _PARTS.items()}
    authorities = _rows(Authority, row.get("authorities", []), f"{where}.authorities", participant=code)
    return Participant(
        code=code, name=row["name"], kind=row.get("kind", "STATE"), history=history, authorities=authorities,
        **parts, **plain,
    )  # fmt: skip


def write_participant(participant: Participant) -> dict[str, Any]:
    """A Participant as JSON: what ``read_participant`` reads back to the same facts."""
    stated: dict[str, Any] = {"code": participant.code, "name": participant.name, "kind": participant.kind}
    for name in ("covers", "prefixes", "history", "producer", "zones"):
        stated[name] = [write_row(row) for row in getattr(participant, name)]
    stated["authorities"] = [write_row(row, "participant") for row in participant.authorities]
    for name in ("other_names", "note", "doubts"):
        one = getattr(participant, name)
        stated[name] = list(one) if isinstance(one, tuple) else one
    return {name: one for name, one in stated.items() if one not in ([], "")}


def read_participants(document: Any) -> dict[str, Participant]:
    """All Participants of a document by code. Raises ``Untrusted``."""
    rows = _object(document, "participants").get("participants")
    if not isinstance(rows, list):
        raise _bad("participants", "a list is wanted")
    found: dict[str, Participant] = {}
    for place, one in enumerate(rows):
        participant = read_participant(one, f"participants[{place}]")
        if participant.code in found:
            raise _bad(f"participants[{place}]", f"{participant.code} stands twice")
        found[participant.code] = participant
    return found


def read_profiles(document: Any) -> Profiles:
    """Profiles of a document by code. Raises ``Untrusted`` naming code and field."""
    found = {}
    for code, row in _object(_object(document, "profiles").get("profiles"), "profiles").items():
        stated = _object(row, f"profiles.{code}")
        values = {name: read_profile_value(name, one, f"profiles.{code}.{name}") for name, one in stated.items()}
        found[code] = Profile(code, **values)
    return Profiles(found)


def read_profile_value(name: str, given: Any, where: str) -> Value[Any]:
    """One sourced value of a profile. Raises ``Untrusted``."""
    row = _object(given, where)
    if set(row) - {"value", "source", "note", "confidence"} or not {"value", "source"} <= set(row):
        raise _bad(where, "value and source are wanted, note and confidence may stand beside them")
    said = {key: _field(key, row[key], f"{where}.{key}") for key in ("source", "note", "confidence") if key in row}
    try:
        return Value(read_value(name, row["value"]), **said)
    except ValueError as error:
        raise _bad(where, str(error)) from error


def write_profile(profile: Profile) -> dict[str, Any]:
    """The known values of a profile as JSON."""
    return {name: write_profile_value(name, value) for name, value in profile.known().items()}


def write_profile_value(name: str, value: Value[Any]) -> dict[str, Any]:
    """One value with its source as JSON."""
    return {"value": write_value(name, value.value), **write_row(value, "value")}


def read_national_lists(document: Any) -> dict[str, NationalList]:
    """National lists by code, from whole versions of a list and from single events. Raises ``Untrusted``."""
    lists = _object(document, "lists").get("lists")
    if not isinstance(lists, list):
        raise _bad("lists", "a list is wanted")
    found = {}
    for place, one in enumerate(lists):
        row = _object(one, f"lists[{place}]")
        entries = _versions(row, f"lists[{place}]")
        for event in row.get("events", []):
            code = str(_object(event, f"lists[{place}].events").get("code", ""))
            plain = {key: value for key, value in event.items() if key != "code"}
            entries.setdefault(code, []).append(read_row(StatusPeriod, plain, f"lists[{place}].events {code}"))
        found[row["list"]] = NationalList(
            code=row["list"], name=row["law"], source=row["source"], attribution=row.get("attribution", ""),
            periods=_closed(entries),
        )  # fmt: skip
    return found


def _closed(entries: Mapping[str, list[StatusPeriod]]) -> dict[str, tuple[StatusPeriod, ...]]:
    """Rows in order of time, each open one closed by the next."""
    closed: dict[str, tuple[StatusPeriod, ...]] = {}
    for code, rows in entries.items():
        ordered = sorted(rows, key=lambda period: period.since)
        ends = [after.since for after in ordered[1:]]
        closed[code] = tuple(
            _until(period, end if period.until is None else min(period.until, end or period.until))
            for period, end in zip(ordered, [*ends, None], strict=True)
        )
    return closed


def _until(period: StatusPeriod, until: date | None) -> StatusPeriod:
    """The same period with another end."""
    return read_row(StatusPeriod, {**write_row(period), "until": until.isoformat() if until else None}, "period")


def _versions(row: Mapping[str, Any], where: str) -> dict[str, list[StatusPeriod]]:
    """Rows from whole versions of a list: whom each names, and whom the next one that is held no longer names."""
    versions = row.get("versions", [])
    days = [_day(version.get("in_force_from"), f"{where}.versions[{n}]") for n, version in enumerate(versions)]
    every = {code for version in versions for code in version["names"]}
    entries: dict[str, list[StatusPeriod]] = {}
    for place, version in enumerate(versions):
        since = days[place]
        if since is None:
            raise _bad(f"{where}.versions[{place}]", "a date is wanted")
        following = days[place + 1] if place + 1 < len(days) else None
        # Where the next amendment is not held, a version speaks for the day it came into force and no other.
        until = following if version.get("next_version_held") else date.fromordinal(since.toordinal() + 1)
        source, url = f"{row['source']}, in force {since.isoformat()}", row.get("url", "")
        for code in sorted(every):
            name = version["names"].get(code)
            status = Status.PARTICIPANT if name else Status.NON_PARTICIPANT
            note = f'Named "{name}".' if name else ""
            entries.setdefault(code, []).append(StatusPeriod(status, since, until, source, url=url, note=note))
    return {code: _joined(rows) for code, rows in entries.items()}


def _joined(rows: list[StatusPeriod]) -> list[StatusPeriod]:
    """Rows of the same status that touch each other as one row, so that its first day is the day of listing."""
    joined: list[StatusPeriod] = []
    for row in rows:
        if joined and joined[-1].status is row.status and joined[-1].until == row.since:
            joined[-1] = _until(joined[-1], row.until)
        else:
            joined.append(row)
    return joined


def standing(code: str, name: str, period: StatusPeriod) -> dict[str, Any]:
    """The row of the contract: who is who on a day. ``since`` is null where nothing is recorded before."""
    since = None if period.since == date.min else period.since.isoformat()
    return {
        "code": code, "name": name, "status": period.status.word, "trades": period.trades, "since": since,
        "source": period.source,
    }  # fmt: skip
