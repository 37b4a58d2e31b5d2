"""Signing in, end to end, as a browser does it: password, second factor, lock, sessions."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache
from django.test import Client

from openkimberley.accounts import actions
from openkimberley.accounts.tests.conftest import PASSWORD
from openkimberley.journal import queries as journal

pytestmark = pytest.mark.django_db


def code_of(secret: str) -> str:
    """What the app shows now."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def sign_in(client: Client, name: str, password: str = PASSWORD):
    return client.post("/accounts/login/", {"login": f"{name}@example.org", "password": password})


def events(name: str) -> list[str]:
    return [entry["event"] for entry in journal.history(name)]


def set_up_app(client: Client) -> str:
    """Set up an authenticator app through the pages; its secret."""
    page = client.get("/accounts/2fa/totp/activate/")
    secret = re.search(r'class="secret"[^>]*>([A-Z2-7]+)<', page.content.decode()).group(1)
    done = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert done.status_code == 302, done.content.decode()
    return secret


def test_a_trader_signs_in_with_a_password_and_it_is_journalled(people):
    client = Client(SERVER_NAME="localhost")
    assert sign_in(client, "mpho").status_code == 302
    assert "Mpho" in client.get("/me/").content.decode()
    assert events("mpho")[-1] == "session.opened"
    client.post("/accounts/logout/")
    assert events("mpho")[-1] == "session.closed"
    assert client.get("/me/").status_code == 403


def test_pages_of_a_session_are_not_kept_by_a_shared_machine(people, browser):
    assert "no-store" in browser(people["mpho"]).get("/me/")["Cache-Control"]


def test_an_officer_sets_up_an_app_at_the_first_sign_in_and_needs_it_at_the_next(people):
    client = Client(SERVER_NAME="localhost")
    sign_in(client, "kagiso")
    held = client.get("/me/")
    assert (held.status_code, held["Location"]) == (302, "/accounts/2fa/")
    secret = set_up_app(client)
    assert client.get("/me/").status_code == 200

    cache.clear()  # the same code is not taken twice within its time
    other = Client(SERVER_NAME="localhost")
    assert sign_in(other, "kagiso")["Location"] == "/accounts/2fa/authenticate/"
    assert other.get("/me/").status_code == 403
    wrong = other.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    assert 'class="error"' in wrong.content.decode()
    assert other.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).status_code == 302
    assert other.get("/me/").status_code == 200
    assert events("kagiso")[-2:] == ["session.refused", "session.opened"]
    assert sorted(journal.history("kagiso")[-1]["statement"]["methods"]) == ["mfa", "password"]


def test_a_recovery_code_opens_the_account_once(people):
    client = Client(SERVER_NAME="localhost")
    sign_in(client, "naledi")
    set_up_app(client)
    codes = re.findall(r"<li>([0-9a-z]{8,})</li>", client.get("/accounts/2fa/recovery-codes/").content.decode())
    assert len(codes) == 10
    for expected in (302, 200):
        other = Client(SERVER_NAME="localhost")
        sign_in(other, "naledi")
        assert other.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == expected


def test_the_secret_of_an_app_is_encrypted_in_the_database(people):
    TOTP.activate(people["kagiso"], "JBSWY3DPEHPK3PXP")
    stored = Authenticator.objects.get(user_id=people["kagiso"].pk, type="totp").data["secret"]
    assert "JBSWY3DPEHPK3PXP" not in stored
    assert get_adapter().decrypt(stored) == "JBSWY3DPEHPK3PXP"


def test_five_wrong_passwords_lock_the_account_and_the_right_one_no_longer_opens_it(people):
    client = Client(SERVER_NAME="localhost")
    for _ in range(actions.LOCK_AFTER):
        assert "error" in sign_in(client, "mpho", "wrong").content.decode()
    cache.clear()  # the lock does not rest on the memory of one process
    page = sign_in(client, "mpho")
    assert page.status_code == 200
    assert "Too many failed login attempts" in page.content.decode()
    assert events("mpho")[-1] == "account.locked"


def test_a_stranger_learns_nothing_about_which_addresses_have_accounts(people):
    def answers(name):
        cache.clear()
        client = Client(SERVER_NAME="localhost")
        pages = [sign_in(client, name, "wrong").content.decode() for _ in range(actions.LOCK_AFTER + 1)]
        return [re.findall(r'class="error-summary".*?</div>', page, re.S) for page in pages]

    known, unknown = answers("mpho"), answers("nobody")
    assert known == unknown
    assert all(known)


def test_guesses_at_addresses_that_have_no_account_leave_nothing_in_the_journal(people):
    before = journal.entries().count()
    sign_in(Client(SERVER_NAME="localhost"), "nobody", "wrong")
    assert journal.entries().count() == before


def test_wrong_codes_lock_like_wrong_passwords(people):
    TOTP.activate(people["kagiso"], "JBSWY3DPEHPK3PXP")
    client = Client(SERVER_NAME="localhost")
    sign_in(client, "kagiso")
    for _ in range(actions.LOCK_AFTER):
        cache.clear()
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    cache.clear()
    client.post("/accounts/2fa/authenticate/", {"code": code_of("JBSWY3DPEHPK3PXP")})
    assert client.get("/me/").status_code == 403
    assert "account.locked" in events("kagiso")


def test_a_closed_account_does_not_sign_in_and_its_session_ends(people, lorato, browser):
    client = browser(people["mpho"])
    assert client.get("/me/").status_code == 200
    from django.utils import timezone

    actions.deactivate(by=lorato, at=timezone.now(), actor_id="mpho")
    assert client.get("/me/").status_code == 403
    other = Client(SERVER_NAME="localhost")
    sign_in(other, "mpho")
    assert other.get("/me/").status_code == 403


@pytest.mark.parametrize("path", ["/", "/me/", "/people/", "/me/tokens/", "/people/new/"])
def test_an_officer_without_second_factor_goes_nowhere_else(people, browser, path):
    client = browser(people["lorato"])
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/")
    assert client.post(path, {}).status_code == 302
    assert client.get("/accounts/2fa/").status_code == 200


def test_a_demonstration_node_may_do_without(people, browser, settings):
    settings.SECOND_FACTOR_REQUIRED = False
    assert browser(people["lorato"]).get("/people/").status_code == 200


def test_a_reset_second_factor_ends_the_sessions(people, lorato):
    client = Client(SERVER_NAME="localhost")
    sign_in(client, "kagiso")
    set_up_app(client)
    client.get("/me/")
    from django.utils import timezone

    actions.reset_second_factor(by=lorato, at=timezone.now(), actor_id="kagiso")
    assert client.get("/me/").status_code == 403
    assert not Authenticator.objects.filter(user_id=people["kagiso"].pk).exists()


@pytest.mark.parametrize(("key", "why"), [("seen_at", "idle"), ("signed_in_at", "too long")])
def test_a_session_ends_when_it_is_idle_or_too_long(people, browser, key, why):
    client = browser(people["mpho"])
    client.get("/me/")
    session = client.session
    session[key] = session[key] - 9 * 3600
    session.save()
    answer = client.get("/me/?x=1")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=/me/")
    assert client.get("/me/").status_code == 403
    assert journal.history("mpho")[-1]["statement"] == {"why": why}


def test_a_person_sees_and_ends_the_own_sessions(people):
    first, second = Client(SERVER_NAME="localhost"), Client(SERVER_NAME="localhost")
    for client in (first, second):
        sign_in(client, "mpho")
        client.get("/me/")
    page = first.get("/accounts/sessions/").content.decode()
    assert page.count("<tr>") == 3
    first.post("/accounts/sessions/")
    assert first.get("/me/").status_code == 200
    assert second.get("/me/").status_code == 403


def test_nobody_opens_an_account_by_himself(db):
    client = Client(SERVER_NAME="localhost")
    assert "administrator" in client.get("/accounts/signup/").content.decode()
    client.post("/accounts/signup/", {"email": "me@example.org", "password1": PASSWORD})
    from openkimberley.accounts.queries import user_by_email

    assert user_by_email("me@example.org") is None


def test_an_invitation_sets_the_password(people, lorato, settings, browser):
    settings.SECOND_FACTOR_REQUIRED = False
    page = browser(people["lorato"]).post(
        "/people/new/", {"name": "Neo", "email": "neo@example.org", "role": "VALUER", "company": ""}
    )
    assert page.status_code == 302
    letter = mail.outbox[0]
    assert letter.to == ["neo@example.org"]
    path = re.search(r"https?://[^/]+(/\S+)", letter.body).group(1)
    client = Client(SERVER_NAME="localhost")
    where = client.get(path)["Location"]
    done = client.post(where, {"password1": PASSWORD, "password2": PASSWORD})
    assert done.status_code == 302, done.content.decode()
    assert sign_in(client, "neo").status_code == 302
    assert client.get("/me/").status_code == 200


def test_the_chosen_language_is_spoken_after_sign_in(people):
    people["mpho"].language = "fr"
    people["mpho"].save()
    client = Client(SERVER_NAME="localhost")
    sign_in(client, "mpho")
    assert 'lang="fr"' in client.get("/me/").content.decode()


def test_confirming_that_it_is_oneself_takes_the_password(people, browser):
    client = browser(people["kagiso"])
    asked = client.get("/accounts/2fa/totp/activate/")
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    assert client.post(asked["Location"], {"password": "wrong"}).status_code == 200
    assert client.post(asked["Location"], {"password": PASSWORD}).status_code == 302
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
