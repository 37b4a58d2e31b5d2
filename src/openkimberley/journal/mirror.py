"""Another place's copy of a log: read from it what we lack, or keep one ourselves. All that is read is proved first.

A mirror need not be trusted: everything it gives must lead to a root that the log's key has signed. Knows no database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from openkimberley.journal.shelf import CHECKPOINT, Folder, read_tile
from openkimberley.journal.tree import Tiles
from openkimberley.kernel.errors import Conflict, NotFound, Untrusted
from openkimberley.trust.merkle import HASH_BYTES
from openkimberley.trust.notes import LOG, Checkpoint, Note
from openkimberley.trust.tiles import ENTRIES, WIDTH, Tile, decode_bundle, leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.journal.marks import Mark
    from openkimberley.journal.shelf import Reader
    from openkimberley.journal.tree import Span
    from openkimberley.trust.notes import VerifierKey

STEP = "8 log"


class Opened(NamedTuple):
    """A checkpoint that the log's key has signed, with whatever cosignatures its note carries."""

    note: Note
    checkpoint: Checkpoint


class Missing(NamedTuple):
    """What a mirror has beyond ``start`` entries, proved: published entries, and the checkpoint they lead to."""

    start: int
    entries: list[bytes]
    note: str
    checkpoint: Checkpoint


def opened(source: Reader, key: VerifierKey) -> Opened:
    """The checkpoint of a log, signed with ``key``. Raises ``NotFound`` where there is none, ``Untrusted``."""
    data = source.read(CHECKPOINT)
    if data is None:
        raise NotFound("checkpoint", "at the mirror")
    note = Note.parse(data)
    found = Checkpoint.parse(note.text)
    if key.kind != LOG or found.origin != key.name or not note.verified([key]):
        raise Untrusted(STEP, f"the mirror's checkpoint is that of {found.origin[:60]!r}, or nobody we know signed it")
    return Opened(note, found)


def missing(source: Reader, key: VerifierKey, *, own: Span, size: int, mark: Mark | None) -> Missing:
    """What a copy of our own journal has beyond our ``size`` entries; ``own`` gives our leaf hashes.

    Everything is proved before anything is returned: our entries and the mirror's lead to the signed root, and to that
    of the high-water ``mark``. Raises ``Conflict`` where the mirror does not reach the mark, or does not begin with our
    entries; ``NotFound`` where it has no entries for us.
    """
    note, one = opened(source, key)
    if mark is not None and one.size < mark.size:
        raise Conflict(f"the mirror has {one.size} entries only, but {mark.size} were signed: find a fuller one")
    if one.size <= size:
        raise Conflict(f"the mirror has {one.size} entries, the journal here {size}: there is nothing to fetch")
    begin = size - size % WIDTH
    fetched = list(_entries(source, begin, one.size, one.size))
    leaves = leaves_of(fetched)
    if leaves[: size - begin] != list(own(begin, size)):
        raise Conflict(_ANOTHER)

    def both(start: int, end: int) -> list[bytes]:
        ours = list(own(start, min(end, begin))) if start < begin else []
        return ours + leaves[max(start - begin, 0) : max(end - begin, 0)]

    tiles = Tiles(both)
    if tiles.root(one.size) != one.root or (mark is not None and tiles.root(mark.size) != mark.root):
        raise Conflict(_ANOTHER)
    own_line = [line for line in note.signatures if (line.name, line.id) == (key.name, key.id)]
    return Missing(size, fetched[size - begin :], str(Note(one.text, tuple(own_line))), one)


_ANOTHER = (
    "the mirror's journal does not begin with the entries here. Either acts were entered after a backup was restored: "
    "restore it again and recover before anything else is done; or this database was altered: restore an older backup."
)


def copy(source: Reader, folder: Folder, key: VerifierKey, *, entries: bool = True) -> Checkpoint:
    """Bring our copy of a log up to date and return its checkpoint; ``entries`` copies the bundles too.

    Nothing is written before it is proved: what we had must be the beginning of what is new. A log that went back or
    has another past is not followed; its checkpoint is kept in ``evidence/``, and ``Untrusted`` says so.
    """
    note, new = opened(source, key)
    old = opened(folder, key).checkpoint if folder.read(CHECKPOINT) is not None else Checkpoint(new.origin, 0, b"")

    def given(start: int, end: int) -> list[bytes]:
        return list(_entries(source, start, end, new.size))

    def leaves(start: int, end: int) -> list[bytes]:
        return leaves_of(given(start, end)) if entries else _leaves(source, start, end, new.size)

    tiles = Tiles(leaves, shelf=folder, old=old.size)
    if not _follows(tiles, old, new):
        tiles = Tiles(leaves)  # our own disk may be at fault: read everything again
        if not _follows(tiles, old, new):
            name = f"evidence/{new.size}-{new.root.hex()[:16]}"
            folder.write([(name, str(note).encode())])
            raise Untrusted(STEP, f"{new.origin} has another past than we have seen: kept in {folder.root / name}")
        old = Checkpoint(new.origin, 0, b"")
    folder.write(tiles.files(old.size, new.size, given if entries else None))
    folder.write([(CHECKPOINT, str(note).encode())])
    return new


def _follows(tiles: Tiles, old: Checkpoint, new: Checkpoint) -> bool:
    """Whether the tiles lead to the new root, and the old one is their beginning."""
    if new.size < old.size:
        return False
    return (not new.size or tiles.root(new.size) == new.root) and (not old.size or tiles.root(old.size) == old.root)


def _entries(source: Reader, start: int, end: int, size: int) -> Iterator[bytes]:
    """The entries of a log of ``size`` entries from ``start`` to ``end``. Raises ``NotFound`` where we may not."""
    for index in range(start // WIDTH, -(-end // WIDTH)):
        first = index * WIDTH
        tile = Tile(ENTRIES, index, min(WIDTH, size - first))
        data = read_tile(source, tile)
        if data is None:
            raise NotFound("bundle of entries", f"{tile.path} at the mirror, or not for us")
        yield from decode_bundle(data, tile.width)[max(start - first, 0) : max(end - first, 0)]


def _leaves(source: Reader, start: int, end: int, size: int) -> list[bytes]:
    """The leaf hashes of a log of ``size`` entries from ``start`` to ``end``."""
    found: list[bytes] = []
    for index in range(start // WIDTH, -(-end // WIDTH)):
        first = index * WIDTH
        tile = Tile(0, index, min(WIDTH, size - first))
        data = read_tile(source, tile) or b""
        if len(data) != tile.width * HASH_BYTES:
            raise NotFound("tile", f"{tile.path} at the mirror")
        every = [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]
        found += every[max(start - first, 0) : max(end - first, 0)]
    return found
