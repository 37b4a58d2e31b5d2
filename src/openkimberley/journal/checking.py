"""The whole journal looked at again: its entries, its tree, everything that was signed, and the files on the disk."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from openkimberley.journal import chain, guard, queries, standing
from openkimberley.journal.models import Checkpoint, Cosignature, Entry
from openkimberley.journal.shelf import CHECKPOINT, TILES
from openkimberley.journal.tree import Tiles
from openkimberley.kernel.errors import Conflict, Untrusted
from openkimberley.trust import notes
from openkimberley.trust.merkle import MemoryHashes, Tree
from openkimberley.trust.tiles import ENTRIES, HEIGHT, WIDTH, Tile, bundles_between, encode_bundle, tiles_between

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openkimberley.trust.notes import VerifierKey


@dataclass
class Checked:
    """What was found. ``not_checked`` says what could not be looked at: that is neither a fault nor a pass."""

    entries: int = 0
    recovered: int = 0
    checkpoints: int = 0
    cosignatures: int = 0
    files: int = 0
    faults: list[str] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The document of ``kimberley journal verify --json``."""
        return {**asdict(self), "whole": not self.faults}


def everything(*, log: VerifierKey | None = None, witnesses: Iterable[VerifierKey] = ()) -> Checked:
    """Re-check the chain, what is published of each entry, the root of every checkpoint, signatures, and all files.

    ``log`` is the journal's public key, ``witnesses`` those whose cosignatures can be judged.
    """
    found = Checked()
    found.entries, found.faults = queries.verify()
    found.recovered = Entry.objects.filter(event=chain.RECOVERED).count()
    rows = Entry.objects.order_by("index").values_list("leaf", flat=True)
    hashes = MemoryHashes(bytes(leaf) for leaf in rows.iterator(chunk_size=2000))
    _checkpoints(found, hashes, log)
    _cosignatures(found, {(key.name, key.id): key for key in witnesses})
    if standing.origin():
        marked = list(_mark(hashes))
        found.faults += marked
        if marked:
            found.not_checked.append("published files: they are of a journal that this one has to catch up with first")
        else:
            found.faults += _files(found, hashes)
    return found


def _checkpoints(found: Checked, hashes: MemoryHashes, log: VerifierKey | None) -> None:
    """Every stored checkpoint: its root is that of the entries, and the journal's key has signed it."""
    for row in Checkpoint.objects.order_by("size"):
        found.checkpoints += 1
        if row.size > len(hashes) or Tree(row.size, hashes).root() != bytes(row.root):
            found.faults.append(f"the checkpoint of {row.size} entries has another root than the entries")
        try:
            note = notes.Note.parse(row.note)
            said = notes.Checkpoint.parse(note.text)
            if (said.size, said.root) != (row.size, bytes(row.root)):
                found.faults.append(f"the checkpoint of {row.size} entries says something else than its row")
            if log is not None and not note.verified([log]):
                found.faults.append(f"the checkpoint of {row.size} entries is not signed with the journal's key")
        except Untrusted as error:
            found.faults.append(f"the checkpoint of {row.size} entries does not hold: {error.reason}")
    if log is None and found.checkpoints:
        found.not_checked.append("signatures of checkpoints: the journal's public key is not at hand")


def _cosignatures(found: Checked, known: dict[tuple[str, bytes], VerifierKey]) -> None:
    """Every stored cosignature of a known witness."""
    texts = {row.size: row.note for row in Checkpoint.objects.all()}
    strangers: set[str] = set()
    for row in Cosignature.objects.order_by("size", "time"):
        found.cosignatures += 1
        key = known.get((row.witness, bytes(row.key_id)))
        if key is None:
            strangers.add(row.witness)
            continue
        try:
            line = notes.parse_signature(row.line.rstrip("\n"))
            if key.verify(notes.Note.parse(texts[row.size]).text, line.signature) != row.time:
                found.faults.append(f"the cosignature of {row.witness} at {row.size} is filed under another time")
        except Untrusted as error:
            found.faults.append(f"the cosignature of {row.witness} at {row.size} does not hold: {error.reason}")
    found.not_checked += [f"cosignatures of {name}: its public key is not at hand" for name in sorted(strangers)]


def _mark(hashes: MemoryHashes) -> Iterator[str]:
    """The high-water mark agrees with the entries."""
    try:
        mark = guard.high_water().read()
    except (Conflict, Untrusted) as error:
        yield f"the high-water mark cannot be read: {error}"
        return
    if mark is None:
        return
    if reason := guard.behind(len(hashes), [mark]):
        yield reason
    elif Tree(mark.size, hashes).root() != mark.root:
        yield f"the journal was signed with another root at {mark.size} entries"


def _files(found: Checked, hashes: MemoryHashes) -> Iterator[str]:
    """The files on the disk are those that the table's entries give, all of them, and the newest checkpoint."""
    newest, folder = queries.newest(), standing.folder()
    if newest is None:
        return
    if folder.read(CHECKPOINT) != str(queries.note(newest)).encode():
        yield "the published checkpoint is not the newest one (the next round publishes it)"
    if newest.size > len(hashes):
        return  # said already
    tiles = Tiles(lambda start, end: [hashes(0, index) for index in range(start, end)])
    every = (*bundles_between(0, newest.size), *tiles_between(0, newest.size))
    wanted = {f"{TILES}/{tile.path}" for tile in every}
    lying = {f"{TILES}/{path}" for path in folder.tiles()}
    yield from (f"the file {path} is missing" for path in sorted(wanted - lying))
    for path in sorted(lying):
        found.files += 1
        try:
            tile = Tile.parse(path.removeprefix(f"{TILES}/"))
        except Untrusted:
            yield f"the file {path} is no tile"
            continue
        if _recomputed(tile, tiles, len(hashes)) != folder.read(path):
            yield f"the file {path} is not what the entries give"


def _recomputed(tile: Tile, tiles: Tiles, size: int) -> bytes | None:
    """A tile or bundle as the table gives it, None where the journal is not so long."""
    first = tile.index * WIDTH
    if first + tile.width > size >> (HEIGHT * max(tile.level, 0)):
        return None
    if tile.level == ENTRIES:
        return encode_bundle(standing.entries(first, first + tile.width))
    return tiles(tile)
