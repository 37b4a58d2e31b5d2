"""PURE. Keys: what signs, and what a trust list says about a public key.

The algorithm belongs to the key. A header may repeat it and may not choose it: one that names another algorithm is
refused before any signature is looked at.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import b64u, sha256, unb64u

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

KEY = "2 key"
SIGNATURE = "3 signature"

ED25519 = "Ed25519"
ES256 = "ES256"
ALGORITHMS = (ED25519, ES256)
STATES = ("active", "retired", "compromised")

# What a header may call the algorithm of a key: the first of each is what we write. "EdDSA" (-8) is the older, broader
# name (deprecated by RFC 9864); ES256 in COSE is -7, ESP256 -9.
JOSE_NAMES: Mapping[str, tuple[str, ...]] = {ED25519: ("Ed25519", "EdDSA"), ES256: ("ES256",)}
COSE_NUMBERS: Mapping[str, tuple[int, ...]] = {ED25519: (-19, -8), ES256: (-9, -7)}

SIGNATURE_BYTES = 64
SECRET_BYTES = 32


class Signer(Protocol):
    """Something that holds a private key: a key in memory, a signing process, a security module."""

    @property
    def kid(self) -> str:
        """The key's name in the trust list, such as ``BW/sign/2026-1``."""

    @property
    def alg(self) -> str:
        """``Ed25519`` or ``ES256``."""

    @property
    def public_key(self) -> bytes:
        """Raw public key: 32 bytes of Ed25519, or the 65-byte uncompressed point of P-256."""

    @property
    def kid8(self) -> bytes:
        """The first 8 bytes of the SHA-256 of ``public_key``: the key's name where space is short."""

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes: Ed25519, or r and s of ECDSA with SHA-256."""


def kid8(public_key: bytes) -> bytes:
    """The first 8 bytes of the SHA-256 of a raw public key."""
    return sha256(public_key)[:8]


@dataclass(frozen=True)
class SoftwareKey:
    """A private key held in this process's memory. ``repr`` never shows it."""

    kid: str
    alg: str
    _private: Ed25519PrivateKey | ec.EllipticCurvePrivateKey

    @classmethod
    def from_secret(cls, kid: str, alg: str, secret: bytes) -> SoftwareKey:
        """The key of a 32-byte secret: an Ed25519 seed or a P-256 scalar. Raises ``ValueError`` if it is none."""
        if len(secret) != SECRET_BYTES or alg not in ALGORITHMS:
            raise ValueError(f"not a {SECRET_BYTES}-byte secret of {' or '.join(ALGORITHMS)}")
        if alg == ED25519:
            return cls(kid, alg, Ed25519PrivateKey.from_private_bytes(secret))
        return cls(kid, alg, ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1()))

    @classmethod
    def generate(
        cls, kid: str, alg: str = ED25519, random: Callable[[int], bytes] = secrets.token_bytes
    ) -> SoftwareKey:
        """A new key from 32 random bytes. A P-256 scalar out of range (one in 2^32) raises ``ValueError``."""
        return cls.from_secret(kid, alg, random(SECRET_BYTES))

    @property
    def secret(self) -> bytes:
        """The 32 bytes that are the private key. Only the keystore asks for them."""
        if isinstance(self._private, Ed25519PrivateKey):
            return self._private.private_bytes_raw()
        return self._private.private_numbers().private_value.to_bytes(SECRET_BYTES, "big")

    @cached_property
    def public_key(self) -> bytes:
        """Raw public key: 32 bytes of Ed25519, or the 65-byte uncompressed point of P-256."""
        public = self._private.public_key()
        if isinstance(public, Ed25519PublicKey):
            return public.public_bytes_raw()
        return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @cached_property
    def kid8(self) -> bytes:
        """The first 8 bytes of the SHA-256 of ``public_key``."""
        return kid8(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes: Ed25519, or r and s of ECDSA with SHA-256 (deterministic, RFC 6979)."""
        if isinstance(self._private, Ed25519PrivateKey):
            return self._private.sign(message)
        r, s = decode_dss_signature(self._private.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def public(self, **about: Any) -> PublicKey:
        """The public record of this key; ``about`` fills the record's other fields."""
        return PublicKey(kid=self.kid, alg=self.alg, pub=self.public_key, **about)

    def __repr__(self) -> str:
        return f"SoftwareKey({self.kid!r}, {self.alg!r})"


@dataclass(frozen=True)
class PublicKey:
    """A public key as a trust list states it.

    ``use`` is ``sign`` for certificates and receipts; ``state`` is ``active``, ``retired`` or ``compromised``.
    ``not_before`` and ``not_after`` are the first and last day it signs; ``compromised_since`` the day from which
    nothing signed with it counts.
    """

    kid: str
    alg: str
    pub: bytes
    use: str = "sign"
    not_before: date | None = None
    not_after: date | None = None
    state: str = "active"
    compromised_since: date | None = None
    authority: str = ""

    @cached_property
    def kid8(self) -> bytes:
        """The first 8 bytes of the SHA-256 of the raw public key."""
        return kid8(self.pub)

    @cached_property
    def _loaded(self) -> Ed25519PublicKey | ec.EllipticCurvePublicKey:
        try:
            if self.alg == ED25519:
                return Ed25519PublicKey.from_public_bytes(self.pub)
            if self.alg == ES256:
                return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.pub)
        except ValueError as error:
            raise Untrusted(KEY, f"the key {self.kid} is not a public key of {self.alg}") from error
        raise Untrusted(KEY, f"the key {self.kid} is of an algorithm that is not used here")

    @cached_property
    def _verify(self) -> Callable[[bytes, bytes], None]:
        loaded = self._loaded
        if isinstance(loaded, Ed25519PublicKey):
            return loaded.verify

        def verify(signature: bytes, message: bytes) -> None:
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            loaded.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))

        return verify

    def verify(self, message: bytes, signature: bytes) -> None:
        """Raise ``Untrusted("3 signature", ...)`` unless ``signature`` (64 bytes) is this key's over ``message``."""
        if len(signature) != SIGNATURE_BYTES:
            raise Untrusted(SIGNATURE, f"the signature is {len(signature)} bytes long, not {SIGNATURE_BYTES}")
        try:
            self._verify(signature, message)
        except InvalidSignature as error:
            raise Untrusted(SIGNATURE, "the signature does not belong to this content and key") from error

    def check_jose(self, alg: object) -> None:
        """Raise ``Untrusted("2 key", ...)`` unless a JOSE header's ``alg`` is the algorithm of this key."""
        if alg not in JOSE_NAMES.get(self.alg, ()):
            raise Untrusted(KEY, f"the header names another algorithm than the key {self.kid} has")

    def check_cose(self, alg: object) -> None:
        """Raise ``Untrusted("2 key", ...)`` unless a COSE header's ``alg`` is the algorithm of this key."""
        if alg not in COSE_NUMBERS.get(self.alg, ()):
            raise Untrusted(KEY, f"the header names another algorithm than the key {self.kid} has")

    def as_json(self) -> dict[str, Any]:
        """The key as ``keys.json`` has it."""
        return {
            "kid": self.kid,
            "use": self.use,
            "alg": self.alg,
            "pub": b64u(self.pub),
            "nbf": _written(self.not_before),
            "naf": _written(self.not_after),
            "state": self.state,
            "compromised_since": _written(self.compromised_since),
        }

    @classmethod
    def from_json(cls, written: Mapping[str, Any], authority: str = "") -> PublicKey:
        """The key of a ``keys.json`` entry. Raises ``Untrusted("2 key", ...)`` where it is not one."""
        try:
            key = cls(
                kid=_text(written["kid"]),
                alg=_text(written["alg"]),
                pub=unb64u(written["pub"], KEY),
                use=_text(written.get("use", "sign")),
                not_before=_day(written.get("nbf")),
                not_after=_day(written.get("naf")),
                state=_text(written.get("state", "active")),
                compromised_since=_day(written.get("compromised_since")),
                authority=authority,
            )
            if key.state not in STATES:
                raise ValueError(f"{key.state[:20]!r} is no state of a key")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Untrusted(KEY, f"an entry of the key list is not a key: {str(error)[:80]}") from error
        _ = key._loaded
        return key


def _written(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("text is missing")
    return value
