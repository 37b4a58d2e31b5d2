"""PURE. What a rule is asked about: the certificate, the day, who took part then, and what this desk knows.

A rule is a function of one ``Case``. It yields an ``Objection`` for each thing that is wrong, and a ``NotAsked`` where
it could not be asked for want of knowledge: ``None`` in ``Known`` means "not known here" and never means no.
Nothing here reads a clock, a file or a table; the caller brings all of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openkimberley.kernel.rules import Objection, Severity, functions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date, datetime
    from decimal import Decimal

    from openkimberley.certificates.facts import Certificate, CertificateStatus
    from openkimberley.participants.facts import Profile, Profiles, Range, Register

_NUMBER = re.compile(r"^([A-Z]{2})[ .-]?([0-9]{1,10})$")


def prefix_of(number: str) -> str:
    """The two letters a certificate number starts with, or empty where it starts with none."""
    written = number.strip()[:2]
    return written if len(written) == 2 and written.isascii() and written.isalpha() and written.isupper() else ""


def serial_of(number: str) -> int | None:
    """The number without its prefix as an integer: 4306 of ``SL004306``. None where that is not digits only."""
    found = _NUMBER.match(number.strip())
    return int(found.group(2)) if found else None


@dataclass(frozen=True, slots=True)
class Alert:
    """A warning every desk keeps: a confirmed fake or a stolen blank form. Empty fields match nothing.

    ``kind`` is ``FAKE`` or ``STOLEN``; ``since`` the day it was entered; ``features`` says how to know it.
    """

    kind: str
    number: str = ""
    paper_serial: str = ""
    features: str = ""
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Specimen:
    """A specimen certificate that an issuer sent to the others, and the days it holds for (``until`` excluded)."""

    issuer: str
    since: date | None = None
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        """True where certificates issued that day look like this specimen."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Signatory:
    """A person in the issuer's register of those who validate, and the days of office (``until`` excluded)."""

    name: str
    since: date | None = None
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        """True where the person was in office that day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class HeldLicence:
    """A span in which a licence was good (a suspension ends one span and begins another; ``until`` excluded)."""

    number: str
    kinds: frozenset[str] = frozenset()  # EXPORTER, IMPORTER, AGENT, COURIER ...
    since: date | None = None
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        """True where the licence was good that day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class HeldImport:
    """An import certificate in this desk's books: carats that are left to re-export, and where they were mined."""

    number: str
    remaining: Decimal
    origin: tuple[str, ...] = ()
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """How content was verified before validation: ``method`` ``OPENED`` or ``RISK_ANALYSIS``, ``note`` its record."""

    method: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Valuations:
    """Three values of one shipment in US$, and when valuation was requested and made."""

    exporter: Decimal | None = None
    government: Decimal | None = None
    independent: Decimal | None = None
    requested_at: datetime | None = None
    valued_at: datetime | None = None

    @property
    def highest(self) -> Decimal | None:
        """The highest of those given, None where none is."""
        return max((v for v in (self.exporter, self.government, self.independent) if v is not None), default=None)


@dataclass(frozen=True, slots=True)
class Sanction:
    """An import ban on goods of a country, or of one zone of it, over a half-open span of days."""

    country: str
    source: str
    zone: str = ""
    since: date | None = None
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        """True where the ban was in force that day."""
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Known:
    """What the desk knows besides the certificate itself. None: not known here. Empty: known that there is none."""

    # the number
    issued_numbers: frozenset[str] | None = None  # given by this desk before (issuing only)
    same_number: tuple[Certificate, ...] | None = None  # other papers on record that bear this number
    uses: tuple[str, ...] | None = None  # each earlier use at import, as a phrase: "confirmed at EU-BE on 2015-10-20"
    status: CertificateStatus | None = None  # what the issuer's record says of the number
    issuer_answer: bool | None = None  # the issuer was asked: True it is ours, False it is not
    ranges: tuple[Range, ...] | None = None  # registered ranges, where not those of the profile
    fluorescent_number: str | None = None  # the invisible number, as read under ultraviolet light
    customs_number: str | None = None  # as keyed in the customs message
    # the paper
    alerts: tuple[Alert, ...] | None = None
    specimens: tuple[Specimen, ...] | None = None
    matches_specimen: bool | None = None  # a person laid paper and specimen side by side
    signatories: tuple[Signatory, ...] | None = None
    # the parties
    licences: tuple[HeldLicence, ...] | None = None  # this desk's register
    agents: tuple[str, ...] = ()  # licence numbers of agent and courier in this shipment
    private_person: bool | None = None  # the trader is an individual without trade licence
    private_trades: int | None = None  # his earlier imports and exports
    stock_declared: bool | None = None  # the yearly stock declaration is in (nil counts)
    # the goods
    mined_here: bool | None = None  # evidence of mining in the issuer's territory is on file
    imports: Mapping[str, HeldImport] | None = None  # import certificates in the books, by number
    draws: Mapping[str, Decimal] | None = None  # carats this certificate takes from each of them
    mined_on: date | None = None
    forensic_audit: bool | None = None  # the stock was audited and released
    price_bands: Mapping[tuple[str, str], tuple[Decimal, Decimal]] | None = None  # US$/ct by (origin, HS code)
    sanctions: tuple[Sanction, ...] | None = None
    smallest_stone_mm: Decimal | None = None
    # issuing
    declared: bool | None = None  # the exporter signed that these are no conflict diamonds
    verification: Verification | None = None
    sealed: bool | None = None  # the container was sealed on the authority's responsibility
    valuations: Valuations | None = None
    offered_working_days: int | None = None  # days the goods lay at the exchange
    frequent_exporter_licence: tuple[date, date] | None = None  # issued under a yearly licence: first and last day
    steps: Mapping[str, str] | None = None  # who did what: apply, value, approve, confirm -> the person
    arrives_on: date | None = None  # expected or actual
    # the digital form
    signature_valid: bool | None = None
    digital: Certificate | None = None  # what the signed record says
    payment_asked_first: bool | None = None  # a buyer was asked to pay before shipment
    in_issuer_register: bool | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One certificate, asked about on one day. ``asked_on`` is the day of the act: filing, issue or presentation.

    ``own`` is True where this desk is about to issue it: what leaves a stranger's paper in doubt, the desk's own must
    put right. ``national_list`` (``US``, ``CA``, ``EU``) asks by that law's list of Participants on ``asked_on``.
    """

    certificate: Certificate
    asked_on: date
    register: Register
    profiles: Profiles
    known: Known = field(default_factory=Known)
    own: bool = False
    national_list: str = ""

    @property
    def issued_on(self) -> date:
        """The day of issue; where the paper gives none, the day of asking."""
        return self.certificate.issue_date or self.asked_on

    @property
    def issuer(self) -> str:
        """The issuing Participant's code: the union of an old prefix, China for Hong Kong."""
        system = self.register.system_of_prefix(self.certificate.issuer, self.issued_on)
        return system[0] if system else self.certificate.issuer

    @property
    def issuer_profile(self) -> Profile:
        """The profile of the issuer's control system (``HK`` for a number that starts with HK)."""
        for prefix in (prefix_of(self.certificate.number), self.certificate.issuer):
            system = self.register.system_of_prefix(prefix, self.issued_on)
            if system and system[0] == self.issuer:
                return self.profiles.of(system[1])
        return self.profiles.of(self.issuer)

    @property
    def destination(self) -> str:
        """The Participant of destination, empty where the certificate names none: ``EU`` for ``BE``."""
        named = self.certificate.destination or self.certificate.destination_authority.partition("-")[0]
        return self.register.participant_of_country(named, self.asked_on) if named else ""

    @property
    def destination_profile(self) -> Profile:
        """The profile of the destination's control system."""
        named = self.certificate.destination
        system = self.register.system_of_prefix(named, self.asked_on) if named else None
        return self.profiles.of(system[1] if system else self.destination)

    @property
    def importing_profile(self) -> Profile:
        """The profile of the destination; where none is named, of the Participant to whom the paper was shown."""
        shown = self.certificate.presented
        if self.destination or shown is None or not shown.at:
            return self.destination_profile
        return self.profiles.of(self.register.participant_of_country(shown.at.partition("-")[0], self.asked_on))

    @property
    def doubt(self) -> Severity:
        """How heavy a doubt weighs: the desk's own certificate is refused, a stranger's waits for a decision."""
        return Severity.REFUSE if self.own else Severity.HOLD


@dataclass(frozen=True, slots=True)
class NotAsked:
    """A rule that could not be asked, and why: never shown as passed, never as failed."""

    rule: str
    template: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def why(self) -> str:
        """The English sentence."""
        return self.template % self.facts if self.facts else self.template.replace("%%", "%")

    def as_json(self) -> dict[str, str]:
        """As the API and the command line print it."""
        return {"rule": self.rule, "why": self.why}


Yielded = Objection | NotAsked
"""What a rule may yield."""


def objection(
    code: str, template: str, /, *, field: str = "", remedy: str = "", severity: Severity | None = None,
    **facts: object,
) -> Objection:  # fmt: skip
    """An objection of a rule, as severe as the rule itself unless ``severity`` says otherwise."""
    weight = severity or functions()[code].severity  # type: ignore[attr-defined]
    return Objection(code, weight, template, {key: str(value) for key, value in facts.items()}, field, remedy)


def not_asked(code: str, template: str, /, **facts: object) -> NotAsked:
    """Say that a rule could not be asked."""
    return NotAsked(code, template, {key: str(value) for key, value in facts.items()})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a set of rules had to say: every objection, and every rule that could not be asked."""

    objections: tuple[Objection, ...]
    not_asked: tuple[NotAsked, ...]

    @property
    def stops(self) -> tuple[Objection, ...]:
        """The objections that refuse or hold: an act does not go on over them."""
        return tuple(o for o in self.objections if o.severity is not Severity.FLAG)

    def __add__(self, other: Asked) -> Asked:
        """Both together, in order."""
        return Asked(self.objections + other.objections, self.not_asked + other.not_asked)


def ask(rules: Iterable[Callable[[Any], Iterator[Yielded]]], case: object) -> Asked:
    """Ask each rule about the case: all objections at once, never only the first."""
    objections: list[Objection] = []
    unanswered: list[NotAsked] = []
    for one in rules:
        for said in one(case):
            if isinstance(said, Objection):
                objections.append(said)
            else:
                unanswered.append(said)
    return Asked(tuple(objections), tuple(unanswered))
