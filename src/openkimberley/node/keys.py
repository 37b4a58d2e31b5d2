"""The node's keystore: encrypted files, opened once with the passphrase, for ``trust.signing`` to ask.

The passphrase comes from ``KIMBERLEY_PASSPHRASE_FILE`` (a systemd credential fits), or, on a demonstration node only,
from ``node.json``. In the next step a signing process of its own takes this over and the web process holds no key.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from openkimberley.desk.atomic import write_atomically
from openkimberley.kernel.errors import Conflict, NotFound
from openkimberley.node import place
from openkimberley.trust import keystore, signing
from openkimberley.trust.keys import ED25519, ES256, SoftwareKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from openkimberley.kernel.actor import Actor
    from openkimberley.trust.keys import Signer

LIFETIME = {"sign": timedelta(days=455), "seal": timedelta(days=455)}
"""12 months and 3 months of overlap (trust.md 6.1)."""

_opened: dict[tuple[str, str, str], Signer] = {}
_lock = threading.Lock()


def passphrase(where: place.Place) -> str:
    """The passphrase of the keystore. Raises ``NotFound`` where nobody has given one."""
    if file := os.environ.get("KIMBERLEY_PASSPHRASE_FILE"):
        return Path(file).read_text(encoding="utf-8").rstrip("\n")
    config = where.config
    if config.get("demonstration") and config.get("passphrase"):
        return str(config["passphrase"])
    raise NotFound("keystore passphrase", "(set KIMBERLEY_PASSPHRASE_FILE)")


def open_signer(authority: str, use: str = "sign") -> Signer | None:
    """The newest key of an authority for a use, opened; None where the keystore has none."""
    where = place.here()
    wanted = (str(where.root), authority, use)
    with _lock:
        if wanted not in _opened:
            for path in sorted(where.keys.glob("*.json"), reverse=True):
                sealed = json.loads(path.read_text(encoding="utf-8"))
                if sealed["aad"]["kid"].startswith(f"{authority}/{use}/"):
                    _opened[wanted] = keystore.open_key(sealed, passphrase(where))
                    break
        return _opened.get(wanted)


def install() -> None:
    """Tell ``trust.signing`` to ask this keystore."""
    signing.provide(open_signer)


def make_keys(*, by: Actor, at: datetime, name: str, memory: int = keystore.MEMORY_KIB) -> list[str]:
    """Make this year's keys of an authority: one that signs (Ed25519), one that seals PDFs (P-256 with X.509).

    The root that issued the seal's certificate is in the keystore too; take ``*_root_*.json`` away to a safe place.

    Private keys are written encrypted to the keystore before their public parts are registered, so that a crash leaves
    at worst a key nobody trusts; the next run sets it aside and goes on. Returns the names of the new keys. Raises
    ``Conflict`` where all of them exist.
    """
    from openkimberley.certificates import actions
    from openkimberley.certificates import queries as certificates
    from openkimberley.documents.seal import make_root_certificate, make_seal_certificate

    where, today, names = place.here(), at.date(), []
    registered = {key.kid for key in certificates.keys(by.authority)}
    if all(f"{by.authority}/{use}/{at.year}-1" in registered for use in LIFETIME):
        raise Conflict(f"the keys of {by.authority} for {at.year} exist already")
    for use, alg in (("sign", ED25519), ("seal", ES256)):
        kid = f"{by.authority}/{use}/{at.year}-1"
        path = where.keys / f"{kid.replace('/', '_')}.json"
        if kid in registered:
            continue  # a run before this one got so far
        if path.exists():  # written, but never registered: nobody trusts it, so it is set aside
            path.rename(path.with_suffix(f".orphan-{secrets.token_hex(3)}"))
        until: date = today + LIFETIME[use]
        x509 = root_der = b""
        if use == "seal":
            root = make_root_certificate(name, by.authority, not_before=at)
            seal = make_seal_certificate(name, by.authority, root=root, not_before=at, days=LIFETIME[use].days)
            key, x509, root_der = _from_private(kid, seal.key), seal.certificate, root.certificate
            kept = keystore.seal_key(_from_private(f"{by.authority}/root/{at.year}-1", root.key), passphrase(where),
                                     use="root", m=memory)  # fmt: skip
            write_atomically(where.keys / f"{by.authority}_root_{at.year}-1.json",
                                   json.dumps(kept, indent=1).encode(), mode=0o600)  # fmt: skip
        else:
            key = SoftwareKey.generate(kid, alg)
        sealed = keystore.seal_key(key, passphrase(where), use=use, m=memory)
        write_atomically(path, json.dumps(sealed, indent=1).encode(), mode=0o600)
        actions.register_key(
            by=by, at=at, kid=kid, use=use, alg=alg, public_key=key.public_key, not_before=today, not_after=until,
            x509=x509, root=root_der,
        )  # fmt: skip
        names.append(kid)
    return names


def _from_private(kid: str, key: EllipticCurvePrivateKey) -> SoftwareKey:
    """A P-256 key of the ``cryptography`` library as ours."""
    return SoftwareKey.from_secret(kid, ES256, key.private_numbers().private_value.to_bytes(32, "big"))
