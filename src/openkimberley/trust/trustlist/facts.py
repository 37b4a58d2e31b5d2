"""PURE. What an opened trust list says, and what a machine remembers of it."""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import b64u, canonical, parse_json, sha256
from openkimberley.trust.keys import PublicKey

STEP = "0 trust list"


@dataclass(frozen=True)
class Delegation:
    """Who signs for a participant: keys by their TUF key id, and how many of them are needed.

    ``version`` is the targets version under which a machine last saw it count; no older consent changes it again.
    """

    threshold: int
    keys: Mapping[str, PublicKey]
    version: int = 0

    @property
    def digest(self) -> str:
        """One text for one set of keys and threshold; two delegations with the same digest are the same."""
        return b64u(sha256(canonical([self.threshold, sorted([key.alg, b64u(key.pub)] for key in self.keys.values())])))

    def as_json(self) -> dict[str, Any]:
        """The delegation as a machine remembers it."""
        keys = [{"keyid": keyid, "alg": key.alg, "pub": b64u(key.pub)} for keyid, key in sorted(self.keys.items())]
        return {"threshold": self.threshold, "keys": keys}

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> Delegation:
        """Read what ``as_json`` wrote. Raises ``Untrusted``, ``KeyError``, ``TypeError`` or ``ValueError``."""
        keys = {
            str(one["keyid"]): PublicKey.from_json({"kid": one["keyid"], "alg": one["alg"], "pub": one["pub"]})
            for one in written["keys"]
        }
        return cls(int(written["threshold"]), keys, int(written.get("version", 0)))


@dataclass(frozen=True)
class Memory:
    """What a machine remembers, so that it never goes back. Only what ``open_list`` returned may replace it.

    ``root`` are the bytes of the adopted root. ``versions`` and ``digests`` hold for each role the highest version seen
    and the SHA-256 of what was signed. ``online`` are the keys of timestamp and snapshot under which these count.
    ``synced`` is the moment of the newest list seen, as its timestamp says. ``delegations`` are each participant's keys
    as they count; ``changes`` those that do not count yet, with the moment they were first seen; ``documents`` the
    ``keys.json`` texts last trusted, by participant and path.
    """

    root: bytes
    versions: Mapping[str, int] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    online: tuple[str, ...] = ()
    serial: int = 0
    synced: datetime | None = None
    delegations: Mapping[str, Delegation] = field(default_factory=dict)
    changes: Mapping[str, tuple[str, datetime]] = field(default_factory=dict)
    documents: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """The memory as canonical JSON, for a machine to keep."""
        return canonical({
            "v": 1,
            "root": self.root.decode(),
            "versions": dict(self.versions),
            "digests": dict(self.digests),
            "online": list(self.online),
            "serial": self.serial,
            "synced": moment_text(self.synced) if self.synced else None,
            "delegations": {
                code: {**one.as_json(), "version": one.version} for code, one in self.delegations.items()
            },
            "changes": {code: [digest, moment_text(seen)] for code, (digest, seen) in self.changes.items()},
            "documents": {code: dict(texts) for code, texts in self.documents.items()},
        })  # fmt: skip

    @classmethod
    def from_bytes(cls, data: bytes) -> Memory:
        """Read what ``to_bytes`` wrote. Raises ``Untrusted("0 trust list", ...)`` for anything else."""
        written = parse_json(data, STEP)
        try:
            if written["v"] != 1:
                raise ValueError("its version is not known")
            return cls(
                root=written["root"].encode(),
                versions={str(role): int(version) for role, version in written["versions"].items()},
                digests={str(role): str(digest) for role, digest in written["digests"].items()},
                online=tuple(map(str, written["online"])),
                serial=int(written["serial"]),
                synced=read_moment(written["synced"]) if written["synced"] else None,
                delegations={code: Delegation.from_json(one) for code, one in written["delegations"].items()},
                changes={code: (str(one), read_moment(seen)) for code, (one, seen) in written["changes"].items()},
                documents={
                    code: {str(path): str(text) for path, text in texts.items()}
                    for code, texts in written["documents"].items()
                },
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Untrusted(STEP, f"what this machine remembers cannot be read: {str(error)[:80]}") from error


@dataclass(frozen=True)
class TrustedList:
    """A trust list whose every signature, version and hash holds.

    ``authorities`` are the ``keys.json`` documents by authority. ``pending`` says of a participant why its keys do not
    count as listed (amber): its last trusted ones, if any, stand in ``authorities``. ``targets`` has the SHA-256 (hex)
    of everything that targets lists. ``issued`` is when the newest timestamp was signed: age is counted from it.
    ``expires`` is the first end of root, targets, snapshot and timestamp. ``memory`` is what the machine keeps.
    """

    participants: Mapping[str, Any]
    authorities: Mapping[str, Mapping[str, Any]]
    policy: str
    roles: Mapping[str, Any]
    warned: tuple[str, ...]
    targets: Mapping[str, str]
    versions: Mapping[str, int]
    serial: int
    issued: datetime
    expires: datetime
    expiries: Mapping[str, datetime]
    pending: Mapping[str, str]
    memory: Memory

    @property
    def root_version(self) -> int:
        """The version of the root that vouches for all this."""
        return self.versions["root"]

    def as_json(self) -> dict[str, Any]:
        """The member ``trust`` of an evaluated bundle."""
        return {
            "root_version": self.root_version,
            "serial": self.serial,
            "expires": moment_text(self.expires),
            "pending": dict(self.pending),
        }


def moment_text(moment: datetime) -> str:
    """A moment in UTC to the second: ``2027-01-01T00:00:00Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_moment(text: object) -> datetime:
    """The moment of such a text. Raises ``ValueError`` for any other."""
    if not isinstance(text, str):
        raise ValueError("a moment such as 2027-01-01T00:00:00Z is wanted")
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def fingerprint(key: PublicKey) -> str:
    """A key's fingerprint to compare by voice: eight groups of four of base32 over its SHA-256 (160 bits)."""
    text = b32encode(sha256(key.pub)).decode()[:32]
    return " ".join(text[at : at + 4] for at in range(0, 32, 4))


def read_public(written: Any, where: str) -> PublicKey:
    """The public key of a ``*.pub.json`` file. Raises ``Untrusted`` naming the file."""
    try:
        return PublicKey.from_json(written)
    except Untrusted as error:
        raise Untrusted(STEP, f"{where}: {error.reason}") from error
