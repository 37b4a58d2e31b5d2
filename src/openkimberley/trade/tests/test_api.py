"""The register over HTTP and on the command line."""

import json
from datetime import date

import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.cast import DIRK, NOW, SEKGOMA

from openkimberley.desk.tables import read_table, write_table
from openkimberley.kernel.errors import NotFound
from openkimberley.trade import cli, queries
from openkimberley.trade.tests.test_web import SECRETS, grant, sign_in

pytestmark = pytest.mark.django_db
__all__ = ["sign_in"]
BODY = {
    "kinds": ["AGENT"], "holder": "Fictional Agent", "address": "Plot 2", "nationality": "BW",
    "valid_from": "2026-01-01",
}  # fmt: skip


def post(client, path, body):
    return client.post(f"/api/v1/licences{path}", json.dumps(body), content_type="application/json")


def test_everybody_searches_the_register(client):
    number = grant()
    answer = client.get("/api/v1/licences", {"q": "person", "kind": "EXPORTER", "status": "GRANTED"})
    assert answer.json()["rows"][0]["number"] == number
    one = client.get(f"/api/v1/licences/BW/{number}?at=2026-02-01")
    for secret in SECRETS:
        assert secret not in answer.content.decode() + one.content.decode()
    assert client.get("/api/v1/licences/BW/NONE").status_code == 404
    assert client.get("/api/v1/licences?kind=PIRATE").status_code == 422


def test_an_officer_does_everything_over_the_api(sign_in):
    client, company = sign_in(SEKGOMA), grant()
    granted = post(client, "", BODY)
    assert granted.status_code == 201
    agent = granted.json()["number"]
    why = {"since": "2026-11-02", "reason": "because"}
    acts = [
        (f"/BW/{company}/standing/suspend", why), (f"/BW/{company}/standing/reinstate", why),
        (f"/BW/{company}/renew", {"valid_from": "2100-01-01"}),
        (f"/BW/{company}/amend", BODY_OF_AMENDMENT), (f"/BW/{company}/stock/2025", {}),
        (f"/BW/{agent}/agents", {"company": company, "valid_from": "2026-01-01"}),
        (f"/BW/{agent}/agents/end", {"company": company, "until": "2026-11-03"}),
        (f"/BW/{company}/standing/revoke", why),
    ]  # fmt: skip
    for path, body in acts:
        answer = post(client, path, body)
        assert answer.status_code in (200, 201), (path, answer.content)
    record = client.get(f"/api/v1/licences/BW/{company}/record?at=2027-01-01").json()
    assert (record["version"], record["status"], record["address"]) == (2, "REVOKED", "Plot 2")


BODY_OF_AMENDMENT = {key: value for key, value in BODY.items() if key != "valid_from"} | {
    "version": 1, "since": "2026-11-02", "reason": "moved",
}  # fmt: skip


def test_each_error_is_a_problem_document(client, sign_in):
    number = grant()
    assert post(client, "", BODY).status_code == 401
    officer = sign_in(SEKGOMA)
    refused = post(officer, "", BODY | {"address": ""})
    assert refused.status_code == 422
    assert refused.json()["objections"][0]["rule"] == "R122"
    assert post(officer, f"/BW/{number}/standing/reinstate", {"since": "2026-11-02", "reason": "x"}).status_code == 409
    backwards = {"valid_from": "2027-01-01", "valid_to": "2026-01-01"}
    assert post(officer, f"/BW/{number}/renew", backwards).status_code == 409
    assert post(officer, "/BW/NONE/renew", {"valid_from": "2027-01-01"}).status_code == 404
    assert post(officer, "", BODY | {"colour": "red"}).status_code == 422
    why = {"since": "2026-11-02", "reason": "x"}
    assert post(sign_in(DIRK), f"/BW/{number}/standing/revoke", why).status_code == 403


def test_a_table_is_loaded_over_the_api_or_its_faults_come_back(sign_in):
    client = sign_in(SEKGOMA)
    row = {key: value for key, value in BODY.items() if key != "kinds"} | {"kinds": "AGENT"}

    def load(rows):
        table = SimpleUploadedFile("x.json", write_table(rows, "json", list(row)))
        return client.post("/api/v1/licences/load", {"file": table})

    bad = load([row, row | {"kinds": "PIRATE"}])
    assert bad.status_code == 422
    assert [(fault["line"], fault["field"]) for fault in bad.json()["rows"]] == [(2, "kinds")]
    assert load([row]).json()["numbers"] == [f"BW-AGT-{queries.search(on=NOW.date()).licences[0].number[7:11]}-0001"]


def test_the_export_is_whole_for_officers_only(client, sign_in):
    number = grant()
    assert client.get("/api/v1/licences/export/csv?authority=BW").status_code == 401
    sign_in(DIRK)
    assert client.get("/api/v1/licences/export/csv?authority=BW").status_code == 403
    assert client.get(f"/api/v1/licences/BW/{number}/record").status_code == 403
    whole = sign_in(SEKGOMA).get("/api/v1/licences/export/csv?authority=BW")
    assert read_table(whole.content, "x.csv")[0].cells["address"] == "Secret Street 5"


# --- command line -----------------------------------------------------------------------------------------------------


def run(*words):
    return CliRunner().invoke(cli.licences, [str(word) for word in words])


def test_the_command_line_lists_shows_exports_and_loads(tmp_path):
    number = grant()
    assert number in run("list").output
    assert json.loads(run("list", "person", "--json", "--kind", "EXPORTER").output)[0]["number"] == number
    assert json.loads(run("show", "BW", number, "--json", "--at", "2026-05-01").output)["address"] == "Secret Street 5"
    assert "Secret Street" in run("show", "BW", number).output
    target = tmp_path / "out.csv"
    assert run("export", target, "--authority", "BW").exit_code == 0
    target.write_bytes(target.read_bytes().replace(number.encode(), b"COPY-1"))
    assert json.loads(run("load", target, "--authority", "BW", "--json").output) == {"loaded": 1, "numbers": ["COPY-1"]}
    assert queries.licence("BW", "COPY-1").terms[0].start == date(2026, 1, 1)
    again = run("load", target, "--authority", "BW")
    assert again.exit_code == 1
    assert "line 2, number" in again.output
    assert json.loads(run("load", target, "--authority", "BW", "--json").output)["rows"][0]["line"] == 2
    assert run("export", tmp_path / "out.exe").exit_code == 2
    assert isinstance(run("show", "BW", "NONE").exception, NotFound)
