"""Certification over HTTP: the way of an application by software, and every kind of refusal as a problem document."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.cast import AGENT, ANNEKE, EXPORTER_LICENCE, KAGISO, MPHO, NALEDI, SEKGOMA, STRANGER, TUMELO
from tests.story import draft, examined, filed, issued, opened

from openkimberley.certificates.models import Application, Certificate
from openkimberley.certificates.tests.world import PNG, node, sign_in  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("node")]
HERE = "/api/v1"


def call(client, method, path, body=None, status=200):
    answer = getattr(client, method)(f"{HERE}{path}", json.dumps(body) if body is not None else None,
                                     content_type="application/json")  # fmt: skip
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer.json() if answer.content else None


def ask(client, path, status=200, **query):
    answer = client.get(f"{HERE}{path}", query)
    assert answer.status_code == status, answer.content.decode()[:3000]
    return answer.json()


EXAMINATION = {
    "method": "OPENED", "parcels": 1, "origin_evidence": "Production record 114", "seals": ["BW-SEAL-0098812"],
    "lines": [{"hs": "7102.31", "carats": "1843.27"}, {"hs": "7102.10", "carats": "250.00"}],
}  # fmt: skip


def test_an_agents_software_takes_an_application_to_its_certificate(client):
    sign_in(client, AGENT)
    made = call(client, "post", "/applications", {"company": EXPORTER_LICENCE, "content": {"origin": ["BW"]}}, 201)
    where = f"/applications/{made['reference']}"
    check = call(client, "post", f"{where}/check")
    assert check["ready"] is False
    assert {"R016", "R017"} <= {o["rule"] for o in check["objections"]}
    assert all(o["source"] and o["severity"] for o in check["objections"])
    saved = call(client, "put", where, {"version": made["version"], "content": draft()})
    assert call(client, "post", f"{where}/check") == {"ready": True, "objections": check["objections"][:0]}
    assert call(client, "post", f"{where}/file", {"version": saved["version"], "declared": True})["status"] == "FILED"

    sign_in(client, KAGISO)
    assert call(client, "post", f"{where}/examination", EXAMINATION, 201)["examinations"][0]["carats"] == "2093.27"
    sign_in(client, TUMELO)
    lines = [{"hs": "7102.31", "usd": "430000.00"}, {"hs": "7102.10", "usd": "18000.00"}]
    valued = call(client, "post", f"{where}/valuations", {"role": "GOVERNMENT", "lines": lines}, 201)
    sign_in(client, NALEDI)
    body = {"version": valued["version"], "paper_serial": "BW-P-000001"}
    certificate = call(client, "post", f"{where}/approve", body, 201)
    assert certificate["content"]["total_carats"] == "2093.27"
    assert certificate["qr"].startswith("KPC1:")
    for name, start in (("pdf", b"%PDF-"), ("label", b"%PDF-"), ("sd_jwt", b"ey")):
        assert client.get(certificate["links"][name]).content.startswith(start)
    assert ask(client, "/certificates", q=certificate["number"])["count"] == 1


def test_filing_what_is_not_complete_gives_every_objection(client):
    row = opened(lines=[], destination="KE", destination_authority="")
    sign_in(client, MPHO)
    said = call(client, "post", f"/applications/{row.reference}/file", {"version": 1, "declared": True}, 422)
    assert said["title"] == "Refused"
    assert {"R017", "R039"} <= {o["rule"] for o in said["objections"]}


def test_what_somebody_else_changed_meanwhile_is_a_conflict(client):
    row = opened()
    sign_in(client, MPHO)
    call(client, "put", f"/applications/{row.reference}", {"version": 1, "content": draft()})
    said = call(client, "put", f"/applications/{row.reference}", {"version": 1, "content": {}}, 409)
    assert said["title"] == "Conflict"
    assert said["type"] == "/problems/conflict"


def test_strangers_find_nothing_and_others_may_not(client):
    row, number = filed(), issued().number
    sign_in(client, STRANGER)
    call(client, "get", f"/applications/{row.reference}", status=404)
    call(client, "get", f"/certificates/{number}", status=404)
    assert ask(client, "/applications")["count"] == 0
    call(client, "post", "/applications", {"company": EXPORTER_LICENCE, "content": {}}, 403)
    call(client, "post", f"/applications/{row.reference}/approve", {"version": 2}, 403)
    sign_in(client, ANNEKE)
    call(client, "get", f"/applications/{row.reference}", status=404)
    assert ask(client, f"/certificates/{number}")["number"] == number
    call(client, "post", f"/certificates/{number}/void", {"why": "error", "reason": "x"}, 403)


def test_drafts_are_not_shown_to_officers(client):
    row = opened()
    sign_in(client, KAGISO)
    assert ask(client, "/applications")["count"] == 0
    call(client, "get", f"/applications/{row.reference}", status=404)


def test_examinations_are_not_shown_to_the_applicant(client):
    row = examined()
    sign_in(client, MPHO)
    said = ask(client, f"/applications/{row.reference}")
    assert said["examinations"] == said["valuations"] == []


def test_papers_are_attached_and_withdrawn_and_bad_ones_refused(client):
    row = opened()
    sign_in(client, MPHO)
    where = f"{HERE}/applications/{row.reference}/documents"
    made = client.post(where, {"kind": "INVOICE", "file": SimpleUploadedFile("invoice.png", PNG)})
    assert made.status_code == 201
    assert client.get(made.json()["url"])["Content-Type"] == "image/png"
    bad = client.post(where, {"kind": "INVOICE", "file": SimpleUploadedFile("invoice.pdf", b"MZ")})
    assert bad.status_code == 400
    assert bad.json()["title"] == "Untrusted"
    assert client.delete(made.json()["url"]).status_code == 204
    assert ask(client, f"/applications/{row.reference}")["documents"] == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/applications/{ref}/examination", {**EXAMINATION, "lines": [{"hs": "nonsense", "carats": "1.00"}]}, 400),
        ("/applications/{ref}/examination", {**EXAMINATION, "lines": [{"hs": "7102.31", "carats": "1e9"}]}, 422),
        ("/applications/{ref}/examination", {**EXAMINATION, "lines": [{"hs": "7102.31", "carats": 1.5}]}, 422),
        ("/applications/{ref}/examination", {**EXAMINATION, "unknown": 1}, 422),
        ("/applications/{ref}/return", {"reason": " "}, 409),
        ("/applications/nothing/return", {"reason": "x"}, 404),
        ("/applications/BW-A-9999999999999999999/return", {"reason": "x"}, 404),
    ],
)
def test_bad_input_ends_in_a_named_error(client, path, body, status):
    row = filed()
    sign_in(client, KAGISO)
    call(client, "post", path.format(ref=row.reference), body, status)


@pytest.mark.parametrize(
    "content",
    [{"lines": "many"}, {"lines": [1]}, {"lines": [{"carats": {}}]}, {"lines": [{"carats": 1.5}]}, {"origin": 5},
     {"origin_shares": ["BW"]}, {"exporter": "me"}, {"draws_on": "BW1"}, {"draws_on": [1]}, {"strange": 1}],
)  # fmt: skip
def test_content_of_another_shape_is_not_taken(client, content):
    sign_in(client, MPHO)
    call(client, "post", "/applications", {"company": EXPORTER_LICENCE, "content": {**draft(), **content}}, 422)
    assert not Application.objects.exists()


@pytest.mark.parametrize(
    "content",
    [{"lines": [{"carats": "1,5", "hs": "x", "usd": "-"}]}, {"draws_on": [{"number": "NA1"}]}, {"parcels": "one"},
     {"origin_shares": {"BW": "all"}}, {"exporter": {}}, {"origin": ["nowhere", "", "BW"]}, {"destination": "\u202e"},
     {"draws_on": [{"number": "NA1", "carats": "1.00"}, {"number": "NA1", "carats": "1.00"}]}, {"origin": "mixed"}],
)  # fmt: skip
def test_a_draft_may_be_nonsense_and_the_check_says_so(client, content):
    sign_in(client, MPHO)
    made = call(client, "post", "/applications", {"company": EXPORTER_LICENCE, "content": {**draft(), **content}}, 201)
    check = call(client, "post", f"/applications/{made['reference']}/check")
    assert check["ready"] is False
    for page in (
        "",
        "/edit",
        "/check",
        *(f"/edit/{slug}" for slug in ("parties", "goods", "origin", "sources", "destination")),
    ):
        assert client.get(f"/applications/{made['reference']}{page}").status_code == 200
    answer = client.post(f"{HERE}/applications/{made['reference']}/file", json.dumps({"version": 1, "declared": True}),
                         content_type="application/json")  # fmt: skip
    assert answer.status_code in (400, 422)


def test_afterwards_void_lost_corrected(client):
    first, second, third = issued().number, issued().number, issued().number
    sign_in(client, NALEDI)
    assert call(client, "post", f"/certificates/{first}/void", {"why": "recalled", "reason": "x"})["status"] == "VOID"
    call(client, "post", f"/certificates/{first}/void", {"why": "recalled", "reason": "x"}, 409)
    assert call(client, "post", f"/certificates/{second}/lost", {"circumstances": "x"})["status"] == "LOST"
    call(client, "post", f"/certificates/{third}/expired", status=409)
    body = {"field": "importer/address", "new": "Fictiestraat 11, Antwerpen", "reason": "House number"}
    assert call(client, "post", f"/certificates/{third}/corrections", body, 201)["instruction"].startswith("ey")
    body = {"field": "total_carats", "new": "1.00", "reason": "x"}
    assert call(client, "post", f"/certificates/{third}/corrections", body, 422)["objections"][0]["rule"] == "R086"
    assert [c["new"] for c in ask(client, f"/certificates/{third}")["corrections"]] == ["Fictiestraat 11, Antwerpen"]


def test_refused_withdrawn_and_replaced(client):
    row, other, old = filed(), filed(), issued()
    sign_in(client, NALEDI)
    assert (
        call(client, "post", f"/applications/{row.reference}/refuse", {"reason": "x", "rules": ["R049"]})["status"]
        == "REFUSED"
    )
    sign_in(client, MPHO)
    assert call(client, "post", f"/applications/{other.reference}/withdraw")["status"] == "WITHDRAWN"
    made = call(client, "post", f"/certificates/{old.number}/replace", {"reason": "The importer moved."}, 201)
    assert made["about"] == old.number


def test_paper_and_ranges(client):
    sign_in(client, SEKGOMA)
    body = {"batch": "second", "prefix": "BX", "first": 1, "last": 5, "digits": 6}
    assert call(client, "post", "/paper/deliveries", body, 201) == {"count": 5}
    call(client, "post", "/paper/deliveries", body, 409)
    assert call(client, "post", "/paper/BX000002/write-off", {"status": "STOLEN", "reason": "x"})["status"] == "STOLEN"
    call(client, "post", "/paper/nothing/write-off", {"status": "STOLEN", "reason": "x"}, 404)
    assert ask(client, "/paper", q="BX")["count"] == 5
    made = call(
        client, "post", "/ranges", {"prefix": "BW", "first": 20000, "last": 20099, "digits": 7, "year": 2027}, 201
    )
    assert made["left"] == 100
    call(client, "post", "/ranges", {"prefix": "BW", "first": 20050, "last": 20199, "digits": 7}, 409)
    assert len(ask(client, "/ranges")) == 2
    sign_in(client, KAGISO)
    assert ask(client, "/paper", status=403)["permission"] == "certificates.paper_stock"


def test_lists_come_in_pages(client):
    for _ in range(3):
        opened()
    sign_in(client, MPHO)
    said = ask(client, "/applications", per_page=2, page=2)
    assert (said["count"], said["pages"], len(said["rows"])) == (3, 2, 1)
    ask(client, "/applications", per_page=100000, status=422)


def test_a_technical_certificate_is_opened_by_an_officer(client):
    number = issued().number
    sign_in(client, KAGISO)
    body = {"kind": "TECHNICAL_RESEARCH", "about": number, "reason": "Samples", "content": draft()}
    made = call(client, "post", "/certificates/technical", body, 201)
    assert (made["kind"], made["about"]) == ("TECHNICAL_RESEARCH", number)
    assert Application.objects.get(kind="TECHNICAL_RESEARCH").status == "DRAFT"
    assert Certificate.objects.count() == 1


def test_the_applicant_does_not_learn_the_weights_from_the_history(client):
    row = examined()
    sign_in(client, MPHO)
    said = {one["event"]: one["statement"] for one in ask(client, f"/applications/{row.reference}")["history"]}
    assert said["application.examined"] == {}
    assert said["application.filed"]["content"]
    sign_in(client, KAGISO)
    said = {one["event"]: one["statement"] for one in ask(client, f"/applications/{row.reference}")["history"]}
    assert said["application.examined"]["carats"] == "2093.27"


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "\x1b[31m"])
def test_text_that_cannot_be_stored_is_not_taken(client, text):
    sign_in(client, MPHO)
    content = {"importer": {"name": text}}
    call(client, "post", "/applications", {"company": EXPORTER_LICENCE, "content": content}, 422)
    call(client, "post", "/applications", {"company": EXPORTER_LICENCE, "content": {"origin_shares": {text: "1"}}}, 422)
    if text != "\ud800":
        ask(client, "/applications", q=text, status=422)
        assert client.get("/applications", {"q": text}).status_code == 200
