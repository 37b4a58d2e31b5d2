"""PURE. Proposing: a first list, another content, another participant. Nothing counts before enough keys signed it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from tuf.api.metadata import DelegatedRole, Delegations, Metadata, Role, Root, Targets

from openkimberley.kernel.errors import Conflict, NotFound
from openkimberley.trust.canonical import canonical, parse_json
from openkimberley.trust.keys import PublicKey
from openkimberley.trust.trustlist import ceremony, documents, metadata
from openkimberley.trust.trustlist.facts import STEP
from openkimberley.trust.trustlist.repository import Repository, list_target, set_keys
from openkimberley.trust.trustlist.roles import (
    CODE,
    PARTICIPANT,
    PARTICIPANTS_FILE,
    POLICY_FILE,
    ROOT,
    TARGETS,
    TOP,
    Terms,
    authority_of,
    ceremony_file,
    keys_file,
    participant_of,
    paths_of,
    role_of,
    signer_role,
    term,
)


def begin(keys: Mapping[str, Sequence[PublicKey]], *, terms: Terms, at: datetime) -> Repository:
    """A new list, proposed: root 1 and targets 1, unsigned and without content.

    ``keys`` names the public keys of root, targets, snapshot and timestamp. Raises ``Conflict`` where there are fewer
    than the thresholds of ``terms`` ask for, or one key stands twice in a role.
    """
    for role in TOP:
        found = keys.get(role, ())
        if len({key.pub for key in found}) != len(found):
            raise Conflict(f"one key stands twice among those of {role}: each office needs its own")
        if len(found) < terms[role].threshold:
            raise Conflict(f"{role} needs at least {terms[role].threshold} keys, {len(found)} are named")
    root = Root(
        version=1, expires=at + terms[ROOT].lifetime, consistent_snapshot=True,
        roles={role: Role([], 1) for role in TOP},
    )  # fmt: skip
    for role in TOP:
        set_keys(root, role, keys[role], terms[role].threshold)
    targets = Targets(version=1, expires=at + terms[TARGETS].lifetime, delegations=Delegations({}, {}))
    return Repository().with_staged(ROOT, Metadata(root)).with_staged(TARGETS, Metadata(targets))


def propose(repo: Repository, path: str, data: bytes, *, terms: Terms, at: datetime) -> Repository:
    """Let the role that a path belongs to list this content.

    Raises ``Untrusted`` where it is not what its name says, ``Conflict`` where ``participants.json`` does not count up,
    ``NotFound`` for a participant that is not enrolled.
    """
    _check_content(repo, path, data)
    role = signer_role(path)
    code = participant_of(role)
    if code and code not in repo.participants():
        raise NotFound("enrolled participant", code)
    if code and repo.newest(role) is None:
        lifetime = term(terms, role).lifetime
        draft: Metadata[Any] = Metadata(Targets(version=1, expires=at + lifetime))
    else:
        draft = repo.draft(role, terms=terms, at=at)
    list_target(draft, path, data)
    return repo.with_staged(role, draft, {path: data})


def _check_content(repo: Repository, path: str, data: bytes) -> None:
    code, authority = authority_of(path)
    if path == PARTICIPANTS_FILE:
        serial = documents.read_participants(data, own=True)["serial"]
        before = repo.content(path, published=True)
        if before is not None and before != data and serial <= documents.read_participants(before)["serial"]:
            raise Conflict(f"participants.json must count up: serial {serial} is not above the published one")
    elif path == POLICY_FILE:
        documents.read_policy(data)
    elif authority:
        documents.read_keys(data, code, authority)
    elif not path or path.startswith("/") or ".." in path.split("/") or "\\" in path:
        raise Conflict(f"{path!r} is no name for a target: write it like alerts/2027-1.json")
    elif path.startswith("participants/") and not participant_of(signer_role(path)):
        raise Conflict(f"{path!r}: under participants/ stands the code of a participant, such as participants/BW/...")


def withdraw(repo: Repository, path: str, *, terms: Terms, at: datetime) -> Repository:
    """List a target no longer. Raises ``NotFound`` where it is not listed."""
    draft = repo.draft(signer_role(path), terms=terms, at=at)
    if draft.signed.targets.pop(path, None) is None:
        raise NotFound("listed target", path)
    return repo.with_staged(signer_role(path), draft)


def renew(repo: Repository, role: str, *, terms: Terms, at: datetime) -> Repository:
    """Propose the same content with a new expiry: the half-yearly signing of targets, a participant's yearly one."""
    return repo.with_staged(role, repo.draft(role, terms=terms, at=at))


def enrol(repo: Repository, request: ceremony.Request, *, terms: Terms, at: datetime) -> Repository:
    """Delegate to a new participant, by the request that its key ceremony made.

    Targets lists the hash of the ceremony's transcript. Raises ``Conflict`` for one that is enrolled (rotate its keys
    instead) or is not in ``participants.json``, ``Untrusted`` where the request is not what the ceremony's keys signed.
    """
    code = request.participant
    if not CODE.match(code) or code not in listed_participants(repo):
        raise Conflict(f"{code[:10]} is not in participants.json: propose that first")
    draft = repo.draft(TARGETS, terms=terms, at=at)
    if code in repo.participants():
        raise Conflict(f"{code} is enrolled: its keys change with the consent of the old ones (rotate)")
    if request.threshold < terms[PARTICIPANT].threshold:
        raise Conflict(
            f"{code} wants {request.threshold} signatures; at least {terms[PARTICIPANT].threshold} are needed"
        )
    path, transcript = ceremony_file(code, 1), request.transcript_bytes()
    list_target(draft, path, transcript)
    delegate(draft, code, request.keys, request.threshold)
    staged = repo.with_staged(TARGETS, draft, {path: transcript})
    own = metadata.load(Targets, request.metadata.encode(), f"{role_of(code)}.json of the request")
    contents = {target: text.encode() for target, text in request.targets.items()}
    for target, data in contents.items():
        _check_content(staged, target, data)
    return staged.with_staged(role_of(code), own, contents)


def listed_participants(repo: Repository) -> Mapping[str, Any]:
    """The participants of the proposed or published ``participants.json``."""
    data = repo.content(PARTICIPANTS_FILE)
    return documents.read_participants(data)["participants"] if data is not None else {}


def delegate(draft: Metadata[Any], code: str, keys: Sequence[PublicKey], threshold: int) -> None:
    """Give a participant's role exactly these keys. Raises ``Conflict`` for too few keys, or a twin."""
    if len({key.pub for key in keys}) != len(keys) or not 1 <= threshold <= len(keys):
        raise Conflict(f"{threshold} of {len(keys)} keys of {code} cannot sign, or one of them stands twice")
    delegations: Delegations = draft.signed.delegations or Delegations({}, {})
    assert delegations.roles is not None
    made = {key.keyid: key for key in map(metadata.tuf_key, keys)}
    delegations.roles[role_of(code)] = DelegatedRole(
        role_of(code), list(made), threshold, terminating=True, paths=list(paths_of(code))
    )
    delegations.keys.update(made)
    used = {keyid for about in delegations.roles.values() for keyid in about.keyids}
    delegations.keys = {keyid: key for keyid, key in delegations.keys.items() if keyid in used}
    draft.signed.delegations = delegations


def compromise(
    repo: Repository, authority: str, kid: str, since: date, *, terms: Terms, at: datetime
) -> Repository:  # fmt: skip
    """Propose that nothing signed with a key since a day counts. The participant's own threshold has to sign it.

    Raises ``NotFound`` for an unknown authority or key, ``Conflict`` where an earlier day is recorded: none is moved.
    """
    path = keys_file(authority.partition("-")[0], authority)
    data = repo.content(path)
    if data is None:
        raise NotFound("keys.json of the authority", authority)
    document = parse_json(data, STEP)
    found = [key for key in document["keys"] if key["kid"] == kid]
    if not found:
        raise NotFound(f"key of {authority}", kid)
    before = found[0].get("compromised_since")
    if before and date.fromisoformat(before) < since:
        raise Conflict(f"{kid} is recorded as compromised since {before}; a later day would make bad signatures good")
    found[0].update(state="compromised", compromised_since=since.isoformat())
    return propose(repo, path, canonical(document), terms=terms, at=at)


def readable(document: Mapping[str, Any]) -> bytes:
    """A document as indented JSON, so that who signs it can read it."""
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
