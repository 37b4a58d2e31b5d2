"""PURE. Opening a trust list: TUF's client workflow (specification, section 5) over files in memory, and our own rules.

What is wrong with the list itself, with a file that its online keys vouch for or with what this machine remembers ends
in ``Untrusted("0 trust list", ...)`` and nothing of it is used. What is wrong inside one participant's own signed files
concerns that participant alone: it is ``pending``, with the reason, and its keys last trusted stay in force. Otherwise a
state could keep the news of its own suspension from the whole world by signing one broken file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tuf.api.metadata import Metadata, Root, Signed, Snapshot, Targets, Timestamp

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.trustlist import continuity, documents, metadata, roles
from openkimberley.trust.trustlist.facts import STEP, Delegation, Memory, TrustedList, read_moment

SKEW = timedelta(days=1)
"""How far two honest clocks may be apart."""

_ROOT_FILE = re.compile(r"([1-9][0-9]{0,8})\.root\.json\Z")


def open_list(
    trust: Mapping[str, Any],
    memory: Memory,
    *,
    now: datetime,
    reference_time: datetime | None = None,
    noticed: Mapping[str, datetime] | None = None,
    strict: bool = False,
) -> TrustedList:
    """The list in a bundle's member ``trust`` (``{"metadata": {name: text}, "targets": {path: text}}``).

    ``memory`` is what this machine remembers: at first use ``Memory(root=...)`` with the root that somebody adopted.
    ``now`` dates first sights and is compared with the list's own date. Expiry is judged at ``reference_time``: ``now``
    where a network could have brought something newer; the last successful sync (``memory.synced``) where there is none,
    since then age, not expiry, says how much a list is worth (trust.md 3.4, rule 5). ``noticed``: witnessed times of
    trust log entries by file name. ``strict`` raises what would make one participant pending; makers use it.

    Raises ``Untrusted("0 trust list", ...)`` naming file and rule.
    """
    files = {name: _files(trust, name) for name in ("metadata", "targets")}
    walk = _Walk(files["metadata"], files["targets"], memory, now, reference_time or now, noticed or {}, strict)
    walk.roots()
    walk.timestamp()
    walk.snapshot()
    walk.targets()
    walk.participants()
    return walk.result()


def _files(trust: Mapping[str, Any], name: str) -> dict[str, bytes]:
    given = trust.get(name) if isinstance(trust, Mapping) else None
    if not isinstance(given, Mapping) or not all(isinstance(one, str) for pair in given.items() for one in pair):
        raise Untrusted(STEP, f"the bundle has no trust list: {name} must map file names to texts")
    try:
        return {path: text.encode("utf-8") for path, text in given.items()}
    except UnicodeEncodeError as error:
        raise Untrusted(STEP, f"a text among {name} is no text") from error


@dataclass
class _Walk:
    """One opening, step after step. Later steps use what earlier ones have verified."""

    files: Mapping[str, bytes]
    contents: Mapping[str, bytes]
    memory: Memory
    now: datetime
    reference: datetime
    noticed: Mapping[str, datetime]
    strict: bool
    root: Root = field(init=False)
    root_bytes: bytes = field(init=False)
    stamp: Timestamp = field(init=False)
    snap: Snapshot = field(init=False)
    top: Targets = field(init=False)
    issued: datetime = field(init=False)
    fresh_count: bool = False
    versions: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    expiries: dict[str, datetime] = field(default_factory=dict)
    pending: dict[str, str] = field(default_factory=dict)
    delegations: dict[str, Delegation] = field(default_factory=dict)
    changes: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    texts: dict[str, Mapping[str, str]] = field(default_factory=dict)
    authorities: dict[str, Mapping[str, Any]] = field(default_factory=dict)

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
        online = tuple(sorted({*self.root.roles["timestamp"].keyids, *self.root.roles["snapshot"].keyids}))
        # 5.3.11: with new online keys all is counted anew, or a thief's huge version numbers would last for ever.
        self.fresh_count = bool(self.memory.online) and online != self.memory.online
        self.online = online

    def timestamp(self) -> None:
        """Step 5.4."""
        found = self._load(Timestamp, "timestamp.json", "timestamp.json", self.root, "timestamp")
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
        found = self._load(Snapshot, name, "timestamp.json", self.root, "snapshot", about)
        self.snap = found.signed
        if self.fresh_count:
            return
        for role, version in self.memory.versions.items():
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
        found = self._load(Targets, name, "snapshot", self.root, "targets", about)
        self.top = found.signed
        for path in self.top.targets:
            if roles.signer_role(path) != "targets" or path.startswith("participants/"):
                raise Untrusted(STEP, f"{name} lists {path} itself: only that participant's own keys may")
        for role in self._delegated():
            self._check_delegation(name, role)
        self.participants_document = documents.read_participants(self._content(self.top, roles.PARTICIPANTS_FILE))
        serial = self.participants_document["serial"]
        if serial < self.memory.serial:
            raise Untrusted(
                STEP, f"participants.json has serial {serial}; this machine has seen {self.memory.serial}, and never goes back"
            )  # fmt: skip
        listed = roles.POLICY_FILE in self.top.targets
        self.policy = documents.read_policy(self._content(self.top, roles.POLICY_FILE)) if listed else ""

    def participants(self) -> None:
        """Each participant's own files, under the delegation that counts for it (continuity)."""
        changes = {
            path: self._content(self.top, path)
            for path in self.top.targets
            if roles.continuity_of(path)[0] and path in self.contents
        }
        delegated = {roles.participant_of(role): role for role in self._delegated()}
        for code in sorted({*delegated, *self.memory.delegations}):
            listed = (
                metadata.delegation_of(self.top, delegated[code], "targets.json") if code in delegated else None
            )  # fmt: skip
            found = continuity.judge(
                code, listed, self.memory.delegations.get(code), changes,
                awaited=self.memory.changes.get(code), now=self.now, noticed=self.noticed,
            )  # fmt: skip
            self._participant(code, listed, found)

    def _participant(self, code: str, listed: Delegation | None, found: continuity.Judgement) -> None:
        known = code in self.memory.delegations
        held = any(roles.ceremony_of(path) == code for path in self.top.targets)
        if not known and not held:
            self._wait(code, "it was enrolled without the record of a key ceremony")
            return
        counts = found.counts
        if counts is None:
            return
        version = self.top.version if counts is listed else counts.version
        self.delegations[code] = Delegation(counts.threshold, counts.keys, version)
        if found.seen is not None:
            self.changes[code] = (listed.digest if listed else "", found.seen)
            self._wait(code, found.reason)
        try:
            texts = self._own_files(code, counts)
        except Untrusted as error:
            if found.seen is None:
                self._wait(code, error.reason)
            self._remembered(code)
            return
        self.texts[code] = texts
        self._use(code, texts)

    def _own_files(self, code: str, counts: Delegation) -> dict[str, str]:
        """The ``keys.json`` texts of a participant, each form and hash checked. Raises ``Untrusted``."""
        role = roles.role_of(code)
        about = self.snap.meta.get(f"{role}.json")
        if about is None:
            return {}
        name = f"{about.version}.{role}.json"
        found = metadata.load(Targets, self._file(name, about), name)
        metadata.verify_by(counts, found, name)
        own = found.signed
        if own.version != about.version:
            raise Untrusted(STEP, f"{name} says that it is version {own.version}")
        if own.is_expired(self.reference):
            raise Untrusted(STEP, f"{name} expired on {own.expires.date().isoformat()}")
        if own.delegations is not None:
            raise Untrusted(STEP, f"{name} delegates further, which a participant may not")
        self._same(role, own.version, found)
        texts = {}
        for path in own.targets:
            participant, authority = roles.authority_of(path)
            if roles.signer_role(path) != role or ".." in path.split("/"):
                raise Untrusted(STEP, f"{name} lists {path}: outside participants/{code}/")
            if authority and participant == code:
                data = self._content(own, path)
                documents.read_keys(data, code, authority)
                texts[path] = data.decode()
        self._take(role, found)
        return texts

    def _use(self, code: str, texts: Mapping[str, str]) -> None:
        for path, text in texts.items():
            authority = roles.authority_of(path)[1]
            self.authorities[authority] = documents.read_keys(text.encode(), code, authority)

    def _remembered(self, code: str) -> None:
        """What was last trusted of a participant stays in force, and is not forgotten."""
        if code in self.memory.documents:
            self.texts[code] = self.memory.documents[code]
            self._use(code, self.texts[code])
        role = roles.role_of(code)
        if role in self.memory.versions:
            self.versions[role], self.digests[role] = self.memory.versions[role], self.memory.digests[role]

    def _wait(self, code: str, reason: str) -> None:
        if self.strict:
            raise Untrusted(STEP, f"participant {code}: {reason}")
        self.pending[code] = reason

    def result(self) -> TrustedList:
        """The opened list, and the memory to keep from now on."""
        synced = max(filter(None, (self.memory.synced, self.issued)))
        document = self.participants_document
        kept = Memory(
            root=self.root_bytes, versions=self.versions, digests=self.digests, online=self.online,
            serial=document["serial"], synced=synced, delegations=self.delegations, changes=self.changes,
            documents=self.texts,
        )  # fmt: skip
        return TrustedList(
            participants=document["participants"], authorities=self.authorities, policy=self.policy,
            roles=document.get("roles", {}), warned=tuple(document.get("warned", ())),
            targets={path: about.hashes.get("sha256", "") for path, about in self.top.targets.items()},
            versions=self.versions, serial=document["serial"], issued=self.issued,
            expires=min(self.expiries[role] for role in roles.TOP), expiries=self.expiries, pending=self.pending,
            memory=kept,
        )  # fmt: skip

    # What the steps share.

    def _load(self, kind: Any, name: str, source: str, by: Root, role: str, about: Any = None) -> Metadata[Any]:
        """A file of a top role, its hash, form, signatures, version and expiry checked."""
        found = metadata.load(kind, self._file(name, about), name)
        metadata.verify(by, role, found, name)
        if about is not None and found.signed.version != about.version:
            raise Untrusted(STEP, f"{name} says that it is version {found.signed.version}, {source} says {about.version}")
        if role == "timestamp" and self.root.is_expired(self.reference):
            raise Untrusted(STEP, f"root {self.root.version} expired on {self.root.expires.date().isoformat()}")
        self._same(role, found.signed.version, found)
        if found.signed.is_expired(self.reference):
            raise Untrusted(
                STEP, f"{name} expired on {found.signed.expires:%Y-%m-%d %H:%M} UTC: somebody keeps back newer ones, or nobody signed"
            )  # fmt: skip
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
        if self.memory.digests[role] != _digest(found):
            raise Untrusted(STEP, f"there are two different files of {role} version {version}: keep both, and tell the others")

    def _take(self, role: str, found: Metadata[Any]) -> None:
        signed: Signed = found.signed
        self.versions[role], self.digests[role] = signed.version, _digest(found)
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


def _digest(found: Metadata[Any]) -> str:
    return hashlib.sha256(found.signed_bytes).hexdigest()
