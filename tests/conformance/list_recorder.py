"""A pytest plugin: writes down every trust list that the tests open, and what came of it, to the file in RECORD_LISTS.

The engine in TypeScript opens the same ones: all attacks that are played on our engine are so played on both.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import Any

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import trustlist
from openkimberley.trust.trustlist import Memory, TrustedList

_open = trustlist.open_list


def recording(trust: Any, memory: Memory, *, now: datetime, reference_time: datetime | None = None, **more: Any) -> Any:
    """``open_list``, told in a line of JSON. Openings with what only a node has (witnessed notices) are not told."""
    came: dict[str, Any] = {}
    try:
        found = _open(trust, memory, now=now, reference_time=reference_time, **more)
        came = plain(found)
        return found
    except Untrusted as refused:
        came = {"step": refused.step, "reason": refused.reason}
        raise
    finally:
        if not any(more.values()) and came:
            reference = (reference_time or now).isoformat()
            kept = {"trust": trust, "memory": memory.to_bytes().decode(), "now": now.isoformat(), "reference": reference}
            with open(os.environ["RECORD_LISTS"], "a", encoding="utf-8") as file:
                file.write(json.dumps({"opening": kept, "came": came}) + "\n")


def plain(found: TrustedList) -> dict[str, Any]:
    return {
        "participants": found.participants, "authorities": found.authorities, "policy": found.policy,
        "roles": found.roles, "root_version": found.root_version, "serial": found.serial,
        "issued": int(found.issued.timestamp()), "expires": int(found.expires.timestamp()), "pending": found.pending,
        "memory": found.memory.to_bytes().decode(),
    }  # fmt: skip


if "RECORD_LISTS" in os.environ:
    trustlist.open_list = recording
