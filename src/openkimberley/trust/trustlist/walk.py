"""PURE. TUF's client workflow (specification, section 5) over files in memory, step after step."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tuf.api.metadata import Metadata, Root, Signed, Snapshot, Targets, Timestamp

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.trustlist import documents, metadata, roles
from openkimberley.trust.trustlist.facts import STEP, Memory, read_moment

SKEW = timedelta(days=1)
"""How far two honest clocks may be apart."""

_ROOT_FILE = re.compile(r"([1-9][0-9]{0,8})\.root\.json\Z")


@dataclass
class Walk:
    """One opening, step after step. Later steps use what earlier ones have verified."""

    files: Mapping[str, bytes]
    contents: Mapping[str, bytes]
    memory: Memory
    now: datetime
    reference: datetime
    root: Root = field(init=False)
    root_bytes: bytes = field(init=False)
    stamp: Timestamp = field(init=False)
    snap: Snapshot = field(init=False)
    top: Targets = field(init=False)
    issued: datetime = field(init=False)
    online: tuple[str, ...] = ()
    policy: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    fresh_count: bool = False
    versions: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    expiries: dict[str, datetime] = field(default_factory=dict)

    def roots(self) -> None:
        """Steps 5.2 and 5.3: from the adopted root, one by one, each signed by the one before and by itself."""
        adopted = metadata.load(Root, self.memory.root, "the adopted root")
        metadata.verify(adopted.signed, "root", adopted, "the adopted root")
        found, data = adopted, self.memory.root
        same = f"{adopted.signed.version}.root.json"
        if same in self.files and metadata.load(Root, self.files[same], same).signed_bytes != adopted.signed_bytes:
            raise Untrusted(STEP, f"{same} is not the root that this machine adopted: this is another trust list")
        while (name := f"{found.signed.version + 1}.root.json") in self.files:
            following = metadata.load(Root, self.files[name], name)
            if following.signed.version != found.signed.version + 1:
                raise Untrusted(STEP, f"{name} says that it is version {following.signed.version}")
            metadata.verify(found.signed, "root", following, f"{name} (by the keys of the root before it)")
            metadata.verify(following.signed, "root", following, name)
            found, data = following, self.files[name]
        last = found.signed.version
        if later := [name for name in self.files if (m := _ROOT_FILE.match(name)) and int(m[1]) > last]:
            raise Untrusted(STEP, f"{last + 1}.root.json is missing, so {min(later)} cannot be trusted")
        self.root, self.root_bytes = found.signed, data
        self._take("root", found)
        self.online = tuple(sorted({*self.root.roles["timestamp"].keyids, *self.root.roles["snapshot"].keyids}))
        # 5.3.11: with new online keys all is counted anew, or a thief's huge version numbers would last for ever.
        self.fresh_count = bool(self.memory.online) and self.online != self.memory.online

    def timestamp(self) -> None:
        """Step 5.4."""
        found = self._load(Timestamp, "timestamp.json", "timestamp.json", "timestamp")
        self.stamp = found.signed
        try:
            self.issued = read_moment(self.stamp.unrecognized_fields.get("issued"))
        except ValueError as error:
            raise Untrusted(STEP, "timestamp.json does not say when it was issued") from error
        if self.issued > self.now + SKEW:
            raise Untrusted(STEP, "timestamp.json is dated in the future: look at this machine's clock")
        self._count("timestamp", self.stamp.version)
        self._count("snapshot", self.stamp.snapshot_meta.version)

    def snapshot(self) -> None:
        """Step 5.5; besides, nothing that was ever on the list disappears from it or goes back."""
        about = self.stamp.snapshot_meta
        name = f"{about.version}.snapshot.json"
        found = self._load(Snapshot, name, "timestamp.json", "snapshot", about)
        self.snap = found.signed
        if self.fresh_count:
            return
        for role in self.memory.versions:
            if role in ("root", "timestamp", "snapshot"):
                continue
            listed = self.snap.meta.get(f"{role}.json")
            if listed is None:
                raise Untrusted(STEP, f"{name} leaves out {role}.json, which this machine has seen")
            self._count(role, listed.version)

    def targets(self) -> None:
        """Step 5.6, and the form of the delegations."""
        about = self._listed("targets")
        name = f"{about.version}.targets.json"
        found = self._load(Targets, name, "snapshot", "targets", about)
        self.top = found.signed
        for path in self.top.targets:
            if roles.signer_role(path) != "targets" or path.startswith("participants/"):
                raise Untrusted(STEP, f"{name} lists {path} itself: only that participant's own keys may")
        for role in self._delegated():
            self._check_delegation(name, role)
        self.document = documents.read_participants(self._content(self.top, roles.PARTICIPANTS_FILE))
        serial = self.document["serial"]
        if serial < self.memory.serial:
            seen = self.memory.serial
            raise Untrusted(
                STEP, f"participants.json has serial {serial}; this machine has seen {seen}: nothing goes back"
            )
        listed = roles.POLICY_FILE in self.top.targets
        self.policy = documents.read_policy(self._content(self.top, roles.POLICY_FILE)) if listed else ""

    # What the steps share.

    def _load(self, kind: Any, name: str, source: str, role: str, about: Any = None) -> Metadata[Any]:
        """A file of a top role, its hash, form, signatures, version and expiry checked."""
        found = metadata.load(kind, self._file(name, about), name)
        metadata.verify(self.root, role, found, name)
        if about is not None and found.signed.version != about.version:
            raise Untrusted(
                STEP, f"{name} says that it is version {found.signed.version}, {source} says {about.version}"
            )
        if role == "timestamp" and self.root.is_expired(self.reference):
            raise Untrusted(STEP, f"root {self.root.version} expired on {self.root.expires.date().isoformat()}")
        self._same(role, found.signed.version, found)
        if found.signed.is_expired(self.reference):
            raise Untrusted(
                STEP,
                f"{name} expired on {found.signed.expires:%Y-%m-%d %H:%M} UTC: somebody keeps back a newer one, or "
                "nobody signed one",
            )
        self._take(role, found)
        return found

    def _file(self, name: str, about: Any) -> bytes:
        if name not in self.files:
            raise Untrusted(STEP, f"{name} is missing")
        if about is not None:
            metadata.check_bytes(about, self.files[name], name)
        return self.files[name]

    def _listed(self, role: str) -> Any:
        about = self.snap.meta.get(f"{role}.json")
        if about is None:
            raise Untrusted(STEP, f"snapshot does not list {role}.json")
        return about

    def _content(self, by: Targets, path: str) -> bytes:
        """The content of a target, exactly as signed."""
        if path not in by.targets or path not in self.contents:
            raise Untrusted(STEP, f"{path} is missing")
        metadata.check_bytes(by.targets[path], self.contents[path], path)
        return self.contents[path]

    def _count(self, role: str, version: int) -> None:
        """No version goes back."""
        seen = 0 if self.fresh_count else self.memory.versions.get(role, 0)
        if version < seen:
            raise Untrusted(STEP, f"{role} has version {version}; this machine has seen {seen}, and never goes back")

    def _same(self, role: str, version: int, found: Metadata[Any]) -> None:
        """One version has one content."""
        if self.fresh_count or self.memory.versions.get(role) != version or role not in self.memory.digests:
            return
        if self.memory.digests[role] != digest(found):
            raise Untrusted(
                STEP, f"there are two different files of {role} version {version}: keep both, and tell the others"
            )

    def _take(self, role: str, found: Metadata[Any]) -> None:
        signed: Signed = found.signed
        self.versions[role], self.digests[role] = signed.version, digest(found)
        self.expiries[role] = signed.expires.astimezone(UTC)

    def _delegated(self) -> list[str]:
        delegations = self.top.delegations
        return [name for name in (delegations.roles or {}) if roles.participant_of(name)] if delegations else []

    def _check_delegation(self, name: str, role: str) -> None:
        about: Any = self.top.get_delegated_role(role)
        code = roles.participant_of(role)
        paths = about.paths or []
        if not paths or any(not path.startswith(f"participants/{code}/") for path in paths):
            raise Untrusted(STEP, f"{name} delegates to {role} what is not under participants/{code}/")
        if not about.terminating:
            raise Untrusted(STEP, f"{name} lets others speak after {role}: its delegation must be terminating")


def digest(found: Metadata[Any]) -> str:
    """The SHA-256 (hex) of what was signed; signatures that are added do not change it."""
    return hashlib.sha256(found.signed_bytes).hexdigest()
