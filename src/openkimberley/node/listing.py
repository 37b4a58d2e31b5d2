"""What a node does by itself with the trust list in its folder: every version of every file is journalled.

A list that was shown to one state only is then missing from the journals of the others (trust.md 3.4, rule 2). The
journals that the list names become known where they are watched (``witness.actions.watch_journals``).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from openkimberley.node.bundles import listed
from openkimberley.node.trusting.folder import Folder

if TYPE_CHECKING:
    from datetime import datetime

    from openkimberley.kernel.actor import Actor


def enter_versions(*, by: Actor, at: datetime) -> int:
    """Enter new versions of the list's files in the journal. How many that were.

    Raises ``Untrusted`` where the list in the folder is wrong: nothing of it is used.
    """
    from openkimberley.journal import queries as journal
    from openkimberley.participants import actions as participants

    if listed(at=at) is None:
        return 0
    path = Folder.at(None).path / "log-entries.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    entered = journal.entries(event=participants.LIST_UPDATED).count()
    for line in lines[entered:]:
        said: dict[str, str] = json.loads(line)
        participants.enter_list_version(by=by, at=at, file=said["f"], sha256=said["h"])
    return len(lines[entered:])
