"""What officers must do to approve, and what they have approved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openkimberley.certificates.models import Application, Approval
from openkimberley.trust import approval, signing
from openkimberley.trust.canonical import b64u

if TYPE_CHECKING:
    from collections.abc import Mapping


def attested(row: Application, draft: Mapping[str, Any]) -> Approval | None:
    """The maker's newest approval of exactly this draft, None where there is none."""
    hashed = b64u(approval.draft_hash(draft))
    return row.approvals.filter(role=approval.MAKER, draft_hash=hashed).last()


def still_good(kept: Approval, *, at: int) -> bool:
    """Whether the signer would take an approval now: neither used nor too old. Raises ``Conflict`` where it is down."""
    return bool(signing.service().approval(id=kept.approval, at=at)["state"] == "fresh")


def ways(authority: str, officer: str) -> dict[str, Any]:
    """How an officer approves at this node's signer: ``levels`` that count, own ``credentials``, ``rp_id``.

    Raises ``Conflict`` where the signer does not answer.
    """
    return signing.service().ways(authority=authority, officer=officer)
