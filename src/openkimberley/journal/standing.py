"""What stands here: the journal's name, its entries in the table, and its files on the disk. Reads only."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from openkimberley.journal.models import Checkpoint, Entry
from openkimberley.journal.shelf import CHECKPOINT, Folder
from openkimberley.journal.tree import Tiles
from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import notes


def origin() -> str:
    """The journal's name among all journals; empty on a node that publishes none."""
    return str(settings.JOURNAL_ORIGIN)


def folder() -> Folder:
    """Where the journal is published."""
    return Folder(Path(settings.JOURNAL_FOLDER))


def size() -> int:
    """How many entries the journal has."""
    last = Entry.objects.order_by("-index").values_list("index", flat=True).first()
    return 0 if last is None else last + 1


def leaves(start: int, end: int) -> list[bytes]:
    """The leaf hashes of the entries from ``start`` up to ``end``, from the table."""
    rows = Entry.objects.filter(index__gte=start, index__lt=end).order_by("index")
    return [bytes(leaf) for leaf in rows.values_list("leaf", flat=True)]


def entries(start: int, end: int) -> list[bytes]:
    """What the journal publishes of the entries from ``start`` up to ``end``, from the table."""
    rows = Entry.objects.filter(index__gte=start, index__lt=end).order_by("index")
    return [entry.encode() for entry in rows.values_list("entry", flat=True)]


def published() -> int:
    """How many entries the files on the disk publish: what their own checkpoint says, where we signed it; else 0."""
    data = folder().read(CHECKPOINT)
    try:
        found = notes.Checkpoint.parse(notes.Note.parse(data).text) if data else None
    except Untrusted:
        return 0
    row = Checkpoint.objects.filter(size=found.size).first() if found else None
    return row.size if row is not None and found is not None and bytes(row.root) == found.root else 0


def tiles() -> Tiles:
    """The journal's tiles: from the disk as far as they are published, from the table beyond."""
    return Tiles(leaves, shelf=folder(), old=published())
