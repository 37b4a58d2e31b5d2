"""The certificate page: what stands on it, set as PDF/A-3a with its signed statement attached.

The page is A4 landscape: left the certificate (Annex I A), right the import confirmation part (Annex I B).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from openkimberley.documents.facts import (
    NotPrintable,
    PageKind,
    amount_text,
    checked_language,
    checked_number,
)
from openkimberley.documents.press import press
from openkimberley.documents.qr import qr_side_mm, qr_svg

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openkimberley.documents.facts import Page, PrintedLine, PrintedParty

QR_ECC = "M"
MIN_QR_MM = 36.0
MAX_QR_MM = 52.0
"""Larger than this the code takes the room of the fields; the profile of the full QR stays below it."""

MIN_PROOF_MM = 47.0
"""The code of a proof is larger than that of the certificate: it holds hashes and cosignatures (trust.md 2.4)."""

LINES_ON_FACE = 5
"""More HS lines than these go to a schedule on the following pages; the face then shows the total only."""


@cache
def _words() -> dict[str, dict[str, str]]:
    text = (Path(__file__).parent / "layouts" / "words.json").read_text(encoding="utf-8")
    return cast("dict[str, dict[str, str]]", json.loads(text))


def words(language: str) -> dict[str, str]:
    """The printed words of a language. Raises ``NotPrintable`` for a language without them."""
    return _words()[checked_language(language)]


def official_title(kind: PageKind, language: str = "en") -> str:
    """The title of a certificate of this kind."""
    return words(language)["title" if kind == PageKind.EXPORT else "title_technical"]


def official_statement(kind: PageKind, language: str = "en") -> str:
    """The statement of a certificate of this kind: Annex I A for trade, what it is for when technical."""
    return words(language)[f"statement_{PageKind(kind).value}"]


def party_data(party: PrintedParty) -> dict[str, str]:
    """A party as the layouts read it."""
    return {"name": party.name, "address": party.address, "licence": party.licence}


def lines_data(lines: Iterable[PrintedLine]) -> list[dict[str, str]]:
    """HS lines as the layouts read them."""
    return [{"hs": line.hs, "carats": amount_text(line.carats), "usd": amount_text(line.usd)} for line in lines]


def dated(at_unix: int) -> dict[str, int]:
    """The second a statement was signed, in UTC, as the layouts read it."""
    at = datetime.fromtimestamp(at_unix, UTC)
    return {unit: getattr(at, unit) for unit in ("year", "month", "day", "hour", "minute", "second")}


def _wording(page: Page) -> dict[str, str]:
    """Title and statement in English and, beside it, in the national language where it has words of its own."""
    kind, foreign = PageKind(page.kind), page.language != "en"
    own_title = page.national_title or (official_title(kind, page.language) if foreign and not page.title else "")
    own_statement = page.national_statement
    statement = (page.statement or official_statement(kind)).rstrip(". ")
    if foreign and not own_statement and statement == official_statement(kind).rstrip(". "):
        own_statement = official_statement(kind, page.language)
    if foreign and not own_title and page.title == official_title(kind):
        own_title = official_title(kind, page.language)
    return {
        "title": page.title or official_title(kind),
        "national_title": own_title,
        "statement": statement,
        "national_statement": own_statement.rstrip(".。 "),
    }


def _file_title(page: Page, title: str) -> str:
    prefix = "SPECIMEN - DEMONSTRATION - " if page.demonstration else ""
    return f"{prefix}{title} {page.number}"


def _data(page: Page) -> dict[str, Any]:
    wording = _wording(page)
    side = qr_side_mm(page.qr_text, QR_ECC, at_least=MIN_QR_MM)
    if side > MAX_QR_MM:
        raise NotPrintable(f"the QR code would be {side:.0f} mm wide; the page has room for {MAX_QR_MM:.0f} mm")
    return {
        **wording,
        **dated(page.issued_at_unix),
        "file_title": _file_title(page, wording["title"]),
        "language": checked_language(page.language),
        "technical": PageKind(page.kind) != PageKind.EXPORT,
        "number": checked_number(page.number),
        "issuer": page.issuer,
        "authority": page.issuing_authority,
        "issued": page.issue_date.isoformat(),
        "expires": page.expiry_date.isoformat(),
        "mixed": page.mixed,
        "origin": [{"name": o.name, "share": amount_text(o.share) if o.share is not None else ""} for o in page.origin],
        "destination": page.destination,
        "destination_authority": page.destination_authority,
        "exporter": party_data(page.exporter),
        "importer": party_data(page.importer),
        "parcels": str(page.parcels),
        "parcel_reference": page.parcel_reference,
        "lines": lines_data(page.lines),
        "schedule": len(page.lines) > LINES_ON_FACE,
        "totals": {"carats": amount_text(page.total_carats), "usd": amount_text(page.total_usd)},
        "seals": list(page.seals),
        "paper_serial": page.paper_serial,
        "zone": page.zone,
        "countersigned": list(page.countersigned_by),
        "validated_by": page.validated_by,
        "validated_on": page.validated_on.isoformat() if page.validated_on else "",
        "remarks": page.remarks,
        "replaces": page.replaces,
        "void": page.void,
        "demonstration": page.demonstration,
        "check_code": page.check_code,
        "qr_svg": qr_svg(page.qr_text, QR_ECC),
        "qr_mm": side,
        "attachment": f"{page.number}.sd-jwt",
        "sd_jwt": page.sd_jwt,
        "proof": page.proof,
        "proof_attachment": f"{page.number}.tlog-proof",
        **_proof_code(page.proof_code),
    }


def _proof_code(text: str) -> dict[str, Any]:
    """The second code, for a page of its own; nothing where there is none."""
    if not text:
        return {"proof_svg": "", "proof_mm": 0}
    return {"proof_svg": qr_svg(text, QR_ECC), "proof_mm": qr_side_mm(text, QR_ECC, at_least=MIN_PROOF_MM)}


def render_certificate(page: Page) -> bytes:
    """The certificate as PDF/A-3a and PDF/UA-1, unsealed, with ``NUMBER.sd-jwt`` attached; equal input, equal bytes.

    With a proof, ``NUMBER.tlog-proof`` is attached too, and its code stands on a last page.

    Raises ``NotPrintable`` if it cannot be set whole: a character without glyph, too much text, too large a QR code.
    """
    return press("certificate", _data(page), at_unix=page.issued_at_unix)
