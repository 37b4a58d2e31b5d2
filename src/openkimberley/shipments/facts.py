"""PURE. The nouns of a shipment: what left under which seals, what arrived, what was found, and how a case ends.

The exporting side follows a shipment, the importing side an arrival; both know each other by the certificate's number.
The words are those of the Core Document: shipment, seal, advance notice, transit, import confirmation; a *discrepancy*
is any difference between certificate and goods, *detention* keeps the goods until it is settled.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from openkimberley.certificates.facts import Line
    from openkimberley.participants.facts import Deadline, Profile


class ShipmentStatus(StrEnum):
    """The life of a shipment, as its exporting authority knows it."""

    SEALED = "SEALED"
    ANNOUNCED = "ANNOUNCED"  # released, the importing authority told
    DEPARTED = "DEPARTED"
    ARRIVED = "ARRIVED"
    CONFIRMED = "CONFIRMED"
    DISPUTED = "DISPUTED"
    REFUSED = "REFUSED"
    RETURNED = "RETURNED"
    CANCELLED = "CANCELLED"  # opened again before departure: its certificate is void, replaced, lost or expired


S = ShipmentStatus
SHIPMENT_TRANSITIONS: Mapping[ShipmentStatus, frozenset[ShipmentStatus]] = {
    S.SEALED: frozenset({S.ANNOUNCED, S.CANCELLED}),
    S.ANNOUNCED: frozenset({S.DEPARTED, S.ARRIVED, S.CANCELLED}),
    S.DEPARTED: frozenset({S.ARRIVED, S.CONFIRMED, S.DISPUTED, S.REFUSED, S.RETURNED}),
    S.ARRIVED: frozenset({S.CONFIRMED, S.DISPUTED, S.REFUSED, S.RETURNED}),
    S.DISPUTED: frozenset({S.CONFIRMED, S.REFUSED, S.RETURNED}),
    S.CONFIRMED: frozenset(),
    S.REFUSED: frozenset({S.RETURNED}),
    S.RETURNED: frozenset(),
    S.CANCELLED: frozenset(),
}


class ArrivalStatus(StrEnum):
    """The life of an arrival, as its importing authority knows it."""

    EXPECTED = "EXPECTED"  # announced, not yet seen
    PRESENTED = "PRESENTED"  # container and certificate handed in
    INSPECTED = "INSPECTED"  # opened and compared, what was found is entered
    CONFIRMED = "CONFIRMED"
    DISPUTED = "DISPUTED"  # a discrepancy case is open
    DETAINED = "DETAINED"
    REFUSED = "REFUSED"
    RETURNED = "RETURNED"  # sent back under a technical certificate or by order
    CONFISCATED = "CONFISCATED"


A = ArrivalStatus
ARRIVAL_TRANSITIONS: Mapping[ArrivalStatus, frozenset[ArrivalStatus]] = {
    A.EXPECTED: frozenset({A.PRESENTED}),
    A.PRESENTED: frozenset({A.INSPECTED, A.DISPUTED, A.DETAINED, A.REFUSED}),
    A.INSPECTED: frozenset({A.INSPECTED, A.CONFIRMED, A.DISPUTED, A.DETAINED, A.REFUSED}),
    # an open case is closed by one of the ways out first: nothing is confirmed over it (R084)
    A.DISPUTED: frozenset({A.INSPECTED, A.DETAINED, A.REFUSED, A.RETURNED, A.CONFISCATED}),
    A.DETAINED: frozenset({A.INSPECTED, A.DISPUTED, A.REFUSED, A.RETURNED, A.CONFISCATED}),
    A.CONFIRMED: frozenset(),
    A.REFUSED: frozenset({A.RETURNED, A.CONFISCATED}),
    A.RETURNED: frozenset(),
    A.CONFISCATED: frozenset(),
}


class CaseStatus(StrEnum):
    """The life of a discrepancy case."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


CASE_TRANSITIONS: Mapping[CaseStatus, frozenset[CaseStatus]] = {
    CaseStatus.OPEN: frozenset({CaseStatus.CLOSED}),
    CaseStatus.CLOSED: frozenset(),
}


class WayOut(StrEnum):
    """How a discrepancy or a failed condition ends. No other way is open."""

    CORRECTED = "CORRECTED"  # a minor error, endorsed on the issuing authority's instruction (R086)
    REMEDIED = "REMEDIED"  # released after remedial measures (R084)
    ORIGINAL_BROUGHT = "ORIGINAL_BROUGHT"  # arrived without certificate; it came within the days the law gives
    RETURNED = "RETURNED"  # sent back under a technical certificate at the issuer's request (R089)
    ORDERED_BACK = "ORDERED_BACK"  # an opened container, certificate otherwise good, returned by order (R090)
    REFUSED = "REFUSED"  # the import is refused; the goods stay under customs control
    CONFISCATED = "CONFISCATED"  # forfeited; what became of the goods is recorded (R093)


class Fault(StrEnum):
    """Whose doing the failure was, as the importing authority judges (R084)."""

    NOT_KNOWING = "NOT_KNOWING"  # not made knowingly or intentionally
    ANOTHER_AUTHORITY = "ANOTHER_AUTHORITY"  # the act of another authority in the exercise of its duties
    KNOWING = "KNOWING"


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal as read after it was applied, and the container it closes."""

    number: str
    container: str = ""


@dataclass(frozen=True, slots=True)
class Sealing:
    """How goods were closed for export. ``pictures`` holds what the photographs show: BOX, PARCEL.

    None: nobody has said.
    """

    seals: tuple[Seal, ...] = ()
    containers: int | None = None
    tamper_resistant: bool | None = None
    number_on_container: bool | None = None
    packed_alone: bool | None = None
    copy_enclosed: bool | None = None
    pictures: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AdvanceNotice:
    """What the exporting authority told the importing one (Core Document, Annex II, 19). ``origin`` or provenance."""

    number: str = ""
    carats: Decimal | None = None
    usd: Decimal | None = None
    origin: str = ""
    importer: str = ""
    sent_on: date | None = None
    received_on: date | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the import officer found, entered from the goods themselves (forced entry; Annex II, 22 and 23).

    Carats to 0.01 ct, US$ to 0.01. None or empty: not entered.
    """

    number: str = ""
    seals: tuple[str, ...] = ()
    seals_intact: bool | None = None
    tamper_resistant: bool | None = None
    packed_alone: bool | None = None
    parcels: int | None = None
    lines: tuple[Line, ...] = ()
    carats: Decimal | None = None
    usd: Decimal | None = None
    exporter: str = ""
    importer: str = ""
    inspected_on: date | None = None


@dataclass(frozen=True, slots=True)
class ImportConfirmation:
    """The importing authority's word back to the exporting one (Core Document, Sections III(b) and Annex I B)."""

    number: str
    parcels: int | None = None
    carats: Decimal | None = None
    exporter: str = ""
    importer: str = ""
    destination: str = ""
    usd: Decimal | None = None
    hs_codes: tuple[str, ...] = ()
    received_on: date | None = None
    authenticated_by: str = ""
    made_on: date | None = None


@dataclass(frozen=True, slots=True)
class TransitPoint:
    """What was seen of a shipment where it entered or left a third territory. ``way`` is ENTRY or EXIT."""

    territory: str
    way: str
    seen_on: date
    seals_intact: bool
    opened: bool = False


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One field in which certificate and goods differ, both as text. ``field`` is a key such as ``lines/0/carats``."""

    field: str
    declared: str
    found: str


@dataclass(frozen=True, slots=True)
class Closing:
    """How a case is to be closed. ``technical_number`` and ``original_number`` link a return to what it returns."""

    way_out: WayOut
    original_number: str = ""
    fault: Fault | None = None
    measures: str = ""
    instructed: bool = False  # the issuing authority signed an instruction
    technical_number: str = ""
    requested_by_issuer: bool = False
    technical_origin: tuple[str, ...] = ()
    original_origin: tuple[str, ...] = ()
    seals_intact: bool | None = None
    disposal: str = ""
    found_on: date | None = None
    issuer_told_on: date | None = None


@dataclass(frozen=True, slots=True)
class KeptOriginal:
    """An original certificate or its record in the archive, and the Participants of the parties it concerns.

    ``imported_on`` is the day of receipt (of issue, on the exporting side).
    """

    number: str
    imported_on: date
    parties: tuple[tuple[str, str], ...] = field(default_factory=tuple)  # (Participant, AUTHORITY|EXPORTER|IMPORTER)


HOLIDAYS_NOT_KNOWN = "Working days are Monday to Friday; the holidays of the country are not known and not taken out."
"""Said beside every deadline in working days."""

CHASE_DAYS = 15
"""Days after expiry when an export without confirmation becomes an open case, where no profile says (R079)."""


def working_days_after(day: date, count: int) -> date:
    """The day some working days (Monday to Friday) after a day. National holidays are not known and not taken out."""
    while count > 0 and day < date.max:
        day += timedelta(days=1)
        if day.weekday() < 5:
            count -= 1
    return day


def months_later(day: date, months: int) -> date:
    """The same day some months later, or the last of that month where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    if day.year + years > date.max.year:
        return date.max
    last = monthrange(day.year + years, month + 1)[1]
    return date(day.year + years, month + 1, min(day.day, last))


def _days_later(day: date, count: int) -> date:
    """The day some days later, or the last day there is."""
    return day + timedelta(days=min(count, (date.max - day).days))


def due(deadline: Deadline, start: date) -> date:
    """The last day of a deadline that begins on a day."""
    if deadline.kind == "WORKING_DAYS":
        return working_days_after(start, deadline.n)
    if deadline.kind == "MONTHS":
        return months_later(start, deadline.n)
    return _days_later(start, deadline.n)


def confirmation_due(profile: Profile, *, arrived: date | None, submitted: date | None) -> date | None:
    """The last day for the confirmation by the importing side's law; None where no law or no first day is known.

    A deadline from submission counts from arrival where nobody entered the submission, and the other way round.
    """
    if profile.confirmation is None:
        return None
    deadline = profile.confirmation.value
    start = (submitted or arrived) if deadline.counted_from == "SUBMISSION" else (arrived or submitted)
    return due(deadline, start) if start else None


def chase_from(profile: Profile, *, expires: date) -> date:
    """The day from which an export without confirmation is an open case, by the issuer's profile (R079)."""
    told = profile.confirmation_chase_days
    return _days_later(expires, told.value if told else CHASE_DAYS)


def issuer_told_by(profile: Profile, *, found: date) -> date:
    """The last day to tell the issuer of a failure: by the importing side's law, else one month (R085)."""
    told = profile.issuer_notice_deadline
    return due(told.value, found) if told else months_later(found, 1)
