"""What the tests of pages and API share: sign-ins for the cast, a clock that stands, an empty folder for files."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from tests.cast import NOW
from tests.story import AGENT_LICENCE, furnish

from openkimberley.kernel.actor import Actor, Role


@pytest.fixture
def node(db, settings, monkeypatch, tmp_path: Path) -> None:
    """A node with two authorities on the cast's first Monday, its files in an empty folder."""
    settings.SECOND_FACTOR_REQUIRED = False
    settings.PLACE = replace(django_settings.PLACE, root=tmp_path)
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    furnish()


def sign_in(client: Any, actor: Actor) -> Any:
    """The client, signed in as a person of the cast with the roles the cast has."""
    user, made = get_user_model().objects.get_or_create(
        actor_id=actor.id, defaults={"email": f"{actor.id}@example.org", "name": actor.id.title()}
    )
    if made:
        for role in actor.roles:
            agent = [AGENT_LICENCE] if role is Role.AGENT else []  # files by its licence's powers, see tests.story
            for company in agent or sorted(actor.companies) or [""]:
                user.roles_held.create(
                    role=role.value, authority=actor.authority, company=company, since=date(2020, 1, 1)
                )
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def words(answer: Any) -> str:
    """The page as text with single spaces; every page stays below 100 kB."""
    assert len(answer.content) < 100_000
    return " ".join(answer.content.decode().split())


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)
"""One red point."""
