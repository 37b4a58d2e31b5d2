"""PURE. ``participants.json`` of the trust list, made from the register: who takes part, and with what status.

The register knows statuses and zones. What only the signers of targets can say stands beside it: how an authority works
(node, hosted, hybrid, paper), how long its journal may take, which countersignatures a restriction asks for, and where
a journal stood on the day of a suspension.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from openkimberley.kernel.errors import Untrusted
from openkimberley.participants.facts import Participant, Register, StatusPeriod

MODE, LOG_DELAY_HOURS, EMBARGO_DAYS = "paper", 24, 90
"""What holds of a participant of whom nothing else is said: nobody has a node before it says so."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the signers of targets say of a participant beside the register. None: as the list said before.

    ``conditions`` and ``log_freeze`` belong to the status that holds now (the last period).
    """

    mode: str | None = None
    max_log_delay_h: int | None = None
    entry_embargo_days: int | None = None
    conditions: Sequence[Mapping[str, Any]] | None = None
    log_freeze: Mapping[str, Mapping[str, Any]] | None = None

    @classmethod
    def from_json(cls, written: Any, where: str) -> Said:
        """Read what a file says of one participant. Raises ``Untrusted`` naming it."""
        known = [one.name for one in fields(cls)]
        if not isinstance(written, dict) or set(written) - set(known):
            raise Untrusted("participants data", f"{where}: an object with some of {', '.join(known)} is wanted")
        return cls(**written)


def trust_document(
    register: Register,
    *,
    issued: date,
    previous: Mapping[str, Any] | None = None,
    said: Mapping[str, Said] | None = None,
    roles: Mapping[str, Any] | None = None,
    warned: Sequence[str] | None = None,
) -> dict[str, Any]:
    """The document ``participants.json`` on a day, its serial one above ``previous``.

    What ``previous`` said of modes, delays, conditions, frozen logs, roles and warnings stays, as long as the status it
    belonged to stands in the register with the same first day; ``said`` lays over it.
    """
    before = (previous or {}).get("participants", {})
    listed = {
        code: _entry(one, before.get(code, {}), (said or {}).get(code, Said()))
        for code, one in sorted(register.participants.items())
    }
    return {
        "v": 1,
        "serial": int((previous or {}).get("serial", 0)) + 1,
        "issued": issued.isoformat(),
        "participants": listed,
        "roles": dict(roles if roles is not None else (previous or {}).get("roles", {})),
        "warned": sorted(warned if warned is not None else (previous or {}).get("warned", [])),
    }


def _entry(one: Participant, before: Mapping[str, Any], said: Said) -> dict[str, Any]:
    kept = {(period["status"], period["from"]): period for period in before.get("history", [])}
    history = [_period(period, kept) for period in one.timeline()]
    last = history[-1]
    for name in ("conditions", "log_freeze"):
        if (stated := getattr(said, name)) is not None:
            last[name] = stated if isinstance(stated, Mapping) else list(stated)
    return {
        "name": one.name,
        "codes": sorted({prefix.code for prefix in one.prefixes} - {one.code}),
        "mode": said.mode or before.get("mode", MODE),
        "max_log_delay_h": _or(said.max_log_delay_h, before.get("max_log_delay_h", LOG_DELAY_HOURS)),
        "entry_embargo_days": _or(said.entry_embargo_days, before.get("entry_embargo_days", EMBARGO_DAYS)),
        "history": history,
    }


def _period(period: StatusPeriod, kept: Mapping[tuple[str, str], Mapping[str, Any]]) -> dict[str, Any]:
    stated: dict[str, Any] = {
        "status": period.status.value,
        "from": period.since.isoformat(),
        "until": period.until.isoformat() if period.until else None,
        "zones": list(period.zones),
        "source": period.source,
    }
    old = kept.get((stated["status"], stated["from"]), {})
    return {**stated, **{name: old[name] for name in ("conditions", "log_freeze") if name in old}}


def _or(stated: int | None, otherwise: int) -> int:
    return otherwise if stated is None else stated
