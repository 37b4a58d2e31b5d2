"""PURE. Participants, their dated status, what they cover, their prefixes and authorities; the register of them all.

A period is half-open: ``since`` is its first day, ``until`` the first day after it, ``None`` where it still runs.
``precision`` says how exactly ``since`` is known: to the day, the month or the year, or only a window of time. Then
``earliest`` and ``latest`` give the span in which the true day lies and ``since`` is the day the software uses;
``note`` says why that day. ``confidence`` is ``seen`` (a source says so), ``own:H`` or ``own:M`` (general knowledge
without a source, high or medium), ``own:L`` (low) or ``derived`` (follows from what sources say).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum


class Status(StrEnum):
    """What a country, union or entity is under the Scheme on a day."""

    PARTICIPANT = "PARTICIPANT"
    RESTRICTED = "RESTRICTED"  # trades from compliant zones, or under monitoring, only
    SUSPENDED = "SUSPENDED"
    SELF_SUSPENDED = "SELF_SUSPENDED"
    REMOVED = "REMOVED"
    EMBARGOED = "EMBARGOED"  # by the Security Council, which overrides participation (R048)
    MERGED = "MERGED"  # takes part as a part of a union (a REIO)
    APPLICANT = "APPLICANT"
    NON_PARTICIPANT = "NON_PARTICIPANT"
    TRADING_ENTITY = "TRADING_ENTITY"  # not a Participant, yet meets the minimum requirements (R040)

    @property
    def word(self) -> str:
        """The status as API and command line write it, in lower case."""
        return self.value.lower()


TRADES = frozenset({Status.PARTICIPANT, Status.TRADING_ENTITY})
"""Where certificates may be issued and accepted without restriction."""

MEMBERS = frozenset({Status.PARTICIPANT, Status.RESTRICTED, Status.SUSPENDED, Status.SELF_SUSPENDED, Status.EMBARGOED})
"""Who has a seat among the Participants, whether or not it may trade."""

ALWAYS = date.min
"""The first day of a period that has no beginning: what held before anything is recorded."""


@dataclass(frozen=True, slots=True)
class StatusPeriod:
    """One status over a half-open period, with its source. ``into`` names the union of a merged state.

    ``zones`` names the compliant zones of a restriction by zones; it is empty where the restriction is of another kind.
    """

    status: Status
    since: date
    until: date | None
    source: str
    url: str = ""
    decision: str = ""
    note: str = ""
    zones: tuple[str, ...] = ()
    confidence: str = "seen"
    precision: str = "day"
    into: str = ""
    earliest: date | None = None
    latest: date | None = None

    def covers(self, on: date) -> bool:
        """True where the day lies in the period."""
        return self.since <= on and (self.until is None or on < self.until)

    @property
    def trades(self) -> bool:
        """True where certificates may be issued and accepted without restriction."""
        return self.status in TRADES

    @property
    def since_text(self) -> str:
        """The first day for a message: YYYY-MM-DD, or that it has always been so."""
        return "the beginning" if self.since == ALWAYS else self.since.isoformat()

    @property
    def starts_exactly(self) -> bool:
        """True where the first day is known to the day, and not only from memory."""
        return self.precision == "day" and self.confidence == "seen"


@dataclass(frozen=True, slots=True)
class Zone:
    """A compliant zone inside a restricted Participant."""

    name: str
    since: date
    until: date | None
    source: str
    confidence: str = "seen"
    precision: str = "day"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Cover:
    """A country or territory that a Participant stands for. ``country`` is False for what is no state of its own."""

    code: str
    since: date | None
    until: date | None
    source: str
    country: bool = True
    note: str = ""
    confidence: str = "seen"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Prefix:
    """Two letters that certificates of a Participant start with, and when. ``system`` names its control system."""

    code: str
    since: date | None
    until: date | None
    source: str
    system: str = ""
    confidence: str = "seen"
    note: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class ProducerPeriod:
    """What is known of mining: ``produces`` in the period, or known not to. No period: nobody has said."""

    produces: bool
    since: date | None
    until: date | None
    source: str
    confidence: str = "seen"
    url: str = ""


@dataclass(frozen=True, slots=True)
class Authority:
    """An exporting or importing authority that a Participant has named. ``code`` is ``BW`` or ``EU-BE``."""

    code: str
    participant: str
    name: str
    exporting: bool
    importing: bool
    since: date | None
    until: date | None
    source: str
    email: str = ""
    url: str = ""
    note: str = ""
    confidence: str = "seen"


def _within(on: date, since: date | None, until: date | None) -> bool:
    """True where the day lies in a period whose ends may be open or unknown."""
    return (since is None or since <= on) and (until is None or on < until)


@dataclass(frozen=True, slots=True)
class Participant:
    """A Participant, a state merged into one, or an entity that may trade, with everything dated about it.

    ``history`` starts with the first recorded status; ``timeline`` adds what held before it.
    """

    code: str
    name: str
    kind: str = "STATE"  # STATE, REIO or ENTITY
    covers: tuple[Cover, ...] = ()
    prefixes: tuple[Prefix, ...] = ()
    history: tuple[StatusPeriod, ...] = ()
    producer: tuple[ProducerPeriod, ...] = ()
    authorities: tuple[Authority, ...] = ()
    zones: tuple[Zone, ...] = ()
    other_names: tuple[str, ...] = ()
    note: str = ""
    doubts: tuple[str, ...] = ()

    def timeline(self) -> tuple[StatusPeriod, ...]:
        """The status of every day there is: the history, and before it that the country took no part."""
        if not self.history:
            return (nobody(self.code),)
        before = nobody(self.code, until=self.history[0].since)
        return (before, *self.history) if self.history[0].since > ALWAYS else self.history

    def period_at(self, on: date) -> StatusPeriod:
        """The one period that covers the day."""
        return next(period for period in self.timeline() if period.covers(on))

    def has_seat(self, on: date) -> bool:
        """True for a Participant, restricted or suspended ones too; an embargo before admission gives no seat."""
        admitted = any(p.status is Status.PARTICIPANT and p.since <= on for p in self.history)
        return admitted and self.period_at(on).status in MEMBERS


def nobody(code: str, until: date | None = None) -> StatusPeriod:
    """The period of a country that no list of the Scheme names (until a day, where it came in later)."""
    return StatusPeriod(
        Status.NON_PARTICIPANT, ALWAYS, until, confidence="derived",
        source=f"{code} stands on no list of the Scheme that this register holds for that time",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class NationalList:
    """The list of one national law, and when it named whom. A day that no period covers is not known.

    ``attribution`` is what the list's licence asks to be printed with it.
    """

    code: str
    name: str
    source: str
    periods: Mapping[str, tuple[StatusPeriod, ...]]
    attribution: str = ""

    def period_at(self, code: str, on: date) -> StatusPeriod | None:
        """What the list said of a code on a day, None where the versions held do not tell."""
        return next((period for period in self.periods.get(code, ()) if period.covers(on)), None)


@dataclass(frozen=True, slots=True)
class Register:
    """Who takes part in the Scheme, on any day, by the Chair's list or by a national one."""

    participants: Mapping[str, Participant]
    national_lists: Mapping[str, NationalList] = field(default_factory=dict)

    def status_at(self, code: str, on: date, by_list: str = "") -> StatusPeriod:
        """The status of a code on a day; of a national list where ``by_list`` is ``US``, ``CA`` or ``EU``.

        A national list that names a Participant which the Scheme restricts leaves the restriction in force, and where
        the versions held of a national list do not tell, the Scheme's own status answers. A territory that is no state
        (Hong Kong, Greenland) has the status of the Participant which covers it.
        """
        scheme = self._scheme_status(code, on)
        listing = self.national_lists[by_list].period_at(code, on) if by_list in self.national_lists else None
        if listing is None:
            return scheme
        restricted = scheme.status in MEMBERS and scheme.status is not Status.PARTICIPANT
        merged = scheme.status in {Status.MERGED, Status.TRADING_ENTITY}
        return scheme if listing.status is Status.PARTICIPANT and (restricted or merged) else listing

    def _scheme_status(self, code: str, on: date) -> StatusPeriod:
        """The status by the Scheme's own lists."""
        if code in self.participants:
            return self.participants[code].period_at(on)
        for owner in self.participants.values():
            for cover in owner.covers:
                if cover.code == code and _within(on, cover.since, cover.until):
                    period = owner.period_at(on)
                    note = f"{code} is covered by {owner.code}. {cover.note}".strip()
                    return replace(period, note=note, into=owner.code)
        return nobody(code)

    def trades_at(self, code: str, on: date, by_list: str = "") -> bool:
        """True where certificates may be issued and accepted without restriction."""
        return self.status_at(code, on, by_list).trades

    def sure_at(self, code: str, on: date) -> bool:
        """False where the day lies in the span in which a change of status happened whose day is not known."""
        timeline = self.participants[code].timeline() if code in self.participants else ()
        return not any(
            period.earliest is not None and period.latest is not None and period.earliest <= on <= period.latest
            for period in timeline
        )

    def listed(self, code: str, on: date, by_list: str) -> bool | None:
        """True where a national list names the code on that day, None where the versions held do not tell."""
        entry = self.national_lists[by_list].period_at(code, on) if by_list in self.national_lists else None
        return None if entry is None else entry.status not in {Status.NON_PARTICIPANT, Status.REMOVED}

    def members_at(self, on: date) -> tuple[Participant, ...]:
        """Who has a seat on that day, in order of code (the trading entity has none)."""
        return tuple(p for _, p in sorted(self.participants.items()) if p.has_seat(on))

    def countries_at(self, on: date) -> frozenset[str]:
        """The countries the Participants of that day stand for, a union counted by its states."""
        found: set[str] = set()
        for member in self.members_at(on):
            if member.kind == "REIO":
                found |= {c.code for c in member.covers if c.country and _within(on, c.since, c.until)}
            else:
                found.add(member.code)
        return frozenset(found)

    def of_prefix(self, prefix: str, on: date) -> Participant | None:
        """The Participant whose certificates of that day start with these two letters.

        ``EC`` is the European Community before the changeover and nobody after it, least of all Ecuador (R005); ``HK``
        and ``MO`` belong to China.
        """
        found = self.system_of_prefix(prefix, on)
        return self.participants[found[0]] if found else None

    def system_of_prefix(self, prefix: str, on: date) -> tuple[str, str] | None:
        """The Participant's code and the code of its control system (``("CN", "HK")``): the latter has the profile."""
        for participant in self.participants.values():
            for known in participant.prefixes:
                if known.code == prefix and _within(on, known.since, known.until):
                    return participant.code, known.system or participant.code
        return None

    def participant_of_country(self, alpha2: str, on: date) -> str:
        """The code under which a country takes part on that day: ``BE`` as ``EU``; otherwise its own code."""
        for participant in self.participants.values():
            for cover in participant.covers:
                if cover.code == alpha2 and _within(on, cover.since, cover.until):
                    merged = self.status_at(alpha2, on)
                    own_seat = alpha2 in self.participants and merged.status is not Status.MERGED
                    return alpha2 if own_seat else participant.code
        return alpha2

    def authority(self, code_or_name: str, participant: str, on: date) -> Authority | None:
        """The authority of that code or name which the Participant had named on that day, None where none is known."""
        wanted = " ".join(code_or_name.split()).casefold()
        owner = self.participants.get(participant)
        for known in owner.authorities if owner else ():
            if wanted in {known.code.casefold(), known.name.casefold()} and _within(on, known.since, known.until):
                return known
        return None

    def is_known_producer(self, code: str, on: date) -> bool | None:
        """True or False where a source tells whether diamonds are mined there on that day, None where none does."""
        owner = self.participants.get(code)
        for period in owner.producer if owner else ():
            if _within(on, period.since, period.until):
                return period.produces
        return None

    def open_zones(self, code: str, on: date) -> tuple[Zone, ...]:
        """The zones known to be compliant on that day. Empty where none is known, or where nothing is restricted."""
        owner = self.participants.get(code)
        return tuple(z for z in owner.zones if _within(on, z.since, z.until)) if owner else ()
