"""Group Q, and corrections and replacements (R086, R087, R092). Each rule satisfied and broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from openkimberley.certificates.rules import (
    Alert,
    Correction,
    Known,
    Replacement,
    before_correction,
    before_replacement,
    correction,
    fraud,
    is_minor,
    participants,
)  # fmt: skip
from openkimberley.certificates.tests.cases import case, paper, said
from openkimberley.participants.facts import Participant, Status, StatusPeriod

CONTENT = {"number": "BW00412345", "exporter": {"name": "Okavango Rough"}, "parcels": 1}


def test_R086_corrected_on_the_issuers_instruction() -> None:
    rule = correction.corrected_on_the_issuers_instruction
    assert said(rule, Correction("exporter/name", "Okavango Ruogh", "Okavango Rough", instructed=True)) == []
    assert said(rule, Correction("exporter/name", "Okavango Ruogh", "Okavango Rough", instructed=False)) == ["refuse"]
    assert said(rule, Correction("exporter/name", "Okavango Rough", "Kalahari Gems", instructed=True)) == ["refuse"]
    assert said(rule, Correction("total_carats", "12.50", "12.60", instructed=True)) == ["refuse"]
    assert said(rule, Correction("importer/address", "Antwerp", "Hoveniersstraat 22", instructed=True)) == []


def test_before_correction_reads_the_field_of_the_certificate() -> None:
    assert before_correction(CONTENT, field="exporter/name", new="Okavango Rough Ltd") == ()
    assert [o.rule for o in before_correction(CONTENT, field="parcels", new="2")] == ["R086"]
    assert [o.rule for o in before_correction(CONTENT, field="exporter/name", new=" ")] == ["R086"]
    assert before_correction(CONTENT, field="importer/name", new="Scheldt Diamonds") == ()
    assert correction.text_at(CONTENT, "number/deeper") == ""
    assert is_minor("exporter/licence", "1", "2")


def test_R087_replaced_before_export_only() -> None:
    rule = correction.replaced_before_export_only
    assert said(rule, Replacement("BW1", exported=False, surrendered=True)) == []
    assert said(rule, Replacement("BW1", exported=True, surrendered=True)) == ["refuse"]
    assert said(rule, Replacement("BW1", exported=False, surrendered=False)) == ["refuse"]
    assert said(rule, Replacement("BW1", exported=False, surrendered=False, lost=True)) == []


def test_R092_lost_is_voided_and_published_first() -> None:
    rule = correction.lost_is_voided_and_published_first
    told = Replacement("BW1", exported=False, surrendered=False, lost=True, voided=True, published=True)
    untold = Replacement("BW1", exported=False, surrendered=False, lost=True, voided=True)
    assert said(rule, told) == []
    assert said(rule, untold) == ["refuse"]
    assert said(rule, Replacement("BW1", exported=False, surrendered=True)) == []
    assert [o.rule for o in before_replacement(untold)] == ["R092"]


def test_R174_signature_is_good() -> None:
    assert said(fraud.signature_is_good, case()) == ["not asked"]
    assert said(fraud.signature_is_good, case(Known(signature_valid=True))) == []
    assert said(fraud.signature_is_good, case(Known(signature_valid=False))) == ["refuse"]


def test_R176_paper_and_record_agree() -> None:
    rule = fraud.paper_and_record_agree
    assert said(rule, case()) == []
    assert said(rule, case(Known(digital=paper(presented=None, paper_serial="A 1")))) == []
    assert said(rule, case(Known(digital=paper(parcels=2)))) == ["refuse"]


def test_R177_no_alert_is_out() -> None:
    rule = fraud.no_alert_is_out
    fake, stolen = Alert("FAKE", number="BW 00412345", features="dotted lines"), Alert("STOLEN", paper_serial="A 17")
    assert said(rule, case()) == ["not asked"]
    assert said(rule, case(Known(alerts=()))) == []
    assert said(rule, case(Known(alerts=(fake, stolen)))) == ["refuse"]
    assert said(rule, case(Known(alerts=(fake,)), number="bw-412345")) == ["refuse"]  # however it is written
    assert said(rule, case(Known(alerts=(fake, stolen)), number="BW00412346", paper_serial="A 17")) == ["refuse"]
    assert said(rule, case(Known(alerts=(fake, stolen)), number="BW00412346", paper_serial="A 18")) == []


def test_R178_never_or_not_yet_a_participant_is_fake() -> None:
    rule = fraud.issuer_was_ever_a_participant
    assert said(rule, case()) == []
    assert said(rule, case(issuer="KE", number="KE000123")) == ["refuse"]
    assert said(rule, case(issuer="CM", number="CM000123", issue_date=date(2012, 3, 1))) == ["refuse"]
    assert said(rule, case(issuer="CM", number="CM000123", issue_date=date(2014, 3, 1))) == []
    assert said(rule, case(issuer="CG", number="CG000123", issue_date=date(2005, 3, 1))) == []  # removed: R042
    assert said(rule, case(issuer="BD", number="BD000123", issue_date=date(2005, 6, 1))) == ["hold"]


def test_R178_one_that_left_is_no_fake_by_definition() -> None:
    left = Participant(
        "XL", "Leftland",
        history=(
            StatusPeriod(Status.PARTICIPANT, date(2003, 1, 1), date(2010, 1, 1), "a list"),
            StatusPeriod(Status.NON_PARTICIPANT, date(2010, 1, 1), None, "a list"),
        ),
    )  # fmt: skip
    about = case(issuer="XL", number="XL000123")
    about = replace(about, register=replace(about.register, participants={"XL": left}))
    assert said(fraud.issuer_was_ever_a_participant, about) == []
    assert said(participants.issuer_and_destination_are_participants, about)[0] == "refuse"


def test_R179_no_payment_before_shipment() -> None:
    rule = fraud.no_payment_before_shipment
    assert said(rule, case()) == []
    assert said(rule, case(Known(payment_asked_first=True))) == ["hold"]
    assert said(rule, case(Known(payment_asked_first=True, in_issuer_register=True))) == []
