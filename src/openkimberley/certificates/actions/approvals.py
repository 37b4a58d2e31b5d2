"""The issuing officer stands for what was examined: the maker's approval of the exact draft, kept by the signer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from openkimberley.certificates import queries
from openkimberley.certificates.actions import drafting
from openkimberley.certificates.actions.application import locked
from openkimberley.certificates.facts import ApplicationStatus
from openkimberley.certificates.models import Application, Approval
from openkimberley.journal.actions import action, record
from openkimberley.kernel.actor import Actor, Permission
from openkimberley.kernel.errors import Conflict, NotPermitted
from openkimberley.trust import approval as approving
from openkimberley.trust import signing

if TYPE_CHECKING:
    from openkimberley.certificates.models import Examination


@action("certificates.attest", needs=Permission.CERTIFICATE_EXAMINE)
def attest(*, by: Actor, at: datetime, reference: str, version: int, approval: Mapping[str, Any]) -> Approval:
    """Approve, as the officer who examined, the draft as it stands now. It counts while the draft stays the same.

    Raises ``Conflict`` where the application moved on or was not examined; ``NotPermitted`` for another than the
    examining officer; ``Untrusted`` or ``NotFound`` where the signer does not accept the approval.
    """
    row = locked(reference, by=by, version=version)
    found = row.examinations.last()
    if row.status != ApplicationStatus.EXAMINED or found is None:
        raise Conflict(f"application {reference} is {row.status.lower()}: it is signed after its examination")
    if found.examined_by != by.id:
        raise NotPermitted(Permission.CERTIFICATE_EXAMINE, "who examined the goods signs for it")
    kept = _keep(row, drafting.draft_now(row, at=at), approving.MAKER, by=by, at=at, evidence=approval)
    record(
        "application.attested", by=by, at=at, subject=reference,
        statement={"draft": kept.draft_hash, "level": kept.level},
    )  # fmt: skip
    return kept


def _keep(
    row: Application, draft: Mapping[str, Any], role: str, *, by: Actor, at: datetime, evidence: Mapping[str, Any]
) -> Approval:
    """Let the signer check and keep an approval; its name and level are noted here."""
    made = signing.service().approve(
        authority=row.authority, officer=by.id, role=role, draft=draft, evidence=dict(evidence),
        at=int(at.timestamp()),
    )  # fmt: skip
    return Approval.objects.create(
        application=row, role=role, officer=by.id, level=made["level"], draft_hash=made["draft_hash"],
        approval=made["id"], made_at=at,
    )  # fmt: skip


def of_both(
    row: Application, draft: Mapping[str, Any], *, found: Examination | None, by: Actor, at: datetime,
    evidence: Mapping[str, Any] | None,
) -> list[Any]:  # fmt: skip
    """Both officers' approvals for the signer: their names there, or the node's word where none was given.

    Must be inside the issuing action. Raises ``Conflict`` where the maker's is not of this draft.
    """
    if evidence is None:
        maker = found.examined_by if found else ""
        return [{"officer": maker, "role": approving.MAKER}, {"officer": by.id, "role": approving.CHECKER}]
    signed = queries.attested(row, draft)
    if signed is None:
        raise Conflict("the issuing officer has not signed this draft, or it was changed since: ask for the signature")
    return [signed.approval, _keep(row, draft, approving.CHECKER, by=by, at=at, evidence=evidence).approval]
