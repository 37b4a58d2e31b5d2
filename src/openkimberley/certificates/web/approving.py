"""What the two pages of approval share: what is approved, with which credential, and by whom it was approved before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openkimberley.certificates import queries
from openkimberley.certificates.actions import drafting
from openkimberley.certificates.facts import ApplicationStatus
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import Conflict
from openkimberley.trust import approval
from openkimberley.trust.canonical import b64u

if TYPE_CHECKING:
    from datetime import datetime

    from openkimberley.certificates.models import Application, Approval
    from openkimberley.kernel.actor import Actor


def asked(row: Application, by: Actor, role: str, *, at: datetime) -> dict[str, Any]:
    """What a page of approval shows and its script needs: the draft, the challenge over it, the officer's credentials.

    ``needed`` is false where the signer takes the node's word. Raises ``Conflict`` where the signer does not answer.
    """
    draft, ways = drafting.draft_now(row, at=at), queries.ways(row.authority, by.id)
    hashed = approval.draft_hash(draft)
    mine = [one for one in ways["credentials"] if one["state"] == "active" and role in one["roles"]]
    needed = approval.NODE not in ways["levels"]
    return {
        "draft": draft["content"], "draft_hash": hashed.hex(), "challenge": b64u(approval.challenge(role, hashed)),
        "rp_id": ways["rp_id"], "needed": needed, "maker": maker(row, draft, at=at),
        "software": any(one["level"] == approval.SOFTWARE for one in mine),
        "ids": " ".join(one["id"] for one in mine if one["level"] == approval.WEBAUTHN),
        "none": needed and not mine, "pending": any(one["state"] == "pending" for one in ways["credentials"]),
    }  # fmt: skip


def maker(row: Application, draft: dict[str, Any], *, at: datetime) -> Approval | None:
    """The examining officer's approval of this draft, if the signer would still take it."""
    kept = queries.attested(row, draft)
    return kept if kept is not None and queries.still_good(kept, at=int(at.timestamp())) else None


def unsigned(row: Application, by: Actor, *, at: datetime) -> bool:
    """Whether the examining officer has still to sign. Where the signer does not answer nobody is sent to sign."""
    if row.status != ApplicationStatus.EXAMINED or not by.may(Permission.CERTIFICATE_EXAMINE):
        return False
    try:
        found = asked(row, by, approval.MAKER, at=at)
    except Conflict:
        return False
    last = row.examinations.last()
    return bool(found["needed"]) and found["maker"] is None and last is not None and last.examined_by == by.id
