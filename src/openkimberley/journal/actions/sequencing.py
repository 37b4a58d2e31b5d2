"""Checkpoints: the journal's length and root, signed and published as plain files beside the tiles they rest on.

None of these is an ``@action``: a checkpoint says nothing that the entries do not say, and an entry for each would make
the next one due for ever. What they write proves itself by its signatures and is guarded by the database like entries.

The order of the writes, and what a crash between two of them means::

    1 bundles and tiles    a crash leaves files that no checkpoint speaks of; the next round writes the same again
    2 high-water mark      ... a mark without a checkpoint; the entries are committed, so the next round reaches it
    3 signature            ... a signature that nobody saw, over what will be signed again or has grown since
    4 row of the table     ... a checkpoint not yet published; the next round publishes it before it makes another
    5 checkpoint file      ... nothing: whoever reads it finds every tile it speaks of

A round that follows a crash is no other than any round.
"""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction

from openkimberley.journal import guard, queries, standing
from openkimberley.journal.marks import Mark, Remembered, nobody
from openkimberley.journal.models import Checkpoint, Cosignature
from openkimberley.journal.shelf import CHECKPOINT
from openkimberley.journal.tree import Tiles, completed
from openkimberley.kernel.errors import Conflict, NotFound, Untrusted
from openkimberley.trust import notes, signing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

SEQUENCE_LOCK = 0x4B5044  # one more than the lock of acts: who signs does not hold up who acts
EVERY = timedelta(minutes=1)
"""At most one checkpoint in so much time."""


def make_checkpoint(
    *, at: datetime, every: timedelta = EVERY, witnesses: Remembered = nobody, afresh: bool = False
) -> Checkpoint | None:
    """Sign and publish the committed entries where there are new ones, and finish what a crash left undone.

    ``witnesses`` asks how far others have seen this journal; ``afresh`` writes every file again from the table. Returns
    the new checkpoint, None where none was due or the node publishes no journal. Raises ``Conflict`` where this is an
    old copy of the journal or another one: nothing is signed then; ``NotFound`` where the node has no key of it.
    """
    if not standing.origin():
        return None
    with _one_at_a_time():
        last = Checkpoint.objects.order_by("-size").first()
        size, made = standing.size(), None
        if afresh and last is not None:
            standing.folder().write(Tiles(standing.leaves).files(0, last.size, standing.entries))
        before = standing.published()
        if size > (last.size if last else 0) and (last is None or at - last.at >= every):
            made = _seal(size, last, before, at=at, witnesses=witnesses)
        _publish(made or last, before if made is None else made.size, before)
        return made


def _seal(size: int, last: Checkpoint | None, before: int, *, at: datetime, witnesses: Remembered) -> Checkpoint:
    """Steps 1 to 4 for a journal of ``size`` entries, of which the disk has ``before``."""
    tiles = _checked(size, last, before, witnesses)
    standing.folder().write(tiles.files(before, size, standing.entries))
    root = tiles.root(size)
    guard.high_water().raise_to(Mark(size, root))
    note = signing.sign_checkpoint(notes.Checkpoint(standing.origin(), size, root))
    with transaction.atomic():
        return Checkpoint.objects.create(size=size, root=root, note=note, at=at)


def _checked(size: int, last: Checkpoint | None, before: int, witnesses: Remembered) -> Tiles:
    """The tiles of the journal, which agrees with everything that was ever signed. Raises ``Conflict``."""
    mark = guard.high_water().read()
    marks = [*([mark] if mark else []), *witnesses()]
    if reason := guard.behind(size, marks):
        # from now on nothing is entered either, even if the witness cannot be asked again
        guard.high_water().raise_to(max(marks))
        raise Conflict(reason)
    if last is not None:
        marks.append(Mark(last.size, bytes(last.root)))
    tiles = standing.tiles()
    if guard.another(tiles, marks):
        tiles = Tiles(standing.leaves)  # the disk may be at fault: the table alone decides
        if reason := guard.another(tiles, marks):
            raise Conflict(reason)
        standing.folder().write(tiles.files(0, before, standing.entries))
    return tiles


def _publish(row: Checkpoint | None, written: int, before: int) -> None:
    """Step 5, and step 1 again where the disk has less than the table: a new disk, or a crash before this line.

    The disk has the files of ``written`` entries and the checkpoint of ``before``. Raises ``Conflict`` in an old copy:
    what it would publish is a step back.
    """
    if reason := guard.behind(standing.size()):
        raise Conflict(reason)
    if row is None:
        return
    folder, note = standing.folder(), str(queries.note(row)).encode()
    if before == written == row.size and folder.read(CHECKPOINT) == note:
        return
    if written < row.size:
        folder.write(standing.tiles().files(written, row.size, standing.entries))
    folder.write([(CHECKPOINT, note)])
    for tile in completed(before, row.size):
        folder.prune(tile)


def add_cosignatures(size: int, lines: Iterable[str], *, witnesses: Iterable[notes.VerifierKey]) -> int:
    """Keep the signature lines that witnesses gave for the checkpoint of ``size``, and publish it with them.

    Only those of the given ``witnesses`` are kept, each checked first: one that does not hold would spoil every proof.
    Returns how many are new. Raises ``NotFound`` (checkpoint), ``Untrusted`` for a cosignature that does not hold.
    """
    row = Checkpoint.objects.filter(size=size).first()
    if row is None:
        raise NotFound("checkpoint", f"of {size} entries")
    bare = notes.Note.parse(row.note)
    given = [notes.parse_signature(line.rstrip("\n")) for line in lines]
    known = {(key.name, key.id): key for key in witnesses}
    kept = []
    for one in given:
        if key := known.get((one.name, one.id)):
            time = key.verify(bare.text, one.signature)
            if time is None:
                raise Untrusted("8 log", f"{one.name[:60]!r} signs journals, it does not witness them")
            kept.append((one, time))
    new = 0
    with _one_at_a_time():
        # all or none: a part that stood alone would look as if the other witnesses had not answered
        with transaction.atomic():
            for one, time in kept:
                _, is_new = Cosignature.objects.get_or_create(
                    size=size, witness=one.name, key_id=one.id, time=time, defaults={"line": one.line}
                )
                new += is_new
        before = standing.published()
        _publish(Checkpoint.objects.order_by("-size").first(), before, before)
    return new


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Only one process makes checkpoints: among machines by the database, on one machine by a lock on the folder."""
    folder = standing.folder().root
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [SEQUENCE_LOCK])
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [SEQUENCE_LOCK])
