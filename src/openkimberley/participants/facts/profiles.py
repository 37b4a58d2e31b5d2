"""PURE. Jurisdiction profiles: what a national law asks beyond the Core Document, each value with its source.

A rule never asks "is this Canada?" but "does the issuer's profile ask for seal numbers on the certificate?". A field
that is ``None`` means that nobody has told us; it never means no.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

from openkimberley.kernel.errors import Untrusted

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Value(Generic[T]):
    """One value of a profile with the source that says so. ``confidence`` as for ``StatusPeriod``."""

    value: T
    source: str
    note: str = ""
    confidence: str = "seen"


@dataclass(frozen=True, slots=True)
class Range:
    """A range of certificate numbers that an authority issues from, both ends included. ``year`` 0 means every year."""

    from_: int
    to: int
    year: int = 0
    authority: str = ""

    def __contains__(self, number: int) -> bool:
        return self.from_ <= number <= self.to


@dataclass(frozen=True, slots=True)
class Allotment:
    """Numbers that a union allots to one of its authorities, both ends included (R009)."""

    authority: str
    from_: int
    to: int

    def __contains__(self, number: int) -> bool:
        return self.from_ <= number <= self.to


VALIDITY_KINDS = ("MONTHS", "DAYS", "DAYS_2400_GMT", "ENTIRE_JOURNEY")
DEADLINE_KINDS = ("WORKING_DAYS", "CALENDAR_DAYS", "MONTHS")
DEADLINE_STARTS = ("SUBMISSION", "ARRIVAL", "IMPORT", "FINDING", "EXPORT")


@dataclass(frozen=True, slots=True)
class Validity:
    """How long a certificate is valid at most: n ``MONTHS`` or ``DAYS`` from issue, n days until 24:00 GMT of the last
    (``DAYS_2400_GMT``), or for the ``ENTIRE_JOURNEY`` (n months then is the usual length)."""

    kind: str
    n: int


@dataclass(frozen=True, slots=True)
class Deadline:
    """n ``WORKING_DAYS``, ``CALENDAR_DAYS`` or ``MONTHS`` counted from an event."""

    kind: str
    n: int
    counted_from: str


@dataclass(frozen=True, slots=True)
class Retention:
    """Years that originals and records are kept, by whom. None: nobody has told us."""

    authority: int | None = None
    exporter: int | None = None
    importer: int | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What one Participant (or control system: HK, MO) asks. Every field is a sourced ``Value``, or None: not known."""

    code: str
    # numbers
    number_pattern: Value[str] | None = None
    number_digits: Value[int] | None = None
    ranges: Value[tuple[Range, ...]] | None = None
    allotments: Value[tuple[Allotment, ...]] | None = None
    parcel_reference_ends_with_number: Value[bool] | None = None
    customs_number_digits: Value[int] | None = None
    ec_changeover: Value[date] | None = None
    # content
    statement_variants: Value[tuple[str, ...]] | None = None
    languages: Value[tuple[str, ...]] | None = None
    mixed_origin_refused_from: Value[date] | None = None
    destination_named: Value[bool] | None = None
    seal_number_on_certificate: Value[bool] | None = None
    minimum_size_mm: Value[Decimal] | None = None
    # time
    validity: Value[Validity] | None = None
    retention_years: Value[Retention] | None = None
    confirmation: Value[Deadline] | None = None
    confirmation_chase_days: Value[int] | None = None
    export_report: Value[Deadline] | None = None
    issuer_notice_deadline: Value[Deadline] | None = None
    # issuing
    exporting_authority: Value[str] | None = None
    registration_required: Value[bool] | None = None
    one_time_private: Value[bool] | None = None
    stock_declaration_required: Value[bool] | None = None
    evidence_required: Value[bool] | None = None
    reexport_lists_certificates: Value[bool] | None = None
    highest_of_three_valuations: Value[bool] | None = None
    valuation_by_government: Value[bool] | None = None
    valuation_notice_hours: Value[int] | None = None
    exchange_offer_working_days: Value[int] | None = None
    frequent_exporter_own_origin_only: Value[bool] | None = None
    verify_before_validation: Value[bool] | None = None
    verification_method: Value[str] | None = None
    fee_within_cost: Value[bool] | None = None
    packed_alone: Value[bool] | None = None
    # import, correction, transit
    original_required: Value[bool] | None = None
    seals_unbroken_on_import: Value[bool] | None = None
    on_mismatch: Value[str] | None = None
    confiscation: Value[bool] | None = None
    order_return: Value[bool] | None = None
    technical_certificate: Value[bool] | None = None
    endorsement_on_instruction: Value[bool] | None = None
    bring_original_working_days: Value[int] | None = None
    replacement_only_before_export: Value[bool] | None = None
    expired_unused_returned: Value[bool] | None = None
    immediate_void_report: Value[bool] | None = None
    no_gift_exemption: Value[bool] | None = None
    hand_carry_declared: Value[bool] | None = None
    transit_destination_attested: Value[bool] | None = None
    transit_not_counted: Value[bool] | None = None
    special: Value[str] | None = None

    def known(self) -> Mapping[str, Value[Any]]:
        """The fields somebody has told us, by name, in the order above."""
        return {name: value for name in FIELDS if (value := getattr(self, name)) is not None}


# --- reading JSON: one reader and one writer per kind of value; an error says what was expected -----------------------


def _exact(kind: type[Any], word: str) -> Callable[[Any], Any]:
    """A reader that takes one JSON type only (True is no number)."""

    def read(given: Any) -> Any:
        if type(given) is not kind:
            raise ValueError(f"{word} is wanted")
        return given

    return read


def _same(value: Any) -> Any:
    """A value that is its own JSON."""
    return value


_text, _whole, _yes_no = _exact(str, "text"), _exact(int, "a whole number"), _exact(bool, "true or false")


def _count(given: Any) -> int:
    """A whole number of at least 0."""
    number: int = _whole(given)
    if number < 0:
        raise ValueError("a whole number of at least 0 is wanted")
    return number


def _day(given: Any) -> date:
    """A date as YYYY-MM-DD."""
    try:
        return date.fromisoformat(_text(given))
    except ValueError as error:
        raise ValueError("a date YYYY-MM-DD is wanted") from error


def _millimetres(given: Any) -> Decimal:
    """An amount as text."""
    try:
        size = Decimal(_text(given))
    except InvalidOperation as error:
        raise ValueError("a number as text is wanted") from error
    if not size.is_finite() or size < 0:
        raise ValueError("a number of at least 0 is wanted")
    return size


def _texts(given: Any) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(_text(one) for one in _exact(list, "a list of texts")(given))


def _record(given: Any, **readers: tuple[Callable[[Any], Any], Any]) -> dict[str, Any]:
    """An object with known keys only; a reader's default of ``...`` makes its key necessary."""
    stated = _exact(dict, "an object")(given)
    if unknown := sorted(set(stated) - set(readers)):
        raise ValueError(f"unknown keys {', '.join(unknown)}; known are {', '.join(readers)}")
    found = {}
    for name, (read, default) in readers.items():
        if name not in stated:
            if default is ...:
                raise ValueError(f"the key {name} is missing")
            found[name] = default
            continue
        try:
            found[name] = read(stated[name])
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    return found


def _range(given: Any) -> Range:
    """``{"from": 4000, "to": 4500, "year": 2014, "authority": "..."}``."""
    found = _record(given, **{"from": (_count, ...)}, to=(_count, ...), year=(_count, 0), authority=(_text, ""))
    if found["from"] > found["to"]:
        raise ValueError("from lies above to")
    return Range(found["from"], found["to"], found["year"], found["authority"])


def _allotment(given: Any) -> Allotment:
    """``{"authority": "EU-BE", "from": 1, "to": 100}``."""
    found = _record(given, authority=(_text, ...), to=(_count, ...), **{"from": (_count, ...)})
    if found["from"] > found["to"]:
        raise ValueError("from lies above to")
    return Allotment(found["authority"], found["from"], found["to"])


def _many(read: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    """A list, read one by one; an error counts from 0."""

    def all_of(given: Any) -> tuple[Any, ...]:
        found = []
        for place, one in enumerate(_exact(list, "a list")(given)):
            try:
                found.append(read(one))
            except ValueError as error:
                raise ValueError(f"[{place}] {error}") from error
        return tuple(found)

    return all_of


def _one_of(words: tuple[str, ...]) -> Callable[[Any], str]:
    """One of a few words."""

    def read(given: Any) -> str:
        if given not in words:
            raise ValueError(f"one of {', '.join(words)} is wanted")
        return str(given)

    return read


def _validity(given: Any) -> Validity:
    """``{"kind": "MONTHS", "n": 2}``."""
    return Validity(**_record(given, kind=(_one_of(VALIDITY_KINDS), ...), n=(_count, ...)))


def _deadline(given: Any) -> Deadline:
    """``{"kind": "WORKING_DAYS", "n": 10, "counted_from": "SUBMISSION"}``."""
    kinds, starts = _one_of(DEADLINE_KINDS), _one_of(DEADLINE_STARTS)
    return Deadline(**_record(given, kind=(kinds, ...), n=(_count, ...), counted_from=(starts, ...)))


def _retention(given: Any) -> Retention:
    """``{"authority": 3, "exporter": 3}``."""
    return Retention(**_record(given, authority=(_count, None), exporter=(_count, None), importer=(_count, None)))


def _pattern(given: Any) -> str:
    """A regular expression that the whole number must match."""
    import re

    try:
        re.compile(_text(given))
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    return str(given)


def _as_object(value: Any) -> dict[str, Any]:
    """A record as JSON, without what is not known; ``from_`` is ``from`` there."""
    stated = {f.name.rstrip("_"): getattr(value, f.name) for f in fields(value)}
    return {name: one for name, one in stated.items() if one is not None}


_Kind = tuple[Callable[[Any], Any], Callable[[Any], Any]]
_KINDS: Mapping[str, _Kind] = {
    "str": (_text, _same),
    "int": (_count, _same),
    "bool": (_yes_no, _same),
    "date": (_day, date.isoformat),
    "Decimal": (_millimetres, str),
    "tuple[str, ...]": (_texts, list),
    "tuple[Range, ...]": (_many(_range), lambda many: [_as_object(one) for one in many]),
    "tuple[Allotment, ...]": (_many(_allotment), lambda many: [_as_object(one) for one in many]),
    "Validity": (_validity, _as_object),
    "Deadline": (_deadline, _as_object),
    "Retention": (_retention, _as_object),
}
FIELDS: Mapping[str, _Kind] = {
    f.name: (_pattern, _same) if f.name == "number_pattern"
    else _KINDS[str(f.type).removeprefix("Value[").removesuffix("] | None")]
    for f in fields(Profile) if f.name != "code"
}  # fmt: skip
"""The names a profile has, with the reader and the writer of each value's JSON."""


def read_value(name: str, given: Any) -> Any:
    """A profile value from its JSON. Raises ``ValueError`` saying what is wrong with it."""
    if name not in FIELDS:
        raise ValueError(f"a profile has no field {name}")
    return FIELDS[name][0](given)


def write_value(name: str, value: Any) -> Any:
    """A profile value as JSON."""
    return FIELDS[name][1](value)


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profiles of all jurisdictions, by code."""

    by_code: Mapping[str, Profile] = field(default_factory=dict)

    def of(self, code: str) -> Profile:
        """The profile of a code; an empty one where nobody has told us anything."""
        return self.by_code.get(code) or Profile(code)

    def overlaid(self, given: Mapping[str, Any], source: str = "the profiles file given") -> Profiles:
        """These profiles with values from a ``--profiles`` file on top: ``{"SL": {"number_pattern": "..."}}``.

        A ``null`` takes a value away. Raises ``Untrusted`` naming code and field for anything not known.
        """
        if not isinstance(given, Mapping):
            raise Untrusted("profiles", "an object of codes is wanted")
        laid = dict(self.by_code)
        for code, stated in given.items():
            if not (isinstance(code, str) and len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()):
                raise Untrusted("profiles", f"{code}: two capital letters are wanted")
            if not isinstance(stated, Mapping):
                raise Untrusted("profiles", f"{code}: an object of values is wanted")
            laid[code] = replace(self.of(code), **_overlay(code, stated, source))
        return Profiles(laid)


def _overlay(code: str, stated: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The values of one code of an overlay."""
    found: dict[str, Value[Any] | None] = {}
    for name, one in stated.items():
        try:
            found[name] = None if one is None and name in FIELDS else Value(read_value(name, one), source)
        except ValueError as error:
            raise Untrusted("profiles", f"{code}.{name}: {error}") from error
    return found
