"""The people of these stories: an administrator, officers and an exporter in Botswana, an administrator in Antwerp."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.test import Client

from openkimberley.accounts import actions
from openkimberley.accounts.models import User
from openkimberley.kernel.actor import Actor, Role

PASSWORD = "carats are counted twice"
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
NODE = Actor(id="node", roles=frozenset({Role.ADMINISTRATOR}), via="node")


@pytest.fixture(autouse=True)
def _as_the_readme_says(settings):
    """The settings that the area's README asks for, whatever the node's are, and no memory of earlier attempts."""
    settings.MFA_FORMS = {"authenticate": "openkimberley.accounts.forms.AuthenticateForm"}
    settings.MFA_ADAPTER = "openkimberley.accounts.adapter.SealedAdapter"
    settings.SECOND_FACTOR_REQUIRED = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    cache.clear()


def opened(name: str, role: Role, *, authority: str = "BW", company: str = "") -> User:
    """An account with a password, opened by the node itself."""
    from django.utils import timezone

    return actions.open_account(
        by=NODE,
        at=timezone.now(),
        email=f"{name}@example.org",
        name=name.title(),
        role=role,
        authority=authority,
        company=company,
        password=PASSWORD,
        actor_id=name,
    )


@pytest.fixture
def people(db):
    """Everybody, by pseudonym."""
    return {
        "lorato": opened("lorato", Role.ADMINISTRATOR),
        "kagiso": opened("kagiso", Role.ISSUING_OFFICER),
        "naledi": opened("naledi", Role.APPROVING_OFFICER),
        "mpho": opened("mpho", Role.APPLICANT, company="BW-EXP-2026-0001"),
        "auditor": opened("auditor", Role.AUDITOR),
        "eva": opened("eva", Role.ADMINISTRATOR, authority="EU-BE"),
        "anneke": opened("anneke", Role.IMPORT_OFFICER, authority="EU-BE"),
    }


@pytest.fixture
def lorato(people) -> Actor:
    """Botswana's administrator."""
    return Actor(id="lorato", roles=frozenset({Role.ADMINISTRATOR}), authority="BW")


@pytest.fixture
def browser():
    """Makes a browser, signed in as somebody where a user is given, without the steps of sign-in."""

    def make(user: User | None = None) -> Client:
        client = Client(SERVER_NAME="localhost")
        if user is not None:
            client.force_login(user)
        return client

    return make
