"""PURE. A certificate as the content of its two QR codes, and back. Keys as in ``docs/spec/qr.md``.

The code on the certificate (``KPC1:``) carries all that the paper says; the label on the bag (``KPL1:``) neither value
nor weight nor names, so that it tells a thief nothing.
"""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from openkimberley.certificates import facts
from openkimberley.certificates.statements.credential import CONTENT
from openkimberley.kernel.errors import Untrusted
from openkimberley.kernel.measures import from_hundredths, hs_code, hundredths
from openkimberley.trust import qr

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openkimberley.trust.keys import Signer

VERSION = 1
EPOCH = date(1970, 1, 1)
LABEL_CID_BYTES = 16

(
    K_VERSION,
    K_NUMBER,
    K_ISSUED,
    K_EXPIRES,
    K_ORIGINS,
    K_DESTINATION,
    K_EXPORTER,
    K_IMPORTER,
    K_LINES,
    K_PARCELS,
    K_SEAL,
    K_CID,
    K_STATUS,
    K_LOG,
    K_AUTHORITY,
    K_PAPER,
    K_ZONE,
) = range(1, 18)

_LABEL_NEEDS = frozenset({K_VERSION, K_NUMBER, K_ISSUED, K_EXPIRES, K_DESTINATION, K_CID, K_AUTHORITY})
_FULL_NEEDS = _LABEL_NEEDS | {K_ORIGINS, K_EXPORTER, K_IMPORTER, K_LINES}
_LABEL_KNOWS = _LABEL_NEEDS | {K_SEAL, K_STATUS, K_LOG}
_FULL_KNOWS = _FULL_NEEDS | {K_PARCELS, K_SEAL, K_STATUS, K_LOG, K_PAPER, K_ZONE}

_NAMES = {
    K_VERSION: "version",
    K_NUMBER: "number",
    K_ISSUED: "issue_date",
    K_EXPIRES: "expiry_date",
    K_ORIGINS: "origin",
    K_DESTINATION: "destination",
    K_EXPORTER: "exporter",
    K_IMPORTER: "importer",
    K_LINES: "lines",
    K_PARCELS: "parcels",
    K_SEAL: "seal",
    K_CID: "cid",
    K_STATUS: "status",
    K_LOG: "log index",
    K_AUTHORITY: "authority",
    K_PAPER: "paper_serial",
    K_ZONE: "zone",
}

_TEXTS = (K_NUMBER, K_DESTINATION, K_AUTHORITY)
_FURTHER_TEXTS = (K_SEAL, K_PAPER, K_ZONE)
MAX_DAYS = 100 * 366  # 2070: a date beyond is a mistake, and must not overflow the calendar
_MAX_AMOUNT = 10**15


def label_qr_payload(
    certificate: facts.Certificate,
    *,
    cid: bytes,
    authority: str = "",
    status: tuple[int, int] | None = None,
    log_index: int | None = None,
    seal: str = "",
) -> dict[int, Any]:
    """The content of the label's code. ``status`` is (status list id, index); ``authority`` the issuing one's code."""
    if certificate.issue_date is None or certificate.expiry_date is None:
        raise Untrusted(CONTENT, "issue_date, expiry_date: a code needs both")
    seal = seal or ", ".join(certificate.seals)
    payload = {
        K_VERSION: VERSION,
        K_NUMBER: certificate.number,
        K_ISSUED: days(certificate.issue_date),
        K_EXPIRES: days(certificate.expiry_date),
        K_DESTINATION: certificate.destination_authority or certificate.destination,
        K_SEAL: _nfc(seal),
        K_CID: cid[:LABEL_CID_BYTES],
        K_STATUS: list(status) if status else None,
        K_LOG: log_index,
        K_AUTHORITY: authority or certificate.issuer,
    }
    return {key: value for key, value in payload.items() if value not in (None, "")}


def full_qr_payload(
    certificate: facts.Certificate,
    *,
    cid: bytes,
    authority: str = "",
    status: tuple[int, int] | None = None,
    log_index: int | None = None,
    seal: str = "",
) -> dict[int, Any]:
    """The content of the certificate's code: all the label says, the whole cid, and all that the paper says."""
    payload = label_qr_payload(certificate, cid=cid, authority=authority, status=status, log_index=log_index, seal=seal)
    further = {
        K_CID: cid,
        K_ORIGINS: [] if certificate.mixed else list(certificate.origin),
        K_EXPORTER: _party(certificate.exporter),
        K_IMPORTER: _party(certificate.importer),
        K_LINES: [_line(line) for line in certificate.lines],
        K_PARCELS: certificate.parcels,
        K_PAPER: certificate.paper_serial or None,
        K_ZONE: certificate.zone or None,
    }
    return payload | {key: value for key, value in further.items() if value is not None}


def full_qr(certificate: facts.Certificate, *, signer: Signer, **about: Any) -> str:
    """The signed text of the certificate's QR code (``KPC1:``). ``about`` as in ``full_qr_payload``."""
    return qr.write(qr.FULL, full_qr_payload(certificate, **about), signer)


def label_qr(certificate: facts.Certificate, *, signer: Signer, **about: Any) -> str:
    """The signed text of the label's QR code (``KPL1:``). ``about`` as in ``label_qr_payload``."""
    return qr.write(qr.LABEL, label_qr_payload(certificate, **about), signer)


def code_problems(prefix: str, payload: Mapping[int, Any]) -> list[str]:
    """Everything in a code's content that is not as the profile says, each as ``field: what is wrong``."""
    needs, knows = (_FULL_NEEDS, _FULL_KNOWS) if prefix == qr.FULL else (_LABEL_NEEDS, _LABEL_KNOWS)
    keys = payload.keys()
    if not needs <= keys or not keys <= knows:
        return [f"{_NAMES[key]}: is missing" for key in sorted(needs - keys)] + [
            f"{_NAMES.get(key, key)}: is not known here" for key in sorted(keys - knows)
        ]
    wrong = [key for key in _TEXTS if type(payload[key]) is not str or not payload[key]]
    wrong += [key for key in _FURTHER_TEXTS if key in payload and type(payload[key]) is not str]
    wrong += [key for key in (K_ISSUED, K_EXPIRES) if not _whole(payload[key], MAX_DAYS)]
    wrong += [key for key in (K_PARCELS, K_LOG) if key in payload and not _whole(payload[key], _MAX_AMOUNT)]
    if payload[K_VERSION] != VERSION:
        wrong.append(K_VERSION)
    cid = payload[K_CID]
    if type(cid) is not bytes or len(cid) != (32 if prefix == qr.FULL else LABEL_CID_BYTES):
        wrong.append(K_CID)
    status = payload.get(K_STATUS, [0, 0])
    if type(status) is not list or len(status) != 2 or not all(_whole(part, 2**53) for part in status):
        wrong.append(K_STATUS)
    if prefix == qr.FULL:
        wrong += _full_problems(payload)
    return [f"{_NAMES[key]}: has not its form" for key in wrong]


def certificate_from_code(code: qr.Code) -> facts.Certificate:
    """The certificate of a code, as far as the code says. Raises ``Untrusted("5 content", ...)``."""
    payload = code.payload
    if wrong := code_problems(code.prefix, payload):
        raise Untrusted(CONTENT, "; ".join(wrong))
    authority, destination = payload[K_AUTHORITY], payload[K_DESTINATION]
    full = code.prefix == qr.FULL
    lines = tuple(
        facts.Line(hs_text(hs), from_hundredths(carats), from_hundredths(cents))
        for hs, carats, cents in payload.get(K_LINES, ())
    )
    return facts.Certificate(
        number=payload[K_NUMBER],
        issuer=authority.partition("-")[0],
        issue_date=from_days(payload[K_ISSUED]),
        issuing_authority=authority,
        expiry_date=from_days(payload[K_EXPIRES]),
        title=facts.TITLE,
        statement=facts.STATEMENT if full else "",
        english=True if full else None,
        origin=tuple(payload.get(K_ORIGINS, ())),
        mixed=full and not payload[K_ORIGINS],
        destination=destination.partition("-")[0],
        destination_authority=destination,
        exporter=facts.Party(*payload[K_EXPORTER]) if full else None,
        importer=facts.Party(*payload[K_IMPORTER]) if full else None,
        parcels=payload.get(K_PARCELS),
        lines=lines,
        total_carats=from_hundredths(sum(line[1] for line in payload[K_LINES])) if full else None,
        total_usd=from_hundredths(sum(line[2] for line in payload[K_LINES])) if full else None,
        seals=(payload[K_SEAL],) if K_SEAL in payload else (),
        zone=payload.get(K_ZONE, ""),
        paper_serial=payload.get(K_PAPER, ""),
    )


def days(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def from_days(number: int) -> date:
    """The date that ``days`` turned into a number."""
    return EPOCH + timedelta(days=number)


@lru_cache(4096)
def iso(number: int) -> str:
    """The date that ``days`` turned into a number, as YYYY-MM-DD. The same few days come again and again."""
    return from_days(number).isoformat()


def hs_text(number: int) -> str:
    """The HS code of its number: 710231 is 7102.31."""
    return str(number) if number < 10_000 else f"{number // 100}.{number % 100:02d}"


def _full_problems(payload: Mapping[int, Any]) -> list[int]:
    wrong = [
        key
        for key in (K_EXPORTER, K_IMPORTER)
        if type(payload[key]) is not list or [type(part) for part in payload[key]] != [str, str]
    ]
    origins, lines = payload[K_ORIGINS], payload[K_LINES]
    if type(origins) is not list or not all(type(code) is str for code in origins):
        wrong.append(K_ORIGINS)
    if type(lines) is not list or not lines or not all(_is_line(line) for line in lines):
        wrong.append(K_LINES)
    return wrong


def _is_line(line: Any) -> bool:
    return (
        type(line) is list
        and len(line) == 3
        and _whole(line[0], 799_999)
        and line[0] >= 7000
        and _whole(line[1], _MAX_AMOUNT)
        and _whole(line[2], _MAX_AMOUNT)
    )


def _whole(value: Any, most: int) -> bool:
    return type(value) is int and 0 <= value <= most


def _line(line: facts.Line) -> list[int]:
    if line.carats is None or line.usd is None:
        raise Untrusted(CONTENT, "lines: carats or value is missing")
    return [int(hs_code(line.hs).replace(".", "")), hundredths(line.carats), hundredths(line.usd)]


def _party(party: facts.Party | None) -> list[str]:
    return [_nfc(party.name), _nfc(party.address)] if party else ["", ""]


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
