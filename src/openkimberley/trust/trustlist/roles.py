"""PURE. The roles of the trust list: names, paths, how many sign and for how long (trust.md 3.2, a proposal)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

ROOT, TARGETS, SNAPSHOT, TIMESTAMP, PARTICIPANT = "root", "targets", "snapshot", "timestamp", "participant"
TOP = (ROOT, TARGETS, SNAPSHOT, TIMESTAMP)

PARTICIPANTS_FILE = "participants.json"
POLICY_FILE = "witness-policy.txt"

NOTICE = timedelta(days=14)
"""How long an emergency change of a participant's keys is announced before it counts (trust.md 3.4, rule 1)."""

CODE = re.compile(r"[A-Z]{2}\Z")
AUTHORITY = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,8})?\Z")
_ROLE = re.compile(r"participant-([A-Z]{2})\Z")
_KEYS = re.compile(r"participants/([A-Z]{2})/authorities/([A-Z0-9-]{2,11})/keys\.json\Z")
_CONTINUITY = re.compile(r"continuity/([A-Z]{2})-([1-9][0-9]{0,8})\.jws\Z")
_CEREMONY = re.compile(r"ceremonies/([A-Z]{2})-[1-9][0-9]{0,8}\.json\Z")


def role_of(code: str) -> str:
    """The delegated role of a participant: ``participant-BW``."""
    return f"{PARTICIPANT}-{code}"


def participant_of(role: str) -> str:
    """The participant of a delegated role; empty for any other role."""
    found = _ROLE.match(role)
    return found[1] if found else ""


def paths_of(code: str) -> tuple[str, ...]:
    """The paths delegated to a participant. TUF's ``*`` stops at a slash, so each depth has its own pattern."""
    return tuple(f"participants/{code}/" + "/".join("*" * depth) for depth in (1, 2, 3, 4))


def keys_file(code: str, authority: str) -> str:
    """Where the keys of an authority stand."""
    return f"participants/{code}/authorities/{authority}/keys.json"


def authority_of(path: str) -> tuple[str, str]:
    """Participant and authority of a ``keys.json``; two empty texts for any other path."""
    found = _KEYS.match(path)
    return (found[1], found[2]) if found and AUTHORITY.match(found[2]) else ("", "")


def continuity_file(code: str, version: int) -> str:
    """Where the old keys' consent stands, for a change made in this version of targets."""
    return f"continuity/{code}-{version}.jws"


def continuity_of(path: str) -> tuple[str, int]:
    """Participant and version of a continuity file; empty and 0 for any other path."""
    found = _CONTINUITY.match(path)
    return (found[1], int(found[2])) if found else ("", 0)


def ceremony_file(code: str, version: int) -> str:
    """The name under which targets keeps the hash of a key ceremony's transcript."""
    return f"ceremonies/{code}-{version}.json"


def ceremony_of(path: str) -> str:
    """The participant of a ceremony's transcript; empty for any other path."""
    found = _CEREMONY.match(path)
    return found[1] if found else ""


def signer_role(path: str) -> str:
    """The role that lists a target: its participant's for ``participants/XX/...``, else targets."""
    head, _, rest = path.partition("/")
    code = rest.partition("/")[0]
    return role_of(code) if head == "participants" and CODE.match(code) else TARGETS


@dataclass(frozen=True, slots=True)
class Term:
    """How many keys sign a role, and for how long what they signed is good."""

    threshold: int
    lifetime: timedelta


Terms = Mapping[str, Term]

_ONLINE = {SNAPSHOT: Term(1, timedelta(days=30)), TIMESTAMP: Term(1, timedelta(days=7))}

PROPOSED: Terms = {
    ROOT: Term(3, timedelta(days=730)),
    TARGETS: Term(2, timedelta(days=183)),
    PARTICIPANT: Term(2, timedelta(days=365)),
    **_ONLINE,
}
"""3 of 5, 2 of 4 and 2 of 3 keys; 24, 6 and 12 months, 30 and 7 days (trust.md 3.2)."""

BILATERAL: Terms = {**PROPOSED, ROOT: Term(2, timedelta(days=730)), TARGETS: Term(2, timedelta(days=183))}
"""Two states alone: both sign everything, each holds one key."""


def term(terms: Terms, role: str) -> Term:
    """The term of a role, delegated ones included."""
    return terms[PARTICIPANT if participant_of(role) else role]
