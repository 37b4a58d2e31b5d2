"""PURE. Opening a trust list: TUF's client workflow (specification, section 5) over files in memory, and our own rules.

What is wrong with the list itself, with a file changed on its way or against what this machine remembers ends in
``Untrusted("0 trust list", ...)`` and nothing of it is used. What is wrong inside one participant's own signed files
concerns that participant alone: it is ``pending``, with the reason, and its keys last trusted stay in force. Otherwise
a state could keep the news of its own suspension from the whole world by signing one broken file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tuf.api.metadata import Metadata, Targets

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.trustlist import continuity, documents, metadata, roles
from openkimberley.trust.trustlist.facts import STEP, Delegation, Memory, TrustedList
from openkimberley.trust.trustlist.walk import Walk


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
    where a network could have brought something newer; the last successful sync (``memory.synced``) where there is
    none, since then age, not expiry, says how much a list is worth (trust.md 3.4, rule 5). ``noticed``: witnessed times
    of trust log entries by file name. ``strict`` raises what would make one participant pending.

    Raises ``Untrusted("0 trust list", ...)`` naming file and rule.
    """
    files = {name: _files(trust, name) for name in ("metadata", "targets")}
    walk = _Opening(
        files["metadata"], files["targets"], memory, now, reference_time or now, noticed=noticed or {}, strict=strict
    )  # fmt: skip
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
class _Opening(Walk):
    """The walk, and after it what is ours: continuity, and each participant's own files by themselves."""

    noticed: Mapping[str, datetime] = field(default_factory=dict)
    strict: bool = False
    pending: dict[str, str] = field(default_factory=dict)
    delegations: dict[str, Delegation] = field(default_factory=dict)
    changes: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    texts: dict[str, Mapping[str, str]] = field(default_factory=dict)
    authorities: dict[str, Mapping[str, Any]] = field(default_factory=dict)

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
        for code, kind in documents.strange_conditions(self.document).items():
            self.pending.setdefault(code, f"its status has a condition that this version does not know: {kind}")

    def _participant(self, code: str, listed: Delegation | None, found: continuity.Judgement) -> None:
        known = code in self.memory.delegations
        held = any(roles.ceremony_of(path) == code for path in self.top.targets)
        if not known and not held:
            self._wait(code, "it was enrolled without the record of a key ceremony")
            return
        counts = found.counts
        assert counts is not None  # every code here is listed or remembered
        version = self.top.version if counts is listed else counts.version
        self.delegations[code] = Delegation(counts.threshold, counts.keys, version)
        if found.seen is not None:
            self.changes[code] = (listed.digest if listed else "", found.seen)
            self._wait(code, found.reason)
        role = roles.role_of(code)
        about = self.snap.meta.get(f"{role}.json")
        if about is None:
            return
        name = f"{about.version}.{role}.json"
        data = self._file(name, about)  # damaged on its way: no fault of the participant, so the whole is refused
        try:
            texts = self._own_files(code, counts, name, metadata.load(Targets, data, name), about.version)
        except Untrusted as error:
            if found.seen is None:
                self._wait(code, error.reason)
            self._remembered(code)
            return
        self.texts[code] = texts

    def _own_files(
        self, code: str, counts: Delegation, name: str, found: Metadata[Targets], version: int
    ) -> dict[str, str]:  # fmt: skip
        """The ``keys.json`` texts of a participant, each form and hash checked. Raises ``Untrusted``."""
        metadata.verify_by(counts, found, name)
        own, role = found.signed, roles.role_of(code)
        if own.version != version:
            raise Untrusted(STEP, f"{name} says that it is version {own.version}")
        if own.is_expired(self.reference):
            raise Untrusted(STEP, f"{name} expired on {own.expires.date().isoformat()}")
        if own.delegations is not None:
            raise Untrusted(STEP, f"{name} delegates further, which a participant may not")
        self._same(role, own.version, found)
        texts: dict[str, str] = {}
        read: dict[str, Mapping[str, Any]] = {}
        for path in own.targets:
            participant, authority = roles.authority_of(path)
            if roles.signer_role(path) != role or ".." in path.split("/"):
                raise Untrusted(STEP, f"{name} lists {path}: outside participants/{code}/")
            if authority and participant == code:
                data = self._content(own, path)
                read[authority] = documents.read_keys(data, code, authority)
                texts[path] = data.decode()
        self._take(role, found)
        self.authorities.update(read)
        return texts

    def _remembered(self, code: str) -> None:
        """What was last trusted of a participant stays in force, and is not forgotten."""
        if code in self.memory.documents:
            self.texts[code] = self.memory.documents[code]
            for path, text in self.texts[code].items():
                authority = roles.authority_of(path)[1]
                self.authorities[authority] = documents.read_keys(text.encode(), code, authority)
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
        document = self.document
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
