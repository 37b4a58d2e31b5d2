"""PURE. The tiles and entry bundles in which a log is published as plain files (c2sp.org/tlog-tiles)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.merkle import HASH_BYTES, Hashes, leaf_hash, node_hash

STEP = "8 log"
HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_ENTRY = 65_535
ENTRIES = -1
"""The level of entry bundles, which lie beside the tiles of level 0."""

_PATH = re.compile(r"(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x[0-9]{3}/)*[0-9]{3}(?:\.p/(?:[1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile: its level (``ENTRIES`` for a bundle of entries), its place in the level, and how many it holds."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Its address below ``tile/``: ``0/x001/x234/067`` or ``entries/000.p/17``."""
        parts, rest = [f"{self.index % 1000:03d}"], self.index // 1000
        while rest:
            parts.append(f"x{rest % 1000:03d}")
            rest //= 1000
        name = "entries" if self.level == ENTRIES else str(self.level)
        return "/".join([name, *reversed(parts)]) + (f".p/{self.width}" if self.width < WIDTH else "")

    @classmethod
    def parse(cls, path: str) -> Tile:
        """The tile of an address. Raises ``Untrusted`` for what is not one, or not in its one right spelling."""
        if not _PATH.fullmatch(path):
            raise Untrusted(STEP, "this is no address of a tile")
        whole, _, width = path.partition(".p/")
        name, *numbers = whole.split("/")
        index = int("".join(number.removeprefix("x") for number in numbers))
        tile = cls(ENTRIES if name == "entries" else int(name), index, int(width or WIDTH))
        if tile.path != path:
            raise Untrusted(STEP, "this is no address of a tile in its one right spelling")
        return tile


def tiles_between(old: int, new: int) -> Iterator[Tile]:
    """The tiles of hashes that a log of ``new`` entries has and one of ``old`` had not, level by level."""
    for level in range(64 // HEIGHT):
        before, after = old >> (HEIGHT * level), new >> (HEIGHT * level)
        if not after:
            return
        if before != after:
            yield from _level(level, before, after)


def bundles_between(old: int, new: int) -> Iterator[Tile]:
    """The bundles of entries that a log of ``new`` entries has and one of ``old`` had not."""
    if old != new:
        yield from _level(ENTRIES, old, new)


def _level(level: int, before: int, after: int) -> Iterator[Tile]:
    for index in range(before // WIDTH, after // WIDTH):
        yield Tile(level, index)
    if after % WIDTH:
        yield Tile(level, after // WIDTH, after % WIDTH)


def hashes_of(tile: Tile, hashes: Hashes) -> bytes:
    """The bytes of a tile of hashes."""
    first = tile.index * WIDTH
    return b"".join(hashes(tile.level * HEIGHT, first + place) for place in range(tile.width))


class TileHashes:
    """A reader of tree hashes from tiles, for a log of ``size`` entries. Each tile is fetched once.

    ``fetch`` gives a tile's bytes. Raises ``Untrusted`` where a tile has not its length.
    """

    def __init__(self, size: int, fetch: Callable[[Tile], bytes]) -> None:
        self._size, self._fetch = size, fetch
        self._tiles: dict[Tile, bytes] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree."""
        upper, inner = divmod(level, HEIGHT)
        first = index << inner
        data = self._tile(upper, first // WIDTH)
        place = (first % WIDTH) * HASH_BYTES
        found = [data[at : at + HASH_BYTES] for at in range(place, place + (HASH_BYTES << inner), HASH_BYTES)]
        while len(found) > 1:
            found = [node_hash(found[at], found[at + 1]) for at in range(0, len(found), 2)]
        return found[0]

    def _tile(self, level: int, index: int) -> bytes:
        width = min(WIDTH, (self._size >> (HEIGHT * level)) - index * WIDTH)
        if width <= 0:
            raise Untrusted(STEP, f"a journal of {self._size} entries has no such tile")
        tile = Tile(level, index, width)
        if tile not in self._tiles:
            data = self._fetch(tile)
            if len(data) != width * HASH_BYTES:
                raise Untrusted(STEP, f"the tile {tile.path} has not its length")
            self._tiles[tile] = data
        return self._tiles[tile]


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """A bundle: each entry after its length in two bytes. ``ValueError`` for an entry beyond 65,535 bytes."""
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise ValueError(f"an entry of the journal has {len(entry)} bytes, more than {MAX_ENTRY}")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def decode_bundle(data: bytes, width: int = WIDTH) -> list[bytes]:
    """The ``width`` entries of a bundle. Raises ``Untrusted("8 log", ...)``."""
    entries: list[bytes] = []
    at = 0
    while at < len(data) and len(entries) <= width:
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data) or at + 2 > len(data):
            raise Untrusted(STEP, "a bundle of entries is cut off")
        entries.append(data[at + 2 : end])
        at = end
    if len(entries) != width:
        raise Untrusted(STEP, f"a bundle of entries does not hold {width}")
    return entries


def leaves_of(entries: Sequence[bytes]) -> list[bytes]:
    """The leaf hashes of entries."""
    return [leaf_hash(entry) for entry in entries]
