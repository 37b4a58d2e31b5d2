"""PURE. Changing who signs: offices of the root and targets, and a participant's own keys with its continuity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from openkimberley.kernel.errors import Conflict, NotFound
from openkimberley.trust.keys import PublicKey, Signer
from openkimberley.trust.trustlist import continuity, metadata
from openkimberley.trust.trustlist.facts import Delegation
from openkimberley.trust.trustlist.making import delegate
from openkimberley.trust.trustlist.repository import Repository, list_target, set_keys
from openkimberley.trust.trustlist.roles import (
    ROOT,
    TARGETS,
    TOP,
    Terms,
    ceremony_file,
    continuity_file,
    role_of,
)


def rotate_root(
    repo: Repository, keys: Mapping[str, Sequence[PublicKey]], *, terms: Terms, at: datetime
) -> Repository:  # fmt: skip
    """Propose a new root in which the roles named have these keys. Enough of the old *and* of the new keys sign it.

    New keys of targets need its metadata signed anew, so that is proposed too. Raises ``Conflict`` below a threshold.
    """
    draft = repo.draft(ROOT, terms=terms, at=at)
    for role, found in keys.items():
        if role not in TOP or len({key.pub for key in found}) < terms[role].threshold:
            raise Conflict(f"{role} needs at least {terms[role].threshold} different keys")
        set_keys(draft.signed, role, found, terms[role].threshold)
    changed = repo.with_staged(ROOT, draft)
    if TARGETS in keys:
        changed = changed.with_staged(TARGETS, changed.draft(TARGETS, terms=terms, at=at))
    return changed


def replace_keys(
    repo: Repository,
    code: str,
    keys: Sequence[PublicKey],
    threshold: int,
    *,
    terms: Terms,
    at: datetime,
    transcript: bytes = b"",
    emergency: bool = False,
) -> Repository:
    """Propose other keys for a participant's role, and its metadata for them to sign.

    Without ``emergency`` the old keys then give their consent (``consent``) before targets signs. With it the list only
    announces the change: verifiers hold what the participant issues for fourteen days, and use the old keys meanwhile.
    Raises ``NotFound`` for one that is not enrolled.
    """
    old = delegation(repo, code, published=True)
    draft = repo.draft(TARGETS, terms=terms, at=at)
    version = draft.signed.version
    delegate(draft, code, keys, threshold)
    contents: dict[str, bytes] = {}
    if transcript:
        contents[ceremony_file(code, version)] = transcript
    if emergency:
        new = Delegation(threshold, _named(keys))
        stated = continuity.payload(code, version, old, new, since=at)
        contents[continuity_file(code, version)] = continuity.emergency(stated)
    else:
        draft.signed.targets.pop(continuity_file(code, version), None)  # consent to an earlier draft
    for path, data in contents.items():
        list_target(draft, path, data)
    changed = repo.with_staged(TARGETS, draft, contents)
    role = role_of(code)
    return changed.with_staged(role, changed.draft(role, terms=terms, at=at)) if changed.newest(role) else changed


def consent(repo: Repository, code: str, signer: Signer, *, terms: Terms, at: datetime) -> Repository:
    """One old key of a participant agrees to the proposed new ones. Targets signs afterwards: its content changes.

    Raises ``Conflict`` where no change waits for consent, or the key is none of the old ones.
    """
    old, new = delegation(repo, code, published=True), delegation(repo, code)
    if old.digest == new.digest:
        raise Conflict(f"no change of the keys of {code} is proposed")
    keyid = metadata.tuf_key(PublicKey(signer.kid, signer.alg, signer.public_key)).keyid
    if keyid not in old.keys:
        raise Conflict(f"{signer.kid} is none of the old keys of {code}: only these can agree to new ones")
    version = repo.need(TARGETS).signed.version
    path = continuity_file(code, version)
    line = continuity.consent(continuity.payload(code, version, old, new), signer, keyid)
    before = repo.staged_targets.get(path, b"").decode().splitlines()
    return with_consents(repo, path, [*before, line], terms=terms, at=at)


def with_consents(
    repo: Repository, path: str, lines: Sequence[str], *, terms: Terms, at: datetime
) -> Repository:  # fmt: skip
    """The same with these lines of consent, one for each key and in order, whoever signed first."""
    signed: dict[str, str] = {}
    for line in lines:
        signed[continuity.read(path, line.encode()).signatures[0].kid] = line
    data = "\n".join(line for _, line in sorted(signed.items())).encode()
    if repo.staged_targets.get(path) == data:
        return repo
    expires = repo.need(TARGETS).signed.expires  # collecting a consent is no reason for another date
    draft = repo.draft(TARGETS, terms=terms, at=at)
    draft.signed.expires = expires
    list_target(draft, path, data)
    return repo.with_staged(TARGETS, draft, {path: data})


def delegation(repo: Repository, code: str, *, published: bool = False) -> Delegation:
    """Who signs for a participant, as proposed or as published. Raises ``NotFound``."""
    top = repo.published(TARGETS) if published else repo.newest(TARGETS)
    delegations: Any = top.signed.delegations if top is not None else None
    if delegations is None or role_of(code) not in (delegations.roles or {}):
        raise NotFound("enrolled participant", code)
    assert top is not None
    return metadata.delegation_of(top.signed, role_of(code), "targets.json")


def _named(keys: Sequence[PublicKey]) -> dict[str, PublicKey]:
    return {metadata.tuf_key(key).keyid: key for key in keys}
