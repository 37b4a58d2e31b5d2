"""The register over HTTP and on the command line: the rows of the contract."""

import json
from datetime import date

import pytest
from click.testing import CliRunner
from django.test import RequestFactory
from tests.cast import CHAIR, NOW, SEKGOMA

from openkimberley.kernel.errors import NotPermitted
from openkimberley.participants import actions, api, queries
from openkimberley.participants.cli import participants as command

ROW = {"code", "name", "status", "trades", "since", "source"}


@pytest.mark.django_db
class TestApi:
    def get(self, client, path, status=200, **query):
        answer = client.get(f"/api/v1/{path}", query)
        assert answer.status_code == status
        return answer.json()

    def test_the_list_of_a_day(self, client):
        said = self.get(client, "participants", at="2014-01-01")
        rows = {row["code"]: row for row in said["rows"]}
        assert set(rows["CI"]) == ROW
        assert rows["CI"]["status"] == "embargoed"
        assert rows["UZ"] == {
            "code": "UZ", "name": "Uzbekistan", "status": "non_participant", "trades": False, "since": None,
            "source": rows["UZ"]["source"],
        }  # fmt: skip
        assert (said["participants"], said["countries"]) == (54, 81)

    def test_the_list_by_a_national_law(self, client):
        rows = {row["code"]: row for row in self.get(client, "participants", at="2024-12-01", by="US")["rows"]}
        assert rows["UZ"]["status"] == "non_participant"

    def test_one_participant_with_everything(self, client):
        said = self.get(client, "participants/cf", at="2018-01-01")
        assert said["status"] == "restricted"
        assert "Nola" in said["zones"]
        assert all(row["source"] for row in said["history"])
        assert said["profile"]["exporting_authority"]["source"]
        assert "validity" in said["unknown"]
        assert said["sure"] is True
        assert "US" in said["national_lists"]

    def test_a_territory_answers_with_its_participant(self, client):
        assert self.get(client, "participants/HK")["into"] == "CN"

    def test_nobody_is_a_problem_document(self, client):
        said = self.get(client, "participants/KE", status=404)
        assert said["title"] == "NotFound"

    @pytest.mark.parametrize("query", [{"at": "soon"}, {"by": "XX"}])
    def test_nonsense_is_wrong_use(self, client, query):
        self.get(client, "participants", status=422, **query)


def run(*words):
    return CliRunner().invoke(command, words)


def test_the_command_prints_the_rows_of_the_contract():
    done = run("--at", "2004-08-01", "--json")
    rows = json.loads(done.output)
    assert done.exit_code == 0
    assert all(set(row) == ROW for row in rows)
    assert len(rows) == 88
    congo = next(row for row in rows if row["code"] == "CG")
    assert (congo["status"], congo["trades"], congo["since"]) == ("removed", False, "2004-07-09")


def test_the_command_speaks_words_too():
    done = run("--at", "2026-01-01")
    assert "60 Participants for 86 countries on 2026-01-01" in done.output
    assert "self suspended" in run("--at", "2014-01-01", "--code", "ve").output


def test_the_command_knows_national_lists_and_countries_outside_the_register():
    rows = json.loads(run("--at", "2024-12-01", "--by", "CA", "--code", "UZ", "--code", "KE", "--json").output)
    assert [row["status"] for row in rows] == ["non_participant", "non_participant"]


@pytest.mark.parametrize("words", [["--at", "soon"], ["--code", "EU-BE"], ["--by", "XX"]])
def test_wrong_use_ends_with_status_2(words):
    assert run(*words).exit_code == 2


def test_today_is_the_default():
    assert str(date.today().year) in run().output


def asked_by(actor):
    request = RequestFactory().post("/api/v1/")
    request.actor = actor
    return request


@pytest.mark.django_db
class TestChanges:
    DECISION = {
        "verb": "SUSPEND", "effective": "2026-12-01", "reference": "KP/2026/AD 3", "source": "fictional communique",
    }  # fmt: skip

    @pytest.mark.parametrize(
        "path",
        ["participants/GH/decisions", "national-lists/CA/GH", "participants/GH/authorities", "profiles/GH/special"],
    )
    def test_a_visitor_changes_nothing(self, client, path):
        answer = client.post(f"/api/v1/{path}", {}, content_type="application/json")
        assert answer.status_code in {401, 403, 422}

    def test_the_chair_decides_and_corrects(self):
        actions.seed_register(by=SEKGOMA, at=NOW)
        said = api.decide(asked_by(CHAIR), "gh", api.DecisionIn(**self.DECISION))
        assert said["status"] == "SUSPENDED"
        entry = api.EntryIn(status="SUSPENDED", since="2026-12-02", source="fictional correction")
        api.correct(asked_by(CHAIR), "gh", date(2026, 12, 1), entry)
        assert queries.register().trades_at("GH", date(2026, 12, 1))
        assert not queries.register().trades_at("GH", date(2026, 12, 2))

    def test_a_supervisor_keeps_list_authorities_and_profile(self):
        actions.seed_register(by=SEKGOMA, at=NOW)
        entry = api.EntryIn(status="NON_PARTICIPANT", since="2026-12-01", source="fictional gazette")
        api.date_national_list(asked_by(SEKGOMA), "ca", "uz", entry)
        assert queries.register().listed("UZ", date(2026, 12, 1), "CA") is False
        named = api.AuthorityIn(
            code="UZ", name="Fictional Office", exporting=True, importing=True, since="2026-12-01", source="fictional"
        )
        api.name_authority(asked_by(SEKGOMA), "uz", named)
        assert queries.register().authority("Fictional Office", "UZ", date(2026, 12, 1))
        api.set_value(asked_by(SEKGOMA), "uz", "number_digits", api.ValueIn(value=7, source="fictional"))
        assert queries.profiles().of("UZ").number_digits.value == 7

    def test_a_decision_of_somebody_else_is_not_permitted(self):
        with pytest.raises(NotPermitted):
            api.decide(asked_by(SEKGOMA), "GH", api.DecisionIn(**self.DECISION))

    def test_an_admission_brings_the_name(self):
        actions.seed_register(by=SEKGOMA, at=NOW)
        given = {**self.DECISION, "verb": "ADMIT", "name": "Kenya"}
        api.decide(asked_by(CHAIR), "KE", api.DecisionIn(**given))
        assert queries.register().participants["KE"].name == "Kenya"
