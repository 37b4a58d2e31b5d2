"""The tiles of a growing log: taken from where they lie, made from the leaves where they do not. Knows no database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from openkimberley.journal.shelf import TILES, read_tile
from openkimberley.kernel.errors import Conflict
from openkimberley.trust.merkle import HASH_BYTES, Tree, node_hash
from openkimberley.trust.tiles import (
    HEIGHT,
    WIDTH,
    Tile,
    TileHashes,
    bundles_between,
    encode_bundle,
    leaves_of,
    tiles_between,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.journal.shelf import Reader

Span = Callable[[int, int], Sequence[bytes]]
"""Gives what stands in a log from one index up to, not including, another: leaf hashes, or entries."""


class Tiles:
    """All tiles of a log. A call gives a tile's bytes.

    ``shelf`` holds the tiles of the log's first ``old`` entries, so that growing reads the right edge only: at most one
    tile a level. What lies there is believed, not checked: whoever uses it compares a root with a signed one, and
    begins again without a shelf where they differ. ``leaves`` is the record that never lies on the shelf.
    """

    def __init__(self, leaves: Span, *, shelf: Reader | None = None, old: int = 0) -> None:
        self._leaves, self._shelf, self._old = leaves, shelf, old
        self._known: dict[tuple[int, int], bytes] = {}

    def __call__(self, tile: Tile) -> bytes:
        """The bytes of a tile of hashes."""
        place, wanted = (tile.level, tile.index), tile.width * HASH_BYTES
        known = self._known.get(place, b"")
        if len(known) < wanted:
            known = max(known, self._lying(tile), key=len)
        if len(known) < wanted:
            known += self._made(tile, len(known) // HASH_BYTES)
        self._known[place] = known
        return known[:wanted]

    def _lying(self, tile: Tile) -> bytes:
        """What the shelf has of a tile: as much as the log's first ``old`` entries give it, or nothing."""
        width = min(WIDTH, (self._old >> (HEIGHT * tile.level)) - tile.index * WIDTH)
        if self._shelf is None or width <= 0:
            return b""
        data = read_tile(self._shelf, Tile(tile.level, tile.index, width)) or b""
        return data if len(data) == width * HASH_BYTES else b""

    def _made(self, tile: Tile, have: int) -> bytes:
        """The hashes of a tile from the ``have``-th on, from what is below it."""
        first = tile.index * WIDTH
        if tile.level == 0:
            return b"".join(self._leaves(first + have, first + tile.width))
        return b"".join(_top(self(Tile(tile.level - 1, first + place))) for place in range(have, tile.width))

    def tree(self, size: int) -> Tree:
        """The tree of the log's first ``size`` entries."""
        return Tree(size, TileHashes(size, self))

    def root(self, size: int) -> bytes:
        """The root of the log's first ``size`` entries, 32 bytes."""
        return self.tree(size).root()

    def files(self, old: int, new: int, entries: Span | None) -> Iterator[tuple[str, bytes]]:
        """The files that a log of ``new`` entries has and one of ``old`` had not: bundles first, then hashes.

        Raises ``Conflict`` where an entry is not the one whose leaf stands in the tree: a bundle is never published
        that does not lead to its tile.
        """
        if entries is not None:
            for tile in bundles_between(old, new):
                first = tile.index * WIDTH
                found = entries(first, first + tile.width)
                if b"".join(leaves_of(found)) != self(Tile(0, tile.index, tile.width)):
                    raise Conflict(f"entries {first} to {first + tile.width - 1} are not those that the tree holds")
                yield f"{TILES}/{tile.path}", encode_bundle(found)
        for tile in tiles_between(old, new):
            yield f"{TILES}/{tile.path}", self(tile)


def completed(old: int, new: int) -> Iterator[Tile]:
    """The tiles and bundles that became full between two sizes and may have had partial ones before."""
    for tile in (*tiles_between(old, new), *bundles_between(old, new)):
        begun = old >> (HEIGHT * max(tile.level, 0))
        if tile.width == WIDTH and tile.index == begun // WIDTH and begun % WIDTH:
            yield tile


def _top(data: bytes) -> bytes:
    """The root of a full tile."""
    found = [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]
    while len(found) > 1:
        found = [node_hash(found[at], found[at + 1]) for at in range(0, len(found), 2)]
    return found[0]
