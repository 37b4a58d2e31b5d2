"""PURE. A licence as one row of a table and as JSON, and back; what the journal keeps of it.

A table's ``valid_to`` is the last valid day, as people write it; inside, a term ends on the first day after. What is
exported can be loaded into another register: the columns are the same.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from openkimberley.desk.tables import Fault
from openkimberley.kernel.measures import Period
from openkimberley.kernel.rules import gettext_noop as _
from openkimberley.trade.facts import (
    NUMBER,
    SERIES,
    Change,
    Holder,
    LegalForm,
    Licence,
    LicenceKind,
    LicenceStatus,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openkimberley.desk.tables import Row

COLUMNS = (
    "authority", "number", "kinds", "holder", "address", "nationality", "residence", "area", "legal_form",
    "registration_id", "email", "contact", "one_time", "valid_from", "valid_to", "status", "status_since",
    "status_reason",
)  # fmt: skip
"""The columns of a table of licences, in and out."""

PUBLIC_COLUMNS = ("authority", "number", "kinds", "holder", "status", "valid_from", "valid_to")
"""What everybody may know: never an address, nationality or contact."""

LENGTHS = {"holder": 200, "address": 2000, "residence": 120, "area": 200, "registration_id": 60, "contact": 200}
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,}")
_TRUE, _FALSE = {"true", "yes", "1", "x", "oui"}, {"", "false", "no", "0", "non"}


def last_day(term: Period | None) -> str:
    """The last day of a term as people write it, empty where it has no end."""
    return (term.end - timedelta(days=1)).isoformat() if term and term.end else ""


def term_of(first: date, last: date | None) -> Period:
    """The term from its first to its last day. Raises ``ValueError`` where the last lies before the first."""
    if last is None:
        return Period(first)
    if last < first or last == date.max:
        raise ValueError(f"a licence ends after it begins, not {first} to {last}")
    return Period(first, last + timedelta(days=1))


def to_public(licence: Licence, on: date) -> dict[str, Any]:
    """What everybody may know of a licence on a day."""
    term = licence.term_on(on)
    return {
        "authority": licence.authority, "number": licence.number,
        "kinds": sorted(kind.value for kind in licence.kinds), "holder": licence.holder.name,
        "status": licence.status_on(on).value, "valid_from": term.start.isoformat() if term else "",
        "valid_to": last_day(term),
    }  # fmt: skip


def to_officer(licence: Licence, on: date) -> dict[str, Any]:
    """What an officer may know of a licence on a day: all of it."""
    last = next((change for change in reversed(licence.changes) if change.since <= on), None)
    holder = {name: value for name, value in asdict(licence.holder).items() if name != "name"}
    return {
        **to_public(licence, on), **holder, "one_time": licence.one_time, "version": licence.version,
        "status_since": last.since.isoformat() if last else "", "status_reason": last.reason if last else "",
        "terms": [{"valid_from": t.start.isoformat(), "valid_to": last_day(t)} for t in licence.terms],
        "changes": [{"status": c.status.value, "since": c.since.isoformat(), "reason": c.reason}
                    for c in licence.changes],
        "may_file_for": [{"company": p.company, "valid_from": p.period.start.isoformat(),
                          "valid_to": last_day(p.period), "document": p.document} for p in licence.may_file_for],
        "stock_declared": sorted(licence.stock_declared),
    }  # fmt: skip


def to_row(licence: Licence, on: date) -> dict[str, str]:
    """A licence as a row under ``COLUMNS``."""
    stated = to_officer(licence, on)
    row = {column: str(stated[column]) for column in COLUMNS if column not in ("kinds", "one_time")}
    status = licence.status_on(on)
    if status not in (LicenceStatus.SUSPENDED, LicenceStatus.REVOKED):
        row |= {"status_since": "", "status_reason": ""}
    return row | {"kinds": "; ".join(stated["kinds"]), "one_time": "true" if licence.one_time else "false"}


def for_journal(licence: Licence) -> dict[str, Any]:
    """What the journal keeps for ever: no address, contact or name of a person, but a digest that proves them.

    The journal is never shortened, so what a person may one day ask to have erased does not go into it.
    """
    particulars = json.dumps(asdict(licence.holder), sort_keys=True, ensure_ascii=False).encode()
    named = {"holder": licence.holder.name} if licence.holder.legal_form is LegalForm.COMPANY else {}
    return {
        "authority": licence.authority, "number": licence.number, "version": licence.version,
        "kinds": sorted(kind.value for kind in licence.kinds), "legal_form": licence.holder.legal_form.value,
        "one_time": licence.one_time, "particulars": hashlib.sha256(particulars).hexdigest(), **named,
        "terms": [[t.start.isoformat(), t.end.isoformat() if t.end else ""] for t in licence.terms],
    }  # fmt: skip


# --- reading a row ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reader:
    """Takes a row apart and keeps every fault it meets."""

    line: int
    cells: Mapping[str, str]
    faults: list[Fault]

    def fault(self, field: str, template: str, remedy: str, rule: str = "", **facts: str) -> None:
        """Note a fault of this row."""
        self.faults.append(Fault(self.line, field, rule, template, facts, remedy))

    def text(self, field: str) -> str:
        """A cell, not longer than its column."""
        given = self.cells.get(field, "")
        if len(given) > LENGTHS.get(field, 2000):
            self.fault(field, _("This is longer than %(limit)s characters."), _("Shorten it."),
                       limit=str(LENGTHS.get(field, 2000)))  # fmt: skip
        return given

    def day(self, field: str) -> date | None:
        """A date, None where the cell is empty or no date."""
        given = self.cells.get(field, "")
        try:
            return date.fromisoformat(given) if given else None
        except ValueError:
            self.fault(field, _("%(given)s is no date."), _("Write YYYY-MM-DD, such as 2026-12-31."), given=given[:40])
            return None

    def word(self, field: str, words: Sequence[str], default: str) -> str:
        """One of a few words."""
        given = self.cells.get(field, "").upper() or default
        if given not in words:
            self.fault(field, _("%(given)s is not known here."), f"Write one of {', '.join(words)}.", given=given[:40])
            return default
        return given

    def kinds(self) -> frozenset[LicenceKind]:
        """The kinds, divided by blanks, commas or semicolons."""
        given = [word for word in re.split(r"[\s,;|]+", self.cells.get("kinds", "").upper()) if word]
        known = ", ".join(kind.value for kind in SERIES)
        if not given:
            self.fault("kinds", _("It is not said what the licence allows."), f"Write one or more of {known}.")
        for word in given:
            if word not in SERIES:
                self.fault("kinds", _("%(given)s is not known here."), f"Write one or more of {known}.",
                           given=word[:40])  # fmt: skip
        return frozenset(LicenceKind(word) for word in given if word in SERIES)

    def truth(self, field: str) -> bool:
        """Yes or no."""
        given = self.cells.get(field, "").lower()
        if given not in _TRUE | _FALSE:
            self.fault(field, _("%(given)s is neither yes nor no."), _("Write true or false."), given=given[:40])
        return given in _TRUE


def from_row(row: Row, authority: str) -> tuple[Licence, list[Fault]]:
    """The licence that a row describes, as far as it can be read, and every fault of the reading.

    Where there are faults the licence serves only to ask the rules too. An empty ``number`` asks for the next of the
    series.
    """
    read = _Reader(row.line, row.cells, [])
    for column in sorted(set(row.cells) - set(COLUMNS)):
        read.fault(column[:60], _("This column is not known here."), f"The columns are {', '.join(COLUMNS)}.")
    if (named := row.cells.get("authority", "")) not in ("", authority):
        read.fault("authority", _("This row is of another authority, %(given)s."), _("Leave it out."), given=named[:40])
    number = row.cells.get("number", "")
    if number and not NUMBER.fullmatch(number):
        read.fault("number", _("%(given)s is no licence number."),
                   _("Use letters, digits, blanks and . / _ - and at most 40 of them."), given=number[:60])  # fmt: skip
    licence = Licence(
        authority=authority, number=number, kinds=read.kinds(), holder=_holder(read), terms=_terms(read),
        changes=_changes(read), one_time=read.truth("one_time"),
    )  # fmt: skip
    return licence, read.faults


def _holder(read: _Reader) -> Holder:
    """The holder that a row describes."""
    nationality = read.cells.get("nationality", "").upper()
    if nationality and not re.fullmatch(r"[A-Z]{2}", nationality):
        read.fault("nationality", _("%(given)s is no country code."), _("Write two letters, such as BW."),
                   given=nationality[:40])  # fmt: skip
    email = read.cells.get("email", "")
    if email and (len(email) > 254 or not _EMAIL.fullmatch(email)):
        read.fault("email", _("%(given)s is no e-mail address."), _("Correct it or leave it empty."), given=email[:60])
    return Holder(
        name=read.text("holder"), address=read.text("address"), nationality=nationality,
        residence=read.text("residence"), area=read.text("area"),
        legal_form=LegalForm(read.word("legal_form", [form.value for form in LegalForm], "COMPANY")),
        registration_id=read.text("registration_id"), email=email, contact=read.text("contact"),
    )  # fmt: skip


def _terms(read: _Reader) -> tuple[Period, ...]:
    """The term that a row describes."""
    first, last = read.day("valid_from"), read.day("valid_to")
    if first is None:
        if not read.cells.get("valid_from"):
            read.fault("valid_from", _("The first valid day is missing."), _("Write YYYY-MM-DD, such as 2026-01-01."))
        return ()
    try:
        return (term_of(first, last),)
    except ValueError:
        read.fault("valid_to", _("The last valid day lies before the first, or at the end of time."),
                   _("Correct it, or leave it empty where the licence has no end."))  # fmt: skip
        return ()


def _changes(read: _Reader) -> tuple[Change, ...]:
    """Suspension or revocation that a row brings along. The other statuses follow from the dates."""
    status = LicenceStatus(read.word("status", [one.value for one in LicenceStatus], "GRANTED"))
    since, reason = read.day("status_since"), read.cells.get("status_reason", "")[:400]
    if status not in (LicenceStatus.SUSPENDED, LicenceStatus.REVOKED):
        return ()
    if since is None:
        read.fault("status_since", _("It is not said since when the licence is %(status)s."),
                   _("Write YYYY-MM-DD, such as 2026-01-01."), status=status.value.lower())  # fmt: skip
        return ()
    if not reason:
        read.fault("status_reason", _("It is not said why the licence is %(status)s."), _("Give the reason."),
                   status=status.value.lower())  # fmt: skip
    return (Change(status, since, reason),)
