"""Whether this database is the journal that was published, or an old copy of it. An old copy signs and enters nothing.

A backup that goes on as if nothing had happened would put other entries where the published journal has some already:
to everybody outside that is fraud, and cannot be told from it. So it stops until it has caught up from a mirror.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from openkimberley.journal import standing
from openkimberley.journal.marks import HighWater, Mark
from openkimberley.journal.models import Checkpoint
from openkimberley.kernel.errors import Conflict, Untrusted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openkimberley.journal.tree import Tiles

CATCH_UP = (
    "Nothing is signed or entered until `kimberley journal recover --from MIRROR` has fetched what is missing; MIRROR "
    "is the address or the folder of a copy of this journal."
)
ANOTHER = (
    "If acts were entered after a backup was restored, restore it again and recover before anything else is done; else "
    "the database was altered, and `kimberley journal verify` says where."
)


def high_water() -> HighWater:
    """The mark that is kept outside the database."""
    return HighWater(Path(settings.JOURNAL_FOLDER), standing.origin())


def behind(size: int, marks: Iterable[Mark] | None = None) -> str:
    """Why a journal of ``size`` entries must not grow; empty where it may. Reads one small file unless given marks."""
    if marks is None:
        known = high_water().read() if standing.origin() else None
        marks = [known] if known else []
    most = max((mark.size for mark in marks), default=0)
    if most <= size:
        return ""
    return f"The journal here has {size} entries, but {most} were signed: this is an older copy. {CATCH_UP}"


def another(tiles: Tiles, marks: Iterable[Mark]) -> str:
    """Which of the marks the journal does not agree with, in words; empty where it agrees with all of them."""
    for mark in marks:
        if mark.size and tiles.root(mark.size) != mark.root:
            return f"The first {mark.size} entries of the journal here are not those that were signed. {ANOTHER}"
    return ""


def must_not_sign() -> str:
    """Why nothing may be signed with this database now; empty where it may. Ask before every certificate."""
    if not standing.origin():
        return ""
    try:
        mark = high_water().read()
    except (Conflict, Untrusted) as error:
        return f"How far the journal was signed cannot be read: {error}. Restore the file {high_water().path}."
    if mark is None:
        return ""
    if reason := behind(standing.size(), [mark]):
        return reason
    row = Checkpoint.objects.filter(size=mark.size).first()
    # no row: a crash came between the mark and the row, so the tree itself is asked
    return "" if row is not None and bytes(row.root) == mark.root else another(standing.tiles(), [mark])
