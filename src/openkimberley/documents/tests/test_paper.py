"""The bag label and the import confirmation."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from openkimberley.documents import qr
from openkimberley.documents.facts import Confirmation, Difference, NotPrintable, PrintedLine
from openkimberley.documents.label import MAX_QR_MM, MIN_QR_MM, QR_ECC, render_label
from openkimberley.documents.read import read_pdf
from openkimberley.documents.receipt import RESULTS, render_confirmation


@pytest.fixture
def confirmation(page):
    header, payload, _ = page.sd_jwt.split("~")[0].split(".")
    return Confirmation(
        number=page.number,
        issuer=page.issuer,
        destination="European Union",
        authority="Federal Public Service Economy, Antwerp",
        exporter=page.exporter,
        importer=page.importer,
        received_on=date(2026, 11, 9),
        confirmed_on=date(2026, 11, 10),
        result="discrepancy",
        parcels=3,
        lines=(PrintedLine("7102.10", Decimal("1843.25"), Decimal("42123456.78")),),
        total_carats=Decimal("1843.25"),
        total_usd=Decimal("42123456.78"),
        check_code=page.check_code,
        receipt=f"{header}.{payload}.AAAA",
        confirmed_at_unix=1793700000,
        language="fr",
        seal="BW-SEAL-0098812",
        seals_intact=True,
        differences=(Difference("7102.10 carats", "1,843.27", "1,843.25"),),
        authenticated_by=("Officer 11AB", "Officer 22CD"),
        qr_text="KPR1:" + "A" * 240,
    )


def test_the_label_tells_the_bag_and_not_its_worth(label, text_of):
    text = text_of(render_label(label))
    for word in ("BW0012345", "European Union (EU-BE)", "BW-SEAL-0098812", "2027-01-01", "7K3M9XQ2", "BW-P-778812"):
        assert word in text
    assert "US$" not in text
    assert "Exporter" not in text


def test_the_label_is_100_by_60_mm_and_its_code_reads_at_150_dpi(label, picture_of):
    pdf = render_label(label)
    assert b"/MediaBox[0 0 283.46457 170.07874]" in pdf
    assert qr.scan(picture_of(pdf, 150)) == [label.qr_text]
    assert qr.scan(picture_of(render_label(replace(label, demonstration=True)), 150)) == [label.qr_text]


def test_the_labels_code_has_modules_that_a_phone_can_read(label):
    side = qr.qr_side_mm(label.qr_text, QR_ECC, at_least=MIN_QR_MM)
    assert MIN_QR_MM <= side <= MAX_QR_MM
    assert qr.qr_module_size_mm(label.qr_text, QR_ECC, side) >= 0.42


def test_equal_labels_give_equal_bytes(label):
    assert render_label(label) == render_label(label)


def test_a_label_whose_code_does_not_fit_is_refused(label):
    with pytest.raises(NotPrintable, match="mm"):
        render_label(replace(label, qr_text="A" * 900))


def test_the_confirmation_holds_what_annex_i_b_asks(confirmation, text_of):
    text = text_of(render_confirmation(confirmation))
    for word in (
        "Import confirmation", "Confirmation d’importation", "BW0012345", "European Union", "Scheldt Diamonds NV",
        "Okavango Rough Trading (Pty) Ltd", "7102.10", "1,843.25", "42,123,456.78", "2026-11-09", "2026-11-10",
        "Federal Public Service Economy, Antwerp", "The shipment differs from the certificate", "1,843.27",
        "Officer 11AB", "Officer 22CD", "BW-SEAL-0098812", "Seals intact",
    ):  # fmt: skip
        assert word in text, word


def test_the_confirmation_carries_its_signed_receipt(confirmation):
    reading = read_pdf(render_confirmation(confirmation))
    assert reading.receipt == confirmation.receipt
    assert reading.sd_jwt is None
    assert reading.number == confirmation.number


@pytest.mark.parametrize("result", RESULTS)
@pytest.mark.parametrize("language", ["en", "ar", "zh"])
def test_every_result_prints_in_every_direction(result, language, confirmation):
    assert render_confirmation(replace(confirmation, result=result, language=language, qr_text="")).startswith(b"%PDF")


def test_an_unknown_result_is_refused(confirmation):
    with pytest.raises(NotPrintable, match="no result"):
        render_confirmation(replace(confirmation, result="perhaps"))


def test_differences_and_unvalued_lines_are_printed_in_words(confirmation, text_of):
    lines = (PrintedLine("7102.31", Decimal("120.50"), None),)
    different = tuple(
        Difference(field, "1", "2") for field in ("total_carats", "lines/7102.10", "exporter/name", "parcels")
    )
    text = text_of(render_confirmation(replace(confirmation, lines=lines, differences=different)))
    assert "Carat weight" in text
    for key in ("total_carats", "lines/", "exporter/name"):
        assert key not in text
