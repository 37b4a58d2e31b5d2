"""Signing in over the API: tokens, the session with its CSRF token, and what neither opens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.utils import timezone

from openkimberley.accounts import actions, queries
from openkimberley.journal import queries as journal

pytestmark = pytest.mark.django_db


def token_of(user, **more) -> str:
    by = queries.actor_of(user, on=timezone.now())
    return actions.issue_token(by=by, at=more.pop("at", timezone.now()), name="software", **more)


def call(secret: str, path: str = "/api/v1/me", method: str = "get", **more):
    return getattr(Client(SERVER_NAME="localhost"), method)(
        path, headers={"Authorization": f"Bearer {secret}"}, content_type="application/json", **more
    )


def test_a_token_acts_with_the_roles_of_its_person(people):
    answer = call(token_of(people["mpho"]))
    assert answer.status_code == 200
    said = answer.json()
    assert said["id"] == "mpho"
    assert said["companies"] == ["BW-EXP-2026-0001"]
    assert "certificates.apply" in said["permissions"]


@pytest.mark.parametrize("secret", ["", "okt_", "okt_wrong", "x" * 5000, "\u00e9"])
def test_what_is_no_token_opens_nothing(people, secret):
    assert call(secret).status_code == 401


def test_revoked_expired_closed_and_locked_open_nothing(people, lorato):
    revoked = token_of(people["mpho"])
    assert call(revoked, f"/api/v1/tokens/{queries.digest(revoked)[:12]}", "delete").status_code == 204
    assert call(revoked).status_code == 401
    assert call(token_of(people["mpho"], days=1, at=timezone.now() - timedelta(days=2))).status_code == 401
    locked = token_of(people["mpho"])
    for _ in range(actions.LOCK_AFTER):
        actions.sign_in_failed(by=actions.gate(), at=timezone.now(), actor_id="mpho", method="password")
    assert call(locked).status_code == 401
    actions.deactivate(by=lorato, at=timezone.now(), actor_id="mpho")
    assert call(locked).status_code == 401


def test_an_officers_token_waits_for_the_second_factor(people):
    secret = token_of(people["kagiso"])
    refused = call(secret)
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"
    TOTP.activate(people["kagiso"], "JBSWY3DPEHPK3PXP")
    assert call(secret).status_code == 200


def test_a_token_cannot_make_a_token(people):
    answer = call(token_of(people["mpho"]), "/api/v1/tokens", "post", data={"name": "again"})
    assert answer.status_code == 403


def test_the_use_of_a_token_is_noted_once_a_day(people):
    secret = token_of(people["mpho"])
    for _ in range(3):
        call(secret)
    events = [entry["event"] for entry in journal.history("mpho")]
    assert events.count("token.used") == 1


def test_a_session_reads_and_writes_only_with_its_csrf_token(people):
    client = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    client.force_login(people["mpho"])
    assert client.get("/api/v1/me").status_code == 200
    body = {"name": "from the page", "days": 5}
    assert client.post("/api/v1/tokens", body, content_type="application/json").status_code == 403
    client.get("/me/")
    key = client.cookies["csrftoken"].value
    made = client.post("/api/v1/tokens", body, content_type="application/json", headers={"X-CSRFToken": key})
    assert made.status_code == 201
    assert made.json()["secret"].startswith("okt_")
    listed = client.get("/api/v1/tokens").json()
    assert [t["name"] for t in listed] == ["from the page"]
    assert "secret" not in listed[0]


def test_a_visitor_is_not_let_in(db):
    assert Client(SERVER_NAME="localhost").get("/api/v1/me").status_code == 401
