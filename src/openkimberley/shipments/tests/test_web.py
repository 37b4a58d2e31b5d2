"""The pages of shipments: the whole way by forms, one of each kind of error, what is typed stays, who may see what."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import story
from tests.cast import ANNEKE, AUDITOR, BE, DIRK, KAGISO, MPHO, NALEDI, NOW, OBSERVER, STRANGER

from openkimberley.certificates.models import Certificate
from openkimberley.shipments import actions
from openkimberley.shipments.models import Arrival, Confirmation, DiscrepancyCase, Notice, PaperCertificate, Shipment
from openkimberley.shipments.tests import steps
from openkimberley.shipments.tests.desk import PNG, at, image, lines, node, signed_in, words
from openkimberley.shipments.tests.steps import ARRIVED, HOUR

__all__ = ["node"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("node")]


def photograph(name: str = "box.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, image(name), content_type="image/png")


SEALING = {
    "containers": "1", "number_on_container": "yes", "packed_alone": "yes", "copy_enclosed": "yes",
    **lines("seals", [{"number": steps.SEAL, "container": "1"}]),
}  # fmt: skip
ANNOUNCING = {
    "carrier": "Fictional Secure Carriers (Pty) Ltd", "mode": "AIR", "courier_licence": story.COURIER_LICENCE,
    "expected_on": "2026-11-04", "address": "import@example.org",
}  # fmt: skip
PRESENTING = {"presented_on": "2026-11-04", "original": "yes", "copy_enclosed": "yes", "hand_carried": "no"}


def finding(certificate, **changes) -> dict[str, str]:
    content = certificate.content
    return {
        "number": certificate.number, "seals": "\n".join(content["seals"]), "seals_intact": "yes",
        "tamper_resistant": "yes", "packed_alone": "yes", "parcels": "1", "exporter": content["exporter"]["name"],
        "importer": content["importer"]["name"], "remarks": "",
        **lines("lines", [{"hs": one["hs"], "carats": one["carats"], "usd": one["usd"]} for one in content["lines"]]),
        **changes,
    }  # fmt: skip


def test_a_shipment_goes_all_the_way_by_forms():
    certificate = story.issued()
    number = certificate.number
    export = signed_in(KAGISO)
    # seal
    assert number in words(export.get("/shipments"))
    assert export.get(f"/shipments/{number}").url == f"/shipments/{number}/seal"
    assert "Add another seal" in words(export.get(f"/shipments/{number}/seal"))
    answer = export.post(
        f"/shipments/{number}/seal", {**SEALING, "box": photograph(), "parcel": photograph("parcel.png")}
    )
    assert answer.status_code == 302, words(answer)
    # announce, with preview first
    answer = export.post(f"/shipments/{number}/announce", {**ANNOUNCING, "preview": "1"})
    assert "2093.27" in words(answer)
    assert Shipment.objects.get().status == "SEALED"
    answer = export.post(f"/shipments/{number}/announce", {**ANNOUNCING, "send": "1"})
    assert answer.status_code == 302, words(answer)
    with at(NOW + 3 * HOUR):
        export = signed_in(KAGISO)
        answer = export.post(
            f"/shipments/{number}/departure", {"departed_at": "2026-11-02T11:30", "seals_intact": "yes"}
        )
        assert answer.status_code == 302, words(answer)
        assert "BW-SEAL-0098812" in words(export.get(f"/shipments/{number}"))
    # arrive
    with at(ARRIVED):
        desk = signed_in(ANNEKE)
        assert number in words(desk.get("/imports?view=expected"))
        assert "It has arrived" in words(desk.get(f"/imports/{number}"))
        answer = desk.post("/imports/present", {**PRESENTING, "artefact": certificate.qr_full})
        assert answer.status_code == 302, words(answer)
        page = words(desk.get(answer.url))
        assert "Valid" in page
        assert "Open, weigh and compare" in page
        # forced entry: nothing of the certificate is on the form
        page = words(desk.get(f"/imports/{number}/inspection"))
        for secret in ("1843.27", "2093.27", steps.SEAL, "Scheldt"):
            assert secret not in page
        answer = desk.post(f"/imports/{number}/inspection", finding(certificate))
        assert answer.status_code == 302, words(answer)
        assert "Confirm the import" in words(desk.get(answer.url))
        assert desk.post(f"/imports/{number}/confirmation", {}).status_code == 422
        answer = desk.post(f"/imports/{number}/confirmation", {"declared": "on"})
        assert answer.status_code == 302, words(answer)
        page = words(desk.get(answer.url))
        assert "The goods agree with their certificate." in page
        assert desk.get(f"/imports/{number}/receipt.jws").content.decode() == Confirmation.objects.get().receipt
    assert Certificate.objects.get().status == "CONFIRMED"
    # the exporting side reads it
    export = signed_in(KAGISO)
    page = words(export.get(f"/shipments/{number}"))
    assert "The signed receipt" in page
    assert export.get(f"/imports/{number}/receipt").status_code == 200
    assert signed_in(MPHO).get(f"/shipments/{number}").status_code == 200
    assert signed_in(MPHO).get(f"/imports/{number}/receipt").status_code == 200


def test_the_receipt_as_pdf():
    certificate = steps.departed()
    steps.present(certificate)
    steps.inspect(certificate)
    steps.confirm(certificate)
    answer = signed_in(ANNEKE).get(f"/imports/{certificate.number}/receipt.pdf")
    assert answer.content.startswith(b"%PDF-")


def test_photographs_survive_another_error():
    certificate = story.issued()
    client = signed_in(KAGISO)
    wrong = {**SEALING, **lines("seals", [{"number": "BW-SEAL-7", "container": "1"}])}
    answer = client.post(
        f"/shipments/{certificate.number}/seal", {**wrong, "box": photograph(), "parcel": photograph("p.png")}
    )
    page = words(answer)
    assert answer.status_code == 422
    assert "R066" in page
    assert "BW-SEAL-7" in page
    kept = re.findall(r'name="(box|parcel)_kept" value="([0-9a-f]{64})"', page)
    assert dict(kept).keys() == {"box", "parcel"}
    answer = client.post(
        f"/shipments/{certificate.number}/seal", {**SEALING, **{f"{name}_kept": sha for name, sha in kept}}
    )
    assert answer.status_code == 302


@pytest.mark.parametrize("bad", [b"", b"no picture", b"%PDF-1.7", PNG[:40]])
def test_a_photograph_that_is_none_is_named(bad):
    certificate = story.issued()
    upload = SimpleUploadedFile("box.png", bad, content_type="image/png")
    answer = signed_in(KAGISO).post(
        f"/shipments/{certificate.number}/seal", {**SEALING, "box": upload, "parcel": photograph()}
    )
    assert answer.status_code == 422
    assert not Shipment.objects.exists()


@pytest.mark.parametrize("forged", ["0" * 64, "../../etc/passwd", "x"])
def test_a_forged_hash_of_a_kept_photograph_is_refused(forged):
    certificate = story.issued()
    answer = signed_in(KAGISO).post(
        f"/shipments/{certificate.number}/seal", {**SEALING, "box_kept": forged, "parcel": photograph()}
    )
    assert answer.status_code == 422
    assert not Shipment.objects.exists()


def test_a_seal_is_added_without_losing_what_was_typed():
    certificate = story.issued()
    answer = signed_in(KAGISO).post(f"/shipments/{certificate.number}/seal", {**SEALING, "seals-add": "1"})
    page = words(answer)
    assert answer.status_code == 200
    assert page.count('name="seals-1-number"') == 1
    assert steps.SEAL in page


def test_a_difference_leads_to_the_case_and_its_ways_out():
    certificate = steps.disputed()
    number = certificate.number
    desk = signed_in(ANNEKE)
    page = words(desk.get(f"/imports/{number}/case"))
    for said in ("Total carats", "2093.27", "2093.26", "Release with remedy", "Confiscate the goods"):
        assert said in page
    for way in ("detain", "tell", "correct", "release", "return", "refuse", "confiscate", "original"):
        assert desk.get(f"/imports/{number}/case/{way}").status_code == 200
    assert desk.get(f"/imports/{number}/case/bribe").status_code == 404
    answer = desk.post(f"/imports/{number}/case/release", {"fault": "KNOWING", "measures": "weighed again"})
    assert answer.status_code == 422
    assert "R084" in words(answer)
    told = desk.post(f"/imports/{number}/case/tell", {"question": "Yours?", "address": "kp@example.bw"})
    assert told.status_code == 302
    assert desk.post(f"/imports/{number}/case/detain", {"reason": "lighter"}).status_code == 302
    answer = desk.post(f"/imports/{number}/case/release", {"fault": "NOT_KNOWING", "measures": "weighed again"})
    assert answer.status_code == 302, words(answer)
    page = words(desk.get(f"/imports/{number}/case"))
    assert "How it ended" in page
    assert desk.post(f"/imports/{number}/confirmation", {"declared": "on"}).status_code == 302
    assert "Released with a difference" in words(desk.get(f"/imports/{number}/receipt"))


@pytest.mark.parametrize(
    ("way", "data", "status"),
    [
        ("refuse", {"reason": "not in order"}, "REFUSED"),
        ("confiscate", {"reason": "fraud", "disposal": "the court's vault"}, "CONFISCATED"),
        ("return", {"order": "Order 5 of 6 November"}, "RETURNED"),
    ],
)
def test_the_ways_that_end_a_certificate(way, data, status):
    certificate = steps.disputed()
    desk = signed_in(ANNEKE)
    answer = desk.post(f"/imports/{certificate.number}/case/{way}", data)
    assert answer.status_code == 302, words(answer)
    assert Arrival.objects.get().status == status
    assert "How it ended" in words(desk.get(answer.url))


def test_a_hold_is_decided_with_a_reason():
    certificate = steps.departed()
    late = NOW + timedelta(days=100)
    row = steps.present(certificate, at=late)
    with at(late):
        desk = signed_in(ANNEKE)
        assert "Held: a person must decide" in words(desk.get(f"/imports/{row.number}"))
        assert "R037" in words(desk.get(f"/imports/{row.number}/decision"))
        assert desk.post(f"/imports/{row.number}/decision", {"reason": "ok"}).status_code in (409, 422)


def test_what_is_unreadable_or_unknown_is_said_beside_what_was_typed():
    with at(ARRIVED):
        desk = signed_in(ANNEKE)
        answer = desk.post("/imports/present", {**PRESENTING, "artefact": "KPC1:NONSENSE"})
        assert answer.status_code == 400
        assert "KPC1:NONSENSE" in words(answer)
        answer = desk.post("/imports/present", {**PRESENTING, "number": "SL004911"})
        assert answer.status_code == 404
        assert "register the paper" in words(answer)
        assert desk.post("/imports/present", PRESENTING).status_code == 422
        upload = BytesIO(PNG)
        upload.name = "code.png"
        assert desk.post("/imports/present", {**PRESENTING, "photograph": upload}).status_code == 400


def test_a_code_in_a_photograph_is_read():
    import segno

    certificate = steps.departed()
    out = BytesIO()
    segno.make(certificate.qr_full, error="m", micro=False).save(out, kind="png", scale=6, border=4)
    upload = SimpleUploadedFile("code.png", out.getvalue(), content_type="image/png")
    with at(ARRIVED):
        answer = signed_in(ANNEKE).post("/imports/present", {**PRESENTING, "photograph": upload})
    assert answer.status_code == 302, words(answer)


def test_a_second_use_says_so():
    certificate = steps.departed()
    steps.present(certificate)
    steps.inspect(certificate)
    steps.confirm(certificate)
    with at(ARRIVED + timedelta(days=10)):
        answer = signed_in(ANNEKE).post(
            "/imports/present", {**PRESENTING, "presented_on": "2026-11-14", "artefact": certificate.qr_full}
        )
    assert answer.status_code == 422
    assert "R082" in words(answer)


PAPER = {
    "number": "SL004911", "issuer": "sl", "issuing_authority": "National Minerals Agency", "issue_date": "2026-10-05",
    "expiry_date": "2026-12-04", "title": "Kimberley Process Certificate", "origin": "SL", "destination": "EU",
    "destination_authority": BE, "exporter_name": "Fictional Sewa Diamonds", "importer_name": "Fictional Scheldt",
    "parcels": "1", "parcel_reference": "JMI/GGDO/4199", "total_carats": "12.50", "total_usd": "4000.00",
    "seals": "SL-1\nSL-2", **lines("lines", [{"hs": "7102.31", "carats": "12.50", "usd": "4000.00"}]),
}  # fmt: skip


def test_a_paper_is_registered_asked_about_and_presented():
    desk = signed_in(ANNEKE)
    scan = SimpleUploadedFile("paper.png", PNG, content_type="image/png")
    answer = desk.post("/papers/new", {**PAPER, "scan": scan})
    assert answer.status_code == 302, words(answer)
    page = words(desk.get(answer.url))
    assert "SL004911" in page
    row = PaperCertificate.objects.get()
    assert desk.get(f"/papers/{row.number}/scans/{row.scans[0]}").content == PNG or row.scans
    assert desk.get(f"/papers/{row.number}/scans/{'0' * 64}").status_code == 404
    assert desk.get(f"/papers/{row.number}/compare").status_code == 200
    assert desk.post(f"/papers/{row.number}/compare", {"matches_specimen": "no"}).status_code == 302
    answer = desk.post(f"/papers/{row.number}/question", {"question": "Is it yours?", "sent_to": "NMA"})
    assert answer.status_code == 302, words(answer)
    assert "Is it yours?" in words(desk.get(f"/papers/{row.number}"))
    assert row.number in words(desk.get("/papers"))
    with at(ARRIVED):
        desk = signed_in(ANNEKE)
        answer = desk.post("/imports/present", {**PRESENTING, "number": "SL 4911"})
        assert answer.status_code == 302, words(answer)
        page = words(desk.get(answer.url))
    assert "R072" in page
    assert signed_in(ANNEKE).post("/papers/new", PAPER).status_code == 409


def test_a_paper_needs_its_number_its_issuer_and_its_day():
    answer = signed_in(ANNEKE).post("/papers/new", {**lines("lines", [{}]), "title": "KP"})
    assert answer.status_code == 422
    assert words(answer).count("This is missing.") >= 3


PAGES = ["/shipments", "/imports", "/imports?view=expected", "/imports?view=concluded", "/papers", "/papers/new"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("by", [OBSERVER, None])
def test_strangers_see_no_page(page, by):
    from django.test import Client

    client = signed_in(by) if by else Client()
    assert client.get(page).status_code in (302, 403)


def test_pages_ask_the_table_of_permissions():
    certificate = steps.departed()
    number = certificate.number
    for client in (signed_in(AUDITOR), signed_in(NALEDI)):
        assert client.get(f"/shipments/{number}").status_code == 200
        for path in ("seal", "announce", "departure", "cancel", "confirmation"):
            assert client.get(f"/shipments/{number}/{path}").status_code == 403
            assert client.post(f"/shipments/{number}/{path}").status_code == 403
    steps.present(certificate)
    for client in (signed_in(DIRK),):
        assert client.get(f"/imports/{number}").status_code == 200
        for path in ("inspection", "confirmation", "decision", "case/detain"):
            assert client.post(f"/imports/{number}/{path}").status_code == 403
    assert signed_in(STRANGER).get(f"/shipments/{number}").status_code == 404
    assert signed_in(KAGISO).get(f"/imports/{number}").status_code == 404


def test_a_photograph_is_seen_by_both_sides_and_by_nobody_else():
    certificate = story.issued()
    signed_in(KAGISO).post(
        f"/shipments/{certificate.number}/seal", {**SEALING, "box": photograph(), "parcel": photograph("p.png")}
    )
    actions.announce(
        by=KAGISO, at=NOW + HOUR, number=certificate.number, carrier="C", courier_licence=story.COURIER_LICENCE,
        mode="AIR",
    )  # fmt: skip
    from openkimberley.shipments.models import Photograph

    sha = Photograph.objects.first().sha256
    assert signed_in(KAGISO).get(f"/shipments/photographs/{sha}").status_code == 200
    assert signed_in(ANNEKE).get(f"/shipments/photographs/{sha}").status_code == 200
    assert signed_in(STRANGER).get(f"/shipments/photographs/{sha}").status_code == 404
    assert signed_in(KAGISO).get("/shipments/photographs/zzz").status_code == 404


def test_a_notice_that_waits_is_readdressed_and_sent(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    certificate = story.issued()
    steps.seal(certificate.number)
    steps.announce(certificate.number, address="")
    Notice.objects.update(status="FAILED", address="", error="no address")
    client = signed_in(KAGISO)
    assert "no address" in words(client.get(f"/shipments/{certificate.number}"))
    answer = client.get(f"/shipments/{certificate.number}/address")
    message_id = html.unescape(re.search(r'name="message_id" value="([^"]+)"', words(answer)).group(1))
    answer = client.post(
        f"/shipments/{certificate.number}/address", {"message_id": message_id, "address": "kp@example.org"}
    )
    assert answer.status_code == 302, words(answer)
    assert client.post("/shipments/notices/send", {"number": certificate.number}).status_code == 302
    assert Notice.objects.get().status == "SENT"


def test_lists_ask_a_constant_number_of_questions():
    steps.departed()
    desk, export = signed_in(ANNEKE), signed_in(KAGISO)
    pages = ((desk, "/imports?view=expected"), (export, "/shipments"))
    for client, page in pages:
        client.get(page)
    counts = []
    for turn in range(2):
        with CaptureQueriesContext(connection) as asked:
            for client, page in pages:
                client.get(page)
        counts.append(len(asked))
        row, shipment = Arrival.objects.first(), Shipment.objects.first()
        for serial in range(8):
            row.pk, row.number, row.written = None, f"BW9{turn}{serial:04d}", f"BW9{turn}{serial:04d}"
            row.save(force_insert=True)
            shipment.pk, shipment.certificate_number = None, f"BW9{turn}{serial:04d}"
            shipment.save(force_insert=True)
    assert counts[0] == counts[1]


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_pages_stand_in_other_languages(language):
    certificate = steps.disputed()
    for client, page in (
        (signed_in(ANNEKE), f"/imports/{certificate.number}"),
        (signed_in(ANNEKE), f"/imports/{certificate.number}/case"),
        (signed_in(KAGISO), f"/shipments/{certificate.number}"),
    ):  # fmt: skip
        answer = client.get(page, headers={"accept-language": language})
        assert answer.status_code == 200
        if language == "ar":
            assert 'dir="rtl"' in words(answer)


def test_a_case_that_does_not_exist_is_not_found():
    certificate = steps.departed()
    assert signed_in(ANNEKE).get(f"/imports/{certificate.number}/case").status_code == 404
    assert signed_in(ANNEKE).get("/imports/BW0000001").status_code == 404
    assert not DiscrepancyCase.objects.exists()


def test_a_picture_of_the_code_may_be_chosen_as_a_file_too():
    import segno

    certificate = steps.departed()
    out = BytesIO()
    segno.make(certificate.qr_full, error="m", micro=False).save(out, kind="png", scale=6, border=4)
    upload = SimpleUploadedFile("code.png", out.getvalue(), content_type="image/png")
    with at(ARRIVED):
        answer = signed_in(ANNEKE).post("/imports/present", {**PRESENTING, "file": upload})
    assert answer.status_code == 302, words(answer)


def test_a_pdf_without_certificate_is_unreadable_and_no_forgery():
    upload = SimpleUploadedFile("scan.pdf", b"%PDF-1.4\n%%EOF\n", content_type="application/pdf")
    with at(ARRIVED):
        answer = signed_in(ANNEKE).post("/imports/present", {**PRESENTING, "file": upload})
    assert answer.status_code == 400
    assert "holds no signed certificate" in words(answer)


def test_a_receipt_names_authorities_and_leads_back():
    certificate = steps.departed()
    steps.present(certificate)
    steps.inspect(certificate)
    steps.confirm(certificate)
    for who, page in ((ANNEKE, f"/imports/{certificate.number}"), (KAGISO, f"/shipments/{certificate.number}")):
        said = signed_in(who).get(f"/imports/{certificate.number}/receipt").content.decode()
        assert f'href="{page}"' in said
        assert "Belgium (EU-BE)" in said


def test_a_paper_leads_to_its_question_and_to_an_alert():
    client = signed_in(ANNEKE)
    client.post("/papers/new", PAPER)
    client.post("/papers/SL0004911/question", {"question": "Did you issue this?"})
    said = client.get("/papers/SL0004911").content.decode()
    assert re.search(r'href="/questions/EU-BE-QUERY-\d{4}-\d{4}"', said)
    assert "/alerts/raise?kind=FAKE&amp;issuer=SL&amp;number=SL004911" in said
    form = client.get("/alerts/raise?kind=FAKE&issuer=SL&number=SL004911").content.decode()
    assert 'value="SL004911"' in form
