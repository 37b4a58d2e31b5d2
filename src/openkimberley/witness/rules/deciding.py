"""PURE. Whether a witness cosigns: the statuses of c2sp.org/tlog-witness, in the order of that text.

Where trust.md 4.5 and the specification differ (one size, two roots: 422 or 409) the specification stands (ADR 7).
"""

from __future__ import annotations

from dataclasses import replace

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.merkle import verify_consistency
from openkimberley.trust.notes import LOG, Note
from openkimberley.witness.facts import (
    CLOCK_BACK,
    TREE_SIZE,
    Answer,
    Decision,
    Evidence,
    EvidenceKind,
    Held,
    KnownLog,
    Submission,
)


def decide(log: KnownLog | None, shown: Submission, *, now: int) -> Decision:
    """What to do with a request, given what is held of its journal (None: unknown). ``now`` in seconds since 1970.

    An accepted decision holds the new state with the time that the cosignature must bear; it may be signed only after
    that state is on disk. Evidence goes with a refusal, or stands beside an answer about a wrong old size.
    """
    if log is None:
        return _refuse(404, "this witness does not know the journal")
    shown = replace(shown, note=own_lines(log, shown.note))
    if not shown.note.signatures:
        return _refuse(403, "no key that is trusted for this journal has signed the checkpoint")
    if shown.old > shown.checkpoint.size:
        return _refuse(400, "the old size is larger than that of the checkpoint")
    return _against_held(log, shown, now)


def _against_held(log: KnownLog, shown: Submission, now: int) -> Decision:
    """What to do with a checkpoint that its journal has signed."""
    held, new = log.held, shown.checkpoint
    if new.size == held.size and new.root != held.root:
        evidence = _evidence(EvidenceKind.EQUIVOCATION, log, shown)
        if shown.old == held.size:
            return Decision(Answer(409, "this size was cosigned with another root\n"), evidence=evidence)
        return Decision(_size(held), evidence=evidence)
    if shown.old != held.size:
        return Decision(_size(held))
    if not _continues(held, shown):
        evidence = _evidence(EvidenceKind.UNPROVED, log, shown)
        return Decision(Answer(422, "the proof does not show that the journal only grew\n"), evidence=evidence)
    if now < held.at - CLOCK_BACK:
        return _refuse(503, "the clock of this witness has gone back: it does not sign until it is set")
    return Decision(accepted=Held(new.size, new.root, str(shown.note), max(now, held.at)))


def own_lines(log: KnownLog, note: Note) -> Note:
    """The note with one line of each of the journal's own keys; without any where one of them does not hold.

    Strangers' lines are nobody's word, and neither held nor kept as evidence.
    """
    keys = {(key.name, key.id): key for key in log.keys if key.kind == LOG}
    lines = {(line.name, line.id): line for line in note.signatures if (line.name, line.id) in keys}
    try:
        note.verified(keys.values())
    except Untrusted:
        lines.clear()
    return Note(note.text, tuple(lines.values()))


def _continues(held: Held, shown: Submission) -> bool:
    if shown.old == 0:
        return not shown.proof
    try:
        verify_consistency(shown.old, shown.checkpoint.size, shown.proof, held.root, shown.checkpoint.root)
    except Untrusted:
        return False
    return True


def _evidence(kind: EvidenceKind, log: KnownLog, shown: Submission) -> Evidence | None:
    """Both checkpoints; None where nothing is held yet that the new one could contradict."""
    return Evidence(kind, log.origin, held=log.held.note, shown=str(shown.note)) if log.held.note else None


def _size(held: Held) -> Answer:
    return Answer(409, f"{held.size}\n", TREE_SIZE)


def _refuse(status: int, why: str) -> Decision:
    return Decision(Answer(status, why + "\n"))
