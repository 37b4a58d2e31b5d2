"""Tables in and out: all rows or none, each fault by line, field, rule and remedy."""

import io
import json

import openpyxl
import pytest
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tests.cast import EXPORTER_LICENCE, MPHO, STRANGER
from tests.story import draft, issued

from openkimberley.certificates.cli import certificates as command
from openkimberley.certificates.forms import tables
from openkimberley.certificates.models import Application
from openkimberley.certificates.tests.world import node, sign_in, words  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("node")]

HEAD = "key,exporter_name,importer_name,origin,origin_shares,destination,destination_authority,parcels,hs,carats,usd\n"
GOOD = (
    HEAD + "1,Fictional Kalahari Rough,Fictional Scheldt,BW,,EU,EU-BE,1,7102.31,12.50,4000.00\n"
    "1,,,,,,,,7102.10,1.00,10.00\n"
    "2,Fictional Kalahari Rough,Fictional Scheldt,BW; NA,BW=60.00; NA=40.00,EU,EU-BE,2,7102.31,5.00,900.00\n"
)


def upload(client, text, name="table.csv", company=EXPORTER_LICENCE):
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(reverse("applications-load"), {"company": company, "file": SimpleUploadedFile(name, data)})


def test_rows_of_one_key_make_one_draft(client):
    sign_in(client, MPHO)
    assert upload(client, GOOD).status_code == 302
    first, second = Application.objects.order_by("serial")
    assert [line["carats"] for line in first.content["lines"]] == ["12.50", "1.00"]
    assert first.content["exporter"]["licence"] == EXPORTER_LICENCE
    assert first.content["parcels"] == 1
    assert second.content["origin"] == ["BW", "NA"]
    assert second.content["origin_shares"] == {"BW": "60.00", "NA": "40.00"}


def test_one_bad_row_stops_the_whole_file_and_is_named(client):
    sign_in(client, MPHO)
    answer = upload(client, GOOD.replace("5.00,900.00", "five,900.00"))
    assert answer.status_code == 422
    page = words(answer)
    assert "Line 4" in page
    assert "lines/0/carats" in page
    assert "nothing was loaded" in page
    assert not Application.objects.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("BW=60.00", "BW 60"), "is no pair"),
        (GOOD.replace("1,,,,,,,,7102.10", "1,Another,,,,,,,7102.10"), "differs from the first row"),
        (GOOD.replace("parcels", "parcelz"), "no column of this name"),
        (HEAD, "headings only"),
        ("", "empty"),
        ("\x00\x01", "NUL"),
        ('key,"unfinished\n', "no CSV"),
    ],
)
def test_every_fault_has_its_words(client, text, said):
    sign_in(client, MPHO)
    answer = upload(client, text)
    assert answer.status_code == 400 if text else 422
    assert said in words(answer)
    assert not Application.objects.exists()


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_the_template_can_be_loaded_as_it_is(client, kind):
    sign_in(client, MPHO)
    answer = client.get(reverse("applications-template", args=[kind]))
    assert upload(client, answer.content, f"template.{kind}").status_code == 302
    assert Application.objects.get().content["lines"] == [{"hs": "7102.31", "carats": "12.50", "usd": "4000.00"}]


def test_whole_applications_in_the_contracts_json_are_loaded(client):
    sign_in(client, MPHO)
    assert upload(client, json.dumps([draft(), draft()]), "many.json").status_code == 302
    assert Application.objects.count() == 2
    assert Application.objects.first().content["exporter"]["licence"] == EXPORTER_LICENCE


@pytest.mark.parametrize(
    "document",
    [[{"lines": []}, 5], [{"lines": [], "exporter": 5}], {"lines": []}, [[]], "text", [{"lines": ["x"]}],
     [{"lines": [], "strange": 1}]],
)  # fmt: skip
def test_json_that_is_no_table_is_named(client, document):
    sign_in(client, MPHO)
    assert upload(client, json.dumps(document), "many.json").status_code in (400, 422)
    assert not Application.objects.exists()


def test_nobody_loads_for_another_company(client):
    sign_in(client, STRANGER)
    answer = upload(client, GOOD)
    assert answer.status_code == 422
    assert not Application.objects.exists()


def test_software_gets_the_faults_as_rows(client):
    sign_in(client, MPHO)
    where = "/api/v1/applications/load"
    file = SimpleUploadedFile("t.csv", GOOD.replace("5.00,900.00", "five,900.00").encode())
    said = client.post(where, {"company": EXPORTER_LICENCE, "file": file})
    assert said.status_code == 422
    assert said["Content-Type"] == "application/problem+json"
    assert said.json()["rows"][0]["line"] == 4
    assert set(said.json()["rows"][0]) == {"line", "field", "rule", "message", "remedy"}
    file = SimpleUploadedFile("t.csv", GOOD.encode())
    assert client.post(where, {"company": EXPORTER_LICENCE, "file": file}).json()["count"] == 2


def test_formulas_in_names_do_not_run_in_a_spreadsheet(client):
    issued(exporter={"name": "=cmd|calc", "address": "x", "licence": EXPORTER_LICENCE})
    sign_in(client, MPHO)
    text = client.get(reverse("certificates-export", args=["csv"])).content.decode("utf-8-sig")
    assert "'=cmd|calc" in text
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("certificates-export", args=["xlsx"])).content))
    assert all(cell.data_type == "s" for cell in book.active[2] if cell.value)


def test_the_books_come_out_on_the_command_line(tmp_path):
    number = issued().number
    target = tmp_path / "books.json"
    done = CliRunner().invoke(command, ["export", "certificates", "json", "--authority", "BW", "--to", str(target)])
    assert done.exit_code == 0, done.output
    assert {row["number"] for row in json.loads(target.read_text())} == {number}
    done = CliRunner().invoke(
        command, ["export", "applications", "json", "--authority", "EU-BE", "--to", str(target), "--json"]
    )
    assert json.loads(target.read_text()) == []
    assert json.loads(done.output)["file"] == str(target)


def test_the_command_line_loads_all_or_nothing(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text(GOOD.replace("5.00,900.00", "five,900.00"))
    arguments = ["load", str(table), "--authority", "BW", "--company", EXPORTER_LICENCE]
    done = CliRunner().invoke(command, [*arguments, "--json"])
    assert done.exit_code == 1
    assert json.loads(done.output)["rows"][0]["line"] == 4
    assert CliRunner().invoke(command, arguments).exit_code == 1
    assert not Application.objects.exists()
    table.write_text(GOOD)
    done = CliRunner().invoke(command, arguments)
    assert done.output.split() == ["BW-A-000001", "BW-A-000002"]
    table.write_text("")
    assert CliRunner().invoke(command, arguments).exit_code == 1


def test_the_template_is_written_by_the_command_line(tmp_path):
    target = tmp_path / "t.csv"
    assert CliRunner().invoke(command, ["template", "csv", "--to", str(target)]).exit_code == 0
    assert target.read_text(encoding="utf-8-sig").splitlines()[0] == ",".join(tables.LOADED)
