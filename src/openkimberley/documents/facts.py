"""PURE. What the paper of a statement shows: the certificate page, the bag label, the import confirmation.

These values are for the printer only. The caller fills them from a signed statement; nothing here decides whether the
statement is right. Dates are ``date``, carats and US$ are ``Decimal`` with two places, all other words are text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from openkimberley.kernel.errors import Conflict

LANGUAGES = ("en", "fr", "pt", "ru", "ar", "es", "zh")
"""The languages of the page. English always stands on it (Annex I A); another one stands beside it."""

_NUMBER = re.compile(r"^[A-Z0-9][A-Z0-9 ._-]{1,39}$")  # also names the attachment, so no slash and no quote

# Characters that reorder or hide what is printed: with them a page could read otherwise than what was signed.
_DISGUISES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u2060\ufeff\u00ad\u2028\u2029")


class NotPrintable(Conflict):
    """The page cannot be set: a character no bundled font has, a disguised character, or more text than paper."""


class PageKind(StrEnum):
    """What a certificate is for: the values of ``certificates.facts.Kind``. A technical one has its own title."""

    EXPORT = "EXPORT"
    TECHNICAL_RETURN = "TECHNICAL_RETURN"
    TECHNICAL_SEIZED = "TECHNICAL_SEIZED"
    TECHNICAL_RESEARCH = "TECHNICAL_RESEARCH"


@dataclass(frozen=True, slots=True)
class PrintedParty:
    """Exporter or importer as printed. A line feed in ``address`` starts a new line."""

    name: str
    address: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """One HS line: code, carats (0.01 ct), value (0.01 US$; None where nobody valued it)."""

    hs: str
    carats: Decimal
    usd: Decimal | None


@dataclass(frozen=True, slots=True)
class PrintedOrigin:
    """A mining country: name as printed, and its share of the carats in per cent where known."""

    name: str
    share: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Everything a certificate page shows (KPCS Core Document, Annex I A and B).

    ``title`` and ``statement`` empty mean the official words of the kind. ``mixed`` prints ``***`` as origin, with
    the countries of ``origin`` where known. ``language`` is ``en`` for English only. ``demonstration`` prints a mark
    across the page: a made-up certificate must never pass for a real one. ``void`` is the reason of voidness; it prints
    VOID across the page.
    ``proof`` is the text that proves the certificate's entry in its issuer's journal: it is attached; ``proof_code``
    the same as a code, printed on a page of its own. Both exist only after signing, so a page may have neither.
    ``issued_at_unix`` is the second of signing; it dates the file, so that equal input gives equal bytes.
    """

    number: str
    issuer: str
    issuing_authority: str
    issue_date: date
    expiry_date: date
    destination: str
    exporter: PrintedParty
    importer: PrintedParty
    parcels: int
    lines: tuple[PrintedLine, ...]
    total_carats: Decimal
    total_usd: Decimal
    check_code: str
    qr_text: str
    sd_jwt: str
    issued_at_unix: int
    kind: PageKind = PageKind.EXPORT
    language: str = "en"
    title: str = ""
    statement: str = ""
    national_title: str = ""
    national_statement: str = ""
    origin: tuple[PrintedOrigin, ...] = ()
    mixed: bool = False
    destination_authority: str = ""
    parcel_reference: str = ""
    seals: tuple[str, ...] = ()
    paper_serial: str = ""
    validated_by: str = ""
    validated_on: date | None = None
    countersigned_by: tuple[str, ...] = ()
    remarks: str = ""
    zone: str = ""
    replaces: str = ""
    void: str = ""
    demonstration: bool = False
    proof: str = ""
    proof_code: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """What the label on the sealed bag shows: enough to match bag and certificate, nothing about value or parties."""

    number: str
    destination: str
    seal: str
    expiry_date: date
    check_code: str
    qr_text: str
    issued_at_unix: int
    issuer: str = ""
    parcels: int | None = None
    paper_serial: str = ""
    demonstration: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference found at import: what, as declared, as found."""

    field: str
    declared: str
    found: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """An import confirmation as printed (Annex I B, with the receipt that was signed).

    ``result`` is the receipt's word (``match``, ``discrepancy``, ``refused``); ``lines`` and totals are *as found*.
    ``receipt`` is the signed receipt itself, attached to the file as ``NUMBER.receipt.jws``.
    """

    number: str
    issuer: str
    destination: str
    authority: str
    exporter: PrintedParty
    importer: PrintedParty
    received_on: date
    confirmed_on: date
    result: str
    parcels: int
    lines: tuple[PrintedLine, ...]
    total_carats: Decimal
    total_usd: Decimal
    check_code: str
    receipt: str
    confirmed_at_unix: int
    language: str = "en"
    seal: str = ""
    seals_intact: bool | None = None
    differences: tuple[Difference, ...] = ()
    authenticated_by: tuple[str, ...] = ()
    qr_text: str = ""
    demonstration: bool = False


def checked_number(number: str) -> str:
    """The certificate number, if it can name a file. Raises ``NotPrintable``."""
    if not _NUMBER.match(number):
        raise NotPrintable(f"{number[:40]!r} cannot stand on a certificate as its number")
    return number


def checked_language(language: str) -> str:
    """The language, if the page has words for it. Raises ``NotPrintable``."""
    if language not in LANGUAGES:
        raise NotPrintable(f"there are no words for the language {language[:10]!r}; there are {', '.join(LANGUAGES)}")
    return language


def checked_text(text: str) -> str:
    """The text in composed form (NFC), if every character shows as what it is.

    Raises ``NotPrintable`` for control characters other than a line feed, for unassigned and private characters, and
    for invisible or reordering ones.
    """
    for character in text:
        if character == "\n":
            continue
        if character in _DISGUISES or unicodedata.category(character) in {"Cc", "Cn", "Co", "Cs"}:
            raise NotPrintable(f"the character U+{ord(character):04X} must not stand on a certificate")
    return unicodedata.normalize("NFC", text)


def amount_text(value: Decimal | None) -> str:
    """An amount as printed: two places, thousands by commas, point as decimal mark (``1,843.27``); a dash for none."""
    return "–" if value is None else f"{value:,.2f}"
