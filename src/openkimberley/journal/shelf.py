"""Where a log's published files lie: a folder of ours, or another's address. Knows neither Django nor the database.

::

    checkpoint                      the newest checkpoint with the cosignatures known so far
    tile/0/000.p/17                 hashes: level 0 holds leaves, level 1 roots of 256 leaves, and so on
    tile/entries/000.p/17           the entries themselves
"""

from __future__ import annotations

import hashlib
import os
import shutil
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from openkimberley.kernel.errors import Conflict, NotFound
from openkimberley.trust.merkle import HASH_BYTES
from openkimberley.trust.tiles import ENTRIES, MAX_ENTRY, WIDTH, Tile, decode_bundle, encode_bundle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

CHECKPOINT = "checkpoint"
TILES = "tile"
MOST_BYTES = WIDTH * (MAX_ENTRY + 2)
"""The largest file of a log: a full bundle of the largest entries."""

NO_SUCH_FILE = (403, 404, 410)


class Reader(Protocol):
    """A place to read published files from. What it says is unproven until its root is compared with a checkpoint."""

    def read(self, path: str) -> bytes | None:
        """The whole file, never a part of one; None where there is none, or not for us.

        Raises ``NotFound`` (mirror) where the place itself cannot be reached.
        """


class Folder:
    """A folder on a local disk. One process at a time writes; any number may read meanwhile."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes | None:
        """The whole file, None where there is none: files are renamed into place, so none is ever half there."""
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def write(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Write files in the order given. All are on the disk when this returns, names and contents.

        Each appears whole or not at all; a crash leaves those before it. Writing the same again changes nothing, so
        whoever was interrupted simply begins again.
        """
        folders: set[Path] = set()
        for path, data in files:
            target = self.root / path
            if self.read(path) != data:
                target.parent.mkdir(parents=True, exist_ok=True)
                _put(target, data)
            # what is there already may have been written by a process that was killed before this line
            folders.update(parent for parent in target.parents if parent.is_relative_to(self.root))
        for folder in sorted(folders, reverse=True):
            _flush(folder)

    def prune(self, tile: Tile) -> None:
        """Take away the partial tiles that a full one has replaced: it begins with what they hold."""
        shutil.rmtree(self.root / TILES / f"{Tile(tile.level, tile.index).path}.p", ignore_errors=True)

    def tiles(self) -> Iterable[str]:
        """The addresses of every tile and bundle that lies here, as they stand below ``tile/``."""
        base = self.root / TILES
        for found in sorted(base.rglob("*")):
            if found.is_file() and not found.name.startswith("."):
                yield found.relative_to(base).as_posix()


def _put(target: Path, data: bytes) -> None:
    """Write a file beside its place, flush it, and rename it into place: the one moment at which it comes to be."""
    part = target.with_name(f".{target.name}.part")  # one writer: what a killed one left is written over
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)


def _flush(folder: Path) -> None:
    """Put a folder's names on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _Stay(HTTPRedirectHandler):
    """A log has one address: whoever sends us elsewhere is not followed."""

    def redirect_request(self, *_: object) -> None:
        """No request."""


class Web:
    """A log under an address, such as ``https://kp.example/journal``. ``sign`` gives a request's headers by its URL."""

    def __init__(self, address: str, *, sign: Callable[[str], Mapping[str, str]] | None = None) -> None:
        if urlsplit(address).scheme not in ("http", "https"):
            raise NotFound("mirror", f"at {address}: an address begins with https:// or http://")
        self.address = address.rstrip("/")
        self._sign = sign or (lambda _: {})
        self._opener = build_opener(_Stay)

    def read(self, path: str) -> bytes | None:
        """The file under the address, None where there is none or we may not have it. Raises ``NotFound``."""
        url = f"{self.address}/{path}"
        try:
            with self._opener.open(Request(url, headers=dict(self._sign(url))), timeout=30) as answer:  # noqa: S310
                data: bytes = answer.read(MOST_BYTES + 1)
        except HTTPError as error:
            if error.code in NO_SUCH_FILE:
                return None
            raise NotFound("mirror", f"at {self.address}: it answers {error.code}") from error
        except (OSError, HTTPException) as error:
            raise NotFound("mirror", f"at {self.address}: {str(error)[:120]}") from error
        if len(data) > MOST_BYTES:
            raise NotFound("mirror", f"at {self.address}: {path} is larger than any file of a log")
        return data


def read_tile(source: Reader, tile: Tile) -> bytes | None:
    """The bytes of a tile or bundle; where its partial one is gone, the beginning of the full one. None if neither is.

    Raises ``Untrusted`` where a full bundle is not what it should be.
    """
    data = source.read(f"{TILES}/{tile.path}")
    if data is not None or tile.width == WIDTH:
        return data
    whole = source.read(f"{TILES}/{Tile(tile.level, tile.index).path}")
    if whole is None:
        return None
    if tile.level == ENTRIES:
        return encode_bundle(decode_bundle(whole)[: tile.width])
    return whole[: tile.width * HASH_BYTES]


class Once:
    """What may be used once: a file for each use, made so that of two who try at one moment only one succeeds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def first(self, name: str, *, now: float, keep: float) -> bool:
        """True at the first use of ``name``; uses older than ``keep`` seconds are forgotten. ``now`` in seconds.

        Raises ``Conflict`` where so many are remembered that somebody must be flooding us.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        known = 0
        for file in os.scandir(self._folder):
            known += 1
            if file.stat().st_mtime < now - keep:
                Path(file.path).unlink(missing_ok=True)
        if known > MOST_REMEMBERED:
            raise Conflict("too many signed requests at once: try again in five minutes")
        mine = self._folder / hashlib.sha256(name.encode()).hexdigest()
        try:
            mine.touch(exist_ok=False)
        except FileExistsError:
            return False
        os.utime(mine, (now, now))
        return True


MOST_REMEMBERED = 20_000
