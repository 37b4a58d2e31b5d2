"""PURE. The nouns of certification: a certificate's content, and the life cycle of an application and a certificate.

``Certificate`` is what a Kimberley Process Certificate says (KPCS Core Document, Annex I), whoever issued it and
however much of it is known: what is missing is None or empty, so that a rule can object instead of a program failing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from decimal import Decimal

MIXED = "***"
"""What stands in the origin field of a parcel of mixed origin (practice; R023)."""

TITLE = "Kimberley Process Certificate"

STATEMENT = (
    "The rough diamonds in this shipment have been handled in accordance with the provisions of the Kimberley Process "
    "Certification Scheme for rough diamonds"
)
"""The statement of Annex I A, in the Core Document's words."""


@dataclass(frozen=True, slots=True)
class Party:
    """An exporter or importer as the certificate names it; ``licence`` is its number in the authority's register."""

    name: str = ""
    address: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One HS line: code as written, carats (0.01 ct), value (0.01 US$). None where unreadable or missing."""

    hs: str
    carats: Decimal | None
    usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Validation:
    """Validation by the exporting authority: who (pseudonym or name as printed) and when."""

    by: str = ""
    date: date | None = None


@dataclass(frozen=True, slots=True)
class Presented:
    """How the certificate was presented at import. None means: nobody has said."""

    date: date | None = None
    at: str = ""
    seals_intact: bool | None = None
    original: bool | None = None
    announced: bool | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """The content of a certificate. Only ``number``, ``issuer`` and ``issue_date`` are needed to ask the rules.

    ``issuer`` is the issuing Participant's code and ``issuing_authority`` the authority's name or code as written.
    ``origin`` lists mining countries as alpha-2 codes; ``mixed`` is True where ``***`` stands in the origin field;
    ``origin_shares`` gives carat percentages by country where known.
    """

    number: str
    issuer: str
    issue_date: date | None
    issuing_authority: str = ""
    expiry_date: date | None = None
    title: str = ""
    statement: str = ""
    english: bool | None = None
    origin: tuple[str, ...] = ()
    mixed: bool = False
    origin_shares: Mapping[str, Decimal] = field(default_factory=dict)
    destination: str = ""
    destination_authority: str = ""
    exporter: Party | None = None
    importer: Party | None = None
    same_party_reason: str = ""
    parcels: int | None = None
    parcel_reference: str = ""
    lines: tuple[Line, ...] = ()
    total_carats: Decimal | None = None
    total_usd: Decimal | None = None
    seals: tuple[str, ...] = ()
    validated: Validation | None = None
    presented: Presented | None = None
    zone: str = ""
    countersigned_by: tuple[str, ...] = ()
    paper_serial: str = ""
    draws_on: tuple[str, ...] = ()
    provenance: str = ""


class ApplicationStatus(StrEnum):
    """The life of an application."""

    DRAFT = "DRAFT"
    FILED = "FILED"
    RETURNED = "RETURNED"  # sent back to the applicant for completion
    EXAMINED = "EXAMINED"
    APPROVED = "APPROVED"  # its certificate is issued
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"


APPLICATION_TRANSITIONS: Mapping[ApplicationStatus, frozenset[ApplicationStatus]] = {
    ApplicationStatus.DRAFT: frozenset({ApplicationStatus.FILED, ApplicationStatus.WITHDRAWN}),
    ApplicationStatus.FILED: frozenset(
        {ApplicationStatus.RETURNED, ApplicationStatus.EXAMINED, ApplicationStatus.REFUSED, ApplicationStatus.WITHDRAWN}
    ),
    ApplicationStatus.RETURNED: frozenset({ApplicationStatus.FILED, ApplicationStatus.WITHDRAWN}),
    ApplicationStatus.EXAMINED: frozenset(
        {ApplicationStatus.APPROVED, ApplicationStatus.RETURNED, ApplicationStatus.REFUSED, ApplicationStatus.EXAMINED}
    ),
    ApplicationStatus.APPROVED: frozenset(),
    ApplicationStatus.REFUSED: frozenset(),
    ApplicationStatus.WITHDRAWN: frozenset(),
}


class CertificateStatus(StrEnum):
    """The life of an issued certificate, as its issuer knows it."""

    ISSUED = "ISSUED"  # signed and journalled
    SEALED = "SEALED"  # container sealed, seals and photographs on record
    ANNOUNCED = "ANNOUNCED"  # released, the importing authority told
    DEPARTED = "DEPARTED"
    ARRIVED = "ARRIVED"  # presented to the importing authority
    CONFIRMED = "CONFIRMED"  # receipt in; used, never again
    DISPUTED = "DISPUTED"  # discrepancy open or goods detained
    RETURNED = "RETURNED"  # goods sent back under a technical certificate
    REFUSED = "REFUSED"  # refused at import
    REPLACED = "REPLACED"
    VOID = "VOID"
    LOST = "LOST"
    EXPIRED_RETURNED = "EXPIRED_RETURNED"  # unused, its validity over, handed back to the issuer


S = CertificateStatus
_ENDED_AT_IMPORT = frozenset({S.CONFIRMED, S.REFUSED, S.RETURNED})
"""What was used at import is used, whether or not its issuer entered that the goods left: it is not replaced then."""

CERTIFICATE_TRANSITIONS: Mapping[CertificateStatus, frozenset[CertificateStatus]] = {
    S.ISSUED: frozenset({S.SEALED, S.REPLACED, S.VOID, S.LOST, S.EXPIRED_RETURNED}) | _ENDED_AT_IMPORT,
    S.SEALED: frozenset({S.ANNOUNCED, S.REPLACED, S.VOID, S.LOST, S.EXPIRED_RETURNED}) | _ENDED_AT_IMPORT,
    S.ANNOUNCED: frozenset({S.DEPARTED, S.ARRIVED, S.REPLACED, S.VOID, S.LOST, S.EXPIRED_RETURNED}) | _ENDED_AT_IMPORT,
    S.DEPARTED: frozenset({S.ARRIVED, S.CONFIRMED, S.DISPUTED, S.REFUSED, S.VOID, S.LOST}),
    S.ARRIVED: frozenset({S.CONFIRMED, S.DISPUTED, S.REFUSED, S.VOID}),
    S.DISPUTED: frozenset({S.CONFIRMED, S.RETURNED, S.REFUSED, S.VOID}),
    S.CONFIRMED: frozenset(),
    S.RETURNED: frozenset(),
    S.REFUSED: frozenset({S.RETURNED}),
    S.REPLACED: frozenset(),
    S.VOID: frozenset(),
    S.LOST: frozenset(),
    S.EXPIRED_RETURNED: frozenset(),
}


class Kind(StrEnum):
    """What a certificate is for. A technical certificate moves goods outside the normal trade."""

    EXPORT = "EXPORT"
    TECHNICAL_RETURN = "TECHNICAL_RETURN"
    TECHNICAL_SEIZED = "TECHNICAL_SEIZED"
    TECHNICAL_RESEARCH = "TECHNICAL_RESEARCH"


class FormStatus(StrEnum):
    """A sheet of blank security paper. Used, spoiled, lost and stolen are final."""

    RECEIVED = "RECEIVED"
    USED = "USED"
    SPOILED = "SPOILED"
    LOST = "LOST"
    STOLEN = "STOLEN"
