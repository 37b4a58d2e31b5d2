"""PURE. The nouns of alerts: a warning, a specimen, a signatory, a listed name, a question to an issuer.

Numbers are compared as R008 says: prefix and digits, whatever blanks, dots, hyphens and leading zeros stand between.
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


class AlertKind(StrEnum):
    """What an alert warns of."""

    FAKE = "FAKE"  # a certificate that its issuer never issued
    STOLEN_BLANKS = "STOLEN_BLANKS"  # blank security paper
    LOST_BLANKS = "LOST_BLANKS"
    LOST_CERTIFICATE = "LOST_CERTIFICATE"  # issued, lost, and void since (R092)
    ADVANCE_FEE = "ADVANCE_FEE"  # a paper used as bait: payment is asked before anything is shipped (R179)
    ZONE_CLOSED = "ZONE_CLOSED"  # goods of this zone are not accepted
    EQUIVOCATION = "EQUIVOCATION"  # an issuer's journal was signed in two versions that contradict each other
    JOURNAL = "JOURNAL"  # a monitor found an issuer's journal not in order; says nothing of one paper


class AlertStatus(StrEnum):
    """How sure it is. Suspected and confirmed alerts both stop a paper; a withdrawn one is kept and stops nothing."""

    SUSPECTED = "SUSPECTED"
    CONFIRMED = "CONFIRMED"
    WITHDRAWN = "WITHDRAWN"


TRANSITIONS: Mapping[AlertStatus, frozenset[AlertStatus]] = {
    AlertStatus.SUSPECTED: frozenset({AlertStatus.CONFIRMED, AlertStatus.WITHDRAWN}),
    AlertStatus.CONFIRMED: frozenset({AlertStatus.WITHDRAWN}),
    AlertStatus.WITHDRAWN: frozenset(),
}

WORDS: Mapping[str, str] = {
    "FAKE": _("Fake certificate"), "STOLEN_BLANKS": _("Stolen blank paper"), "LOST_BLANKS": _("Lost blank paper"),
    "LOST_CERTIFICATE": _("Lost certificate"),
    "ADVANCE_FEE": _("Advance-fee fraud"), "ZONE_CLOSED": _("Zone closed"),
    "EQUIVOCATION": _("Two versions of a journal"), "JOURNAL": _("Journal not in order"), "SUSPECTED": _("Suspected"),
    "CONFIRMED": _("Confirmed"), "WITHDRAWN": _("Withdrawn"), "SANCTION": _("Sanctions list"),
    "CONVICTION": _("Conviction"), "PERSON": _("Person"), "COMPANY": _("Company"), "SIGNATORY": _("Signatory"),
    "STAMP": _("Stamp"), "GENUINE": _("Genuine"), "NOT_GENUINE": _("Not genuine"), "UNCLEAR": _("Not clear"),
}  # fmt: skip
"""How people read the words of the enums here."""

MAX_DIGITS = 18
"""Digits of a serial number that fit a signed 64-bit column. Longer ones are compared as text."""

_SHAPE = re.compile(r"([A-Z]*)0*([0-9]+)")


def number_key(number: str, issuer: str = "") -> str:
    """A certificate number as R008 compares it: ``SL 004911``, ``sl.4911`` and ``004911`` of SL are all ``SL4911``.

    A number that is no prefix and digits keeps its letters and digits. Empty where there is nothing to compare.
    """
    plain = "".join(c for c in unicodedata.normalize("NFKC", number).upper() if c.isalnum())
    found = _SHAPE.fullmatch(plain)
    if found is None:
        return plain
    return f"{found.group(1) or issuer.upper()}{found.group(2).lstrip('0') or '0'}"


@dataclass(frozen=True, slots=True)
class Serials:
    """A run of serial numbers on blank paper, both ends included: ``A 000100`` to ``A 000199``."""

    prefix: str
    first: int
    last: int

    def __contains__(self, serial: str) -> bool:
        parts = serial_parts(serial)
        return parts is not None and parts[0] == self.prefix and self.first <= parts[1] <= self.last

    def __str__(self) -> str:
        ends = [f"{self.prefix}{end}" for end in dict.fromkeys((self.first, self.last))]
        return "-".join(ends)


def serial_parts(serial: str) -> tuple[str, int] | None:
    """Prefix and number of a serial, None where it is not letters and then digits."""
    found = _SHAPE.fullmatch(number_key(serial))
    return (found.group(1), int(found.group(2))) if found and len(found.group(2)) <= MAX_DIGITS else None


def serials(first: str, last: str = "") -> Serials:
    """A run from its first to its last serial (one serial where no last is given). Raises ``ValueError``."""
    ends = serial_parts(first), serial_parts(last or first)
    if ends[0] is None or ends[1] is None or ends[0][0] != ends[1][0] or ends[1][1] < ends[0][1]:
        raise ValueError(f"{first[:40]!r} to {last[:40]!r} is no run of serial numbers")
    return Serials(ends[0][0], ends[0][1], ends[1][1])


@dataclass(frozen=True, slots=True)
class Alert:
    """A warning as every desk of the node has it.

    ``number`` is as written on the paper, empty where nobody knows it. ``day`` is when it was found or announced;
    ``features`` say how to know it again; ``source`` where it was published or who told.
    """

    kind: AlertKind
    issuer: str
    day: date
    number: str = ""
    serials: Serials | None = None
    zone: str = ""
    features: tuple[str, ...] = ()
    reported_by: str = ""
    source: str = ""
    status: AlertStatus = AlertStatus.SUSPECTED
    reference: str = ""
    authority: str = ""

    @property
    def stops(self) -> bool:
        """True where a paper it names is stopped."""
        return self.status is not AlertStatus.WITHDRAWN


@dataclass(frozen=True, slots=True)
class Feature:
    """A security feature of a specimen: what it is, where on the paper, and how an officer checks it."""

    name: str
    where: str = ""
    check: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the node's file store, by its SHA-256, and what it shows."""

    sha256: str
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Specimen:
    """What an issuer's certificates look like in a period (half-open), as notified to the other Participants (R011).

    ``numbers`` are ranges of certificate numbers in words of the issuer, as ``SL4000-SL4999``; ``notified_on`` the day
    the others were told; ``source`` by whom.
    """

    issuer: str
    title: str
    period: Period
    numbers: tuple[Serials, ...] = ()
    features: tuple[Feature, ...] = ()
    pictures: tuple[Picture, ...] = ()
    notified_on: date | None = None
    source: str = ""
    reference: str = ""
    retired_reason: str = ""


class MarkKind(StrEnum):
    """What validates a certificate besides its content."""

    SIGNATORY = "SIGNATORY"
    STAMP = "STAMP"


@dataclass(frozen=True, slots=True)
class Mark:
    """A person who may validate for an issuer, or a stamp, in a period (half-open), with a sample (R012)."""

    issuer: str
    kind: MarkKind
    name: str
    period: Period
    post: str = ""
    sample: str = ""
    source: str = ""
    reference: str = ""


class ListKind(StrEnum):
    """Why a name is listed."""

    SANCTION = "SANCTION"
    CONVICTION = "CONVICTION"  # Annex II item 6: names of convicted persons and companies are made known


class EntityKind(StrEnum):
    """Who is listed."""

    PERSON = "PERSON"
    COMPANY = "COMPANY"


@dataclass(frozen=True, slots=True)
class ListedName:
    """An entry of a sanctions list or of convictions, in force over a half-open period."""

    kind: ListKind
    list_name: str
    name: str
    period: Period
    aliases: tuple[str, ...] = ()
    entity: EntityKind = EntityKind.COMPANY
    source: str = ""
    note: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A name that stands on a list: ``exact`` where it is written the same, else the same but for case, accents,
    punctuation, order of words and legal form. A match is a reason to look, never a verdict on a person."""

    asked: str
    matched: str
    exact: bool
    entry: ListedName


_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})
_LEGAL_FORMS = frozenset({
    "ltd", "limited", "llc", "inc", "incorporated", "corp", "corporation", "co", "company", "plc", "pty", "bv", "bvba",
    "nv", "sa", "sarl", "sas", "sprl", "srl", "gmbh", "ag", "kg", "ooo", "zao", "oao", "pjsc", "jsc", "dmcc", "fzco",
    "fze", "fzllc", "lda", "spa", "ab", "oy", "as",
})  # fmt: skip


def name_key(name: str) -> str:
    """A name as it is compared: words without accents, case, punctuation, order and legal form."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(c for c in apart if not unicodedata.combining(c)).translate(_LETTERS).replace(".", "")
    words = "".join(c if c.isalnum() else " " for c in plain).split()
    kept = [word for word in words if word not in _LEGAL_FORMS]
    return " ".join(sorted(kept or words))


def match_name(asked: str, entries: tuple[ListedName, ...]) -> tuple[NameMatch, ...]:
    """Every entry that has this name, or an alias of it."""
    key = name_key(asked)
    found = []
    for entry in entries if key else ():
        for name in (entry.name, *entry.aliases):
            if name_key(name) == key:
                found.append(NameMatch(asked, name, asked.strip() == name.strip(), entry))
                break
    return tuple(found)


class Verdict(StrEnum):
    """What an issuer answered."""

    GENUINE = "GENUINE"
    NOT_GENUINE = "NOT_GENUINE"
    UNCLEAR = "UNCLEAR"


@dataclass(frozen=True, slots=True)
class Answer:
    """An issuer's answer: what it says of the paper, in which words, by whom, when."""

    verdict: Verdict
    text: str
    answered_by: str
    day: date
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IssuerQuery:
    """A question to an issuer about a paper. ``answers`` are in order; the last one counts, the others stay."""

    number: str
    issuer: str
    question: str
    sent_on: date
    sent_to: str = ""
    authority: str = ""
    files: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()
    reference: str = ""

    @property
    def verdict(self) -> Verdict | None:
        """What the issuer says, None while it has not answered."""
        return self.answers[-1].verdict if self.answers else None
