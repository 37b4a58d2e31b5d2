"""The world of these tests: the cast with their sign-ins, licences, paper, numbers, and a signing key."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone
from tests.cast import BW, DRAFT, EXPORTER_LICENCE, KAGISO, MPHO, NALEDI, SEKGOMA

from openkimberley.certificates import actions
from openkimberley.kernel.actor import Actor, Role
from openkimberley.trade import actions as trade

EXAMINATION = {
    "method": "OPENED", "method_reason": "", "parcels": 1, "origin_evidence": "Production record 114",
    "lines": [{"hs": "7102.31", "carats": "1843.27"}, {"hs": "7102.10", "carats": "250.00"}], "seals": ["BW-S-0001"],
}  # fmt: skip


def now():
    return timezone.now()


def sign_in(client, actor: Actor, *, officers_need_more: bool = False) -> None:
    """Sign an actor of the cast in, with the roles he has there."""
    user, _made = get_user_model().objects.get_or_create(
        actor_id=actor.id, defaults={"email": f"{actor.id}@example.test", "name": actor.id.title()}
    )
    if not user.roles_held.exists():
        for role in actor.roles:
            for company in sorted(actor.companies) or [""]:
                user.roles_held.create(role=role.value, authority=actor.authority, company=company, since=date(2020, 1, 1))
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")


def open_draft(**changes: Any):
    return actions.open_draft(by=MPHO, at=now(), company=EXPORTER_LICENCE, content={**DRAFT, **changes})


def filed(**changes: Any):
    row = open_draft(**changes)
    return actions.file(by=MPHO, at=now(), reference=row.reference, version=row.version, declared=True)


def examined(**changes: Any):
    row = filed(**changes)
    actions.examine(by=KAGISO, at=now(), reference=row.reference, **EXAMINATION)
    row.refresh_from_db()
    return row


def issued(**changes: Any):
    row = examined(**changes)
    return actions.approve(by=NALEDI, at=now(), reference=row.reference, version=row.version, paper_serial="BW-F-0001")


def stock() -> None:
    """Numbers and paper for Botswana."""
    actions.register_range(by=SEKGOMA, at=now(), prefix="BW", first=1, last=500, digits=7)
    actions.receive_forms(by=SEKGOMA, at=now(), batch="D1", prefix="BW-F-"[:4], first=1, last=50, digits=4)
