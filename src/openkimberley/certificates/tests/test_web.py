"""The pages of certification: the way of an application, what stays when something is wrong, and who sees what."""

import io
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from tests.cast import AGENT, ANNEKE, AUDITOR, EXPORTER_LICENCE, KAGISO, MPHO, NALEDI, NOW, SEKGOMA, STRANGER, TUMELO
from tests.story import draft, examine, examined, filed, issued, opened

from openkimberley.certificates import actions, queries
from openkimberley.certificates.facts import FormStatus
from openkimberley.certificates.forms.application import STEPS
from openkimberley.certificates.forms.fields import country_name
from openkimberley.certificates.models import Application, Certificate
from openkimberley.certificates.tests.world import PNG, node, sign_in, words  # noqa: F401
from openkimberley.certificates.web import show

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("node")]


def get(client, name, *args, status=200, **query):
    answer = client.get(reverse(name, args=args), query)
    assert answer.status_code == status, answer.content.decode()[:3000]
    return words(answer)


def post(client, name, *args, status=302, **data):
    answer = client.post(reverse(name, args=args), {k.replace("__", "/"): v for k, v in data.items()})
    assert answer.status_code == status, words(answer)[:4000]
    return answer


EXAMINATION = {
    "lines/0/hs": "7102.31", "lines/0/carats": "1843.27", "lines/1/hs": "7102.10", "lines/1/carats": "250.00",
    "parcels": "1", "method": "OPENED", "origin_evidence": "Production record 114", "seals": "BW-SEAL-0098812",
}  # fmt: skip


# --- the whole way ---------------------------------------------------------------------------------------------------


def test_an_application_goes_from_the_first_page_to_a_signed_certificate(client):
    sign_in(client, MPHO)
    assert "Begin" in get(client, "application-new")
    answer = post(client, "application-new", company=EXPORTER_LICENCE)
    row = Application.objects.get()
    assert answer.url == reverse("application-step", args=[row.reference, "parties"])
    assert "Fictional Kalahari Rough" in get(client, "application-step", row.reference, "parties")
    steps = {
        "parties": {
            "exporter/name": "Fictional Kalahari Rough (Pty) Ltd", "exporter/address": "Plot 1, Gaborone",
            "exporter/licence": EXPORTER_LICENCE, "importer/name": "Fictional Scheldt Diamonds BV",
            "importer/address": "Fictiestraat 1, Antwerpen",
        },
        "goods": {
            "parcels": "1", "lines/0/hs": "7102.31", "lines/0/carats": "1843.27", "lines/0/usd": "421234.56",
            "lines/1/hs": "7102.10", "lines/1/carats": "250.00", "lines/1/usd": "18000.00",
        },
        "origin": {"how": "named", "origins/0/country": "Botswana"},
        "sources": {},
        "destination": {"destination": "EU-BE"},
    }  # fmt: skip
    for slug, typed in steps.items():
        version = str(Application.objects.get().version)
        answer = client.post(reverse("application-step", args=[row.reference, slug]), {**typed, "version": version})
        assert answer.status_code == 302
    assert answer.url == reverse("application-documents", args=[row.reference])
    row.refresh_from_db()
    assert row.content["origin"] == ["BW"]
    assert (row.content["destination"], row.content["destination_authority"]) == ("EU", "EU-BE")
    page = get(client, "application-check", row.reference)
    assert "Nothing is missing" in page
    post(client, "application-check", row.reference, version=row.version, declared="on")
    row.refresh_from_db()
    assert row.status == "FILED"

    sign_in(client, KAGISO)
    page = get(client, "application-examine", row.reference)
    assert "1843.27" not in page  # the officer weighs, and is not told what to find
    post(client, "application-examine", row.reference, **EXAMINATION)
    sign_in(client, TUMELO)
    valued = {"role": "GOVERNMENT", "lines/0/usd": "430000.00", "lines/1/usd": "18000.00"}
    post(client, "application-value", row.reference, **valued, price_list="Fictional", price_list_date="2026-10-01")

    sign_in(client, NALEDI)
    page = get(client, "application-approve", row.reference)
    assert "BW0012345" in page
    assert "430,000.00" in page
    row.refresh_from_db()
    answer = post(
        client, "application-approve", row.reference, version=row.version, paper_serial="BW-P-000001", confirm="on"
    )
    certificate = Certificate.objects.get()
    assert answer.url == reverse("certificate", args=[certificate.number])
    page = get(client, "certificate", certificate.number)
    assert "<svg" in page
    assert "BW-P-000001" in page
    assert "Certificate issued and signed" in page


# --- what was typed is never lost ------------------------------------------------------------------------------------


def test_a_wrong_amount_is_kept_as_typed_and_named_beside_its_field(client):
    row = opened()
    sign_in(client, MPHO)
    data = {
        "lines/0/hs": "7102.31",
        "lines/0/carats": "12,5 ct",
        "lines/0/usd": "4000",
        "parcels": "two",
        "version": row.version,
    }
    answer = client.post(reverse("application-step", args=[row.reference, "goods"]), data)
    assert answer.url == reverse("application-step", args=[row.reference, "goods"])
    page = words(client.get(answer.url))
    assert 'value="12,5 ct"' in page
    assert 'value="two"' in page
    assert "Write digits, a point and at most two decimals" in page
    row.refresh_from_db()
    assert row.content["lines"][0]["carats"] == "12,5 ct"
    page = get(client, "application-check", row.reference)
    assert "12,5 ct" in page
    assert f"{reverse('application-step', args=[row.reference, 'goods'])}?all=1#f-lines/0/carats" in page


def test_a_line_is_added_and_removed_without_script(client):
    row = opened()
    sign_in(client, MPHO)
    where = reverse("application-step", args=[row.reference, "goods"])
    lines = {f"lines/{n}/{k}": v for n, line in enumerate(row.content["lines"]) for k, v in line.items()}
    answer = client.post(where, {**lines, "parcels": "1", "version": row.version, "do": "add"})
    assert answer.url.startswith(f"{where}?spare=1#f-lines/2/")
    assert 'name="lines/2/carats"' in words(client.get(answer.url))
    row.refresh_from_db()
    client.post(where, {**lines, "parcels": "1", "version": row.version, "do": "remove:0"})
    row.refresh_from_db()
    assert [line["hs"] for line in row.content["lines"]] == ["7102.10"]


def test_the_precheck_lists_everything_at_once_with_rule_source_and_the_way_to_mend_it(client):
    row = opened(lines=[], importer={}, destination="KE", destination_authority="", origin=[])
    sign_in(client, MPHO)
    page = get(client, "application-check", row.reference)
    for rule in ("R016", "R017", "R020", "R022", "R039"):
        assert rule in page
    assert "Source:" in page
    assert f"{reverse('application-step', args=[row.reference, 'parties'])}?all=1#f-importer/name" in page
    assert "File the application" not in page
    beside = get(client, "application-step", row.reference, "parties", all="1")
    assert "The importer is not named." in beside


def test_mixed_origin_with_shares_keeps_every_country(client):
    row = opened()
    sign_in(client, MPHO)
    data = {
        "how": "named", "origins/0/country": "BW", "origins/0/share": "62.50", "origins/1/country": "Namibia",
        "origins/1/share": "37.50", "version": row.version,
    }  # fmt: skip
    client.post(reverse("application-step", args=[row.reference, "origin"]), data)
    row.refresh_from_db()
    assert row.content["origin"] == ["BW", "NA"]
    assert row.content["origin_shares"] == {"BW": "62.50", "NA": "37.50"}
    assert 'value="37.50"' in get(client, "application-step", row.reference, "origin")


def test_a_destination_outside_the_scheme_can_be_typed_so_that_the_rule_says_why_not(client):
    row = opened()
    sign_in(client, MPHO)
    data = {"destination": "", "elsewhere": "Kenya", "version": row.version}
    client.post(reverse("application-step", args=[row.reference, "destination"]), data)
    row.refresh_from_db()
    assert row.content["destination"] == "KE"
    assert "R039" in get(client, "application-step", row.reference, "destination", all="1")


def test_a_reexport_names_its_import_certificates_and_draws_no_more_than_is_left(client):
    importer = replace(ANNEKE, id="importer", authority="BW")
    actions.enter_received(
        by=importer, at=NOW, issuer="NA", number="NA0000017", importer_licence=EXPORTER_LICENCE,
        carats=Decimal("20.00"), usd=Decimal("5000.00"), origin=["NA"], received_on=NOW.date(),
    )  # fmt: skip
    row = opened(origin=["NA"], lines=[{"hs": "7102.31", "carats": "25.00", "usd": "6000.00"}])
    sign_in(client, MPHO)
    assert "R050" in get(client, "application-check", row.reference)
    assert "20.00 ct" in get(client, "application-step", row.reference, "sources")
    where = reverse("application-step", args=[row.reference, "sources"])
    client.post(where, {"draws_on/0/number": "NA0000017", "draws_on/0/carats": "25.00", "version": "1"})
    assert "R051" in get(client, "application-check", row.reference)
    lines = {"lines/0/hs": "7102.31", "lines/0/carats": "20.00", "lines/0/usd": "6000.00", "parcels": "1"}
    client.post(reverse("application-step", args=[row.reference, "goods"]), {**lines, "version": "2"})
    client.post(where, {"draws_on/0/number": "NA0000017", "draws_on/0/carats": "20.00", "version": "3"})
    assert "Nothing is missing" in get(client, "application-check", row.reference)


def test_filing_without_the_declaration_stays_on_the_page(client):
    row = opened()
    sign_in(client, MPHO)
    answer = post(client, "application-check", row.reference, status=422, version=row.version)
    assert "Without the declaration" in words(answer)
    row.refresh_from_db()
    assert row.status == "DRAFT"


def test_two_people_never_overwrite_each_other(client):
    row = opened()
    sign_in(client, MPHO)
    where = reverse("application-step", args=[row.reference, "parties"])
    assert client.post(where, {"importer/name": "First", "version": 1}).status_code == 302
    answer = client.post(where, {"importer/name": "Second", "version": 1})
    assert answer.status_code == 409
    assert 'value="Second"' in words(answer)
    row.refresh_from_db()
    assert row.content["importer"]["name"] == "First"


def test_an_examination_with_an_empty_weight_keeps_the_rest(client):
    row = filed()
    sign_in(client, KAGISO)
    answer = client.post(reverse("application-examine", args=[row.reference]), {**EXAMINATION, "lines/0/carats": ""})
    assert answer.status_code == 422
    page = words(answer)
    assert "Fill this in." in page
    assert "Production record 114" in page


def test_approving_against_objections_shows_them_all_and_keeps_the_form(client):
    row = examined()
    sign_in(client, NALEDI)
    actions.write_off_form(by=SEKGOMA, at=NOW, serial="BW-P-000001", status=FormStatus.SPOILED, reason="Coffee")
    data = {"version": row.version, "paper_serial": "BW-P-000001", "confirm": "on"}
    answer = client.post(reverse("application-approve", args=[row.reference]), data)
    assert answer.status_code == 409
    assert 'value="BW-P-000001"' in words(answer)
    answer = client.post(reverse("application-approve", args=[row.reference]), {**data, "paper_serial": "BW-P-9"})
    assert answer.status_code == 404
    assert 'value="BW-P-9"' in words(answer)
    assert not Certificate.objects.exists()


def test_the_one_who_examined_cannot_approve(client):
    both = replace(NALEDI, id="both", roles=NALEDI.roles | KAGISO.roles)
    row = filed()
    sign_in(client, both)
    post(client, "application-examine", row.reference, **EXAMINATION)
    row.refresh_from_db()
    assert "R063" in get(client, "application-approve", row.reference)
    answer = post(client, "application-approve", row.reference, status=422, version=row.version, confirm="on")
    assert "R063" in words(answer)


def test_returned_with_a_reason_the_applicant_sees_it_and_files_again(client):
    row = filed()
    sign_in(client, KAGISO)
    assert "Give the reason" in words(post(client, "application-return", row.reference, status=422, reason=" "))
    post(client, "application-return", row.reference, reason="The invoice is missing.")
    sign_in(client, MPHO)
    assert "The invoice is missing." in get(client, "application-edit", row.reference)
    row.refresh_from_db()
    post(client, "application-check", row.reference, version=row.version, declared="on")
    row.refresh_from_db()
    assert row.status == "FILED"


def test_a_refusal_cites_rules_that_exist(client):
    row = filed()
    sign_in(client, NALEDI)
    answer = post(client, "application-refuse", row.reference, status=422, reason="No.", rules="R999")
    assert "No such rule: R999" in words(answer)
    post(client, "application-refuse", row.reference, reason="Not mined here.", rules="R049, r050")
    assert "Not mined here." in get(client, "application", row.reference)


def test_withdrawing_asks_once_more(client):
    row = filed()
    sign_in(client, MPHO)
    assert "Withdraw the application?" in get(client, "application-withdraw", row.reference)
    post(client, "application-withdraw", row.reference)
    row.refresh_from_db()
    assert row.status == "WITHDRAWN"
    assert client.post(reverse("application-withdraw", args=[row.reference])).status_code == 409


# --- papers ----------------------------------------------------------------------------------------------------------


def attach(client, row, data=PNG, name="invoice.png", status=302):
    upload = SimpleUploadedFile(name, data)
    return post(client, "application-documents", row.reference, status=status, kind="INVOICE", file=upload)


def test_a_paper_is_attached_downloaded_and_withdrawn(client):
    row = opened()
    sign_in(client, MPHO)
    attach(client, row)
    paper = row.documents.get()
    answer = client.get(reverse("application-document", args=[row.reference, paper.pk]))
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    post(client, "application-detach", row.reference, paper.pk)
    assert queries.papers(row) == []


@pytest.mark.parametrize("data", [b"MZ\x90\x00", b"<svg onload=alert(1)>", b"%PDF-1.7 cut off"])
def test_a_file_that_is_none_of_the_kinds_is_refused_on_the_page(client, data):
    row = opened()
    sign_in(client, MPHO)
    answer = attach(client, row, data, status=400)
    assert "There is a problem" in words(answer)
    assert not row.documents.exists()


def test_strangers_get_no_papers(client):
    row = opened()
    sign_in(client, MPHO)
    attach(client, row)
    where = reverse("application-document", args=[row.reference, row.documents.get().pk])
    for person, status in ((STRANGER, 404), (ANNEKE, 404), (KAGISO, 404)):
        sign_in(client, person)
        assert client.get(where).status_code == status


# --- who sees what ---------------------------------------------------------------------------------------------------


def test_a_draft_is_its_companys_own_until_it_is_filed(client):
    row = opened()
    for person, status in ((MPHO, 200), (AGENT, 200), (STRANGER, 404), (KAGISO, 404), (AUDITOR, 404)):
        sign_in(client, person)
        get(client, "application", row.reference, status=status)
        assert (row.reference in get(client, "applications")) is (status == 200)


def test_a_visitor_is_told_to_sign_in(client):
    assert client.get(reverse("applications")).status_code == 403


@pytest.mark.parametrize("person", [MPHO, SEKGOMA, ANNEKE])
def test_who_may_not_approve_is_told_so(client, person):
    row = examined()
    sign_in(client, person)
    assert client.get(reverse("application-approve", args=[row.reference])).status_code == 403


def test_a_certificate_is_seen_by_its_exporter_its_issuer_and_its_destination_only(client):
    number = issued().number
    for person, status in ((MPHO, 200), (KAGISO, 200), (ANNEKE, 200), (STRANGER, 404)):
        sign_in(client, person)
        get(client, "certificate", number, status=status)
        assert client.get(reverse("certificate-sd-jwt", args=[number])).status_code == {MPHO: 403}.get(person, status)


def test_an_examination_is_not_shown_to_the_applicant(client):
    row = examined()
    sign_in(client, MPHO)
    assert "Production record seen" not in get(client, "application", row.reference)


# --- afterwards ------------------------------------------------------------------------------------------------------


def test_voiding_asks_twice(client):
    number = issued().number
    sign_in(client, NALEDI)
    answer = post(client, "certificate-void", number, status=200, why="error", reason="Wrong importer.")
    assert "Nothing brings it back." in words(answer)
    assert Certificate.objects.get().status == "ISSUED"
    post(client, "certificate-void", number, why="error", reason="Wrong importer.", sure="yes")
    assert Certificate.objects.get().status == "VOID"
    assert (
        client.post(
            reverse("certificate-void", args=[number]), {"why": "error", "reason": "x", "sure": "yes"}
        ).status_code
        == 409
    )


def test_lost_and_not_yet_expired(client):
    number = issued().number
    sign_in(client, NALEDI)
    assert post(client, "certificate-expired", number, status=409)
    post(client, "certificate-lost", number, circumstances="Left in a taxi.")
    assert Certificate.objects.get().status == "LOST"


def test_a_correction_of_the_weight_is_refused_by_its_rule_and_a_slip_of_the_pen_is_signed(client):
    number = issued().number
    sign_in(client, NALEDI)
    answer = post(
        client, "certificate-correct", number, status=422, field="importer/name", new="Somebody Else Ltd", reason="x"
    )
    assert "R086" in words(answer)
    post(
        client,
        "certificate-correct",
        number,
        field="importer/address",
        new="Fictiestraat 11, Antwerpen",
        reason="House number",
    )
    assert "Fictiestraat 11" in get(client, "certificate", number)


def test_a_replacement_is_linked_both_ways(client):
    old = issued()
    sign_in(client, MPHO)
    post(client, "certificate-replace", old.number, reason="The importer moved.")
    row = Application.objects.get(about=old.number)
    post(client, "application-check", row.reference, version=row.version, declared="on")
    row.refresh_from_db()
    examine(row)
    sign_in(client, NALEDI)
    row.refresh_from_db()
    data = {"version": row.version, "paper_serial": "BW-P-000002", "confirm": "on"}
    assert "R087" in words(post(client, "application-approve", row.reference, status=422, **data))
    post(client, "application-approve", row.reference, **data, surrendered="on")
    new = Certificate.objects.get(application=row)
    page = get(client, "certificate", old.number)
    assert "It was replaced by" in page
    assert new.number in page
    assert old.number in get(client, "certificate", new.number)


def test_a_technical_certificate_takes_the_goods_back(client):
    number = issued().number
    sign_in(client, KAGISO)
    page = get(client, "certificate-technical", number)
    assert 'value="1843.27"' in page
    data = {
        "kind": "TECHNICAL_RESEARCH", "about": number, "reason": "Samples for a laboratory.", "exporter/name": "A",
        "exporter/address": "B", "importer/name": "C", "importer/address": "D", "lines/0/hs": "7102.31",
        "lines/0/carats": "1.00", "lines/0/usd": "10.00", "parcels": "1", "how": "named", "origins/0/country": "BW",
        "destination": "EU-BE",
    }  # fmt: skip
    answer = client.post(reverse("certificate-technical", args=[number]), data)
    assert answer.status_code == 302
    row = Application.objects.get(kind="TECHNICAL_RESEARCH")
    assert row.about == number
    assert "Examine" in get(client, "application", row.reference)
    data["lines/0/carats"] = "one"
    answer = client.post(reverse("certificate-technical", args=[number]), data)
    assert answer.status_code == 422
    assert 'value="one"' in words(answer)


def test_the_paper_certificate_and_its_label_are_pdfs(client):
    number = issued().number
    sign_in(client, KAGISO)
    for name in ("certificate-pdf", "certificate-label"):
        answer = client.get(reverse(name, args=[number]))
        assert answer.content.startswith(b"%PDF-")


# --- paper and ranges ------------------------------------------------------------------------------------------------


def test_blank_forms_are_received_counted_and_written_off(client):
    sign_in(client, SEKGOMA)
    post(client, "paper-receive", batch="second", prefix="BX", first="1", last="10", digits="6")
    answer = post(client, "paper-receive", status=409, batch="second", prefix="BX", first="5", last="12", digits="6")
    assert "is on the ledger already" in words(answer)
    assert 'value="second"' in words(answer)
    client.post(reverse("paper-write-off", args=["BX000003"]), {"status": "SPOILED", "reason": "Coffee"})
    page = get(client, "paper", q="BX000003")
    assert "Coffee" in page
    get(client, "paper-write-off", "NONE", status=404)


def test_ranges_show_how_far_they_are_used(client):
    issued()
    sign_in(client, SEKGOMA)
    assert "BW0012345–BW0012999" in get(client, "ranges")
    answer = post(client, "range-register", status=409, prefix="BW", first="12999", last="13100", digits="7")
    assert "overlaps" in words(answer)
    post(client, "range-register", prefix="BW", first="13000", last="13100", digits="7", year="2027")
    post(client, "range-register", status=422, prefix="BW", first="x", last="13100", digits="7")


# --- lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["applications", "certificates"])
def test_a_list_asks_the_database_as_often_for_many_as_for_one(client, name, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    issued()
    sign_in(client, KAGISO)
    get(client, name)
    with CaptureQueriesContext(connection) as few:
        get(client, name)
    for _ in range(3):
        issued()
    with django_assert_num_queries(len(few)):
        get(client, name)


def test_lists_are_narrowed_by_status_and_search(client):
    number, row = issued().number, opened()
    sign_in(client, MPHO)
    assert row.reference not in words(client.get(reverse("applications"), {"status": "APPROVED"}))
    assert row.reference in get(client, "applications", q=row.reference)
    assert number in get(client, "certificates", q="scheldt", destination="eu", since="2026-11-01")
    assert number not in get(client, "certificates", until="2026-11-01", since="x")


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_pages_are_served_in_every_language_and_direction(client, language):
    number = issued().number
    row = opened()
    sign_in(client, MPHO)
    client.cookies["django_language"] = language
    steps = [reverse("application-step", args=[row.reference, slug]) for slug in STEPS]
    check, certificate = reverse("application-check", args=[row.reference]), reverse("certificate", args=[number])
    for where in (reverse("applications"), certificate, check, *steps):
        page = words(client.get(where))
        assert f'lang="{language}"' in page
        assert ('dir="rtl"' in page[:200]) is (language == "ar")


def test_exports_hold_what_the_person_may_see_and_no_more(client):
    import openpyxl

    number = issued().number
    sign_in(client, MPHO)
    csv = client.get(reverse("certificates-export", args=["csv"])).content.decode("utf-8-sig")
    assert csv.count(number) == 2  # one row a line
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("applications-export", args=["xlsx"])).content))
    assert book.active["A2"].value == "BW-A-000001"
    assert client.get(reverse("certificates-export", args=["exe"])).status_code == 400
    sign_in(client, STRANGER)
    assert number not in client.get(reverse("certificates-export", args=["csv"])).content.decode("utf-8-sig")


def test_the_draft_of_these_tests_is_complete():
    assert set(draft()) >= {"exporter", "importer", "origin", "destination", "parcels", "lines"}


def test_an_importing_authority_sees_what_comes_to_it_and_an_issuing_one_what_it_issued(client):
    number = issued().number
    cases = ((ANNEKE, None, True), (ANNEKE, "out", False), (KAGISO, None, True), (KAGISO, "in", False))
    for person, side, seen in cases:
        sign_in(client, person)
        query = {} if side is None else {"side": side}
        assert (number in words(client.get(reverse("certificates"), query))) is seen
    sign_in(client, STRANGER)
    assert number not in words(client.get(reverse("certificates"), {"side": "out"}))


def test_what_one_code_says_of_two_things_is_said_of_each_in_its_own_words():
    assert "applicant" in show.what_next("RETURNED")
    assert "cannot be used again" in show.what_next_of_certificate("RETURNED")
    assert "cannot be used again" in show.what_next_of_certificate("REFUSED")


def test_a_certificate_leads_to_the_next_step_and_shows_no_event_by_its_key(client):
    row = issued()
    sign_in(client, KAGISO)
    said = get(client, "certificate", row.number)
    assert "Seal the shipment" in said
    assert "Français" in said
    assert not re.search(r"\b(application|shipment|notice)\.[a-z_]+", said)
    sign_in(client, MPHO)
    assert "Seal the shipment" not in get(client, "certificate", row.number)


def test_pages_saved_one_after_the_other_are_one_line_of_the_history():
    row = opened()
    for version, parcels in enumerate((2, 3, 4), start=row.version):
        actions.save_draft(by=MPHO, at=NOW, reference=row.reference, version=version, content=draft(parcels=parcels))
    told = [one["what"] for one in show.timeline(row.reference, by=MPHO)]
    assert told.count("application.saved") == 1


def test_the_scheme_names_chinese_taipei(client):
    assert country_name("TW") == "Chinese Taipei"
