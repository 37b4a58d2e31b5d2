"""PURE. The signed statements about a certificate: import receipt, voiding, and the issuer's correction.

Each is a compact JWS whose ``typ`` says which it is. Each names the certificate by cid and number.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from openkimberley.certificates import facts
from openkimberley.certificates.statements.credential import CONTENT, ISSUERS, line_claim
from openkimberley.certificates.statements.shapes import (
    Shape,
    day,
    each,
    exactly,
    name,
    optional,
    problems,
    record,
    scaled,
    text,
    truth,
    whole,
)
from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import jws
from openkimberley.trust.canonical import b64u, unb64u

if TYPE_CHECKING:
    from openkimberley.trust.keys import PublicKey, Signer

RECEIPT, VOID, CORRECTION = "kp-receipt+jwt", "kp-void+jwt", "kp-correction+jwt"

RESULTS = ("match", "discrepancy", "refused")
VOID_KINDS = ("VOID", "REPLACED", "LOST", "EXPIRED_RETURNED")

_CID_BYTES = 32


def _cid(value: Any) -> str:
    try:
        return "" if isinstance(value, str) and len(unb64u(value)) == _CID_BYTES else "must be a cid"
    except Untrusted:
        return "must be a cid"


# What an inspection weighs it need not value: only the certificate must say both.
_FOUND_LINE = record({"hs": name, "carats": optional(scaled), "usd": optional(scaled)})
_COMMON: dict[str, Shape] = {"iss": name, "authority": name, "iat": whole, "cid": _cid, "kpc_number": name}
_SHAPES: Mapping[str, Mapping[str, Shape]] = {
    RECEIPT: _COMMON
    | {
        "exporting": name,
        "received": day,
        "result": exactly(*RESULTS),
        "found": record(
            {
                "parcels": optional(whole),
                "carats": optional(scaled),
                "usd": optional(scaled),
                "lines": each(_FOUND_LINE),
                "seal": text,
            }
        ),
        "exporter_ok": truth,
        "importer_ok": truth,
        "differences": each(record({"field": name, "declared": text, "found": text})),
        "salt": name,
        "approvals": whole,
    },
    VOID: _COMMON | {"kind": exactly(*VOID_KINDS), "reason": text, "replaced_by": optional(_cid)},
    CORRECTION: _COMMON | {"field": name, "old": text, "new": text, "reason": text},
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which the goods or the paper differ from the certificate."""

    field: str
    declared: str
    found: str


@dataclass(frozen=True, slots=True)
class ImportReceipt:
    """An importing authority's confirmation. ``parcels``, ``carats``, ``usd``, ``lines``, ``seal`` are as found.

    ``participant`` and ``authority`` are the importing ones, ``exporting`` the issuing Participant; ``iat`` seconds
    since 1970; ``approvals`` how many officers stand behind it.
    """

    participant: str
    authority: str
    iat: int
    cid: bytes
    number: str
    exporting: str
    received: date
    result: str
    parcels: int | None = None
    carats: Decimal | None = None
    usd: Decimal | None = None
    lines: tuple[facts.Line, ...] = ()
    seal: str = ""
    exporter_ok: bool = True
    importer_ok: bool = True
    differences: tuple[Difference, ...] = field(default=())
    approvals: int = 1


@dataclass(frozen=True, slots=True)
class Voiding:
    """An issuer's word that a certificate counts no longer. ``kind`` is VOID, REPLACED, LOST or EXPIRED_RETURNED."""

    participant: str
    authority: str
    iat: int
    cid: bytes
    number: str
    kind: str
    reason: str = ""
    replaced_by: bytes | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """An issuer's signed instruction to read one field of a certificate otherwise (a minor error)."""

    participant: str
    authority: str
    iat: int
    cid: bytes
    number: str
    field: str
    old: str
    new: str
    reason: str = ""


def receipt_claims(receipt: ImportReceipt, *, salt: Callable[[int], bytes] = secrets.token_bytes) -> dict[str, Any]:
    """What an import receipt says, ready to be signed as ``RECEIPT``."""
    found = {
        "parcels": receipt.parcels,
        "carats": _fixed(receipt.carats),
        "usd": _fixed(receipt.usd),
        "lines": [line_claim(line) for line in receipt.lines],
        "seal": receipt.seal,
    }
    return _head(receipt) | {
        "exporting": receipt.exporting,
        "received": receipt.received.isoformat(),
        "result": receipt.result,
        "found": found,
        "exporter_ok": receipt.exporter_ok,
        "importer_ok": receipt.importer_ok,
        "differences": [
            {"field": one.field, "declared": one.declared, "found": one.found} for one in receipt.differences
        ],
        "salt": b64u(salt(16)),
        "approvals": receipt.approvals,
    }


def void_claims(void: Voiding) -> dict[str, Any]:
    """What a voiding says, ready to be signed as ``VOID``."""
    replaced_by = None if void.replaced_by is None else b64u(void.replaced_by)
    return _head(void) | {"kind": void.kind, "reason": void.reason, "replaced_by": replaced_by}


def correction_claims(correction: Correction) -> dict[str, Any]:
    """What the instruction to correct one field says, ready to be signed as ``CORRECTION``."""
    return _head(correction) | {
        "field": correction.field,
        "old": correction.old,
        "new": correction.new,
        "reason": correction.reason,
    }


def sign_receipt(receipt: ImportReceipt, *, signer: Signer, salt: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """The signed import receipt. Raises ``Untrusted("5 content", ...)`` where it is not one."""
    return _sign(RECEIPT, receipt_claims(receipt, salt=salt), signer)


def sign_void(void: Voiding, *, signer: Signer) -> str:
    """The signed voiding of a certificate."""
    return _sign(VOID, void_claims(void), signer)


def sign_correction(correction: Correction, *, signer: Signer) -> str:
    """The signed instruction to correct one field."""
    return _sign(CORRECTION, correction_claims(correction), signer)


KeyOf = Callable[[str], "PublicKey | None"]


def read_receipt(signed: str, *, key_of: KeyOf) -> ImportReceipt:
    """The receipt, once its key, signature and form hold. Raises ``Untrusted`` naming the step."""
    claims = _read(RECEIPT, signed, key_of)
    found = claims["found"]
    return ImportReceipt(
        **_known(claims),
        exporting=claims["exporting"],
        received=date.fromisoformat(claims["received"]),
        result=claims["result"],
        parcels=found["parcels"],
        carats=_amount(found["carats"]),
        usd=_amount(found["usd"]),
        seal=found["seal"],
        lines=tuple(facts.Line(line["hs"], _amount(line["carats"]), _amount(line["usd"])) for line in found["lines"]),
        exporter_ok=claims["exporter_ok"],
        importer_ok=claims["importer_ok"],
        differences=tuple(Difference(**one) for one in claims["differences"]),
        approvals=claims["approvals"],
    )


def read_void(signed: str, *, key_of: KeyOf) -> Voiding:
    """The voiding, once its key, signature and form hold. Raises ``Untrusted`` naming the step."""
    claims = _read(VOID, signed, key_of)
    replaced_by = claims["replaced_by"]
    return Voiding(
        **_known(claims),
        kind=claims["kind"],
        reason=claims["reason"],
        replaced_by=None if replaced_by is None else unb64u(replaced_by),
    )


def read_correction(signed: str, *, key_of: KeyOf) -> Correction:
    """The correction, once its key, signature and form hold. Raises ``Untrusted`` naming the step."""
    claims = _read(CORRECTION, signed, key_of)
    return Correction(
        **_known(claims), field=claims["field"], old=claims["old"], new=claims["new"], reason=claims["reason"]
    )


def message_problems(typ: str, payload: Mapping[str, Any]) -> list[str] | None:
    """Everything in a signed message that has not its form; None where ``typ`` is no message of ours."""
    return problems(payload, _SHAPES[typ], {}) if typ in _SHAPES else None


def _head(statement: ImportReceipt | Voiding | Correction) -> dict[str, Any]:
    return {
        "iss": ISSUERS + statement.participant,
        "authority": statement.authority,
        "iat": statement.iat,
        "cid": b64u(statement.cid),
        "kpc_number": statement.number,
    }


def _known(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "participant": claims["iss"].removeprefix(ISSUERS),
        "authority": claims["authority"],
        "iat": claims["iat"],
        "cid": unb64u(claims["cid"]),
        "number": claims["kpc_number"],
    }


def _sign(typ: str, payload: dict[str, Any], signer: Signer) -> str:
    _check(typ, payload)
    return jws.sign(payload, typ=typ, signer=signer)


def _read(typ: str, signed: str, key_of: KeyOf) -> Mapping[str, Any]:
    """The payload, held to the authority whose key signed it: a key speaks only for its own."""
    statement = jws.verify(signed, typ=typ, key_of=key_of)
    _check(typ, statement.payload)
    key = key_of(statement.kid)
    if key is not None and key.authority and key.authority != statement.payload["authority"]:
        raise Untrusted("4 binding", "the key that signed is another authority's")
    return statement.payload


def _check(typ: str, payload: Mapping[str, Any]) -> None:
    if wrong := problems(payload, _SHAPES[typ], {}):
        raise Untrusted(CONTENT, "; ".join(wrong))


def _fixed(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def _amount(written: str | None) -> Decimal | None:
    return None if written is None else Decimal(written)
