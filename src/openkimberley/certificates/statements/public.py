"""PURE. What the published journal says of a certificate's life: exact keys, nothing personal, no trade partner.

Only whoever holds a certificate knows its cid, so only he can tell which certificate a confirmation or voiding is
about. A number stands in the entry of issue alone, so that anybody finds a number given twice or out of range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openkimberley.trust.canonical import b64u, canonical, sha256

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from openkimberley.trust.keys import PublicKey

REF = b"kpc.ref.v1"

WHY = ("spoiled", "error", "stolen", "recalled", "replaced", "returned")
"""Why a certificate counts no longer, as an entry says it."""

KEYS: Mapping[str, frozenset[str]] = {
    "act": frozenset({"v", "t", "h"}),
    "kpc.issue": frozenset({"v", "t", "n", "h", "d"}),
    "kpc.void": frozenset({"v", "t", "r", "d", "why"}),
    "kpc.confirm": frozenset({"v", "t", "r", "h", "d", "res"}),
    "form.void": frozenset({"v", "t", "s"}),
    "status.list": frozenset({"v", "t", "u", "h"}),
    "key": frozenset({"v", "t", "a", "h"}),
    "trust.update": frozenset({"v", "t", "f", "h"}),
    "log.close": frozenset({"v", "t", "next"}),
}
"""The keys of an entry by its type: these and no others."""


def ref(cid: bytes) -> str:
    """The name of a certificate for those who hold it: SHA-256 over a fixed text and the 32 bytes of its cid."""
    return b64u(sha256(REF + cid))


def void_entry(cid: bytes, *, on: date, why: str) -> dict[str, Any]:
    """A certificate that counts no longer. ``why`` is one of ``WHY``."""
    assert why in WHY
    return {"t": "kpc.void", "r": ref(cid), "d": on.isoformat(), "why": why}


def confirm_entry(cid: bytes, *, receipt: str, on: date, result: str) -> dict[str, Any]:
    """An import confirmed, refused, or confirmed with a difference; ``receipt`` is the signed receipt's text."""
    signed = receipt.rpartition(".")[0].encode()
    return {"t": "kpc.confirm", "r": ref(cid), "h": b64u(sha256(signed)), "d": on.isoformat(), "res": result}


def form_entry(serial: str) -> dict[str, Any]:
    """A blank form that was written off."""
    return {"t": "form.void", "s": serial}


def list_entry(name: str, signed: str) -> dict[str, Any]:
    """A published status list: ``name`` such as ``BW/2026-1``, ``signed`` its text."""
    return {"t": "status.list", "u": name, "h": b64u(sha256(signed.encode()))}


def key_entry(authority: str, key: PublicKey) -> dict[str, Any]:
    """A key that was registered, retired or compromised: the hash of its record as the trust list has it."""
    return {"t": "key", "a": authority, "h": b64u(sha256(canonical(key.as_json())))}
