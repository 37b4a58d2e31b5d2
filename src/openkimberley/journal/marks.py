"""How far this journal was ever signed, remembered outside the database: what tells an old backup from the journal."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from openkimberley.journal.shelf import Folder
from openkimberley.kernel.errors import Conflict
from openkimberley.trust.notes import Checkpoint

if TYPE_CHECKING:
    from pathlib import Path

FILE = "high-water"


class Mark(NamedTuple):
    """A size, and the root that the journal had at it (32 bytes)."""

    size: int
    root: bytes


Remembered = Callable[[], Iterable[Mark]]
"""Asks somebody outside how far the journal was: the witnesses that answer, perhaps none."""


def nobody() -> Iterable[Mark]:
    """Nobody can be asked."""
    return ()


class HighWater:
    """The highest checkpoint ever signed or known to be cosigned, in a file beside the published ones.

    It is raised *before* the signature is made, so that it can be too high by one crash and never too low. Keep it out
    of backups: restored together with an old database it would agree with it, and only witnesses would know better.
    """

    def __init__(self, folder: Path, origin: str) -> None:
        self.path = folder / FILE
        self._folder, self._origin = Folder(folder), origin

    def read(self) -> Mark | None:
        """The mark, None where nothing was ever signed. Raises ``Untrusted`` for a damaged file, ``Conflict`` for
        that of another journal."""
        data = self._folder.read(FILE)
        if data is None:
            return None
        found = Checkpoint.parse(data.decode("utf-8", "replace"))
        if found.origin != self._origin:
            raise Conflict(f"the high-water mark here is that of {found.origin}, not of {self._origin}")
        return Mark(found.size, found.root)

    def raise_to(self, mark: Mark) -> None:
        """Raise the mark, on the disk when this returns. A lower one changes nothing.

        Raises ``Conflict`` for a second root of one size: two journals under one name.
        """
        known = self.read()
        if known is not None and known.size == mark.size and known.root != mark.root:
            raise Conflict(f"this journal was signed with another root at {mark.size} entries")
        if known is None or mark.size > known.size:
            self._folder.write([(FILE, Checkpoint(self._origin, mark.size, mark.root).text.encode())])
