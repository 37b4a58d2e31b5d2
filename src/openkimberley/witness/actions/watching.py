"""The node watches the journals it knows: the same monitor as anybody's, with what its own witness has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from openkimberley.witness import queries
from openkimberley.witness.actions.reporting import report_evidence, report_findings
from openkimberley.witness.alone.asking import Send, send
from openkimberley.witness.alone.memory import FILE, Memory
from openkimberley.witness.alone.rounds import Watchlist, look
from openkimberley.witness.models import Evidence, WitnessedLog

if TYPE_CHECKING:
    from datetime import datetime

    from openkimberley.witness.alone.watching import Watched

EVERY = 300
"""Seconds between two looks at the journals of others."""

ENOUGH = 60
"""Seconds after which a look begins no further journal: what else is due must not wait for others' machines."""

_last: dict[str, float] = {}


def watch_journals(
    *, at: datetime, watchlist: Watchlist | None = None, get: Send = send, every: int = EVERY
) -> int:  # fmt: skip
    """Look at every journal that is known, and report what is new. Returns how many findings were new.

    ``watchlist`` says what to look at; without it, the journals that are known here with an address, by the policy in
    force. Not more often than ``every`` seconds in one process.
    """
    folder = str(settings.PLACE.root)
    if at.timestamp() - _last.get(folder, 0) < every:
        return 0
    _last[folder] = at.timestamp()
    count = report_evidence(at=at)
    found = watchlist or queries.watchlist()
    if found is None:
        return count
    memory = Memory(settings.PLACE.root / FILE)
    try:
        signed = {log.origin: _signed(log) for log in found.logs}
        round_ = look(found, memory, now=int(at.timestamp()), signed=signed, get=get, seconds=ENOUGH)
        count += report_findings(round_.alarms, at=at)
        memory.delivered(alarm.mark for alarm in round_.alarms)
    finally:
        memory.close()
    return count


def _signed(log: Watched) -> list[str]:
    """What this node's own witness was shown of a journal, accepted or refused."""
    held = [row.note for row in WitnessedLog.objects.filter(origin=log.origin).exclude(note="")]
    refused = Evidence.objects.filter(origin=log.origin).values_list("held", "shown")
    return [*held, *(text for pair in refused for text in pair)]
