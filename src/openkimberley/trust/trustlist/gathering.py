"""PURE. Gathering signatures: one key at a time, on machines that never meet, until there are enough."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from securesystemslib.signer import Key

from openkimberley.kernel.errors import Conflict, Untrusted
from openkimberley.trust.keys import PublicKey, Signer
from openkimberley.trust.trustlist import continuity, metadata
from openkimberley.trust.trustlist.facts import fingerprint
from openkimberley.trust.trustlist.repository import Repository
from openkimberley.trust.trustlist.roles import ROOT, TARGETS, TOP, Terms, continuity_of
from openkimberley.trust.trustlist.rotating import delegation, with_consents


@dataclass(frozen=True, slots=True)
class Panel:
    """Keys that may sign a role, and how many of them have to."""

    threshold: int
    keys: tuple[Key, ...]
    signed: frozenset[str]

    @property
    def missing(self) -> int:
        """How many signatures are still needed."""
        return max(0, self.threshold - len(self.signed))

    def as_json(self) -> dict[str, Any]:
        """Who signed and who may still, with fingerprints."""
        rows = [
            {"name": name_of(key), "fingerprint": fingerprint(metadata.public_key(key, "a role")),
             "signed": key.keyid in self.signed}
            for key in self.keys
        ]  # fmt: skip
        return {"threshold": self.threshold, "missing": self.missing, "keys": rows}


def name_of(key: Key) -> str:
    """The name that stands beside a key, for people."""
    return str(key.unrecognized_fields.get("name") or key.keyid[:16])


def panels(repo: Repository, role: str, *, published: bool = False) -> list[Panel]:
    """Who signs a role's newest (or published) metadata. A proposed root has two panels: old keys and new ones."""
    found = repo.published(role) if published else repo.newest(role)
    if found is None:
        return []
    if role == ROOT:
        before = repo.published(ROOT) if not published else None
        roots = [found.signed, *([before.signed] if before is not None and role in repo.staged else [])]
        return [_panel(found, root, role) for root in roots]
    if role in TOP:
        above = repo.published(ROOT) if published else repo.newest(ROOT)
    else:
        above = repo.published(TARGETS) if published else repo.newest(TARGETS)
    if above is None:
        return []
    return [_panel(found, above.signed, role)]


def _panel(found: Any, above: Any, role: str) -> Panel:
    about = above.get_delegated_role(role)
    keys = tuple(above.get_key(keyid) for keyid in about.keyids)
    return Panel(about.threshold, keys, metadata.signed_keys(found, keys))


def missing(repo: Repository, role: str) -> int:
    """How many signatures a role still needs, over all its panels."""
    return sum(panel.missing for panel in panels(repo, role))


def add_signature(repo: Repository, role: str, signer: Signer) -> Repository:
    """Sign what is proposed for a role with one key; signatures of others stay.

    Raises ``Conflict`` where nothing is proposed, or the key is none of the role's.
    """
    found = repo.proposed(role)
    if found is None:
        raise Conflict(f"nothing is proposed for {role}, so there is nothing to sign")
    keyid = metadata.tuf_key(PublicKey(signer.kid, signer.alg, signer.public_key)).keyid
    allowed = {key.keyid for panel in panels(repo, role) for key in panel.keys}
    if keyid not in allowed:
        raise Conflict(f"{signer.kid} is none of the keys that sign {role}")
    metadata.sign(found, signer)
    return repo.with_staged(role, found)


def collect(repo: Repository, other: Repository, *, terms: Terms, at: datetime) -> tuple[Repository, list[str]]:
    """Take over what was signed on another copy of the same proposals. Returns what was taken, in words.

    Raises ``Conflict`` where the other copy proposes something else: nobody's signature is put under other content.
    """
    taken: list[str] = []
    for path, data in other.staged_targets.items():
        if continuity_of(path)[0] and repo.staged_targets.get(path) != data:
            repo = _collect_consent(repo, path, data, terms=terms, at=at, taken=taken)
    for role in other.staged:
        ours, theirs = repo.proposed(role), other.proposed(role)
        assert theirs is not None
        if ours is None:
            raise Conflict(f"the other copy proposes {role}, this one does not: copy its staged folder over first")
        if ours.signed_bytes != theirs.signed_bytes:
            if role == TARGETS and taken:
                continue  # they signed before the consent came; targets signs what stands now
            raise Conflict(f"the other copy proposes another {role} than this one: sign the same proposal")
        keys = _new_signatures(repo, role, theirs, ours)
        for key in keys:
            ours.signatures[key.keyid] = theirs.signatures[key.keyid]
            taken.append(f"{role}: signature of {name_of(key)}")
        repo = repo.with_staged(role, ours)
    return repo, taken


def _new_signatures(repo: Repository, role: str, theirs: Any, ours: Any) -> Iterable[Key]:
    keys = {key.keyid: key for panel in panels(repo, role) for key in panel.keys}
    good = metadata.signed_keys(theirs, keys.values()) - metadata.signed_keys(ours, keys.values())
    return [keys[keyid] for keyid in sorted(good)]


def _collect_consent(
    repo: Repository, path: str, data: bytes, *, terms: Terms, at: datetime, taken: list[str]
) -> Repository:
    code = continuity_of(path)[0]
    old, new = delegation(repo, code, published=True), delegation(repo, code)
    change = continuity.read(path, data)
    if change.since is not None:
        return repo
    if change.new.digest != new.digest or change.version != repo.need(TARGETS).signed.version:
        raise Conflict(f"the other copy agrees to other keys of {code} than are proposed here")
    lines = repo.staged_targets.get(path, b"").decode().splitlines()
    for line, one in zip(data.decode().splitlines(), change.signatures, strict=True):
        key = old.keys.get(one.kid)
        if key is None:
            raise Untrusted("2 key", f"a consent in {path} is by none of the old keys of {code}")
        one.verify(key)
        if line not in lines:
            taken.append(f"{path}: consent of {one.kid[:16]}")
            lines.append(line)
    return with_consents(repo, path, lines, terms=terms, at=at)
