"""Pages of alerts: what everybody sees, what officers do, what each error looks like."""

import json
from datetime import date
from io import BytesIO
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from tests.cast import ANNEKE, AUDITOR, BART, CHAIR, DIRK, MPHO, NOW, SEKGOMA

from openkimberley.alerts import actions, queries, statements
from openkimberley.alerts.facts import (
    Alert,
    AlertKind,
    AlertStatus,
    Feature,
    ListedName,
    ListKind,
    Mark,
    MarkKind,
    Specimen,
    Verdict,
)
from openkimberley.desk import files
from openkimberley.kernel.measures import Period

pytestmark = pytest.mark.django_db
FAKE = Alert(AlertKind.FAKE, "SL", NOW.date(), "SL 004911", features=("dotted lines differ",), source="our desk",
             reported_by="secret informant")  # fmt: skip


@pytest.fixture
def sign_in(client, settings, tmp_path):
    """Make the client act as one of the cast, with a file store of its own."""
    settings.SECOND_FACTOR_REQUIRED = False
    settings.PLACE = SimpleNamespace(files=tmp_path / "files")

    def act_as(actor):
        made = {"email": f"{actor.id}@example.test", "name": actor.id}
        user, new = get_user_model().objects.get_or_create(actor_id=actor.id, defaults=made)
        for role in actor.roles if new else ():
            user.roles_held.create(role=role.value, authority=actor.authority, since=date(2020, 1, 1))
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return act_as


def picture(colour="red"):
    out = BytesIO()
    Image.new("RGB", (8, 8), colour).save(out, "PNG")
    return SimpleUploadedFile("scan.png", out.getvalue())


def enter(alert=FAKE, by=ANNEKE):
    return actions.raise_alert(by=by, at=NOW, alert=alert).reference


def text(answer):
    return answer.content.decode()


def test_everybody_reads_confirmed_warnings_and_nobody_who_reported_them(client):
    reference = enter()
    assert "004911" not in text(client.get("/alerts"))
    actions.confirm_alert(by=ANNEKE, at=NOW, reference=reference, reason="SL wrote so")
    page = text(client.get("/alerts?q=4911&issuer=sl"))
    assert "SL 004911" in page
    assert "dotted lines differ" in page
    exported = client.get("/alerts/export")
    for public in (page, text(exported)):
        assert "secret informant" not in public
    assert statements.read(exported.content)[0].number == "SL 004911"
    assert client.get(f"/alerts/{reference}").status_code == 403
    assert client.get("/alerts?issuer=1").status_code == 400


def test_the_list_keeps_to_few_queries(sign_in, django_assert_max_num_queries):
    actions.seed_known_fakes(by=SEKGOMA, at=NOW)
    client = sign_in(ANNEKE)
    with django_assert_max_num_queries(16):  # two are the list's own, the others tell who is signed in
        page = client.get("/alerts")
    assert "6 alerts" in text(page)
    assert len(page.content) < 100_000


def test_an_officer_raises_confirms_and_withdraws(sign_in):
    client = sign_in(ANNEKE)
    assert "JMI" in text(client.get("/alerts/raise?issuer=SL&number=4911&features=JMI"))
    form = {"kind": "FAKE", "issuer": "sl", "number": "SL 4911", "day": "2026-11-01", "source": "x"}
    form |= {"features": "a\n\nb"}
    answer = client.post("/alerts/raise", form)
    reference = answer["Location"].rsplit("/", 1)[1]
    assert queries.alert(reference).features == ("a", "b")
    assert client.post("/alerts/raise", form).status_code == 409
    assert "alert.raised" in text(client.get(f"/alerts/{reference}"))
    assert client.get(f"/alerts/{reference}/confirm").status_code == 200
    assert client.post(f"/alerts/{reference}/confirm", {}).status_code == 422
    assert client.post(f"/alerts/{reference}/confirm", {"reason": "SL", "features": "c"}).status_code == 302
    assert client.post(f"/alerts/{reference}/withdraw", {"reason": "mistake"}).status_code == 302
    assert client.post(f"/alerts/{reference}/withdraw", {"reason": "mistake"}).status_code == 409
    assert queries.alert(reference).status is AlertStatus.WITHDRAWN
    assert client.get(f"/alerts/{reference}/burn").status_code == 404
    assert client.get("/alerts/NONE").status_code == 404


def test_R177_a_confirmed_fake_without_features_comes_back_with_the_rule(sign_in):
    form = {"kind": "FAKE", "issuer": "SL", "number": "1", "day": "2026-11-01", "source": "desk", "confirmed": "on"}
    answer = sign_in(ANNEKE).post("/alerts/raise", form)
    assert answer.status_code == 422
    assert "R177" in text(answer)
    blanks = form | {"kind": "STOLEN_BLANKS", "serial_from": "A9", "serial_to": "A1"}
    assert "no run of serial numbers" in text(sign_in(ANNEKE).post("/alerts/raise", blanks))


@pytest.mark.parametrize("who", [MPHO, AUDITOR])
@pytest.mark.parametrize(
    "path",
    ["alerts/raise", "alerts/import", "names/enter", "specimens/keep", "specimens/marks/enter", "alerts/X/confirm"],
)
def test_pages_that_enter_are_closed_to_those_who_may_not(sign_in, who, path):
    assert sign_in(who).get(f"/{path}").status_code == 403


@pytest.mark.parametrize("path", ["specimens", "specimens/compare", "questions", "names", "specimens/pictures/00"])
def test_pages_of_officers_are_closed_to_applicants_and_visitors(client, sign_in, path):
    assert client.get(f"/{path}").status_code == 403
    assert sign_in(MPHO).get(f"/{path}").status_code == 403


def test_alerts_travel_from_node_to_node_as_a_file(sign_in):
    client = sign_in(ANNEKE)
    wanted = SimpleUploadedFile("alerts.json", statements.write([FAKE]))
    assert client.post("/alerts/import", {"file": wanted}).status_code == 302
    assert queries.alert_for("SL4911", "SL")
    assert statements.read(client.get("/alerts/export").content)[0].features == FAKE.features
    for hostile in (b"\xff", b"[1]", b"[" * 9999):
        assert client.post("/alerts/import", {"file": SimpleUploadedFile("x", hostile)}).status_code == 400
    assert client.post("/alerts/import", {}).status_code == 422


SPECIMEN = {
    "issuer": "SL", "title": "Fictional specimen", "since": "2015-01-01", "numbers": "SL004500 - SL005500",
    "features": "Watermark | centre | hold against the light\nMicrotext", "notified_on": "2014-12-01",
    "source": "notice",
}  # fmt: skip


def keep(client):
    answer = client.post("/specimens/keep", SPECIMEN | {"pictures": [picture(), picture("blue")]})
    return answer["Location"].rsplit("/", 1)[1]


def test_a_specimen_is_kept_shown_and_retired(sign_in):
    client = sign_in(DIRK)
    reference = keep(client)
    one = queries.specimen(reference)
    assert one.features == (Feature("Watermark", "centre", "hold against the light"), Feature("Microtext"))
    assert len(one.pictures) == 2
    assert "Fictional specimen" in text(client.get("/specimens?issuer=SL&on=2015-05-05"))
    assert "hold against the light" in text(client.get(f"/specimens/{reference}"))
    shown = client.get(f"/specimens/pictures/{one.pictures[0].sha256}")
    assert shown["Content-Type"] == "image/png"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"/specimens/{reference}/retire").status_code == 200
    end = {"until": "2016-01-01", "reason": "new print"}
    assert client.post(f"/specimens/{reference}/retire", end).status_code == 302
    assert client.post(f"/specimens/{reference}/retire", end).status_code == 409
    assert client.get("/specimens?on=x").status_code == 400


@pytest.mark.parametrize(
    "change", [{"numbers": "x"}, {"until": "2014-01-01"}, {"issuer": "S1"}, {"notified_on": ""}, {"features": ""}]
)
def test_R011_a_specimen_that_says_too_little_comes_back(sign_in, change):
    assert sign_in(DIRK).post("/specimens/keep", SPECIMEN | change).status_code == 422


def test_what_is_no_picture_is_refused_by_name(sign_in):
    client = sign_in(DIRK)
    bad = SimpleUploadedFile("x.png", b"<svg onload=alert(1)>")
    assert client.post("/specimens/keep", SPECIMEN | {"pictures": [bad]}).status_code == 400
    many = {"pictures": [picture() for _ in range(9)]}
    assert client.post("/specimens/keep", SPECIMEN | many).status_code == 422


def test_a_signatory_is_entered_and_ended(sign_in):
    client = sign_in(DIRK)
    form = {"issuer": "SL", "kind": "SIGNATORY", "name": "Fictional Signer", "since": "2015-01-01", "source": "notice"}
    assert client.get("/specimens/marks/enter").status_code == 200
    assert client.post("/specimens/marks/enter", form | {"sample": picture()}).status_code == 302
    (mark,) = queries.signatories("SL")
    assert "Fictional Signer" in text(client.get("/specimens?issuer=SL"))
    assert client.get(f"/specimens/pictures/{mark.sample}").status_code == 200
    end = {"until": "2020-01-01", "reason": "left"}
    assert client.post(f"/specimens/marks/{mark.reference}/end", end).status_code == 302
    assert queries.signatories("SL", date(2020, 1, 1)) == ()
    assert client.get(f"/specimens/marks/{mark.reference}/end").status_code == 200


def test_a_paper_is_laid_beside_its_specimen_and_the_difference_becomes_an_alert(sign_in):
    keeper = sign_in(DIRK)
    reference = keep(keeper)
    enter(Alert(AlertKind.FAKE, "SL", NOW.date(), features=("another fake",), source="notice"))
    client = sign_in(ANNEKE)
    assert client.get("/specimens/compare").status_code == 200
    asked = {"issuer": "SL", "on": "2015-10-05", "number": "SL004911"}
    answer = client.post("/specimens/compare", asked | {"scan": picture("green")})
    address = answer["Location"]
    page = text(client.get(address))
    assert "Watermark" in page
    assert "another fake" in page
    assert client.get(page.split('src="')[1].split('"')[0]).status_code == 200
    said = client.post(address, {"look": "1", f"{reference}-0": "matches", f"{reference}-1": "differs"})
    assert "1 feature differs" in text(said)
    assert "Microtext+differs" in text(said)
    assert "not looked at" in text(client.post(address, {"look": "1", f"{reference}-0": "matches"}))
    every = {"look": "1", f"{reference}-0": "matches", f"{reference}-1": "matches"}
    assert "Every feature matches" in text(client.post(address, every))
    assert client.post("/specimens/compare", {"issuer": "SL"}).status_code == 422
    assert client.get("/specimens/compare?issuer=SL").status_code == 422
    bad = SimpleUploadedFile("x.png", b"nothing")
    assert client.post("/specimens/compare", asked | {"scan": bad}).status_code == 400


def test_a_scan_is_shown_only_under_a_signed_name(sign_in):
    client = sign_in(ANNEKE)
    sha = files.keep(picture().read())
    for token in (sha, "x", "a:b:c"):
        assert client.get(f"/specimens/scans/{token}").status_code == 404
        assert client.get(f"/specimens/compare?issuer=SL&on=2015-10-05&scan={token}").status_code == 404
    assert client.get(f"/specimens/pictures/{sha}").status_code == 404
    address = queries.compare_address("SL", date(2015, 10, 5), "4911", sha)
    assert "No specimen of this issuer" in text(client.get(address))


def test_an_issuer_is_asked_and_its_answer_recorded(sign_in):
    client = sign_in(ANNEKE)
    assert "SL" in text(client.get("/questions/ask?issuer=SL&number=4911"))
    form = {"issuer": "SL", "number": "SL 4911", "question": "Is it yours?", "sent_to": "nma@example.org"}
    path = client.post("/questions/ask", form | {"scans": [picture()]})["Location"]
    page = text(client.get(path))
    assert "mailto:nma%40example.org" in page
    assert client.get("/questions?open=1").content.count(b"Not answered yet") == 1
    scan = queries.issuer_query(path.rsplit("/", 1)[1]).files[0]
    assert client.get(f"/specimens/pictures/{scan}").status_code == 200
    answer = {"verdict": "NOT_GENUINE", "answered_by": "Freetown", "day": NOW.date().isoformat(), "text": "not ours"}
    from django.utils import timezone

    answer["day"] = timezone.now().date().isoformat()
    assert client.post(path, answer | {"letters": [picture("blue")]}).status_code == 302
    assert "Raise an alert" in text(client.get(path))
    assert queries.issuer_answer("4911", "SL") is False
    assert client.post(path, answer | {"day": "2001-01-01"}).status_code == 409
    assert client.post(path, {}).status_code == 422
    other = sign_in(SEKGOMA)
    assert other.get(path).status_code == 404
    assert other.get(f"/specimens/pictures/{scan}").status_code == 404


def test_a_listed_name_is_entered_looked_up_and_taken_off(sign_in):
    client = sign_in(BART)
    form = {"kind": "SANCTION", "list_name": "Fictional list", "entity": "COMPANY", "name": "Fictional Bad Stones Ltd",
            "since": "2020-01-01", "source": "gazette", "aliases": "FBS\nBad S"}  # fmt: skip
    assert client.get("/names/enter").status_code == 200
    assert client.post("/names/enter", form).status_code == 302
    assert client.post("/names/enter", form).status_code == 409
    assert "is the same but for" in text(client.get("/names?q=bad fictional stones"))
    assert "stands on no list" in text(client.get("/names?q=good stones"))
    reference = queries.listed_names()[0].reference
    assert client.get(f"/names/{reference}/delist").status_code == 200
    assert client.post(f"/names/{reference}/delist", {"until": "2021-01-01", "reason": "appeal"}).status_code == 302
    assert "Fictional Bad" not in text(client.get("/names"))
    assert client.get("/names?on=x").status_code == 400


# --- over HTTP --------------------------------------------------------------------------------------------------------


def post(client, path, body):
    return client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")


def test_the_api_publishes_confirmed_alerts_to_everybody(client):
    actions.seed_known_fakes(by=SEKGOMA, at=NOW)
    found = client.get("/api/v1/alerts").json()["alerts"]
    assert {one["number"] for one in found} >= {"004306", "004911"}
    assert not any("reported_by" in one for one in found)
    for path in ("/alerts/export", "/alerts/X", "/specimens", "/signatories", "/alerts/check/SL/1"):
        assert client.get(f"/api/v1{path}").status_code == 401


def test_the_api_does_what_the_pages_do(sign_in):
    client = sign_in(ANNEKE)
    body = statements.to_json(FAKE)
    raised = post(client, "/alerts", body)
    assert raised.status_code == 201
    reference = raised.json()["reference"]
    assert post(client, "/alerts", body).status_code == 409
    assert post(client, "/alerts", body | {"colour": "red"}).status_code == 400
    assert post(client, "/alerts", []).status_code == 400
    bare = post(client, "/alerts", body | {"number": "7", "features": [], "status": "CONFIRMED"})
    assert (bare.status_code, bare.json()["objections"][0]["rule"]) == (422, "R177")
    assert post(client, f"/alerts/{reference}/confirm", {"reason": "SL"}).json()["status"] == "CONFIRMED"
    check = client.get("/api/v1/alerts/check/SL/4911?paper_serial=A1").json()
    assert [one["reference"] for one in check["alerts"]] == [reference]
    assert client.get(f"/api/v1/alerts/{reference}").json()["number"] == "SL 004911"
    assert client.get("/api/v1/alerts/export").json()["alerts"][0]["reported_by"] == "secret informant"
    assert post(client, f"/alerts/{reference}/withdraw", {"reason": "mistake"}).json()["status"] == "WITHDRAWN"
    assert len(post(client, "/alerts/import", {"alerts": [body, body | {"number": "8"}]}).json()["entered"]) == 1


def test_the_api_answers_on_specimens_signatories_questions_and_names(sign_in):
    period = Period(date(2015, 1, 1))
    specimen = Specimen("SL", "t", period, features=(Feature("x"),), notified_on=date(2014, 1, 1), source="n")
    actions.keep_specimen(by=DIRK, at=NOW, specimen=specimen)
    actions.enter_mark(by=DIRK, at=NOW, mark=Mark("SL", MarkKind.STAMP, "Round stamp", period, source="n"))
    entry = ListedName(ListKind.CONVICTION, "Fictional court", "Fictional Smuggler", period, source="judgment")
    actions.list_name(by=DIRK, at=NOW, entry=entry)
    client = sign_in(ANNEKE)
    assert client.get("/api/v1/specimens?issuer=SL&on=2015-05-05").json()[0]["features"][0]["name"] == "x"
    assert client.get("/api/v1/signatories?issuer=SL").json()[0]["kind"] == "STAMP"
    asked = post(client, "/questions", {"issuer": "SL", "number": "9", "question": "Yours?"}).json()
    answer = {"verdict": "GENUINE", "answered_by": "Freetown", "day": asked["sent_on"]}
    said = post(client, f"/questions/{asked['reference']}/answers", answer)
    assert said.json()["verdict"] == Verdict.GENUINE
    found = post(client, "/names/screen", {"names": ["smuggler FICTIONAL"], "subject": "BW1"}).json()
    assert found["matches"][0]["list"] == "Fictional court"
    assert post(sign_in(CHAIR), "/questions", {"issuer": "SL", "number": "9", "question": "?"}).status_code == 403


# --- command line -----------------------------------------------------------------------------------------------------


def test_the_command_line_lists_writes_and_reads(tmp_path):
    from click.testing import CliRunner

    from openkimberley.alerts.cli import alerts
    from openkimberley.kernel.errors import Untrusted

    def run(*words):
        return CliRunner().invoke(alerts, [str(word) for word in words])

    reference = enter()
    assert reference in run("list").output
    assert json.loads(run("list", "4911", "--json", "--issuer", "SL", "--kind", "FAKE").output)[0]["v"] == 1
    target = tmp_path / "alerts.json"
    assert run("export", target).exit_code == 0
    assert json.loads(run("export").output)["alerts"][0]["number"] == "SL 004911"
    assert json.loads(run("export", "--public").output) == {"alerts": []}
    assert json.loads(run("import", target, "--authority", "BW", "--json").output) == {"entered": []}
    target.write_bytes(target.read_bytes().replace(b"004911", b"7"))
    assert "1 alerts entered" in run("import", target, "--authority", "BW").output
    target.write_bytes(b"{")
    assert isinstance(run("import", target, "--authority", "BW").exception, Untrusted)
