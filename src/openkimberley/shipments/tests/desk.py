"""A browser in a test: signed in as one of the cast, on a node whose files lie in an empty folder."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zlib import crc32

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.test import Client
from PIL import Image
from tests import story
from tests.cast import NOW

from openkimberley.kernel.actor import Actor
from openkimberley.shipments.tests import steps

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc000000301010018dd8db0"
    "0000000049454e44ae426082"
)
"""One red point."""


def image(name: str) -> bytes:
    """A picture of its own for each name."""
    kept = BytesIO()
    Image.new("RGB", (2, 2), f"#{crc32(name.encode()) & 0xFFFFFF:06x}").save(kept, "PNG")
    return kept.getvalue()


CLOCK = {"now": NOW}


@pytest.fixture
def node(db, settings, monkeypatch, tmp_path):
    settings.SECOND_FACTOR_REQUIRED = False
    settings.PLACE = replace(django_settings.PLACE, root=tmp_path)
    CLOCK["now"] = NOW
    monkeypatch.setattr("django.utils.timezone.now", lambda: CLOCK["now"])
    story.furnish()
    steps.forget()


@contextmanager
def at(moment: datetime):
    before, CLOCK["now"] = CLOCK["now"], moment
    try:
        yield
    finally:
        CLOCK["now"] = before


def signed_in(actor: Actor) -> Client:
    user, made = get_user_model().objects.get_or_create(
        actor_id=actor.id, defaults={"email": f"{actor.id}@example.org", "name": actor.id.title()}
    )
    if made:
        for role in actor.roles:
            for company in sorted(actor.companies) or [""]:
                user.roles_held.create(
                    role=role.value, authority=actor.authority, company=company, since=date(2020, 1, 1)
                )
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def words(answer: Any) -> str:
    """The page as text with single spaces; every page stays below 100 kB and has one heading of the first rank."""
    assert len(answer.content) < 100_000
    text = " ".join(answer.content.decode().split())
    if "text/html" in answer["Content-Type"]:
        assert text.count("<h1") == 1, text[:2000]
    return text


def lines(prefix: str, rows: list[dict[str, str]]) -> dict[str, str]:
    """The fields of repeated lines as a browser posts them."""
    data = {f"{prefix}-TOTAL_FORMS": str(len(rows)), f"{prefix}-INITIAL_FORMS": "0"}
    for place, row in enumerate(rows):
        data |= {f"{prefix}-{place}-{name}": value for name, value in row.items()}
    return data
