"""PURE. A private key as an encrypted JSON document: Argon2id, then AES-256-GCM. A shell reads and writes the file."""

from __future__ import annotations

import secrets
import unicodedata
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import b64u, canonical, unb64u
from openkimberley.trust.keys import SoftwareKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STEP = "0 keystore"

MEMORY_KIB = 262_144
"""256 MiB: about 1.3 s to open. 65536 suits a small board."""

MAX_MEMORY_KIB = 1_048_576
MAX_ROUNDS = 16


def seal_key(
    key: SoftwareKey,
    passphrase: str,
    *,
    use: str = "sign",
    m: int = MEMORY_KIB,
    t: int = 3,
    p: int = 4,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> dict[str, Any]:
    """The key, encrypted with the passphrase, ready to be written as JSON.

    ``m`` is Argon2id's memory in KiB, ``t`` its rounds, ``p`` its lanes. ``kid``, ``use`` and ``alg`` stay readable and
    are authenticated: a file cannot be passed off as another key's.
    """
    salt, nonce = random(16), random(12)
    about = {"kid": key.kid, "use": use, "alg": key.alg}
    sealed = AESGCM(_derive(passphrase, salt, m, t, p)).encrypt(nonce, key.secret, canonical(about))
    return {
        "v": 1,
        "kdf": {"alg": "argon2id", "m": m, "t": t, "p": p, "salt": b64u(salt)},
        "aead": "A256GCM",
        "nonce": b64u(nonce),
        "aad": about,
        "ct": b64u(sealed),
    }


def open_key(sealed: Mapping[str, Any], passphrase: str) -> SoftwareKey:
    """The key of an encrypted document. Raises ``Untrusted("0 keystore", ...)`` for a wrong passphrase or document."""
    try:
        kdf, about = sealed["kdf"], sealed["aad"]
        if (sealed["v"], kdf["alg"], sealed["aead"]) != (1, "argon2id", "A256GCM"):
            raise Untrusted(STEP, "the key file is of a kind this version does not know")
        if set(about) != {"kid", "use", "alg"}:
            raise ValueError("its description is not that of a key")
        m, t, p = (_bounded(kdf[name], most) for name, most in (("m", MAX_MEMORY_KIB), ("t", MAX_ROUNDS), ("p", 16)))
        salt, nonce, text = (unb64u(part, STEP) for part in (kdf["salt"], sealed["nonce"], sealed["ct"]))
        secret = AESGCM(_derive(passphrase, salt, m, t, p)).decrypt(nonce, text, canonical(about))
        return SoftwareKey.from_secret(about["kid"], about["alg"], secret)
    except InvalidTag as error:
        raise Untrusted(STEP, "the passphrase is wrong, or the key file was changed") from error
    except (KeyError, TypeError, ValueError) as error:
        raise Untrusted(STEP, f"this is not a key file: {str(error)[:80]}") from error


def _derive(passphrase: str, salt: bytes, m: int, t: int, p: int) -> bytes:
    # One passphrase typed on two keyboards must give the same bytes.
    spelled = unicodedata.normalize("NFC", passphrase).encode("utf-8")
    return Argon2id(salt=salt, length=32, iterations=t, lanes=p, memory_cost=m).derive(spelled)


def _bounded(value: object, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise ValueError("a cost is out of bounds")
    return value
