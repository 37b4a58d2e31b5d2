"""Catching up from a mirror: an old copy of the database gets back what was published after it was made."""

from __future__ import annotations

import json
from secrets import token_bytes
from typing import TYPE_CHECKING

from openkimberley.journal import chain, standing
from openkimberley.journal.actions import action, record
from openkimberley.journal.models import Checkpoint, Entry
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import Conflict
from openkimberley.trust.canonical import b64u
from openkimberley.trust.merkle import leaf_hash

if TYPE_CHECKING:
    from datetime import datetime

    from openkimberley.journal.mirror import Missing
    from openkimberley.kernel.actor import Actor

LOST = "The full statement of this entry is lost; this is what the journal had published of it."


@action("journal.recover", needs=Permission.JOURNAL_KEEP)
def recover(*, by: Actor, at: datetime, found: Missing, source: str) -> int:
    """Enter what a mirror has and this copy of the journal lacks, and go on behind it. Returns how many entries came.

    ``found`` was proved against the signed root (``mirror.missing``); ``source`` says where it came from. Each entry
    keeps its index and its published form; its statement is lost, and says so. What the tables of the node lost (a
    certificate, a confirmation) does not come back: the entries tell which papers to look for. All or nothing: it is
    one transaction. Raises ``Conflict`` where the journal has grown since ``found`` was made.
    """
    if standing.size() != found.start:
        raise Conflict("the journal has grown since the mirror was read: recover again")
    last = Entry.objects.order_by("-index").values_list("hash", flat=True).first()
    previous = bytes(last) if last else chain.GENESIS
    for index, entry in enumerate(found.entries, found.start):
        previous = _enter(index, entry, previous, by=by, at=at, source=source)
    newest = Checkpoint.objects.order_by("-size").first()
    if newest is None or newest.size < found.checkpoint.size:
        Checkpoint.objects.create(size=found.checkpoint.size, root=found.checkpoint.root, note=found.note, at=at)
    record(
        "journal.restored", by=by, at=at, subject=standing.origin(),
        statement={"source": source, "first": found.start, "count": len(found.entries),
                   "root": b64u(found.checkpoint.root)},
    )  # fmt: skip
    return len(found.entries)


def _enter(index: int, entry: bytes, previous: bytes, *, by: Actor, at: datetime, source: str) -> bytes:
    """Insert one entry as it was published. Returns its hash."""
    subject = str(json.loads(entry).get("n", ""))[:80]  # a certificate's number, so that its history shows the gap
    text = chain.canonical({
        "v": 1, "index": index, "at": at.isoformat(), "event": chain.RECOVERED, "actor": by.id, "via": by.via,
        "authority": by.authority, "subject": subject, "statement": {"lost": LOST, "source": source},
        "salt": b64u(token_bytes(16)), "recovered": entry.decode(),
    })  # fmt: skip
    digest = chain.chained(previous, text)
    Entry.objects.create(
        index=index, at=at, event=chain.RECOVERED, authority=by.authority, actor=by.id, subject=subject,
        statement=text.decode(), previous=previous, hash=digest, entry=entry.decode(), leaf=leaf_hash(entry),
    )  # fmt: skip
    return digest
