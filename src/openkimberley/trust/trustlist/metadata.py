"""PURE. The one place that reads and signs TUF metadata, through python-tuf's public ``tuf.api.metadata``.

python-tuf's ``Updater`` wants files, a network and the clock (its issue #2359 asks for offline use and is open), and
``TrustedMetadataSet`` is private and pulls in an HTTP client. So ``opening`` walks the client workflow of the TUF
specification (section 5) itself, and signatures, thresholds, forms and hashes are python-tuf's.

Narrower than TUF on purpose: Ed25519 and P-256 keys only, each named by its hash so that it counts once, no delegation
by hash (succinct roles), strict JSON, sizes bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from securesystemslib.exceptions import Error as LibraryError
from securesystemslib.signer import Key, Signature, SSlibKey
from tuf.api.exceptions import LengthOrHashMismatchError, RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Signed, Snapshot, TargetFile, Targets, Timestamp

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import parse_json
from openkimberley.trust.keys import ED25519, ES256, PublicKey, Signer
from openkimberley.trust.trustlist.facts import STEP, Delegation

S = TypeVar("S", Root, Timestamp, Snapshot, Targets)

MOST: Mapping[type[Signed], int] = {Root: 512_000, Timestamp: 16_384, Snapshot: 2_000_000, Targets: 5_000_000}
"""The most bytes of each kind that are read, as python-tuf's own client has them."""

MOST_KEYS = 32
"""Keys of one role; nobody has so many, and each costs a verification."""


def load(kind: type[S], data: bytes, name: str) -> Metadata[S]:
    """Metadata of a kind from bytes, its form checked, its signatures not yet. Raises ``Untrusted`` naming the file."""
    if len(data) > MOST[kind]:
        raise Untrusted(STEP, f"{name} is larger than any such file ({MOST[kind]} bytes at most)")
    try:
        parse_json(data, STEP)
        metadata: Metadata[Any] = Metadata.from_bytes(data)
    except (Untrusted, RepositoryError, LibraryError, ValueError, TypeError, RecursionError) as error:
        raise Untrusted(STEP, f"{name} is not trust list metadata: {str(error)[:100]}") from error
    if not isinstance(metadata.signed, kind):
        raise Untrusted(STEP, f"{name} is {metadata.signed.type} metadata, not {kind.type}")
    _check_keys(metadata.signed, name)
    return metadata


def _check_keys(signed: Signed, name: str) -> None:
    """Only our two kinds of key, each counted once in a role."""
    if isinstance(signed, Root):
        keys, roles = signed.keys, list(signed.roles.items())
    elif isinstance(signed, Targets) and signed.delegations is not None:
        if signed.delegations.roles is None:
            raise Untrusted(STEP, f"{name} delegates by hash (succinct roles), which this list does not use")
        keys, roles = signed.delegations.keys, list(signed.delegations.roles.items())
    else:
        return
    for role, about in roles:
        found = [public_key(keys[keyid], name) for keyid in about.keyids if keyid in keys]
        if len(found) != len(about.keyids) or len(found) > MOST_KEYS:
            raise Untrusted(STEP, f"{name} names a key of {role} that it does not show, or too many of them")
        if not 1 <= about.threshold <= len(found):
            raise Untrusted(STEP, f"{name} wants {about.threshold} of {len(found)} signatures of {role}")


def public_key(key: Key, name: str) -> PublicKey:
    """A TUF key as our public key, named by its key id. Raises ``Untrusted`` for another kind of key."""
    try:
        value = key.keyval["public"]
        if (key.keytype, key.scheme) == ("ed25519", "ed25519"):
            found = PublicKey(key.keyid, ED25519, bytes.fromhex(value))
        elif (key.keytype, key.scheme) == ("ecdsa", "ecdsa-sha2-nistp256"):
            loaded = load_pem_public_key(value.encode())
            if not isinstance(loaded, ec.EllipticCurvePublicKey):
                raise ValueError("not a point")
            point = loaded.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            found = PublicKey(key.keyid, ES256, point)
        else:
            raise Untrusted(STEP, f"{name} names a key of the kind {key.scheme[:40]}, which is not used here")
        if tuf_key(found).keyid != key.keyid:
            # Or else one could put another key under an old key's id, and the change would not look like one.
            raise Untrusted(STEP, f"{name} names a key by an id that is not the hash of it")
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise Untrusted(STEP, f"{name} names a key that cannot be read") from error
    return found


def tuf_key(key: PublicKey) -> SSlibKey:
    """A public key in TUF's form; its name stands beside it for people, its id is the hash of its value."""
    loaded: Any
    if key.alg == ED25519:
        loaded = Ed25519PublicKey.from_public_bytes(key.pub)
    else:
        loaded = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.pub)
    made = SSlibKey.from_crypto(loaded)
    made.unrecognized_fields = {"name": key.kid}
    return made


def verify(delegator: Root | Targets, role: str, metadata: Metadata[Any], name: str) -> None:
    """Raise ``Untrusted`` unless enough keys that ``delegator`` names for ``role`` signed the metadata."""
    try:
        result = delegator.get_verification_result(role, metadata.signed_bytes, metadata.signatures)
    except (ValueError, LibraryError) as error:
        raise Untrusted(STEP, f"{name}: {str(error)[:100]}") from error
    if not result:
        raise Untrusted(
            STEP, f"{name} is signed by {len(result.signed)} of the {result.threshold} keys of {role} that are needed"
        )


def verify_by(delegation: Delegation, metadata: Metadata[Any], name: str) -> None:
    """Raise ``Untrusted`` unless enough keys of a delegation signed the metadata."""
    signed = 0
    for keyid, key in delegation.keys.items():
        if keyid in metadata.signatures:
            try:
                tuf_key(key).verify_signature(metadata.signatures[keyid], metadata.signed_bytes)
            except LibraryError:
                continue
            signed += 1
    if signed < delegation.threshold:
        raise Untrusted(STEP, f"{name} is signed by {signed} of the {delegation.threshold} keys that are needed")


def delegation_of(targets: Targets, role: str, name: str) -> Delegation:
    """The keys and threshold that targets names for a delegated role."""
    assert targets.delegations is not None
    about = targets.get_delegated_role(role)
    keys = {keyid: public_key(targets.delegations.keys[keyid], name) for keyid in about.keyids}
    return Delegation(about.threshold, keys)


def check_bytes(about: MetaFile | TargetFile, data: bytes, name: str) -> None:
    """Raise ``Untrusted`` unless length and hashes are those that were signed."""
    if about.hashes and not {"sha256", "sha512"} & set(about.hashes):
        raise Untrusted(STEP, f"{name} is listed under {', '.join(about.hashes)[:40]}, not under SHA-256")
    try:
        about.verify_length_and_hashes(data)
    except LengthOrHashMismatchError as error:
        raise Untrusted(STEP, f"{name} is not the file that was signed: its length or hash differs") from error


def sign(metadata: Metadata[Any], signer: Signer) -> None:
    """Add (or renew) the signature of one key; those of others stay."""
    key = tuf_key(PublicKey(signer.kid, signer.alg, signer.public_key))
    made = signer.sign(metadata.signed_bytes)
    if signer.alg == ES256:  # TUF writes ECDSA in DER
        made = encode_dss_signature(int.from_bytes(made[:32], "big"), int.from_bytes(made[32:], "big"))
    metadata.signatures[key.keyid] = Signature(key.keyid, made.hex())


def signed_keys(metadata: Metadata[Any], keys: Iterable[Key]) -> frozenset[str]:
    """The ids of those keys whose signature over the metadata holds."""
    found = set()
    for key in keys:
        if key.keyid in metadata.signatures:
            try:
                key.verify_signature(metadata.signatures[key.keyid], metadata.signed_bytes)
            except LibraryError:
                continue
            found.add(key.keyid)
    return frozenset(found)
