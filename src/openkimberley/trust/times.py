"""PURE. When an entry came into a journal, by the witnesses' clocks, and whether a claimed date fits (trust.md 4.6).

An issuer can write any date on a certificate; it cannot put the entry before a checkpoint that others have cosigned.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.notes import Checkpoint, Note
from openkimberley.trust.policy import Policy
from openkimberley.trust.proof import Proof

LAST_ZONE = timedelta(hours=12)
"""A day is over everywhere on earth 12 hours after it is over in UTC."""


class Bounds(NamedTuple):
    """An entry was logged after ``after`` and not later than ``by`` (seconds since 1970); None where nobody knows."""

    after: int | None
    by: int | None


def logged_between(
    proof: Proof, policy: Policy, own: frozenset[bytes] = frozenset(), seen: Iterable[Note] = ()
) -> Bounds:
    """Between which moments the entry of a proof was logged, by the witnesses of the policy.

    ``by`` is the earliest moment at which the quorum had cosigned a checkpoint that has the entry; ``after`` the latest
    moment, not later than that, at which any witness of the policy cosigned one that has it not. ``own`` are public
    keys that do not count. ``seen`` are cosigned checkpoints that the caller kept; the proof's own ``extra`` is one
    that its issuer chose, so that without others ``after`` is only as good as the issuer is honest. A checkpoint of
    another journal, or with a cosignature that does not hold, counts for nothing. Where the quorum never cosigned the
    very tree that the proof leads to, ``by`` is None: other checkpoints may be of a tree without the entry.

    Raises ``Untrusted("8 log", ...)`` where a cosignature of the proof itself does not hold. Says nothing of the
    journal's signature or of the entry: ``Proof.verify`` and ``Note.verified`` do.
    """
    origin = proof.checkpoint.origin
    known = [seen_at(proof.note, policy, own)]
    for note in (*_parsed(proof.extra), *seen):
        try:
            if Checkpoint.parse(note.text).origin == origin:
                known.append(seen_at(note, policy, own))
        except Untrusted:
            continue
    head = known[0]
    if not any(one.quorum is not None and (one.size, one.root) == (head.size, head.root) for one in known):
        known = [one._replace(quorum=None) for one in known]
    return bounds(proof.index, known)


class Seen(NamedTuple):
    """What the witnesses say of one checkpoint: its tree, when each cosigned (seconds), and when the quorum had."""

    size: int
    root: bytes
    cosigned: tuple[int, ...]
    quorum: int | None


def seen_at(note: Note, policy: Policy, own: frozenset[bytes] = frozenset()) -> Seen:
    """What the witnesses of a policy say of a checkpoint. Raises ``Untrusted`` where a cosignature does not hold."""
    known = note.verified(policy.witnesses.values())
    times = sorted(moment for key, moment in known if moment is not None and key.public_key not in own)
    tree = Checkpoint.parse(note.text)
    return Seen(tree.size, tree.root, tuple(times), policy.quorum_time(note, own=own))


def bounds(index: int, seen: Iterable[Seen]) -> Bounds:
    """Between which moments entry ``index`` was logged, by checkpoints of one journal."""
    known = list(seen)
    by = min((one.quorum for one in known if one.size > index and one.quorum is not None), default=None)
    # a slow witness may cosign an old checkpoint after others have cosigned a newer: that says nothing of the entry
    before = (moment for one in known if one.size <= index for moment in one.cosigned)
    return Bounds(max((moment for moment in before if by is None or moment <= by), default=None), by)


def backdated(issue_day: date, bounds: Bounds, max_delay_h: int) -> str:
    """Why a claimed day of issue does not fit the time of logging, in words; empty where it fits or nobody knows.

    ``max_delay_h``: how many hours the participant may take to log. A day lasts until it is over everywhere on earth,
    so that an issuer in the west that logs at the last moment is not accused.
    """
    midnight = datetime.combine(issue_day, time(), UTC)
    if bounds.after is not None:
        latest = midnight + timedelta(days=1, hours=max_delay_h) + LAST_ZONE
        if bounds.after > latest.timestamp():
            return (
                f"It is dated {issue_day.isoformat()}, but was not in the journal at {_words(bounds.after)}: "
                f"it was written in later than the {max_delay_h} hours that are allowed, or its date is not true."
            )
    if bounds.by is not None and bounds.by < (midnight - timedelta(days=1)).timestamp():
        return (
            f"It is dated {issue_day.isoformat()}, but was already in the journal at {_words(bounds.by)}: "
            "its date lies in the future of its own entry."
        )
    return ""


def _parsed(extra: bytes) -> list[Note]:
    try:
        return [Note.parse(extra)] if extra else []
    except Untrusted:
        return []


def _words(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC"
