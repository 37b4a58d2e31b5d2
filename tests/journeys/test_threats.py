"""The threat list: what a dishonest officer, a neighbour on the node, a trader or a forger would try.

Each test's name states the threat; the test plays it and sees it fail.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth import get_user_model
from django.test import Client

from openkimberley.accounts import queries as people
from openkimberley.alerts import actions as alerts
from openkimberley.alerts.facts import Alert, AlertKind, AlertStatus, ListedName, ListKind
from openkimberley.certificates import actions as certification
from openkimberley.certificates import queries as certificates
from openkimberley.certificates.facts import Kind
from openkimberley.certificates.models import Application, Certificate, Received, Valuation
from openkimberley.journal import queries as journal
from openkimberley.kernel.actor import Actor, Role
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Refused
from openkimberley.kernel.measures import Period
from openkimberley.participants import actions as register
from openkimberley.participants.facts import Authority
from openkimberley.shipments import actions, queries
from openkimberley.shipments.models import Arrival, Confirmation, DiscrepancyCase
from openkimberley.shipments.tests import desk, steps
from openkimberley.shipments.tests.desk import node  # noqa: F401 - a fixture
from openkimberley.shipments.tests.steps import ARRIVED, HOUR, codes
from openkimberley.trade import actions as trade
from openkimberley.trade.facts import Holder, LicenceKind
from tests import story
from tests.cast import (
    ANNEKE,
    AUDITOR,
    BE,
    BW,
    CHAIR,
    DIRK,
    EXPORTER_LICENCE,
    IMPORTER_LICENCE,
    KAGISO,
    MPHO,
    NALEDI,
    NOW,
    SEKGOMA,
    TUMELO,
    officer,
)

pytestmark = pytest.mark.django_db

NEIGHBOUR = officer("fatima", Role.IMPORT_OFFICER, "AE")
"""An import officer of another authority of the same node."""


@pytest.fixture(autouse=True)
def _furnished(node: None) -> None:
    steps.forget()


def status(certificate: Certificate) -> str:
    return Certificate.objects.get(number=certificate.number).status


def verdict(certificate: Certificate) -> str:
    """What everybody's /verify says."""
    everybody = Actor(id="")
    return str(queries.verdict(certificate.qr_full.encode(), by=everybody, at=ARRIVED + 3 * HOUR).report["verdict"])


def imported(carats: str = "100.00", number: str = "AO0000001") -> None:
    """Goods that came into Botswana under a certificate of Angola."""
    Received.objects.create(
        authority=BW, issuer="AO", number=number, importer_licence=EXPORTER_LICENCE, carats=Decimal(carats),
        usd=Decimal("1000.00"), origin=["AO"], received_on=NOW.date(),
    )  # fmt: skip


def reexport(carats: str = "100.00", **changes: Any) -> dict[str, Any]:
    """A re-export of all of it."""
    return {
        "origin": ["AO"], "lines": [{"hs": "7102.31", "carats": carats, "usd": "1000.00"}],
        "draws_on": [{"number": "AO0000001", "carats": carats}], **changes,
    }  # fmt: skip


# --- seeing what is others' -------------------------------------------------------------------------------------------


def test_counting_through_numbers_at_an_import_desk_shows_nobody_elses_certificates():
    certificate = steps.departed()
    with pytest.raises(NotFound):
        actions.present(by=NEIGHBOUR, at=ARRIVED, number=certificate.number, presented_on=ARRIVED.date(), original=True)
    assert not Arrival.objects.filter(authority="AE").exists()
    assert steps.present(certificate).presented_on  # nor is the right desk shut out


def test_an_importer_does_not_see_a_shipment_before_its_release():
    certificate = story.issued()
    steps.seal(certificate.number)
    importer = Actor(
        id="scheldt", roles=frozenset({Role.APPLICANT}), authority=BE, companies=frozenset({IMPORTER_LICENCE})
    )
    with pytest.raises(NotFound):
        queries.shipment(certificate.number, by=importer)
    steps.announce(certificate.number)
    assert queries.shipment(certificate.number, by=importer)


def test_a_document_stays_in_no_shared_browser():
    row = story.opened()
    client = desk.signed_in(MPHO)
    from django.core.files.uploadedfile import SimpleUploadedFile

    given = {"kind": "INVOICE", "file": SimpleUploadedFile("invoice.png", desk.PNG, "image/png")}
    assert client.post(f"/applications/{row.reference}/documents", given).status_code == 302
    paper = row.documents.get()
    answer = client.get(f"/applications/{row.reference}/documents/{paper.pk}")
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


# --- acting for others ------------------------------------------------------------------------------------------------


def test_the_exporting_side_does_not_write_the_confirmation_of_a_desk_on_this_node():
    certificate = steps.departed()
    with pytest.raises(Conflict):
        actions.enter_confirmation(
            by=KAGISO, at=ARRIVED, number=certificate.number, authority=BE, result="match", parcels=1,
            carats=Decimal("2093.27"), usd=None, exporter=certificate.exporter_name,
            importer=certificate.importer_name, received_on=ARRIVED.date(), letter="as agreed by telephone",
        )  # fmt: skip
    assert not Confirmation.objects.exists()


def test_a_neighbour_does_not_redirect_the_notices_of_an_authority_on_this_node():
    named = Authority(
        code=BE, participant="EU", name="Diamond Office", email="me@example.org", importing=True, exporting=True,
        since=NOW.date(), until=None, source="me",
    )  # fmt: skip
    with pytest.raises(NotPermitted):
        register.designate_authority(by=SEKGOMA, at=NOW, authority=named)
    stated = {"value": 3650, "source": "me"}
    with pytest.raises(NotPermitted):
        register.set_profile_value(by=SEKGOMA, at=NOW, code="EU", field="validity_days", stated=stated)


def test_a_neighbour_does_not_take_a_name_off_anothers_sanctions_list():
    entry = ListedName(
        ListKind.SANCTION, "EU 2023/1", "Fictional Warlord", Period(NOW.date() - timedelta(days=9)), source="OJ"
    )
    listed = alerts.list_name(by=DIRK, at=NOW, entry=entry)
    with pytest.raises(NotPermitted):
        alerts.delist_name(by=KAGISO, at=NOW, reference=listed.reference, until=NOW.date(), reason="a friend")


def test_a_neighbour_does_not_register_numbers_that_are_not_its_own():
    for prefix, first in (("EU", 50000), ("EU", 12345)):
        with pytest.raises(Conflict):
            certification.register_range(by=SEKGOMA, at=NOW, prefix=prefix, first=first, last=first + 9, digits=8)


def test_two_authorities_of_one_participant_do_not_share_numbers():
    hannah = officer("hannah", Role.SUPERVISOR, "EU-DE")
    with pytest.raises(Conflict, match="overlaps"):
        certification.register_range(by=hannah, at=NOW, prefix="EU", first=12990, last=13010, digits=8)


def test_an_exporter_does_not_file_under_the_licence_of_another_authoritys_register():
    trade.grant(
        by=DIRK, at=NOW, authority=BE, kinds=[LicenceKind.EXPORTER], number="EU-BE-EXP-1", term=Period(NOW.date()),
        holder=Holder("Fictional Elsewhere BV", "Street 1", nationality="BE", residence="resident", area="BE"),
    )  # fmt: skip
    trader = replace(MPHO, companies=frozenset({"EU-BE-EXP-1"}))
    content = story.draft(exporter={"name": "X", "address": "Y", "licence": "EU-BE-EXP-1"})
    row = certification.open_draft(by=trader, at=NOW, company="EU-BE-EXP-1", content=content)
    with pytest.raises(Refused) as refusal:
        certification.file(by=trader, at=NOW, reference=row.reference, version=row.version, declared=True)
    assert "R055" in codes(refusal.value)


@pytest.mark.parametrize("actor", [CHAIR, AUDITOR])
def test_whoever_decides_for_the_scheme_or_reads_everything_signs_in_with_a_second_factor(actor):
    user = get_user_model().objects.create(actor_id=actor.id, email=f"{actor.id}@example.org")
    assert people.owes_second_factor(user, actor, required=True)


# --- two steps by one person ------------------------------------------------------------------------------------------


def test_a_valuer_does_not_approve_what_he_valued_as_an_independent_one():
    both = Actor(id="tumelo", roles=frozenset({Role.VALUER, Role.APPROVING_OFFICER}), authority=BW)
    row = story.filed()
    lines = row.content["lines"]
    certification.examine(
        by=KAGISO, at=NOW, reference=row.reference, method="OPENED", method_reason="", parcels=1,
        lines=[{"hs": one["hs"], "carats": one["carats"]} for one in lines], seals=["BW-SEAL-0098812"],
        origin_evidence="Production record seen",
    )  # fmt: skip
    values = [{"hs": one["hs"], "usd": one["usd"]} for one in lines]
    certification.value(by=TUMELO, at=NOW, reference=row.reference, role="INDEPENDENT", lines=values)
    gov = replace(TUMELO, id="gov")
    certification.value(by=gov, at=NOW, reference=row.reference, role="GOVERNMENT", lines=values)
    now = certificates.application(row.reference, by=both)
    with pytest.raises(Refused) as refusal:
        certification.approve(by=both, at=NOW, reference=row.reference, version=now.version)
    assert "R063" in codes(refusal.value)


def test_who_opened_a_technical_certificate_does_not_approve_it_under_a_new_role():
    one = story.issued()
    content = story.draft(destination="EU", destination_authority=BE)
    row = certification.open_technical(
        by=replace(KAGISO, id="opener"), at=NOW, kind=Kind.TECHNICAL_RESEARCH, about=one.number, reason="Samples",
        content=content,
    )  # fmt: skip
    story.examine(row, seals=("BW-SEAL-0098899",))
    promoted = replace(NALEDI, id="opener")
    now = certificates.application(row.reference, by=promoted)
    with pytest.raises(Refused) as refusal:
        certification.approve(by=promoted, at=NOW, reference=row.reference, version=now.version)
    assert "R063" in codes(refusal.value)


# --- numbers, goods and papers twice ----------------------------------------------------------------------------------


def replacement(number: str, seal: str) -> Application:
    row = certification.open_replacement(by=MPHO, at=NOW, number=number, reason="Lost")
    row = certification.file(by=MPHO, at=NOW, reference=row.reference, version=row.version, declared=True)
    story.examine(row, seals=(seal,))
    return row


def test_a_lost_certificate_is_not_replaced_twice():
    old = story.issued()
    certification.report_lost(by=NALEDI, at=NOW, number=old.number, circumstances="Gone with the bag")
    first, second = replacement(old.number, "BW-SEAL-0098813"), replacement(old.number, "BW-SEAL-0098814")
    story.approve(first)
    with pytest.raises(Conflict):
        story.approve(second)


def test_a_certificate_presented_before_its_release_is_used_and_not_replaced_afterwards():
    certificate = story.issued()
    steps.seal(certificate.number)
    steps.present(certificate)
    actions.decide_hold(by=ANNEKE, at=ARRIVED, number=certificate.number, reason="The issuer says it forgot to tell us")
    steps.inspect(certificate)
    steps.confirm(certificate)
    assert status(certificate) == "CONFIRMED"
    with pytest.raises(Conflict):
        certification.void(by=NALEDI, at=ARRIVED + 3 * HOUR, number=certificate.number, why="error", reason="x")


def confirmed_by_letter() -> Certificate:
    certificate = story.issued(destination="AE", destination_authority="AE")
    steps.seal(certificate.number)
    steps.announce(certificate.number)
    steps.depart(certificate.number)
    assert verdict(certificate) == "valid"
    actions.enter_confirmation(
        by=KAGISO, at=ARRIVED, number=certificate.number, authority="AE", result="match", parcels=1,
        carats=Decimal("2093.27"), usd=None, exporter=certificate.exporter_name, importer=certificate.importer_name,
        received_on=ARRIVED.date(), letter="E-mail",
    )  # fmt: skip
    return certificate


def test_a_certificate_confirmed_by_letter_is_valid_nowhere_any_more():
    assert verdict(confirmed_by_letter()) != "valid"


def test_the_issuer_does_not_void_what_was_confirmed_by_letter_to_use_its_goods_again():
    certificate = confirmed_by_letter()
    assert status(certificate) == "CONFIRMED"
    with pytest.raises(Conflict):
        certification.void(by=NALEDI, at=ARRIVED + HOUR, number=certificate.number, why="error", reason="x")


def test_carats_of_a_lost_certificate_are_not_exported_again_but_under_its_replacement():
    imported()
    old = story.issued(**reexport())
    certification.report_lost(by=NALEDI, at=NOW, number=old.number, circumstances="Gone")
    another = story.opened(**reexport())
    with pytest.raises(Refused) as refusal:
        certification.file(by=MPHO, at=NOW, reference=another.reference, version=another.version, declared=True)
    assert "R051" in codes(refusal.value)
    assert story.approve(replacement(old.number, "BW-SEAL-0098813")).replaces == old.number


def test_the_same_import_listed_twice_draws_the_sum_of_both():
    imported()
    draws = [{"number": "AO0000001", "carats": "60.00"}, {"number": "AO0000001", "carats": "60.00"}]
    row = story.opened(**reexport("60.00", draws_on=draws))
    with pytest.raises(Refused) as refusal:
        certification.file(by=MPHO, at=NOW, reference=row.reference, version=row.version, declared=True)
    assert "R051" in codes(refusal.value)


def test_the_same_import_listed_twice_for_one_parcel_is_entered_once():
    imported()
    draws = [{"number": "AO0000001", "carats": "60.00"}, {"number": "AO0000001", "carats": "40.00"}]
    certificate = story.issued(**reexport(draws_on=draws))
    assert [one.carats for one in certificate.draws.all()] == [Decimal("100.00")]


def test_more_does_not_go_back_under_a_technical_certificate_than_came():
    one = story.issued()
    content = story.draft(
        destination="EU", destination_authority=BE,
        lines=[{"hs": "7102.31", "carats": "9999.00", "usd": "421234.56"}],
    )  # fmt: skip
    row = certification.open_technical(
        by=KAGISO, at=NOW, kind=Kind.TECHNICAL_RESEARCH, about=one.number, reason="Samples", content=content
    )
    story.examine(row, seals=("BW-SEAL-0098899",))
    with pytest.raises(Refused) as refusal:
        story.approve(row)
    assert "R051" in codes(refusal.value)


def test_a_valuation_of_other_goods_does_not_serve_after_the_application_was_changed():
    row = story.filed()
    story.examine(row)
    certification.return_to_applicant(by=KAGISO, at=NOW + HOUR, reference=row.reference, reason="Weigh again")
    now = certificates.application(row.reference, by=MPHO)
    lines = [{"hs": one["hs"], "carats": one["carats"], "usd": "1.00"} for one in now.content["lines"]]
    saved = certification.save_draft(
        by=MPHO, at=NOW + HOUR, reference=row.reference, version=now.version, content={**now.content, "lines": lines}
    )
    certification.file(by=MPHO, at=NOW + 2 * HOUR, reference=row.reference, version=saved.version, declared=True)
    assert Valuation.objects.filter(application=row).exists()  # on record
    case = certificates.case(certificates.application(row.reference, by=KAGISO), on=NOW.date())
    assert case.known.valuations.government is None  # but of other goods


# --- what comes to light between two steps ----------------------------------------------------------------------------


def held_and_decided(certificate: Certificate) -> None:
    """A shipment that was held for one reason, and let go on."""
    steps.present(certificate)
    Arrival.objects.filter(number=certificate.number).update(held=True)
    actions.decide_hold(by=ANNEKE, at=ARRIVED, number=certificate.number, reason="The notice was late, the issuer says")
    steps.inspect(certificate)


def test_an_alert_that_comes_out_after_presentation_stops_the_confirmation():
    certificate = steps.departed()
    steps.present(certificate)
    steps.inspect(certificate)
    alerts.raise_alert(
        by=NALEDI, at=ARRIVED + HOUR,
        alert=Alert(
            AlertKind.FAKE, issuer="BW", day=ARRIVED.date(), number=certificate.number, features=("two of them exist",),
            reported_by=BW, source="BW", status=AlertStatus.CONFIRMED,
        ),
    )  # fmt: skip
    with pytest.raises(Refused) as refusal:
        steps.confirm(certificate)
    assert "R177" in codes(refusal.value)


def test_a_decision_on_one_doubt_does_not_wave_through_a_certificate_voided_since():
    certificate = steps.departed()
    held_and_decided(certificate)
    certification.void(by=NALEDI, at=ARRIVED + HOUR, number=certificate.number, why="stolen", reason="stolen")
    with pytest.raises(Refused) as refusal:
        steps.confirm(certificate)
    assert "R088" in codes(refusal.value)


def test_a_remedy_of_one_failure_does_not_wave_through_a_certificate_voided_since():
    certificate = steps.disputed()
    actions.release_with_remedy(
        by=ANNEKE, at=ARRIVED + 2 * HOUR, number=certificate.number, fault="NOT_KNOWING", measures="Weighed again"
    )
    certification.void(by=NALEDI, at=ARRIVED + 2 * HOUR, number=certificate.number, why="recalled", reason="recalled")
    with pytest.raises(Refused) as refusal:
        steps.confirm(certificate, at=ARRIVED + 3 * HOUR)
    assert "R088" in codes(refusal.value)


def test_detained_goods_are_not_released_by_typing_the_certificate_into_a_second_inspection():
    certificate = steps.disputed()
    actions.detain(by=ANNEKE, at=ARRIVED + 2 * HOUR, number=certificate.number, reason="lighter than certified")
    steps.inspect(certificate, at=ARRIVED + 3 * HOUR)
    assert DiscrepancyCase.objects.get().status == "OPEN"
    assert Arrival.objects.get().status == "DETAINED"
    with pytest.raises((Conflict, Refused)):
        steps.confirm(certificate, at=ARRIVED + 4 * HOUR)
    actions.release_with_remedy(
        by=ANNEKE, at=ARRIVED + 5 * HOUR, number=certificate.number, fault="NOT_KNOWING", measures="Weighed again"
    )
    assert steps.confirm(certificate, at=ARRIVED + 6 * HOUR).result


def test_a_remedy_of_one_failure_does_not_wave_through_a_fake_found_since():
    certificate = steps.disputed()
    actions.release_with_remedy(
        by=ANNEKE, at=ARRIVED + 2 * HOUR, number=certificate.number, fault="NOT_KNOWING", measures="Weighed again"
    )
    alerts.raise_alert(
        by=NALEDI, at=ARRIVED + 2 * HOUR,
        alert=Alert(
            AlertKind.FAKE, issuer="BW", day=ARRIVED.date(), number=certificate.number, features=("two of them exist",),
            reported_by=BW, source="BW", status=AlertStatus.CONFIRMED,
        ),
    )  # fmt: skip
    with pytest.raises(Refused) as refusal:
        steps.confirm(certificate, at=ARRIVED + 3 * HOUR)
    assert "R177" in codes(refusal.value)


# --- sign-in and the machine ------------------------------------------------------------------------------------------


def trader() -> tuple[Client, Any]:
    """An exporter at a browser, the password just given."""
    client = desk.signed_in(MPHO)
    user = get_user_model().objects.get(actor_id=MPHO.id)
    user.set_password("carats are counted twice")
    user.save()
    client = Client()
    assert client.post(
        "/accounts/login/", {"login": user.email, "password": "carats are counted twice"}
    ).status_code == 302  # fmt: skip
    return client, user


def test_a_second_factor_is_not_added_or_taken_away_without_a_trace(django_capture_on_commit_callbacks):
    client, user = trader()
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(r'class="secret"[^>]*>([A-Z2-7]+)<', page)
    assert secret
    code = totp.format_hotp_value(totp.hotp_value(secret[1], next(iter(totp.yield_hotp_counters_from_time()))))
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302
    client.post("/accounts/reauthenticate/", {"password": "carats are counted twice"})
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert not people.has_second_factor(user)
    acts = [entry for entry in journal.history(user.actor_id) if entry["event"] == "second_factor.changed"]
    assert [act["statement"]["what"] for act in acts] == ["totp_activated", "totp_deactivated"]


def test_an_address_is_changed_by_no_borrowed_session():
    client, user = trader()
    for given in (
        {"action_add": "", "email": "thief@example.org"},
        {"action_primary": "", "email": "thief@example.org"},
    ):
        client.post("/accounts/email/", given)
    user.refresh_from_db()
    assert user.email == "mpho@example.org"


def test_a_node_behind_its_proxy_knows_who_calls_and_that_the_line_is_safe(tmp_path):
    (tmp_path / "node.json").write_text(json.dumps({"https": True, "hosts": ["node.example"], "secret_key": "x" * 50}))
    asked = """
import django; django.setup()
from allauth.core.internal.httpkit import get_client_ip
from django.test import RequestFactory
one = RequestFactory().get("/", headers={"x-forwarded-proto": "https", "x-forwarded-for": "203.0.113.7"})
print(one.is_secure(), get_client_ip(one))
"""
    environment = {
        **os.environ,
        "KIMBERLEY_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "openkimberley.node.settings",
    }
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["True", "203.0.113.7"]


def test_counters_are_not_told_to_who_comes_through_the_proxy():
    assert Client().get("/metrics").status_code == 200
    assert Client().get("/metrics", headers={"x-forwarded-for": "203.0.113.7"}).status_code == 403
