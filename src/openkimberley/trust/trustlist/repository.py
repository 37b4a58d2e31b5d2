"""PURE. The trust list as its makers hold it: what is published, and what is proposed and waits for signatures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets, Timestamp

from openkimberley.kernel.errors import NotFound, Untrusted
from openkimberley.trust.keys import PublicKey
from openkimberley.trust.trustlist import metadata
from openkimberley.trust.trustlist.facts import STEP
from openkimberley.trust.trustlist.roles import ROOT, SNAPSHOT, TARGETS, TIMESTAMP, Term, Terms, participant_of, term

_ROOT_FILE = re.compile(r"[1-9][0-9]{0,8}\.root\.json\Z")

KINDS: Mapping[str, Any] = {ROOT: Root, TARGETS: Targets, SNAPSHOT: Snapshot, TIMESTAMP: Timestamp}


@dataclass(frozen=True)
class Repository:
    """Files by name. ``metadata`` and ``targets`` are published; ``staged`` (by role) and ``staged_targets`` are not.

    What is published is what ``timestamp.json`` leads to, not what happens to lie there: a publication that broke off
    before its timestamp was never made.
    """

    metadata: Mapping[str, bytes] = field(default_factory=dict)
    targets: Mapping[str, bytes] = field(default_factory=dict)
    staged: Mapping[str, bytes] = field(default_factory=dict)
    staged_targets: Mapping[str, bytes] = field(default_factory=dict)

    def file_of(self, role: str) -> str:
        """The name of a role's published file; empty where it has none."""
        if role == ROOT:
            waiting = self.proposed(ROOT)
            limit = waiting.signed.version if waiting is not None else 1 << 31
            numbers = [int(name.split(".")[0]) for name in self.metadata if _ROOT_FILE.match(name)]
            last = max((number for number in numbers if number < limit), default=0)
            return f"{last}.root.json" if last else ""
        if role == TIMESTAMP:
            return "timestamp.json" if "timestamp.json" in self.metadata else ""
        above: Any = self.published(TIMESTAMP if role == SNAPSHOT else SNAPSHOT)
        if above is None:
            return ""
        about = above.signed.snapshot_meta if role == SNAPSHOT else above.signed.meta.get(f"{role}.json")
        return f"{about.version}.{role}.json" if about else ""

    def published(self, role: str) -> Metadata[Any] | None:
        """A role's published metadata, None where it has none. Raises ``Untrusted`` for a missing or wrong file."""
        name = self.file_of(role)
        if not name:
            return None
        if name not in self.metadata:
            raise Untrusted(STEP, f"{name} is missing in this trust folder")
        return metadata.load(KINDS.get(role, Targets), self.metadata[name], name)

    def proposed(self, role: str) -> Metadata[Any] | None:
        """A role's metadata that waits for signatures, None where nothing is proposed. Raises ``Untrusted``."""
        if role not in self.staged:
            return None
        return metadata.load(KINDS.get(role, Targets), self.staged[role], f"staged {role}.json")

    def newest(self, role: str) -> Metadata[Any] | None:
        """What is proposed, else what is published."""
        return self.proposed(role) or self.published(role)

    def need(self, role: str) -> Metadata[Any]:
        """What is proposed, else what is published. Raises ``NotFound``."""
        found = self.newest(role)
        if found is None:
            raise NotFound("metadata of the role", role)
        return found

    def content(self, path: str, *, published: bool = False) -> bytes | None:
        """A target's content: proposed before published, or only published."""
        if path in self.staged_targets and not published:
            return self.staged_targets[path]
        return self.targets.get(path)

    def participants(self) -> list[str]:
        """The participants that are delegated to, proposed ones included."""
        top = self.newest(TARGETS)
        delegated = top.signed.delegations.roles if top is not None and top.signed.delegations else {}
        return sorted(filter(None, map(participant_of, delegated or {})))

    def with_staged(self, role: str, found: Metadata[Any], contents: Mapping[str, bytes] | None = None) -> Repository:
        """The same with a role's metadata (and targets' contents) proposed."""
        return replace(
            self,
            staged={**self.staged, role: found.to_bytes()},
            staged_targets={**self.staged_targets, **(contents or {})},
        )

    def draft(self, role: str, *, terms: Terms, at: datetime) -> Metadata[Any]:
        """A new version of a role to change: the proposed one again, else the published one counted up; unsigned."""
        found, waiting = self.need(role), role in self.staged
        found.signatures.clear()
        found.signed.version += 0 if waiting else 1
        found.signed.expires = at + term(terms, role).lifetime
        return found


def list_target(found: Metadata[Any], path: str, data: bytes) -> None:
    """Let targets metadata list a file by length and SHA-256."""
    found.signed.targets[path] = TargetFile.from_data(path, data, ["sha256"])


def set_keys(root: Root, role: str, keys: Iterable[PublicKey], threshold: int) -> None:
    """Give a top role exactly these keys."""
    made = [metadata.tuf_key(key) for key in keys]
    root.roles[role].keyids = [key.keyid for key in made]
    root.roles[role].threshold = threshold
    root.keys.update({key.keyid: key for key in made})
    used = {keyid for about in root.roles.values() for keyid in about.keyids}
    root.keys = {keyid: key for keyid, key in root.keys.items() if keyid in used}


def terms_of(repo: Repository, otherwise: Terms) -> Terms:
    """The terms of a list in being: its own thresholds, and the lifetimes of ``otherwise``."""
    root = repo.newest(ROOT)
    found = dict(otherwise)
    for role, about in (root.signed.roles if root is not None else {}).items():
        found[role] = Term(about.threshold, otherwise[role].lifetime)
    return found
