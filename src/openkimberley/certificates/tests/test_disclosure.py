"""A part of a certificate is shown: who may make which, what it holds, and what a check says of it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

import pytest
from tests import story
from tests.cast import (
    ANNEKE,
    AUDITOR,
    BE,
    EXPORTER_LICENCE,
    IMPORTER_LICENCE,
    KAGISO,
    MPHO,
    NALEDI,
    NOW,
    STRANGER,
    VISITOR,
)

from openkimberley.certificates import actions, queries, rules, statements
from openkimberley.certificates.models import Certificate, Disclosure
from openkimberley.certificates.tests.world import node, sign_in, words  # noqa: F401
from openkimberley.journal import queries as journal
from openkimberley.kernel.actor import Actor, Role
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted
from openkimberley.trust import sdjwt

pytestmark = pytest.mark.usefixtures("node")
IMPORTER = Actor("ilse", frozenset({Role.APPLICANT}), BE, frozenset({IMPORTER_LICENCE}))
SECRETS = ("439234.56", "1843.27", "2093.27", "Fictional Kalahari", "Fictional Scheldt", "Plot 1", "BW-EXP")


def show(one, by=MPHO, profile="bank", **changes):
    given = {"to": "First Fictional Bank", "basis": "Finance of invoice 1", **changes}
    return actions.disclose(by=by, at=NOW, number=one.number, profile=profile, **given)


@pytest.mark.parametrize("standing", [rules.Standing(), rules.Standing(holder=True), rules.Standing(authority=True)])
def test_who_may_make_which_part(standing):
    offered = set(rules.profiles_for(standing))
    assert offered == ({"bank", "carrier", "public"} if standing.holder else set(statements.PROFILES)
                       if standing.authority else set())  # fmt: skip
    for profile in statements.PROFILES:
        added = rules.may_add(standing, profile)
        assert bool(added) == (standing.holder and profile in offered)
        assert not added & statements.PROFILES[profile]


def test_t21_nothing_can_be_added_to_a_carriers_part_that_tells_its_worth():
    added = rules.may_add(rules.Standing(holder=True), "carrier") | statements.PROFILES["carrier"]
    assert not added & {"exporter", "importer", "lines", "total_carats", "total_usd", "value_band", "origin_shares"}


@pytest.mark.parametrize("profile", ["bank", "carrier", "public"])
def test_a_holder_shows_a_part_and_the_table_says_to_whom(profile):
    one = story.issued()
    made = show(one, profile=profile)
    shown = statements.shown_in(made.text)
    assert set(shown) <= statements.PROFILES[profile]
    assert sdjwt.parse(made.text).cid == sdjwt.parse(one.sd_jwt).cid
    row = Disclosure.objects.get()
    assert (row.shown_to, row.company, row.fields) == ("First Fictional Bank", EXPORTER_LICENCE, sorted(shown))
    said = journal.history(one.number)[-1]
    assert said["event"] == "certificate.disclosed"
    assert "First Fictional Bank" not in str(said)


def test_t21_a_carriers_part_and_the_label_say_neither_value_nor_weight_nor_names():
    one = story.issued()
    text = show(one, profile="carrier").text
    told = str(dict(sdjwt.parse(text).claims))
    assert "BW-SEAL-0098812" in told
    from openkimberley.trust import qr

    label = str(qr.read(one.qr_label).payload)
    assert one.number in label
    for secret in SECRETS:
        assert secret not in told
        assert secret not in label
    assert not {7, 8, 9, 10} & set(qr.read(one.qr_label).payload)  # names, lines, parcels


def test_the_importer_holds_it_too_and_the_authorities_show_every_part():
    one = story.issued()
    with pytest.raises(NotFound):  # nobody sees a shipment before its release
        show(one, by=IMPORTER)
    Certificate.objects.filter(pk=one.pk).update(status="ANNOUNCED")
    assert statements.shown_in(show(one, by=IMPORTER).text)["importer"]["name"] == "Fictional Scheldt Diamonds BV"
    for by, profile in itertools.product((KAGISO, NALEDI), statements.PROFILES):
        assert set(statements.shown_in(show(one, by=by, profile=profile).text)) <= statements.PROFILES[profile]
    whole = show(one, by=NALEDI, profile="authority")
    assert statements.shown_in(whole.text) == statements.shown_in(one.sd_jwt)


def test_what_is_not_yours_to_show_is_not_shown():
    one = story.issued()
    Certificate.objects.filter(pk=one.pk).update(status="ANNOUNCED")
    for by, profile in ((MPHO, "authority"), (MPHO, "monitor"), (IMPORTER, "observer"), (MPHO, "nonsense")):
        with pytest.raises(NotPermitted):
            show(one, by=by, profile=profile)
    for by in (VISITOR, AUDITOR, ANNEKE):
        with pytest.raises(NotPermitted):
            show(one, by=by)
    for by in (STRANGER, replace(IMPORTER, companies=frozenset({"EU-BE-IMP-1"}))):
        with pytest.raises(NotFound):
            show(one, by=by)
    assert not Disclosure.objects.exists()


def test_only_the_holder_shows_more_and_says_to_whom_and_why():
    one = story.issued()
    assert "parcels" in statements.shown_in(show(one, also=("parcels",)).text)
    for given in ({"also": ("nonsense",)}, {"profile": "carrier", "also": ("total_usd",)}):
        with pytest.raises(NotPermitted):
            show(one, **given)
    with pytest.raises(NotPermitted):
        show(one, by=NALEDI, also=("parcels",))
    for given in ({"to": " "}, {"basis": ""}):
        with pytest.raises(Conflict, match="to whom"):
            show(one, **given)


def test_each_side_sees_its_own_list():
    one = story.issued()
    show(one)
    show(one, by=NALEDI, profile="monitor", to="Review team")
    assert [row.shown_to for row in queries.disclosures(one.number, by=MPHO)] == ["First Fictional Bank"]
    assert [row.shown_to for row in queries.disclosures(one.number, by=NALEDI)] == ["Review team"]
    Certificate.objects.filter(pk=one.pk).update(status="ANNOUNCED")
    assert list(queries.disclosures(one.number, by=IMPORTER)) == []
    (told,) = queries.processing(authority="BW")
    assert (told["to"], told["profile"], told["by"]) == ("Review team", "monitor", NALEDI.id)


def test_the_page_tells_before_it_makes(client):
    one = story.issued()
    sign_in(client, MPHO)
    page = words(client.get(f"/certificates/{one.number}"))
    assert f"/certificates/{one.number}/show" in page
    choose = words(client.get(f"/certificates/{one.number}/show"))
    assert "A bank:" in choose
    assert "monitoring team" not in choose
    before = words(client.get(f"/certificates/{one.number}/show?profile=bank"))
    assert "Fictional Scheldt Diamonds BV" in before
    assert "Stays hidden" in before
    assert "Lines: code, carats and value" in before
    given = {"to": "First Fictional Bank", "basis": "Finance of invoice 1", "also": ["parcels"]}
    missing = client.post(f"/certificates/{one.number}/show?profile=bank", {"to": "x"})
    assert missing.status_code == 422
    after = words(client.post(f"/certificates/{one.number}/show?profile=bank", given))
    assert "The part is made" in after
    assert "ey" in after
    file = client.post(f"/certificates/{one.number}/show?profile=carrier", {**given, "also": [], "do": "file"})
    assert file["Content-Disposition"] == f'attachment; filename="{one.number}-carrier.sd-jwt"'
    assert set(statements.shown_in(file.content.decode())) <= statements.PROFILES["carrier"]
    assert Disclosure.objects.count() == 2
    assert client.get(f"/certificates/{one.number}/show?profile=monitor").status_code == 200  # back to the choice
    sign_in(client, STRANGER)
    assert client.get(f"/certificates/{one.number}/show").status_code == 404


def test_the_api_makes_the_same(client):
    one = story.issued()
    sign_in(client, MPHO)
    body = {"profile": "bank", "to": "Bank", "basis": "Finance"}
    answer = client.post(f"/api/v1/certificates/{one.number}/disclosures", body, content_type="application/json")
    assert answer.status_code == 201, answer.content
    assert set(statements.shown_in(answer.json()["presentation"])) == set(answer.json()["fields"])
    (listed,) = client.get(f"/api/v1/certificates/{one.number}/disclosures").json()
    assert "presentation" not in listed
    wrong = client.post(
        f"/api/v1/certificates/{one.number}/disclosures", {**body, "profile": "authority"}, "application/json"
    )
    assert wrong.status_code == 403


def test_when_what_is_personal_may_be_erased():
    ended = date(2024, 2, 29)
    assert rules.erasable_from(ended, years=3) == date(2027, 2, 28)
    assert not rules.may_erase(ended, on=date(2027, 2, 27), years=3, ordered=False)
    assert rules.may_erase(ended, on=date(2027, 2, 28), years=3, ordered=False)
    assert rules.may_erase(ended, on=date(2024, 3, 1), years=3, ordered=True)
    assert not rules.may_erase(None, on=date(2099, 1, 1), years=3, ordered=True)  # it may still be used
