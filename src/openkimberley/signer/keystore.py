"""Key files: encrypted, opened when first used, one for each key. And the public parts beside them, for the node."""

from __future__ import annotations

import json
import secrets
import threading
from typing import TYPE_CHECKING, Any

from openkimberley.desk.atomic import write_atomically
from openkimberley.trust import keystore
from openkimberley.trust.canonical import b64u, unb64u
from openkimberley.trust.keys import SoftwareKey

if TYPE_CHECKING:
    from pathlib import Path

    from openkimberley.signer.place import SignerPlace
    from openkimberley.trust.keys import Signer


def file_of(where: SignerPlace, kid: str) -> Path:
    """The file of a key."""
    return where.keys / f"{kid.replace('/', '_')}.json"


def newest(public: list[dict[str, Any]], authority: str, use: str) -> dict[str, Any] | None:
    """The newest key of an authority for a use among public parts."""
    found = [one for one in public if one["kid"].startswith(f"{authority}/{use}/")]
    return max(found, key=lambda one: (one["nbf"] or "", one["kid"]), default=None)


def read_public(where: SignerPlace) -> list[dict[str, Any]]:
    """The public parts of all keys, as ``PublicKey.as_json`` has them, with ``authority``, ``x509`` and ``root``."""
    return list(json.loads(where.public.read_text(encoding="utf-8"))) if where.public.exists() else []


def add_public(where: SignerPlace, part: dict[str, Any]) -> None:
    """Add a key's public part: from now on the key is in use."""
    kept = [one for one in read_public(where) if one["kid"] != part["kid"]]
    write_atomically(where.public, json.dumps([*kept, part], indent=1).encode(), mode=0o644)


class FileKeys:
    """The key files under one passphrase. Each costs a second to open, once."""

    def __init__(self, where: SignerPlace, passphrase: str, *, memory: int = keystore.MEMORY_KIB) -> None:
        self._where, self._passphrase, self._memory = where, passphrase, memory
        self._opened: dict[str, Signer] = {}
        self._lock = threading.Lock()

    def __call__(self, authority: str, use: str) -> Signer | None:
        """The newest key of an authority for a use, opened; None where there is none.

        Raises ``Untrusted("0 keystore", ...)`` where the passphrase does not open it.
        """
        part = newest(read_public(self._where), authority, use)
        if part is None:
            return None
        with self._lock:
            kid = part["kid"]
            if kid not in self._opened:
                path = file_of(self._where, kid)
                if not path.exists():
                    return None
                self._opened[kid] = keystore.open_key(json.loads(path.read_text(encoding="utf-8")), self._passphrase)
            return self._opened[kid]

    def x509(self, authority: str) -> bytes:
        """The certificate of the newest seal key, DER; empty where there is none."""
        return seal_certificate(self._where, authority)

    def make(self, kid: str, use: str, alg: str) -> bytes:
        """Make a key and write its file. Returns the raw public key."""
        key = SoftwareKey.generate(kid, alg)
        self.keep(key, use)
        return key.public_key

    def keep(self, key: SoftwareKey, use: str) -> None:
        """Write a key's file. One that was written before and never came into use is set aside, not overwritten."""
        path = file_of(self._where, key.kid)
        if path.exists():
            path.rename(path.with_suffix(f".orphan-{secrets.token_hex(3)}"))
        sealed = keystore.seal_key(key, self._passphrase, use=use, m=self._memory)
        write_atomically(path, json.dumps(sealed, indent=1).encode(), mode=0o600)


def seal_certificate(where: SignerPlace, authority: str) -> bytes:
    """The certificate of the newest seal key, DER; empty where there is none."""
    part = newest(read_public(where), authority, "seal")
    return unb64u(part["x509"]) if part else b""


def public_part(
    authority: str,
    *,
    kid: str,
    use: str,
    alg: str,
    pub: bytes,
    nbf: str,
    naf: str,
    x509: bytes = b"",
    root: bytes = b"",
) -> dict[str, Any]:
    """A key's public part."""
    return {
        "authority": authority, "kid": kid, "use": use, "alg": alg, "pub": b64u(pub), "nbf": nbf, "naf": naf,
        "state": "active", "compromised_since": None, "x509": b64u(x509), "root": b64u(root),
    }  # fmt: skip
