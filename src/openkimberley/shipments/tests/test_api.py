"""Shipments over HTTP: the whole way by software, and each kind of refusal as a problem document."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests import story
from tests.cast import ANNEKE, AUDITOR, KAGISO, MPHO, NOW, STRANGER

from openkimberley.shipments.models import Arrival, Shipment
from openkimberley.shipments.tests import steps
from openkimberley.shipments.tests.desk import PNG, at, image, node, signed_in
from openkimberley.shipments.tests.steps import ARRIVED, HOUR

__all__ = ["node"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("node")]
HERE = "/api/v1"


def post(client, path, body=None, status=201):
    answer = client.post(f"{HERE}{path}", json.dumps(body or {}), content_type="application/json")
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.json()


def get(client, path, status=200):
    answer = client.get(f"{HERE}{path}")
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.json()


def uploaded(client, name: str) -> str:
    file = SimpleUploadedFile(name, image(name), content_type="image/png")
    answer = client.post(f"{HERE}/photographs", {"file": file})
    assert answer.status_code == 201, answer.content
    return answer.json()["sha256"]


def finding(certificate, **changes):
    content = certificate.content
    return {
        "number": certificate.number, "seals": content["seals"], "seals_intact": True, "tamper_resistant": True,
        "packed_alone": True, "parcels": 1, "lines": content["lines"], "exporter": content["exporter"]["name"],
        "importer": content["importer"]["name"], **changes,
    }  # fmt: skip


def test_a_shipment_goes_all_the_way_by_software():
    certificate = story.issued()
    number = certificate.number
    client = signed_in(KAGISO)
    box, parcel = uploaded(client, "box.png"), uploaded(client, "parcel.png")
    sealing = {
        "seals": [{"number": steps.SEAL}], "containers": 1, "number_on_container": True, "packed_alone": True,
        "copy_enclosed": True,
        "photographs": [{"sha256": box, "shows": "BOX"}, {"sha256": parcel, "shows": "PARCEL"}],
    }  # fmt: skip
    assert post(client, f"/shipments/{number}/seal", sealing)["status"] == "SEALED"
    notice = post(client, f"/shipments/{number}/announcement", {
        "carrier": "Fictional Secure Carriers", "mode": "AIR", "courier_licence": story.COURIER_LICENCE,
        "address": "import@example.org",
    })  # fmt: skip
    assert notice["fields"]["total_carats"] == "2093.27"
    with at(NOW + 3 * HOUR):
        client = signed_in(KAGISO)
        left = {"departed_at": "2026-11-02T11:30:00Z", "seals_intact": True}
        post(client, f"/shipments/{number}/departure", left, 200)
        assert get(client, f"/shipments/{number}")["seals"] == [{"number": steps.SEAL, "container": ""}]
        assert get(client, "/shipments?status=DEPARTED")["count"] == 1
    with at(ARRIVED):
        desk = signed_in(ANNEKE)
        assert get(desk, "/expected")["items"][0]["number"] == number
        arrival = post(desk, "/imports", {
            "artefact": certificate.qr_full, "presented_on": "2026-11-04", "original": True,
        })  # fmt: skip
        assert arrival["verdict"]["verdict"] == "valid"
        assert post(desk, f"/imports/{number}/inspection", finding(certificate))["differences"] == []
        assert post(desk, f"/imports/{number}/confirmation", {"declared": True})["result"] == "match"
        assert get(desk, f"/imports/{number}")["status"] == "CONFIRMED"
    for by in (KAGISO, MPHO):
        assert get(signed_in(by), f"/imports/{number}/confirmation")["receipt"].count(".") == 2
    assert Shipment.objects.get().status == "CONFIRMED"


def test_a_difference_by_software_and_its_way_out():
    certificate = steps.departed()
    number = certificate.number
    steps.present(certificate)
    with at(ARRIVED):
        desk = signed_in(ANNEKE)
        lines = [{**certificate.content["lines"][0], "carats": "1843.26"}, certificate.content["lines"][1]]
        assert post(desk, f"/imports/{number}/inspection", finding(certificate, lines=lines))["differences"]
        assert get(desk, f"/imports/{number}/case")["status"] == "OPEN"
        post(desk, f"/imports/{number}/case/detention", {"reason": "lighter"}, 200)
        post(desk, f"/imports/{number}/case/notice", {"question": "Yours?", "address": "kp@example.bw"})
        refusal = post(desk, f"/imports/{number}/case/release", {"fault": "KNOWING", "measures": "none"}, 422)
        assert {one["rule"] for one in refusal["objections"]} == {"R084"}
        assert post(desk, f"/imports/{number}/case/refusal", {"reason": "fraud"}, 200)["result"] == "refused"


def test_errors_are_problem_documents():
    certificate = steps.departed()
    number = certificate.number
    assert get(signed_in(STRANGER), f"/shipments/{number}", 404)["type"] == "/problems/notfound"
    assert post(signed_in(AUDITOR), f"/shipments/{number}/cancellation", {"reason": "x"}, 403)["permission"]
    assert post(signed_in(KAGISO), f"/shipments/{number}/cancellation", {"reason": "x"}, 409)["status"] == 409
    desk = signed_in(ANNEKE)
    body = {"artefact": "KPC1:NONSENSE", "presented_on": "2026-11-02", "original": True}
    assert post(desk, "/imports", body, 400)["step"]
    assert get(Client(), "/shipments", 401)


@pytest.mark.parametrize("wrong", [
    {"lines": []}, {"lines": [{"hs": "7102.31", "carats": 12.5}]}, {"lines": [{"hs": "7102.31", "carats": "1e3"}]},
    {"parcels": -1}, {"surprise": 1},
])  # fmt: skip
def test_a_misshapen_finding_is_refused(wrong):
    certificate = steps.departed()
    steps.present(certificate)
    with at(ARRIVED):
        post(signed_in(ANNEKE), f"/imports/{certificate.number}/inspection", finding(certificate, **wrong), 422)
    assert Arrival.objects.get().status == "PRESENTED"


def test_an_hs_code_that_is_none_is_named():
    certificate = steps.departed()
    steps.present(certificate)
    with at(ARRIVED):
        wrong = finding(certificate, lines=[{"hs": "diamonds", "carats": "1.00"}])
        post(signed_in(ANNEKE), f"/imports/{certificate.number}/inspection", wrong, 400)


PAPER = {
    "number": "SL004911", "issuer": "SL", "issue_date": "2015-10-05", "expiry_date": "2015-12-04",
    "parcel_reference": "JMI/GGDO/4199",
}  # fmt: skip


def test_the_rules_are_asked_by_everybody_and_an_officer_gets_his_desks_knowledge_too():
    public = post(Client(), "/check?at=2015-11-30", PAPER, 200)
    assert {"verdict", "advice", "objections", "not_checked"} <= public.keys()
    officer = post(signed_in(ANNEKE), "/papers/check?at=2015-11-30", PAPER, 200)
    assert {one["rule"] for one in public["objections"]} <= {one["rule"] for one in officer["objections"]}
    assert post(Client(), "/check", {"number": "SL1"}, 400)["step"]
    assert post(Client(), "/check", {"number": ["x"], "issuer": {}, "issue_date": 5}, 400)


def test_a_paper_is_registered_by_software():
    desk = signed_in(ANNEKE)
    row = post(desk, "/papers", {"certificate": PAPER})
    assert row["answer"]["verdict"] in ("invalid", "cannot_tell")
    assert get(desk, "/papers")["count"] == 1
    assert get(desk, f"/papers/{row['number']}")["certificate"]["number"] == "SL004911"
    assert post(desk, f"/papers/{row['number']}/check", {"matches_specimen": False}, 200)["answer"]
    assert post(desk, f"/papers/{row['number']}/question", {"question": "Yours?"})["reference"]
    post(desk, "/papers", {"certificate": PAPER}, 409)
    post(desk, "/papers", {"certificate": PAPER, "scans": ["0" * 64]}, 404)
    post(signed_in(MPHO), "/papers", {"certificate": PAPER}, 403)


def test_an_uploaded_photograph_is_one():
    client = signed_in(KAGISO)
    answer = client.post(f"{HERE}/photographs", {"file": SimpleUploadedFile("x.png", b"no picture")})
    assert answer.status_code == 400
    assert signed_in(MPHO).post(
        f"{HERE}/photographs", {"file": SimpleUploadedFile("x.png", PNG)}
    ).status_code == 403  # fmt: skip


@pytest.mark.parametrize("text", ["nul \\u0000", "half a pair \\ud800", "bell \\u0007"])
def test_text_that_no_database_stores_is_refused(text):
    desk = signed_in(ANNEKE)
    for path, body in (
        ("/papers", '{"certificate": {"number": "SL1", "issuer": "SL", "issue_date": "2015-01-01", "title": "%s"}}'),
        ("/imports/BW0012345/decision", '{"reason": "%s"}'),
        ("/check", '{"number": "SL1", "issuer": "SL", "issue_date": "2015-01-01", "title": "%s"}'),
    ):
        answer = desk.post(f"{HERE}{path}", body % text, content_type="application/json")
        assert answer.status_code in (400, 422), answer.content


def test_filters_take_any_text():
    steps.departed()
    client = signed_in(KAGISO)
    assert get(client, "/shipments?status=%00")["count"] == 1
    assert client.get("/shipments?status=%00&page=x").status_code == 200
    assert client.get("/search?q=%00").status_code == 200
