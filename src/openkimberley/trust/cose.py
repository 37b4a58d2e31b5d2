"""PURE. COSE_Sign1 (RFC 9052): the signature form of the QR codes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import cbor2

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import cbor
from openkimberley.trust.canonical import PARSE
from openkimberley.trust.keys import COSE_NUMBERS, KEY, SIGNATURE_BYTES

if TYPE_CHECKING:
    from openkimberley.trust.keys import PublicKey, Signer

ALG, KID = 1, 4
_TAG = 0xD2  # tag 18 in one byte


class Sign1(NamedTuple):
    """A parsed, not yet verified COSE_Sign1. ``protected`` is the header as signed, ``headers`` its content."""

    protected: bytes
    headers: dict[int, Any]
    unprotected: dict[int, Any]
    payload: bytes
    signature: bytes

    def to_be_signed(self, external: bytes = b"") -> bytes:
        """The bytes of the Sig_structure (RFC 9052, section 4.4). An empty header map is signed as no bytes."""
        protected = b"" if self.protected == b"\xa0" else self.protected
        return b"\x84\x6aSignature1" + _bstr(protected) + _bstr(external) + _bstr(self.payload)

    def verify(self, key: PublicKey, external: bytes = b"") -> None:
        """Raise ``Untrusted`` unless the key has the header's algorithm (2 key) and signed this (3 signature)."""
        key.check_cose(self.headers.get(ALG, self.unprotected.get(ALG)))
        key.verify(self.to_be_signed(external), self.signature)


def sign(payload: bytes, signer: Signer) -> bytes:
    """The COSE_Sign1 bytes, tagged, with algorithm and 8-byte key name protected."""
    protected = cbor2.dumps({ALG: COSE_NUMBERS[signer.alg][0], KID: signer.kid8}, canonical=True)
    unsigned = Sign1(protected, {}, {}, payload, b"")
    signature = signer.sign(unsigned.to_be_signed())
    return bytes([_TAG]) + cbor2.dumps([protected, {}, payload, signature], canonical=True)


def parse(data: bytes) -> Sign1:
    """The parts of a tagged COSE_Sign1. Raises ``Untrusted("1 parse", ...)``."""
    if data[:1] != b"\xd2":
        raise Untrusted(PARSE, "the code does not hold a signed statement")
    parts = cbor.loads(data[1:])
    if not isinstance(parts, list) or [type(part) for part in parts] != [bytes, dict, bytes, bytes]:
        raise Untrusted(PARSE, "the code does not hold a signed statement of four parts")
    protected, unprotected, payload, signature = parts
    headers = _headers(protected) if protected else {}
    if len(signature) != SIGNATURE_BYTES:
        raise Untrusted(PARSE, "the signature in the code has not its form")
    if headers.keys() & unprotected.keys():
        raise Untrusted(PARSE, "a header stands there twice")
    return Sign1(protected, headers, unprotected, payload, signature)


@lru_cache(256)
def _headers(protected: bytes) -> dict[int, Any]:
    """The protected header, which is the same bytes for every code of one key. Only ever read."""
    headers = cbor.loads(protected)
    if not isinstance(headers, dict):
        raise Untrusted(PARSE, "the header in the code has not its form")
    return headers


def short_kid(statement: Sign1) -> bytes:
    """The 8-byte name of the key. Raises ``Untrusted("2 key", ...)`` unless the header is exactly ours."""
    kid = statement.headers.get(KID)
    if statement.unprotected or statement.headers.keys() != {ALG, KID} or type(kid) is not bytes or len(kid) != 8:
        raise Untrusted(KEY, "the header does not say just the algorithm and the key")
    return kid


def _bstr(data: bytes) -> bytes:
    size = len(data)
    if size < 24:
        return bytes([0x40 | size]) + data
    if size < 0x100:
        return bytes([0x58, size]) + data
    if size < 0x10000:
        return b"\x59" + size.to_bytes(2, "big") + data
    return b"\x5a" + size.to_bytes(4, "big") + data
