"""Pages of the register: what everybody sees, what officers do, what each error looks like."""

from datetime import date

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.cast import ANNEKE, AUDITOR, BW, DIRK, KAGISO, MPHO, NOW, SEKGOMA

from openkimberley.desk.tables import read_table, write_table
from openkimberley.kernel.measures import Period
from openkimberley.trade import actions, queries, statements
from openkimberley.trade.facts import Holder, LegalForm, LicenceKind

pytestmark = pytest.mark.django_db
SECRETS = ("Secret Street", "secret@example.org", "+267 555", "resident of Orapa", "ID-998")
PERSON = Holder(
    "Fictional Person", "Secret Street 5", "BW", "resident of Orapa", "Orapa", LegalForm.INDIVIDUAL, "ID-998",
    "secret@example.org", "+267 555",
)  # fmt: skip


@pytest.fixture
def sign_in(client, settings):
    """Make the client act as one of the cast."""
    settings.SECOND_FACTOR_REQUIRED = False

    def act_as(actor):
        made = {"email": f"{actor.id}@example.test", "name": actor.id}
        user, new = get_user_model().objects.get_or_create(actor_id=actor.id, defaults=made)
        for role in actor.roles if new else ():
            user.roles_held.create(role=role.value, authority=actor.authority, since=date(2020, 1, 1))
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return act_as


def grant(holder=PERSON, kinds=(LicenceKind.EXPORTER,), **more):
    term = Period(date(2026, 1, 1), date(2100, 1, 1))
    stated = {"by": SEKGOMA, "at": NOW, "authority": BW, "kinds": kinds, "holder": holder, "term": term}
    return actions.grant(**(stated | more)).number


FORM = {
    "kinds": ["EXPORTER", "DEALER"], "legal_form": "COMPANY", "name": "Fictional Okavango Rough",
    "address": "Plot 9, Maun", "nationality": "bw", "valid_from": "2026-01-01", "valid_to": "2099-12-31",
}  # fmt: skip


def test_everybody_finds_a_licence_and_nobody_an_address(client):
    number = grant()
    page = client.get("/licences", {"q": "FICTIONAL pers", "kind": "EXPORTER", "status": "GRANTED", "authority": "bw"})
    assert page.status_code == 200
    assert number in page.content.decode()
    one = client.get(f"/licences/BW/{number}")
    for secret in SECRETS:
        assert secret not in page.content.decode()
        assert secret not in one.content.decode()
    assert len(page.content) < 100_000


def test_the_search_keeps_to_few_queries_and_says_when_nothing_is_found(client, django_assert_max_num_queries):
    for _ in range(30):
        grant()
    with django_assert_max_num_queries(8):
        page = client.get("/licences")
    assert "30 licences" in page.content.decode()
    assert "Page 1 of 2" in page.content.decode()
    assert "Previous" in client.get("/licences?page=2").content.decode()
    assert "No licence was found" in client.get("/licences?q=zzz").content.decode()
    for odd in ("page=x", "page=-1", "page=99999999999999999999", "page=²"):
        assert client.get(f"/licences?{odd}").status_code == 200
    assert client.get("/licences?at=tomorrow").status_code == 400


def test_an_unknown_licence_is_not_found_and_a_number_may_hold_a_slash(client):
    assert client.get("/licences/BW/NONE").status_code == 404
    grant(number="OLD/2001/7")
    assert client.get("/licences/BW/OLD/2001/7").status_code == 200


@pytest.mark.parametrize(
    ("who", "whole"), [(SEKGOMA, True), (KAGISO, True), (AUDITOR, True), (DIRK, False), (MPHO, False)]
)
def test_the_whole_record_is_for_officers_of_its_authority(sign_in, who, whole):
    page = sign_in(who).get(f"/licences/BW/{grant()}").content.decode()
    assert ("Secret Street" in page) is whole
    assert ("/licences/change/revoke" in page) is (who is SEKGOMA)


def test_a_supervisor_grants_a_licence(sign_in):
    client = sign_in(SEKGOMA)
    assert client.get("/licences/grant").status_code == 200
    answer = client.post("/licences/grant", FORM, follow=True)
    assert "BW-EXP-" in answer.content.decode()
    assert queries.search(on=NOW.date(), text="okavango").total == 1


def test_R122_an_incomplete_record_comes_back_with_what_was_typed_and_every_objection(sign_in):
    answer = sign_in(SEKGOMA).post("/licences/grant", FORM | {"address": "", "nationality": ""})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count("R122") > 1
    assert "Fictional Okavango Rough" in page
    assert 'href="#id_address"' in page
    assert 'href="#id_nationality"' in page


@pytest.mark.parametrize(
    "change", [{"valid_to": "2025-01-01"}, {"nationality": "1!"}, {"number": "<b>"}, {"kinds": []}, {"valid_from": "x"}]
)
def test_a_form_that_cannot_be_read_comes_back(sign_in, change):
    assert sign_in(SEKGOMA).post("/licences/grant", FORM | change).status_code == 422
    assert queries.search(on=NOW.date()).total == 0


def test_a_number_given_twice_is_a_conflict_beside_the_form(sign_in):
    number = grant()
    answer = sign_in(SEKGOMA).post("/licences/grant", FORM | {"number": number})
    assert answer.status_code == 409
    assert "already" in answer.content.decode()


@pytest.mark.parametrize("path", ["grant", "upload", "change/revoke/BW/X"])
@pytest.mark.parametrize("who", [KAGISO, AUDITOR, MPHO, ANNEKE])
def test_pages_of_the_supervisor_are_closed_to_others(sign_in, who, path):
    client = sign_in(who)
    assert client.get(f"/licences/{path}").status_code == 403
    assert client.post(f"/licences/{path}", {}).status_code == 403


def test_a_visitor_and_another_authoritys_supervisor_change_nothing(client, sign_in):
    number = grant()
    path, given = f"/licences/change/revoke/BW/{number}", {"since": "2026-11-02", "reason": "x"}
    assert client.post(path, given).status_code == 403
    assert sign_in(DIRK).post(path, given).status_code == 403


def test_every_verb_is_done_from_its_page(sign_in):
    client, company, agent = sign_in(SEKGOMA), grant(), grant(kinds=(LicenceKind.AGENT,))
    from django.utils import timezone

    today = timezone.now().date().isoformat()
    why = {"since": today, "reason": "because"}
    amended = statements.to_officer(queries.licence(BW, company), NOW.date())
    verbs = [
        ("suspend", company, why), ("reinstate", company, why),
        ("amend", company, FORM | why | {"version": amended["version"]}),
        ("renew", company, {"valid_from": "2100-01-01", "valid_to": "2101-12-31"}),
        ("stock", company, {"year": "2025"}),
        ("name-agent", agent, {"company": company, "valid_from": "2026-01-01", "document": "POA 1"}),
        ("end-agent", agent, {"company": company, "until": today}),
        ("revoke", company, why),
    ]  # fmt: skip
    for verb, number, given in verbs:
        path = f"/licences/change/{verb}/BW/{number}"
        assert client.get(path).status_code == 200, verb
        answer = client.post(path, given)
        assert answer.status_code == 302, (verb, answer.content.decode())
        assert client.get(answer["Location"]).status_code == 200
    assert queries.licence(BW, company).version == 2
    page = client.get(f"/licences/BW/{company}").content.decode()
    assert "Revoked" in page
    assert "licence.amended" in page
    assert client.get("/licences/change/burn/BW/X").status_code == 404


def test_an_act_that_the_status_forbids_is_a_conflict_beside_the_form(sign_in):
    number = grant()
    answer = sign_in(SEKGOMA).post(f"/licences/change/reinstate/BW/{number}", {"since": "2026-11-02", "reason": "x"})
    assert answer.status_code == 409
    assert sign_in(SEKGOMA).post(f"/licences/change/suspend/BW/{number}", {}).status_code == 422


def upload(client, data, name="licences.csv"):
    return client.post("/licences/upload", {"file": SimpleUploadedFile(name, data)})


def test_a_table_is_loaded_from_its_page_or_every_bad_row_is_shown(sign_in):
    client = sign_in(SEKGOMA)
    assert client.get("/licences/upload").status_code == 200
    good = {"kinds": "EXPORTER", "holder": "A", "address": "Plot 1", "nationality": "BW", "valid_from": "2026-01-01"}
    rows = [good, good | {"address": ""}, good | {"kinds": "PIRATE"}]
    bad = upload(client, write_table(rows, "csv", list(good)))
    page = bad.content.decode()
    assert bad.status_code == 422
    assert "Nothing was loaded" in page
    assert "PIRATE" in page
    assert "R122" in page
    assert queries.search(on=NOW.date()).total == 0
    assert upload(client, write_table([good], "xlsx", list(good)), "x.xlsx").status_code == 302
    assert queries.search(on=NOW.date()).total == 1


@pytest.mark.parametrize("data", [b"\xff\x00", b"PK\x03\x04broken", b"a,a\n1,2\n"])
def test_a_hostile_table_is_refused_by_name(sign_in, data):
    answer = upload(sign_in(SEKGOMA), data)
    assert answer.status_code == 400
    assert sign_in(SEKGOMA).post("/licences/upload", {}).status_code == 422


@pytest.mark.parametrize("kind", ["csv", "json", "xlsx"])
def test_the_download_holds_the_whole_record_for_its_officers_only(client, sign_in, kind):
    grant()
    public = read_table(client.get(f"/licences/download/{kind}").content, f"x.{kind}")
    assert set(public[0].cells) == set(statements.PUBLIC_COLUMNS)
    whole = read_table(sign_in(SEKGOMA).get(f"/licences/download/{kind}?authority=BW").content, f"x.{kind}")
    assert whole[0].cells["address"] == PERSON.address
    other = read_table(sign_in(DIRK).get(f"/licences/download/{kind}?authority=BW").content, f"x.{kind}")
    assert "address" not in other[0].cells


def test_an_unknown_kind_of_download_is_refused(client):
    assert client.get("/licences/download/exe").status_code == 400
