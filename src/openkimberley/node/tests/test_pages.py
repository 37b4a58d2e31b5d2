"""Pages and calls that span areas: work list, search, verification, rules, journal, health, metrics."""

from __future__ import annotations

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from tests import story
from tests.cast import BE, BW, EXPORTER_LICENCE, NOW

from openkimberley.accounts import actions as accounts
from openkimberley.documents.qr import qr_png
from openkimberley.kernel.actor import Actor, Role
from openkimberley.node import navigation, reactions, serve

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password-for-tests"


@pytest.fixture(autouse=True)
def _furnished(db, settings):
    settings.SECOND_FACTOR_REQUIRED = False
    story.furnish()


def client(role: Role | None = None, authority: str = BW, company: str = "") -> Client:
    """A browser, signed in as somebody with a role."""
    browser = Client(HTTP_HOST="localhost")
    if role is not None:
        user = accounts.open_account(
            by=Actor("installer", frozenset({Role.ADMINISTRATOR}), via="cli"), at=NOW, email=f"{role}@demo.example",
            name=role.value, role=role, authority=authority, company=company, password=PASSWORD, actor_id=role.lower(),
        )  # fmt: skip
        browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


def test_a_visitor_sees_the_public_front_and_no_work():
    page = client().get("/")
    assert page.status_code == 200
    assert b"Verify a certificate" in page.content
    assert client().get("/search?q=BW").status_code == 403


def test_the_work_list_shows_what_waits_for_whom():
    row = story.filed()
    assert row.reference in client(Role.ISSUING_OFFICER).get("/").content.decode()
    assert row.reference not in client(Role.APPROVING_OFFICER).get("/").content.decode()
    story.examine(row)
    browser = client(Role.SUPERVISOR)
    assert row.reference not in browser.get("/").content.decode()


def test_search_finds_by_number_company_and_application_within_what_may_be_seen():
    one = story.issued()
    browser = client(Role.ISSUING_OFFICER)
    for wanted in (one.number, "bw 0012345", "Kalahari", "BW-A-000001", EXPORTER_LICENCE):
        assert one.number in browser.get("/search", {"q": wanted}).content.decode(), wanted
    stranger = client(Role.APPLICANT, company="BW-EXP-2026-9999")
    assert f"/certificates/{one.number}" not in stranger.get("/search", {"q": one.number}).content.decode()


def test_verification_needs_no_sign_in_and_names_every_check():
    one = story.issued()
    page = client().post("/verify", {"artefact": one.qr_full}).content.decode()
    assert one.number in page
    for step in ("1. ", "2. ", "3. ", "13. "):
        assert step in page


def test_a_photograph_of_the_code_is_read_and_a_picture_without_one_is_said_so(tmp_path):
    from django.core.files.uploadedfile import SimpleUploadedFile
    from PIL import Image

    one = story.issued()
    picture = SimpleUploadedFile("code.png", qr_png(one.qr_full), "image/png")
    assert one.number in client().post("/verify", {"photograph": picture}).content.decode()
    blank = tmp_path / "blank.png"
    Image.new("RGB", (50, 50), "white").save(blank)
    page = client().post("/verify", {"photograph": SimpleUploadedFile("b.png", blank.read_bytes(), "image/png")})
    assert page.status_code == 400
    assert "no Kimberley Process code" in page.content.decode()


@pytest.mark.parametrize(
    "text", ["", "KPC1:", "KPC1:%%%", "eyJ.x.y~", "\x00", "7102.31" * 5000, "<script>alert(1)</script>"]
)
def test_hostile_text_ends_in_words_and_never_in_a_traceback(text):
    page = client().post("/verify", {"artefact": text})
    assert page.status_code in (200, 400)
    assert b"<script>alert(1)" not in page.content


def test_a_frame_of_a_camera_gives_its_codes():
    from django.core.files.uploadedfile import SimpleUploadedFile

    one = story.issued()
    frame = SimpleUploadedFile("frame.png", qr_png(one.qr_label, "Q"), "image/png")
    assert client().post("/verify/frame", {"frame": frame}).json() == {"codes": [one.qr_label]}
    assert client().post("/verify/frame").status_code == 400


def test_the_api_judges_like_the_page():
    one = story.issued()
    answer = (
        client()
        .post("/api/v1/verify", json.dumps({"artefact": one.qr_full, "authority": BE}), content_type="application/json")
        .json()
    )
    assert (answer["verdict"], answer["number"]) in {("valid", one.number), ("cannot_tell", one.number)}
    assert {check["id"] for check in answer["checks"]} == set(range(1, 14))


def test_the_rules_page_and_call_list_all_180():
    page = client().get("/rules").content.decode()
    assert all(f'id="R{n:03d}"' in page for n in range(1, 181))
    assert len(client().get("/api/v1/rules").json()) == 180


def test_the_journal_is_for_those_who_may_read_it_and_only_of_their_authority():
    story.issued()
    assert client(Role.ISSUING_OFFICER).get("/journal").status_code == 403
    auditor = client(Role.AUDITOR)
    page = auditor.get("/journal?subject=BW0012345").content.decode()
    assert "certificate.issued" in page
    assert "whole" in auditor.post("/journal/check").content.decode()
    other = client(Role.SUPERVISOR, authority=BE)
    assert "certificate.issued" not in other.get("/journal?subject=BW0012345").content.decode()


def test_the_api_refuses_whom_the_pages_refuse():
    for address in ("/api/v1/journal", "/api/v1/work", "/api/v1/bundle"):
        assert client().get(address).status_code == 401, address
    assert client(Role.APPLICANT, company="X").get("/api/v1/journal").status_code == 403


def test_health_and_metrics_tell_no_names():
    assert client().get("/healthz").json() == {"status": "ok"}
    story.issued()
    text = client().get("/metrics", REMOTE_ADDR="127.0.0.1").content.decode()
    assert 'kimberley_certificates{status="ISSUED"} 1.0' in text
    assert client().get("/metrics", REMOTE_ADDR="10.0.0.9").status_code == 403


def test_every_page_of_the_navigation_opens_for_whom_it_is_shown():
    for role in (Role.ISSUING_OFFICER, Role.APPROVING_OFFICER, Role.IMPORT_OFFICER, Role.SUPERVISOR, Role.AUDITOR):
        browser = client(role)
        page = browser.get("/")
        for entry in page.context["navigation"]:
            assert browser.get(entry["url"]).status_code == 200, (role, entry["url"])
    assert len(navigation.ENTRIES) > 8


def test_pages_weigh_less_than_100_kilobytes():
    for address in ("/", "/verify", "/rules", "/participants", "/licences", reverse("account_login")):
        assert len(client().get(address).content) < 100_000, address


def test_the_guide_marks_the_readers_part():
    assert 'aria-current="step"' in client(Role.IMPORT_OFFICER).get("/guide").content.decode()


def test_what_is_due_is_done_and_counted():
    assert reactions.tick(at=NOW) == dict.fromkeys(reactions.DUE, 0)


def test_an_unknown_page_is_a_page_of_ours():
    page = client().get("/nowhere")
    assert page.status_code == 404
    assert b"OpenKimberley" in page.content


def test_every_link_of_the_front_page_opens_for_everybody():
    page = client().get("/").content.decode()
    for address in set(re.findall(r'<a [^>]*href="(/[^"#?]*)"', page)):
        assert client().get(address).status_code == 200, address


def test_a_file_that_holds_no_certificate_is_not_called_forged():
    upload = SimpleUploadedFile("label.pdf", b"%PDF-1.4\n%%EOF\n", content_type="application/pdf")
    answer = client().post("/verify", {"file": upload})
    said = answer.content.decode()
    assert answer.status_code == 400
    assert "Do not accept it" not in said
    assert "This says nothing about the certificate" in said


def test_a_worker_ends_with_the_server_that_started_it_and_with_no_other(monkeypatch):
    monkeypatch.delenv(serve.PARENT, raising=False)
    assert serve.end_with_parent() is None
    ended = []
    monkeypatch.setattr(serve.os, "_exit", ended.append)
    parents = iter([7, 7, 1])
    monkeypatch.setattr(serve.os, "getppid", lambda: next(parents))
    serve._watch(7, 0.0)
    assert ended == [1]


def test_who_was_signed_out_while_writing_is_told_so():
    answer = client().post("/applications/new", {"company": EXPORTER_LICENCE})
    assert answer.status_code == 403
    assert "no longer signed in" in answer.content.decode()
