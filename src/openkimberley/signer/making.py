"""This year's keys of an authority and of the node, and the two ways to keep them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from openkimberley.documents.seal import Issued, certify_seal, make_root_certificate
from openkimberley.kernel.errors import Conflict
from openkimberley.signer.hsm import ModuleKeys
from openkimberley.signer.keystore import FileKeys, add_public, newest, public_part, read_public
from openkimberley.trust import keystore
from openkimberley.trust.keys import ED25519, ES256, SoftwareKey
from openkimberley.trust.signing import NODE

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from openkimberley.signer.place import SignerPlace

USES = {"sign": (ED25519, 455), "status": (ED25519, 455), "transport": (ED25519, 455), "seal": (ES256, 455)}
"""An authority's keys: algorithm, and days of life: 12 months and 3 months of overlap (trust.md 6.1)."""
NODE_USES = {"log": (ED25519, 3653), "witness": (ED25519, 3653)}
"""The node's own: they live as long as the journal and the witness do."""


def backend(where: SignerPlace, passphrase: str, *, memory: int = keystore.MEMORY_KIB) -> FileKeys | ModuleKeys:
    """The keys as the policy says they are kept. Raises ``Conflict`` where the module does not open."""
    policy = where.policy
    if policy.backend == "pkcs11":
        return ModuleKeys(where, passphrase, module=policy.module, token=policy.token)
    return FileKeys(where, passphrase, memory=memory)


def make_keys(
    where: SignerPlace, keys: FileKeys | ModuleKeys, *, authority: str, name: str, at: datetime,
    algorithms: dict[str, str] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Make the keys that are missing: this year's of an authority, and the node's own. Returns their public parts.

    Each private key is kept before its public part is written, so that a crash leaves at worst a key nobody uses; the
    next run sets it aside and goes on. The root that issued the seal's certificate is an encrypted file of its own:
    take ``*_root_*.json`` away to a safe place. ``algorithms`` asks for another algorithm for a use, such as ES256
    where a security module has no Ed25519. Raises ``Conflict`` where all of them exist.
    """
    where.make()
    there, made = {one["kid"] for one in read_public(where)}, []
    wanted = [(authority, use, f"{authority}/{use}/{at.year}-1", *told) for use, told in USES.items()]
    wanted += [(NODE, use, f"{NODE}/{use}/1", *told) for use, told in NODE_USES.items()]
    for owner, use, kid, usual, days in wanted:
        if kid in there:
            continue
        alg = (algorithms or {}).get(use, usual)
        x509 = root = b""
        pub = keys.make(kid, use, alg)
        if use == "seal":
            x509, root = _seal(where, keys, pub, authority=authority, name=name, at=at, days=days)
        part = public_part(
            owner, kid=kid, use=use, alg=alg, pub=pub, nbf=at.date().isoformat(),
            naf=(at.date() + timedelta(days=days)).isoformat(), x509=x509, root=root,
        )  # fmt: skip
        add_public(where, part)
        made.append(part)
    if not any(part["authority"] == authority for part in made):
        raise Conflict(f"the keys of {authority} for {at.year} exist already")
    return made


def make_witness_key(where: SignerPlace, keys: FileKeys | ModuleKeys, *, at: datetime) -> str:
    """Make the node's next witness key: a witness that lost its record never signs again with the old one. Its name."""
    alg, days = NODE_USES["witness"]
    numbers = [int(one["kid"].rpartition("/")[2]) for one in read_public(where) if one["use"] == "witness"]
    kid = f"{NODE}/witness/{max(numbers, default=0) + 1}"
    part = public_part(
        NODE, kid=kid, use="witness", alg=alg, pub=keys.make(kid, "witness", alg), nbf=at.date().isoformat(),
        naf=(at.date() + timedelta(days=days)).isoformat(),
    )  # fmt: skip
    add_public(where, part)
    return kid


def _seal(
    where: SignerPlace, keys: FileKeys | ModuleKeys, pub: bytes, *, authority: str, name: str, at: datetime, days: int
) -> tuple[bytes, bytes]:
    """The certificate of a new seal key and of the root that issued it, both DER."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

    root: Issued = make_root_certificate(name, authority, not_before=at)
    public = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), pub)
    x509 = certify_seal(name, authority, public, root=root, not_before=at, days=days)
    files = keys if isinstance(keys, FileKeys) else FileKeys(where, where.passphrase())
    files.keep(_from_private(f"{authority}/root/{at.year}-1", root.key), "root")
    return x509, root.certificate


def registered(where: SignerPlace, authority: str) -> list[dict[str, Any]]:
    """The public parts of an authority's keys, each use's newest: what a node registers and publishes."""
    public = read_public(where)
    return [part for use in USES if (part := newest(public, authority, use)) is not None]


def _from_private(kid: str, key: EllipticCurvePrivateKey) -> SoftwareKey:
    """A P-256 key of the ``cryptography`` library as ours."""
    return SoftwareKey.from_secret(kid, ES256, key.private_numbers().private_value.to_bytes(32, "big"))
