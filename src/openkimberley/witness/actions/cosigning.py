"""Cosign others' journals. Held on disk before it is signed; one request at a time decides about a journal.

This is no ``@action`` and leaves no entry in the node's journal: two nodes that witness each other would else write
down each other's cosignatures without end. The row that is held and the signed line are the record (ADR 7).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from openkimberley.kernel.errors import Conflict, KimberleyError, NotFound, Untrusted
from openkimberley.trust import signing
from openkimberley.trust.notes import Note, VerifierKey
from openkimberley.witness import queries
from openkimberley.witness.actions.reporting import report_evidence
from openkimberley.witness.facts import Answer, Decision, Evidence, EvidenceKind, Held, Submission
from openkimberley.witness.models import Evidence as Kept
from openkimberley.witness.models import WitnessedLog
from openkimberley.witness.rules.deciding import decide
from openkimberley.witness.statements import read_submission

if TYPE_CHECKING:
    from datetime import datetime

MOST_EVIDENCE = {EvidenceKind.EQUIVOCATION: 100, EvidenceKind.UNPROVED: 1000}
"""Pieces kept of one journal: enough to show what it is worth, too few to fill a disk.

Each kind by itself: anybody can bring about the second, and must not use up the room of the first.
"""


def add_checkpoint(body: bytes, *, at: datetime) -> Answer:
    """The answer to a request (c2sp.org/tlog-witness). What it accepts is on disk before it is signed.

    A crash in between leaves a checkpoint that is held and was never answered: the sender asks again for the same size
    and gets a cosignature. Raises nothing that a sender can bring about.
    """
    try:
        shown = read_submission(body)
    except Untrusted as error:
        return Answer(400, f"{error.reason}\n")
    try:
        key = _key()
    except (NotFound, Conflict) as error:
        return Answer(503, f"{error}\n")
    decision = _decide_and_hold(shown, at=at)
    if decision.evidence is not None:
        _told(at=at)
    if decision.accepted is None:
        assert decision.answer is not None
        return decision.answer
    line = _cosigned(shown.checkpoint.origin, decision.accepted, key)
    return Answer(200, line)


def _key() -> VerifierKey:
    """The name and key to sign with. Raises ``Conflict`` where the key is not the one that this database holds."""
    office = queries.office()
    if office is None:
        raise Conflict("this node does not witness: take office first, under a new name where its database was lost")
    key = VerifierKey.parse(office.vkey)
    if signing.verifier_key(key.name, "witness") != key:
        raise Conflict("the witness key is not that of this database: retire the witness and take a new name")
    return key


def _decide_and_hold(shown: Submission, *, at: datetime) -> Decision:
    """Compare and set, in one transaction that is on disk when this returns."""
    with transaction.atomic(durable=True):
        row = WitnessedLog.objects.select_for_update().filter(origin=shown.checkpoint.origin).first()
        known = queries.known(row) if row is not None and row.vkeys else None
        decision = decide(known, shown, now=int(at.timestamp()))
        if row is not None and decision.accepted is not None:
            _hold(row, decision.accepted)
        if decision.evidence is not None:
            _keep(decision.evidence, at=at)
    return decision


def _hold(row: WitnessedLog, accepted: Held) -> None:
    """Hold a checkpoint. Its cosignature is not made yet."""
    row.size, row.root, row.at, row.note = accepted.size, accepted.root, accepted.at, accepted.note
    row.cosignature = ""
    row.save(update_fields=["size", "root", "at", "note", "cosignature"])


def _cosigned(origin: str, accepted: Held, key: VerifierKey) -> str:
    """The line over what is held, at the time that is held: a later request can only have a later time."""
    text = Note.parse(accepted.note).text
    line = signing.sign_cosignature(text, name=key.name, time=accepted.at).line
    WitnessedLog.objects.filter(origin=origin, size=accepted.size, at=accepted.at).update(cosignature=line)
    return line


def _keep(piece: Evidence, *, at: datetime) -> None:
    """Keep evidence once, with what tells it apart."""
    if Kept.objects.filter(origin=piece.origin, kind=piece.kind.value).count() < MOST_EVIDENCE[piece.kind]:
        Kept.objects.get_or_create(
            fingerprint=piece.fingerprint,
            defaults={
                "origin": piece.origin,
                "kind": piece.kind.value,
                "held": piece.held,
                "shown": piece.shown,
                "at": at,
            },
        )


def _told(*, at: datetime) -> None:
    """Raise the alert. The evidence is on disk: where this fails, the next round of watching tells it."""
    try:
        report_evidence(at=at)
    except KimberleyError:
        return
