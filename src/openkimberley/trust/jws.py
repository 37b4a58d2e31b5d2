"""PURE. Compact JWS (RFC 7515) for receipts and other signed statements; ``typ`` says which, and is always checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import PARSE, b64u, canonical, parse_json, sha256, unb64u
from openkimberley.trust.keys import JOSE_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from openkimberley.trust.keys import PublicKey, Signer

MAX_CHARS = 262_144
"""The longest signed text that is read: far above any of ours, far below what hurts."""

_HEADER_NAMES = {"alg", "kid", "typ"}


@dataclass(frozen=True, slots=True)
class Jws:
    """A parsed, not yet verified JWS."""

    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    signing_input: bytes
    signature: bytes

    @property
    def kid(self) -> str:
        """The name of the key that is said to have signed, or empty."""
        return str(self.header.get("kid", ""))

    @property
    def cid(self) -> bytes:
        """The statement's identity: SHA-256 of the signing input, 32 bytes. The signature is not part of it."""
        return sha256(self.signing_input)

    def verify(self, key: PublicKey) -> None:
        """Raise ``Untrusted`` unless the key has the header's algorithm (2 key) and signed this (3 signature)."""
        key.check_jose(self.header.get("alg"))
        key.verify(self.signing_input, self.signature)


def sign(payload: Mapping[str, Any], *, typ: str, signer: Signer) -> str:
    """The compact JWS over the canonical bytes of ``payload``."""
    header = {"alg": JOSE_NAMES[signer.alg][0], "kid": signer.kid, "typ": typ}
    signing_input = f"{b64u(canonical(header))}.{b64u(canonical(dict(payload)))}"
    return f"{signing_input}.{b64u(signer.sign(signing_input.encode('ascii')))}"


def parse(text: str, typ: str | None = None, most: int = MAX_CHARS) -> Jws:
    """The parts of a compact JWS. Raises ``Untrusted("1 parse", ...)``; with ``typ``, also where it says another.

    ``most`` is for the one statement that is a list as long as it is: what an authority tells its own officers.
    """
    parts = text.split(".") if len(text) <= most else ()
    if len(parts) != 3:
        raise Untrusted(PARSE, "this is not a signed statement of three parts")
    header, payload = (parse_json(unb64u(part)) for part in parts[:2])
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise Untrusted(PARSE, "the parts of the signed statement are not objects")
    if not header.keys() <= _HEADER_NAMES or not all(isinstance(value, str) for value in header.values()):
        raise Untrusted(PARSE, "the header says more than algorithm, key and type")
    if typ is not None and header.get("typ") != typ:
        raise Untrusted(PARSE, f"this is not a statement of the type {typ}")
    return Jws(header, payload, f"{parts[0]}.{parts[1]}".encode("ascii"), unb64u(parts[2]))


def verify(text: str, *, typ: str, key_of: Callable[[str], PublicKey | None]) -> Jws:
    """The statement, once its type, key and signature hold.

    ``key_of`` gives the public key of a ``kid``, or None. Raises ``Untrusted`` with the step that failed.
    """
    statement = parse(text, typ)
    key = key_of(statement.kid)
    if key is None:
        raise Untrusted("2 key", f"no key is known by the name {statement.kid[:60]!r}")
    statement.verify(key)
    return statement
