"""Whatever stands on a paper, the rules answer and never fail."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openkimberley.certificates.facts import Certificate, CertificateStatus, Line, Party, Presented, Validation
from openkimberley.certificates.rules import Alert, Known, before_filing, before_issue
from openkimberley.certificates.tests.cases import case
from openkimberley.participants.data import shipped_profiles, shipped_register
from openkimberley.shipments.facts import AdvanceNotice, ImportConfirmation, Inspection
from openkimberley.shipments.rules import (
    Knowledge,
    ShipmentCase,
    before_confirmation,
    before_departure,
    check,
    on_confirmation,
    on_presentation,
    overdue,
)  # fmt: skip

SEEN = ["", " ", "BW", "EC", "EU-BE", "SL004911", "EC00012345", "JMI/GGDO/4199", "9" * 5000]
TEXT = st.one_of(st.sampled_from(SEEN), st.text(max_size=12))
CODE = st.one_of(st.sampled_from(["BW", "EU", "EC", "BE", "HK", "CN", "TW", "CF", "KE", "XX", ""]), st.text(max_size=3))
DAY = st.dates()
MAYBE_DAY = st.one_of(st.none(), DAY)
AMOUNT = st.one_of(st.none(), st.decimals(Decimal("0.00"), Decimal("9999999999999.99"), places=2))
LINES = st.lists(st.builds(Line, st.one_of(st.sampled_from(["7102.31", "7105"]), TEXT), AMOUNT, AMOUNT), max_size=3)
PARTY = st.one_of(st.none(), st.builds(Party, TEXT, TEXT, TEXT))
TRUTH = st.one_of(st.none(), st.booleans())
PAPERS = st.builds(
    Certificate, number=TEXT, issuer=CODE, issue_date=MAYBE_DAY, issuing_authority=TEXT, expiry_date=MAYBE_DAY,
    title=TEXT, statement=TEXT, english=TRUTH, origin=st.lists(CODE, max_size=3).map(tuple), mixed=st.booleans(),
    destination=CODE, destination_authority=TEXT, exporter=PARTY, importer=PARTY,
    parcels=st.one_of(st.none(), st.integers(-1, 10**9)), parcel_reference=TEXT, lines=LINES.map(tuple),
    total_carats=AMOUNT, total_usd=AMOUNT, seals=st.lists(TEXT, max_size=2).map(tuple),
    validated=st.one_of(st.none(), st.builds(Validation, TEXT, MAYBE_DAY)),
    presented=st.one_of(st.none(), st.builds(Presented, MAYBE_DAY, TEXT, TRUTH, TRUTH, TRUTH)), zone=TEXT,
    provenance=CODE,
    draws_on=st.lists(TEXT, max_size=2).map(tuple), paper_serial=TEXT,
)  # fmt: skip
KNOWN = st.builds(
    Known, status=st.one_of(st.none(), st.sampled_from(CertificateStatus)), mined_on=MAYBE_DAY, mined_here=TRUTH,
    alerts=st.one_of(st.none(), st.lists(st.builds(Alert, st.just("FAKE"), TEXT, TEXT), max_size=2).map(tuple)),
    customs_number=st.one_of(st.none(), TEXT), fluorescent_number=st.one_of(st.none(), TEXT),
)  # fmt: skip
INSPECTIONS = st.builds(
    Inspection, TEXT, st.lists(TEXT, max_size=2).map(tuple), TRUTH, TRUTH, TRUTH,
    st.one_of(st.none(), st.integers(0, 9)),
    LINES.map(tuple), AMOUNT, AMOUNT, TEXT, TEXT,
)  # fmt: skip
ODD_PROFILES = {
    "BW": {"parcel_reference_ends_with_number": True, "validity": {"kind": "ENTIRE_JOURNEY", "n": 2},
           "allotments": [{"authority": "BW", "from": 1, "to": 9}], "confirmation_chase_days": 10**6,
           "export_report": {"kind": "WORKING_DAYS", "n": 9, "counted_from": "EXPORT"}},
    "EU": {"confirmation": {"kind": "MONTHS", "n": 99999, "counted_from": "ARRIVAL"}},
}  # fmt: skip
KNOWLEDGE = Knowledge(shipped_register(), shipped_profiles().overlaid(ODD_PROFILES))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PAPERS, DAY)
def test_check_always_answers(paper: Certificate, day: date) -> None:
    answer = check(paper, KNOWLEDGE, day)
    assert answer.verdict in {"valid", "invalid", "cannot_tell"}
    json.dumps(answer.as_json())
    heavy = {one.severity.value for one in answer.asked.objections}
    assert (answer.verdict == "invalid") == ("refuse" in heavy)
    assert (answer.verdict == "valid") == (not heavy & {"refuse", "hold"})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PAPERS, KNOWN, DAY, INSPECTIONS, MAYBE_DAY)
def test_every_act_always_answers(
    paper: Certificate, known: Known, day: date, found: Inspection, other: date | None
) -> None:  # fmt: skip
    about = case(known, on=day, profiles=ODD_PROFILES)
    about = type(about)(paper, day, about.register, about.profiles, known)
    notice = AdvanceNotice(paper.number, found.carats, found.usd, "", found.importer, day, other)
    said = ImportConfirmation(paper.number, found.parcels, found.carats, found.exporter, found.importer, made_on=other)
    shipment = ShipmentCase(
        about,
        notice=notice,
        inspection=found,
        confirmation=said,
        arrived_on=other,
        submitted_on=other,
        exported_on=other,
    )
    for objection in (*before_filing(about), *before_issue(about)):
        assert objection.message
    for act in (before_departure, on_presentation, before_confirmation, on_confirmation, overdue):
        json.dumps([one.as_json() for one in act(shipment).objections])


def test_the_last_day_there_is_does_not_overflow() -> None:
    for issuer in ("EU", "CA", "AU", "BW"):
        paper = Certificate(f"{issuer}00012345", issuer, date.max, expiry_date=date.max)
        assert check(paper, KNOWLEDGE, date.max).verdict == "invalid"
