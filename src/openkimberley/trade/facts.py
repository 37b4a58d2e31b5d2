"""PURE. The nouns of trade: a licence, its holder, its terms, and what has happened to it, all as of a date.

The Core Document (Annex II, items 11 to 14) wants miners, buyers, sellers, exporters, agents and couriers licensed, and
names what the record holds: name, address, nationality or residence status, and for miners the area.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from openkimberley.kernel.measures import Period
from openkimberley.kernel.rules import gettext_noop as _


class LicenceKind(StrEnum):
    """What a licence allows. A licence may allow several things."""

    EXPORTER = "EXPORTER"
    IMPORTER = "IMPORTER"
    AGENT = "AGENT"  # files for the companies that gave it a power of attorney
    COURIER = "COURIER"
    DEALER = "DEALER"
    MINER = "MINER"  # reserved: sources and their rules come with custody


SERIES: Mapping[LicenceKind, str] = {
    LicenceKind.EXPORTER: "EXP",
    LicenceKind.IMPORTER: "IMP",
    LicenceKind.AGENT: "AGT",
    LicenceKind.COURIER: "COU",
    LicenceKind.DEALER: "DEA",
    LicenceKind.MINER: "MIN",
}
"""The letters of each kind's series of numbers. A licence of several kinds is numbered by the first of them here."""


class LegalForm(StrEnum):
    """What the holder is."""

    COMPANY = "COMPANY"
    INDIVIDUAL = "INDIVIDUAL"


class LicenceStatus(StrEnum):
    """What a licence is on a day."""

    PENDING = "PENDING"  # granted, its first day is still to come
    GRANTED = "GRANTED"
    SUSPENDED = "SUSPENDED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


WORDS: Mapping[str, str] = {
    "EXPORTER": _("Exporter"), "IMPORTER": _("Importer"), "AGENT": _("Agent"), "COURIER": _("Courier"),
    "DEALER": _("Dealer"), "MINER": _("Miner"), "COMPANY": _("Company"), "INDIVIDUAL": _("Individual"),
    "PENDING": _("Not valid yet"), "GRANTED": _("In force"), "SUSPENDED": _("Suspended"), "EXPIRED": _("Expired"),
    "REVOKED": _("Revoked"),
}  # fmt: skip
"""How people read the words of the enums above."""


class Act(StrEnum):
    """What an authority does to a licence that it granted."""

    RENEW = "RENEW"
    AMEND = "AMEND"
    SUSPEND = "SUSPEND"
    REINSTATE = "REINSTATE"
    REVOKE = "REVOKE"


TRANSITIONS: Mapping[LicenceStatus, frozenset[Act]] = {
    LicenceStatus.PENDING: frozenset({Act.AMEND, Act.REVOKE}),
    LicenceStatus.GRANTED: frozenset({Act.RENEW, Act.AMEND, Act.SUSPEND, Act.REVOKE}),
    LicenceStatus.SUSPENDED: frozenset({Act.RENEW, Act.AMEND, Act.REINSTATE, Act.REVOKE}),
    LicenceStatus.EXPIRED: frozenset({Act.RENEW, Act.AMEND, Act.REVOKE}),
    LicenceStatus.REVOKED: frozenset(),
}
"""What may be done to a licence in which status. A revoked licence stays revoked: the holder applies anew."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The particulars that the record holds of who is licensed.

    ``nationality`` is a country's alpha-2 code (of registration, for a company); ``residence`` the residence status in
    words. ``area`` is the area of activity, or of authorised mining. ``registration_id`` is the number in the register
    of companies or tax payers. ``email`` and ``contact`` are how the authority reaches them.
    """

    name: str
    address: str = ""
    nationality: str = ""
    residence: str = ""
    area: str = ""
    legal_form: LegalForm = LegalForm.COMPANY
    registration_id: str = ""
    email: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """From this day on the licence is suspended, in force again (GRANTED) or revoked, for this reason."""

    status: LicenceStatus
    since: date
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PowerOfAttorney:
    """A company, by its licence number, that an agent may file for in a period, and the paper that says so."""

    company: str
    period: Period
    document: str = ""


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence as the authority's register has it.

    ``terms`` are the half-open periods it was granted and renewed for, in order. ``changes`` are in order of day.
    ``stock_declared`` lists the years for which the holder declared its stock (R058). ``one_time`` marks a private
    individual who may export or import once (R057). ``version`` counts the amendments of kinds and holder from 1.
    """

    authority: str
    number: str
    kinds: frozenset[LicenceKind]
    holder: Holder
    terms: tuple[Period, ...] = ()
    changes: tuple[Change, ...] = ()
    may_file_for: tuple[PowerOfAttorney, ...] = ()
    stock_declared: frozenset[int] = frozenset()
    one_time: bool = False
    version: int = 1

    def status_on(self, on: date) -> LicenceStatus:
        """What the licence is on a day: revoked before all else, then its term, then suspended or in force."""
        last = next((change.status for change in reversed(self.changes) if change.since <= on), None)
        if last is LicenceStatus.REVOKED:
            return LicenceStatus.REVOKED
        if not any(on in term for term in self.terms):
            later = not any(term.start <= on for term in self.terms)
            return LicenceStatus.PENDING if later else LicenceStatus.EXPIRED
        return LicenceStatus.SUSPENDED if last is LicenceStatus.SUSPENDED else LicenceStatus.GRANTED

    def in_force(self, kind: LicenceKind | str, on: date) -> bool:
        """True where the licence allows this kind of trade on that day."""
        return kind in self.kinds and self.status_on(on) is LicenceStatus.GRANTED

    def files_for(self, company: str, on: date) -> bool:
        """True where the holder is an agent in force that may file for the company (its licence number) on that day."""
        named = any(power.company == company and on in power.period for power in self.may_file_for)
        return named and self.in_force(LicenceKind.AGENT, on)

    def term_on(self, on: date) -> Period | None:
        """The term of that day, else the last that began before it, else the first: what people call its validity."""
        begun = [term for term in self.terms if term.start <= on]
        running = next((term for term in begun if on in term), None)
        return running or (begun[-1] if begun else next(iter(self.terms), None))


ANY_DAY = date.max
"""Where a search does not ask about a day: the latest of everything."""

NUMBER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ./_-]{0,38}[A-Za-z0-9])?")
"""What a licence number may look like (``re.fullmatch``): authorities bring numbers from older registers."""

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})


def search_key(text: str) -> str:
    """How names are compared in a search: without case, accents and doubled blanks."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return " ".join(plain.translate(_LETTERS).split())


def number_key(number: str) -> str:
    """How numbers are compared in a search: letters and digits only, in capitals."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", number).upper() if letter.isalnum())
