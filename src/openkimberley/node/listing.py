"""What a node does by itself with the trust list in its folder: its versions are journalled, its journals are known.

Every version of every file of the list is an entry of the journals of those who hold it (trust.md 3.4, rule 2): a list
that was shown to one state only is missing from the journals of the others.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from openkimberley.node.bundles import listed
from openkimberley.node.trusting.folder import Folder

if TYPE_CHECKING:
    from datetime import datetime

    from openkimberley.kernel.actor import Actor


def take_in(*, by: Actor, at: datetime) -> int:
    """Enter new versions of the list's files in the journal, and know the journals it names. How many acts that took.

    Raises ``Untrusted`` where the list in the folder is wrong: nothing of it is used.
    """
    return _enter_versions(by, at) + _know_journals(by, at) if listed(at=at) is not None else 0


def _enter_versions(by: Actor, at: datetime) -> int:
    from openkimberley.journal import queries as journal
    from openkimberley.participants import actions as participants

    path = Folder.at(None).path / "log-entries.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    entered = journal.entries(event=participants.LIST_UPDATED).count()
    for line in lines[entered:]:
        said: dict[str, str] = json.loads(line)
        participants.enter_list_version(by=by, at=at, file=said["f"], sha256=said["h"])
    return len(lines[entered:])


def _know_journals(by: Actor, at: datetime) -> int:
    from openkimberley.witness import actions as witness
    from openkimberley.witness import queries
    from openkimberley.witness.statements import about_logs

    found = listed(at=at)
    assert found is not None
    delays = {code: int(about.get("max_log_delay_h", 24)) for code, about in found.participants.items()}
    known = {row.origin: row for row in queries.logs()}
    count = 0
    for origin, about in about_logs(found.authorities, delays).items():
        row = known.get(origin)
        if origin == queries.own_origin() or (row is not None and _same(row, about)):
            continue
        witness.know_log(
            by=by, at=at, origin=origin, vkeys=about["vkeys"], participant=about["participant"], url=about["url"],
            about=about,
        )  # fmt: skip
        count += 1
    return count


def _same(row: Any, about: dict[str, Any]) -> bool:
    """Whether nothing is new about a journal that is known."""
    return bool(row.vkeys == about["vkeys"] and row.url == about["url"] and row.about == about)
