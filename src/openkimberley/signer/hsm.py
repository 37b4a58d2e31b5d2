"""Keys in a security module (PKCS#11): made there, never to leave it. Needs the optional ``openkimberley[hsm]``."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openkimberley.kernel.errors import Conflict, NotFound
from openkimberley.signer.keystore import newest, read_public, seal_certificate
from openkimberley.trust.canonical import sha256
from openkimberley.trust.keys import ED25519, kid8

if TYPE_CHECKING:
    from openkimberley.signer.place import SignerPlace
    from openkimberley.trust.keys import Signer, SoftwareKey

ED25519_OID = bytes.fromhex("06032b6570")
POINT_BYTES = {32, 65}


@dataclass(frozen=True)
class ModuleKey:
    """A key that lies in the module. Only its name and public part are here."""

    kid: str
    alg: str
    public_key: bytes
    _private: Any

    @property
    def kid8(self) -> bytes:
        """The first 8 bytes of the SHA-256 of ``public_key``."""
        return kid8(self.public_key)

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes: Ed25519, or r and s of ECDSA with SHA-256."""
        from pkcs11 import Mechanism

        if self.alg == ED25519:
            return bytes(self._private.sign(message, mechanism=Mechanism.EDDSA))
        return bytes(self._private.sign(sha256(message), mechanism=Mechanism.ECDSA))


class ModuleKeys:
    """The keys of one token. ``module`` is the maker's library, ``token`` its label; the PIN is the passphrase."""

    def __init__(self, where: SignerPlace, pin: str, *, module: str, token: str) -> None:
        try:
            import pkcs11
        except ImportError as error:
            raise NotFound("PKCS#11 library", "(install openkimberley[hsm])") from error
        self._where = where
        self._lock = threading.Lock()
        try:
            self._session = pkcs11.lib(module).get_token(token_label=token).open(user_pin=pin, rw=True)
        except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
            raise Conflict(f"the security module does not open: {type(error).__name__} {error}"[:200]) from error

    def __call__(self, authority: str, use: str) -> Signer | None:
        """The newest key of an authority for a use; None where the module has none."""
        import pkcs11

        part = newest(read_public(self._where), authority, use)
        if part is None:
            return None
        with self._lock:
            try:
                private = self._session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=part["kid"])
                public = self._session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label=part["kid"])
            except pkcs11.NoSuchKey:
                return None
        return ModuleKey(part["kid"], part["alg"], _point(public), private)

    def x509(self, authority: str) -> bytes:
        """The certificate of the newest seal key, DER; empty where there is none."""
        return seal_certificate(self._where, authority)

    def make(self, kid: str, use: str, alg: str) -> bytes:
        """Make a key in the module: sensitive, never extractable. Returns the raw public key.

        Raises ``Conflict`` where the module knows no such algorithm: many know no Ed25519, all know P-256.
        """
        import pkcs11
        from pkcs11.util.ec import encode_named_curve_parameters

        edwards = alg == ED25519
        curve = ED25519_OID if edwards else encode_named_curve_parameters("secp256r1")
        kind = pkcs11.KeyType.EC_EDWARDS if edwards else pkcs11.KeyType.EC
        secret = {pkcs11.Attribute.SENSITIVE: True, pkcs11.Attribute.EXTRACTABLE: False}
        try:
            parameters = self._session.create_domain_parameters(kind, {pkcs11.Attribute.EC_PARAMS: curve}, local=True)
            mechanism = pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN if edwards else None
            public, _ = parameters.generate_keypair(
                store=True, label=kid, private_template=secret, mechanism=mechanism
            )  # fmt: skip
        except pkcs11.PKCS11Error as error:
            raise Conflict(f"the security module makes no {alg} key: {type(error).__name__}") from error
        return _point(public)

    def keep(self, key: SoftwareKey, use: str) -> None:
        """A key that was made elsewhere is not taken into the module."""
        raise Conflict(f"the key {key.kid} ({use}) was made outside the module and is not taken in")

    def close(self) -> None:
        """Log out."""
        self._session.close()


def _point(public: Any) -> bytes:
    """The raw public key: the module gives it wrapped in an OCTET STRING."""
    import pkcs11

    wrapped = bytes(public[pkcs11.Attribute.EC_POINT])
    return wrapped if len(wrapped) in POINT_BYTES else wrapped[2:]
