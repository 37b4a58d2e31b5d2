"""A pytest plugin: writes down what the tests open, trust lists and bundles, and what came of it, to RECORD_OPENINGS.

The engine in TypeScript opens the same ones: every attack that is played on our engine is so played on both.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import trustlist
from openkimberley.trust.canonical import b64u
from openkimberley.trust.trustlist import Memory, TrustedList
from openkimberley.verification import opening

_open_list, _open_bundle = trustlist.open_list, opening.open_bundle


def _told(given: Mapping[str, Any], came: Mapping[str, Any]) -> None:
    with Path(os.environ["RECORD_OPENINGS"]).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"opening": dict(given), "came": dict(came)}) + "\n")


def open_list(trust: Any, memory: Memory, *, now: datetime, reference_time: datetime | None = None, **more: Any) -> Any:
    """The same, and told. Openings with what only a node has (witnessed notices) are not told."""
    reference = (reference_time or now).isoformat()
    given = {"trust": trust, "memory": memory.to_bytes().decode(), "now": now.isoformat(), "reference": reference}
    tell = _told if not any(more.values()) else lambda *_nothing: None
    try:
        found = _open_list(trust, memory, now=now, reference_time=reference_time, **more)
    except Untrusted as refused:
        tell(given, {"step": refused.step, "reason": refused.reason})
        raise
    tell(given, _plain(found))
    return found


def open_bundle(written: Any, memory: Memory, *, now: datetime, reference_time: datetime | None = None) -> Any:
    """The same, and told. A page has no network, so it judges no expiry by the present: such openings are not told."""
    data = json.dumps(written).encode()
    given = {"bundle": b64u(data), "memory": memory.to_bytes().decode(), "now": now.isoformat()}
    tell = _told if reference_time is None else lambda *_nothing: None
    try:
        found = _open_bundle(written, memory, now=now, reference_time=reference_time)
    except Untrusted as refused:
        tell(given, {"step": refused.step, "reason": refused.reason})
        raise
    bundle = json.loads(found.bundle.to_bytes())
    tell(given, {"bundle": bundle, "memory": found.memory.to_bytes().decode(), "problems": list(found.problems)})
    return found


def _plain(found: TrustedList) -> dict[str, Any]:
    return {
        "participants": found.participants, "authorities": found.authorities, "policy": found.policy,
        "roles": found.roles, "root_version": found.root_version, "serial": found.serial,
        "issued": int(found.issued.timestamp()), "expires": int(found.expires.timestamp()), "pending": found.pending,
        "memory": found.memory.to_bytes().decode(),
    }  # fmt: skip


if "RECORD_OPENINGS" in os.environ:
    trustlist.open_list = open_list
    opening.open_bundle = open_bundle
