"""PURE. Publishing: online keys put snapshot and timestamp on top of what the offices signed. They decide nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tuf.api.metadata import Metadata, MetaFile, Snapshot, Timestamp

from openkimberley.kernel.errors import Conflict
from openkimberley.trust.canonical import b64u, sha256
from openkimberley.trust.keys import Signer
from openkimberley.trust.trustlist import continuity
from openkimberley.trust.trustlist.facts import Memory, TrustedList, moment_text, read_moment
from openkimberley.trust.trustlist.gathering import add_signature, missing
from openkimberley.trust.trustlist.opening import open_list
from openkimberley.trust.trustlist.repository import Repository
from openkimberley.trust.trustlist.roles import (
    PARTICIPANTS_FILE,
    POLICY_FILE,
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    Terms,
    continuity_of,
    role_of,
)
from openkimberley.trust.trustlist.rotating import delegation


@dataclass(frozen=True, slots=True)
class Publication:
    """A published list: the new state, the new metadata files in the order to write them, lines for the trust log."""

    repository: Repository
    files: Mapping[str, bytes]
    entries: tuple[Mapping[str, str], ...]
    opened: TrustedList


def publish(
    repo: Repository, *, snapshot: Signer, timestamp: Signer, terms: Terms, at: datetime
) -> Publication:  # fmt: skip
    """Publish what is proposed (or, with nothing proposed, renew snapshot and timestamp).

    The result is opened as a stranger's machine would, before anything is given out. Raises ``Conflict`` naming every
    role that lacks signatures, or a participant whose new files nobody would believe; ``Untrusted`` where the list
    would not open.
    """
    if lacking := [f"{role} ({count})" for role in repo.staged if (count := missing(repo, role))]:
        raise Conflict(f"signatures are missing: {', '.join(lacking)}")
    files = {f"{_version(repo, role)}.{role}.json": repo.staged[role] for role in _order(repo.staged)}
    if repo.newest(TARGETS) is None:
        raise Conflict("there is no list yet: init makes one")
    made = replace(repo, metadata={**repo.metadata, **files}, targets={**repo.targets, **repo.staged_targets})
    made = _with_snapshot(made, repo, snapshot, terms=terms, at=at, files=files)
    made = _with_timestamp(made, timestamp, terms=terms, at=at, files=files)
    made = replace(made, staged={}, staged_targets={}, targets=_listed(made))
    opened = _try(repo, made, at=at)
    entries = tuple(
        {"t": "trust.update", "f": name, "h": b64u(sha256(data))} for name, data in files.items()
    )  # fmt: skip
    return Publication(made, files, entries, opened)


def _order(staged: Mapping[str, bytes]) -> list[str]:
    """Root first, then targets, then the participants."""
    return sorted(staged, key=lambda role: (ROOT, TARGETS, role).index(role))


def _version(repo: Repository, role: str) -> int:
    return int(repo.need(role).signed.version)


def _with_snapshot(
    made: Repository, before: Repository, signer: Signer, *, terms: Terms, at: datetime, files: dict[str, bytes]
) -> Repository:  # fmt: skip
    old = before.published(SNAPSHOT)
    meta = dict(old.signed.meta) if old is not None else {}
    for role in before.staged:
        if role != ROOT:
            data = before.staged[role]
            meta[f"{role}.json"] = MetaFile.from_data(_version(before, role), data, ["sha256"])
    if old is not None and old.signed.meta == meta and ROOT not in before.staged:
        if old.signed.expires - at > terms[SNAPSHOT].lifetime / 3:
            return made
    version = old.signed.version + 1 if old is not None else 1
    found: Metadata[Any] = Metadata(Snapshot(version=version, expires=at + terms[SNAPSHOT].lifetime, meta=meta))
    data = _signed(made, SNAPSHOT, found, signer)
    files[f"{version}.snapshot.json"] = data
    return replace(made, metadata={**made.metadata, f"{version}.snapshot.json": data})


def _with_timestamp(
    made: Repository, signer: Signer, *, terms: Terms, at: datetime, files: dict[str, bytes]
) -> Repository:  # fmt: skip
    old = made.published(TIMESTAMP)
    name = next((name for name in files if name.endswith(".snapshot.json")), made.file_of(SNAPSHOT))
    data = made.metadata[name]
    about = MetaFile.from_data(int(name.split(".")[0]), data, ["sha256"])
    version = old.signed.version + 1 if old is not None else 1
    found: Metadata[Any] = Metadata(
        Timestamp(
            version=version, expires=at + terms[TIMESTAMP].lifetime, snapshot_meta=about,
            unrecognized_fields={"issued": moment_text(at)},
        )
    )  # fmt: skip
    signed = _signed(made, TIMESTAMP, found, signer)
    files["timestamp.json"] = signed
    return replace(made, metadata={**made.metadata, "timestamp.json": signed})


def _signed(made: Repository, role: str, found: Metadata[Any], signer: Signer) -> bytes:
    """The metadata signed by an online key. Raises ``Conflict`` for a key that root does not name."""
    published = replace(made, staged={}).with_staged(role, found)
    return add_signature(published, role, signer).staged[role]


def _listed(made: Repository) -> dict[str, bytes]:
    """Only those contents that some role lists."""
    names = [TARGETS, *map(role_of, made.participants())]
    signed = [found.signed for role in names if (found := made.published(role)) is not None]
    return {path: data for path, data in made.targets.items() if any(path in one.targets for one in signed)}


def _try(before: Repository, made: Repository, *, at: datetime) -> TrustedList:
    """Open the new list as a machine would that knows the last one."""
    first = made.metadata["1.root.json"]
    memory = Memory(root=first)
    if before.published(TIMESTAMP) is not None:
        trust = bundle(before)
        issued = before.need(TIMESTAMP).signed.unrecognized_fields["issued"]
        moment = read_moment(issued)
        memory = open_list(trust, memory, now=moment, reference_time=moment).memory
    opened = open_list(bundle(made), memory, now=at)
    for code, reason in opened.pending.items():
        if not _expected(before, made, code):
            raise Conflict(f"nobody would believe what this publishes of {code}: {reason}")
    return opened


def _expected(before: Repository, made: Repository, code: str) -> bool:
    """True for a participant that this publication does not touch, or whose emergency it announces."""
    touched = role_of(code) in before.staged or TARGETS in before.staged
    if not touched:
        return True
    top: Any = made.need(TARGETS).signed
    if code in made.participants():
        listed = [path for path in made.targets if continuity_of(path)[0] == code and path in top.targets]
        contents = {path: made.targets[path] for path in listed}
        if continuity.announced(code, delegation(made, code), contents) is not None:
            return True
    old: Any = before.published(TARGETS)
    return old is not None and role_of(code) not in before.staged and _same(old.signed, top, code)


def _same(old: Any, new: Any, code: str) -> bool:
    roles = [(one.delegations.roles or {}).get(role_of(code)) for one in (old, new)]
    return roles[0] is not None and roles[0] == roles[1]


def bundle(repo: Repository) -> dict[str, dict[str, str]]:
    """The member ``trust`` of a bundle: all roots, the files that count, and the contents that a verifier reads."""
    last = int(repo.file_of(ROOT).split(".")[0] or 0) if repo.file_of(ROOT) else 0
    names = [name for number in range(1, last + 1) if (name := f"{number}.root.json") in repo.metadata]
    names += [repo.file_of(role) for role in (TIMESTAMP, SNAPSHOT, TARGETS, *map(role_of, repo.participants()))]
    wanted = [
        path for path in repo.targets
        if path in (PARTICIPANTS_FILE, POLICY_FILE) or continuity_of(path)[0]
        or (path.startswith("participants/") and path.endswith("/keys.json"))
    ]  # fmt: skip
    return {
        "metadata": {name: repo.metadata[name].decode() for name in names if name},
        "targets": {path: repo.targets[path].decode() for path in sorted(wanted)},
    }
