"""The pages about people: who reaches them, what they refuse, and that what was typed is kept."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.utils import timezone

from openkimberley.accounts import actions, queries
from openkimberley.accounts.models import Token
from openkimberley.accounts.tests.conftest import opened
from openkimberley.kernel.actor import PERMISSIONS, Permission, Role

pytestmark = pytest.mark.django_db

PAGES = {
    "/me/": Permission.ACCOUNT_OWN,
    "/me/tokens/": Permission.ACCOUNT_OWN,
    "/people/": Permission.PEOPLE_ADMINISTER,
    "/people/new/": Permission.PEOPLE_ADMINISTER,
    "/people/naledi/": Permission.PEOPLE_ADMINISTER,
    "/people/naledi/roles/": Permission.PEOPLE_ADMINISTER,
    "/people/naledi/close/": Permission.PEOPLE_ADMINISTER,
    "/people/naledi/second-factor/": Permission.PEOPLE_ADMINISTER,
}
POSTS = {
    "/me/language/": Permission.ACCOUNT_OWN,
    "/me/tokens/000000000000/revoke/": Permission.ACCOUNT_OWN,
    "/people/naledi/roles/end/": Permission.PEOPLE_ADMINISTER,
    "/people/naledi/close/": Permission.PEOPLE_ADMINISTER,
}


@pytest.fixture(autouse=True)
def _without_second_factor(settings):
    settings.SECOND_FACTOR_REQUIRED = False


@pytest.fixture
def admin(people, browser) -> Client:
    return browser(people["lorato"])


class Outline(HTMLParser):
    """What a page must have: one h1, a label for each input, no inline style or script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.h1, self.inputs, self.labels, self.ids, self.inline = 0, [], set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.h1 += tag == "h1"
        if "id" in a:
            self.ids.append(a["id"])
        if tag == "label":
            self.labels.add(a.get("for"))
        if tag in ("input", "select", "textarea") and a.get("type") not in ("hidden", "submit") and "hidden" not in a:
            self.inputs.append(a.get("id"))
        if "style" in a or any(k.startswith("on") for k in a):
            self.inline.append(tag)
        if tag == "script" and "src" not in a and a.get("type") != "application/json":
            self.inline.append(tag)


def check(page) -> Outline:
    outline = Outline(page.content.decode())
    assert outline.h1 == 1
    assert set(outline.inputs) <= outline.labels
    assert len(outline.ids) == len(set(outline.ids))
    assert not outline.inline
    assert len(page.content) < 100_000
    return outline


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PUBLIC}))
def test_every_page_asks_the_one_table(people, browser, role):
    user = opened("someone", role, authority="BW", company="BW-1" if role in (Role.APPLICANT, Role.AGENT) else "")
    client = browser(user)
    for path, needs in PAGES.items():
        allowed = needs in PERMISSIONS[role]
        # the chair serves no authority and administers nobody; an administrator finds the people of BW
        assert (client.get(path).status_code == 200) is allowed, (role, path)
    for path, needs in POSTS.items():
        assert (client.post(path).status_code == 403) is (needs not in PERMISSIONS[role]), (role, path)


def test_a_visitor_reaches_none_of_them(people):
    client = Client(SERVER_NAME="localhost")
    for path in PAGES:
        assert client.get(path).status_code == 403
    for path in POSTS:
        assert client.post(path).status_code == 403


@pytest.mark.parametrize("path", [*PAGES, "/permissions/", "/accounts/2fa/", "/accounts/sessions/", "/accounts/logout/",
                                  "/accounts/password/change/", "/accounts/reauthenticate/"])  # fmt: skip
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_is_well_made(admin, path, language):
    admin.cookies["django_language"] = language
    page = admin.get(path)
    assert page.status_code == 200
    check(page)
    text = page.content.decode()
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in text
    assert 'href="#main"' in text


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/login/",
        "/accounts/password/reset/",
        "/accounts/signup/",
        "/accounts/inactive/",
        "/permissions/",
        "/accounts/password/reset/done/",
    ],
)
def test_every_entrance_is_well_made(db, path):
    page = Client(SERVER_NAME="localhost").get(path)
    assert page.status_code == 200
    check(page)


def test_a_refused_role_keeps_what_was_typed_and_says_why_beside_the_field(admin):
    page = admin.post("/people/kagiso/roles/", {"role": "APPROVING_OFFICER", "company": "kept", "since": ""})
    assert page.status_code == 422
    text = page.content.decode()
    check(page)
    assert 'value="kept"' in text
    assert "R063" in text
    assert 'href="#id_role"' in text
    assert re.search(r'<select[^>]*aria-invalid="true"', text)


def test_errors_are_in_the_summary_and_the_title(admin):
    text = admin.post("/people/new/", {"name": "", "email": "no address", "role": "", "company": ""}).content.decode()
    assert "<title>Error:" in text
    assert 'href="#id_name"' in text
    assert 'href="#id_email"' in text
    assert 'value="no address"' in text


def test_an_account_with_a_taken_address_says_so(admin):
    page = admin.post("/people/new/", {"name": "K", "email": "kagiso@example.org", "role": "VALUER", "company": ""})
    assert page.status_code == 422
    assert "already" in page.content.decode()


def test_people_of_another_authority_are_not_shown(admin):
    assert "Anneke" not in admin.get("/people/").content.decode()
    assert admin.get("/people/anneke/").status_code == 404
    assert admin.post("/people/anneke/close/").status_code == 404


def test_people_are_found_by_part_of_their_name(admin):
    text = admin.get("/people/?text=kag").content.decode()
    assert "Kagiso" in text
    assert "Naledi" not in text


def test_the_list_of_people_costs_the_same_for_many(admin, django_assert_max_num_queries):
    for number in range(30):
        opened(f"valuer{number}", Role.VALUER)
    admin.get("/people/")
    with django_assert_max_num_queries(14):  # the session and its activity included
        admin.get("/people/")


def test_an_account_is_closed_and_opened_again_by_asking_first(admin, people):
    for act, status in (("close", False), ("reopen", True)):
        assert admin.get(f"/people/naledi/{act}/").status_code == 200
        assert admin.post(f"/people/naledi/{act}/").status_code == 302
        people["naledi"].refresh_from_db()
        assert people["naledi"].is_active is status
    assert admin.post("/people/naledi/reopen/").status_code == 409
    assert admin.get("/people/naledi/promote/").status_code == 404


def test_a_role_is_given_and_ended_on_the_page(admin, people):
    assert admin.post("/people/kagiso/roles/", {"role": "SUPERVISOR", "company": "", "since": ""}).status_code == 302
    assert "Supervisor" in admin.get("/people/kagiso/").content.decode()
    admin.post("/people/kagiso/roles/end/", {"role": "SUPERVISOR", "company": ""})
    assert queries.actor_of(people["kagiso"], on=timezone.now()).roles == {Role.ISSUING_OFFICER}
    assert admin.post("/people/kagiso/roles/end/", {"role": "KING"}).status_code == 404


def test_a_token_is_shown_once_and_not_stored_by_the_browser(people, browser):
    client = browser(people["mpho"])
    page = client.post("/me/tokens/", {"name": "scale", "days": "30"})
    assert re.search(r"okt_[\w-]{40,}", page.content.decode())
    assert page["Cache-Control"] == "no-store"
    listed = client.get("/me/").content.decode()
    assert "scale" in listed
    assert not re.search(r"okt_[\w-]{40,}", listed)
    client.post(f"/me/tokens/{Token.objects.get().digest[:12]}/revoke/")
    assert "Revoked" in client.get("/me/").content.decode()


def test_one_chooses_ones_own_language(people, browser):
    client = browser(people["mpho"])
    client.post("/me/language/", {"language": "ar"})
    assert 'dir="rtl"' in client.get("/me/").content.decode()
    assert client.post("/me/language/", {"language": "xx"}).status_code == 409


def test_the_table_of_permissions_names_every_permission_and_act(db):
    text = Client(SERVER_NAME="localhost").get("/permissions/").content.decode()
    for permission in Permission:
        assert permission.value in text
    assert "accounts.give_role" in text


def test_a_lock_is_shown_and_lifted(admin):
    for _ in range(actions.LOCK_AFTER):
        actions.sign_in_failed(by=actions.gate(), at=timezone.now(), actor_id="naledi", method="password")
    assert "Locked" in admin.get("/people/naledi/").content.decode()
    assert admin.post("/people/naledi/unlock/").status_code == 302
    assert "Locked" not in admin.get("/people/naledi/").content.decode()
