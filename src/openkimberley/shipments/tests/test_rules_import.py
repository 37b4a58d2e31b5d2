"""Groups G, H and J: arrival, confirmation, discrepancies, records. Each rule satisfied and broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from openkimberley.certificates.facts import CertificateStatus, Line, Presented
from openkimberley.certificates.rules import Known
from openkimberley.participants.data import shipped_profiles
from openkimberley.participants.facts import Deadline
from openkimberley.shipments import facts, rules
from openkimberley.shipments.facts import Closing, Discrepancy, Fault, ImportConfirmation, KeptOriginal, WayOut
from openkimberley.shipments.rules import arrival, discrepancy, records
from openkimberley.shipments.rules.discrepancy import ClosingCase
from openkimberley.shipments.rules.records import Deletion
from openkimberley.shipments.tests.cases import FOUND, NOTICE, SAID, ct, said, shipment

S = CertificateStatus
PROFILES = shipped_profiles()


def test_R032_import_part_is_complete() -> None:
    assert said(arrival.import_part_is_complete, shipment()) == []
    assert said(arrival.import_part_is_complete, shipment(confirmation=SAID)) == []
    assert said(arrival.import_part_is_complete, shipment(confirmation=replace(SAID, hs_codes=()))) == ["flag"]


def test_R071_importing_authority_is_told() -> None:
    rule = arrival.importing_authority_is_told
    assert said(rule, shipment(notice=NOTICE)) == []
    assert said(rule, shipment(notice=replace(NOTICE, importer=""))) == ["hold"]
    assert said(rule, shipment()) == ["hold"]


def test_R072_notice_came_before_the_goods() -> None:
    rule = arrival.notice_came_before_the_goods
    assert said(rule, shipment()) == []
    assert said(rule, shipment(notice=NOTICE)) == []
    assert said(rule, shipment(notice=NOTICE, arrived_on=date(2023, 6, 4))) == ["flag"]
    assert said(rule, shipment(paper={"presented": Presented(announced=False)})) == ["flag"]
    assert said(rule, shipment(paper={"presented": None})) == ["not asked"]


def test_R073_original_is_there() -> None:
    rule, copy = arrival.original_is_there, {"presented": Presented(original=False)}
    assert said(rule, shipment()) == []
    assert said(rule, shipment(paper=copy)) == ["refuse"]
    assert said(rule, shipment(paper={**copy, "destination": "IN", "destination_authority": ""})) == ["refuse"]
    assert said(rule, shipment(paper={"presented": None})) == ["not asked"]


def test_R074_goods_were_opened_and_compared() -> None:
    rule = arrival.goods_were_opened_and_compared
    assert said(rule, shipment(inspection=FOUND)) == []
    assert said(rule, shipment()) == ["refuse"]
    for lacking in ({"carats": None}, {"parcels": None}, {"lines": ()}, {"seals": ()}, {"seals_intact": None}):
        assert said(rule, shipment(inspection=replace(FOUND, **lacking))) == ["refuse"]
    assert said(rule, shipment(inspection=replace(FOUND, seals=()), paper={"seals": ()})) == []


def test_R075_confirmed_within_working_days() -> None:
    rule, handed = arrival.confirmed_within_working_days, date(2023, 6, 6)  # a Tuesday; ten working days on: the 20th
    assert said(rule, shipment(confirmation=SAID, submitted_on=handed)) == []
    assert said(rule, shipment(confirmation=replace(SAID, made_on=date(2023, 6, 21)), submitted_on=handed)) == ["flag"]
    assert said(rule, shipment(submitted_on=handed, on=date(2023, 6, 21))) == ["flag"]
    assert said(rule, shipment()) == ["not asked"]
    assert said(rule, shipment(here="US", submitted_on=date(2020, 1, 1))) == []


def test_R076_confirmation_says_what_it_must() -> None:
    rule = arrival.confirmation_says_what_it_must
    assert said(rule, shipment()) == []
    assert said(rule, shipment(confirmation=SAID)) == []
    assert said(rule, shipment(confirmation=ImportConfirmation("BW00412345", 1, ct("15.00")))) == ["refuse"]


def test_R077_receipt_reported_within_days() -> None:
    rule = arrival.receipt_reported_within_days
    assert said(rule, shipment(confirmation=SAID, here="US", arrived_on=date(2023, 6, 5))) == []
    assert said(rule, shipment(confirmation=SAID, here="US", arrived_on=date(2023, 6, 4))) == ["flag"]


def test_R078_traders_report_within_days() -> None:
    rule, canada = arrival.traders_report_within_days, {"issuer": "CA", "number": "CA0012345"}
    assert said(rule, shipment(confirmation=SAID, here="CA", arrived_on=date(2023, 6, 13))) == []
    assert said(rule, shipment(confirmation=SAID, here="CA", arrived_on=date(2023, 6, 12))) == ["flag"]
    assert said(rule, shipment(paper=canada)) == []
    assert said(rule, shipment(paper=canada, exported_on=date(2023, 6, 12))) == ["flag"]
    assert said(rule, shipment(paper=canada, exported_on=date(2023, 6, 13))) == []
    told = shipment(paper=canada, exported_on=date(2023, 6, 5), export_reported_on=date(2023, 6, 6))
    assert said(rule, told) == []


def test_R079_confirmation_is_overdue() -> None:
    rule = arrival.confirmation_is_overdue
    assert said(rule, shipment(on=date(2023, 8, 15))) == []
    assert said(rule, shipment(on=date(2023, 8, 16))) == ["flag"]
    assert said(rule, shipment(on=date(2023, 8, 16), confirmation=SAID)) == []
    sooner = {"BW": {"confirmation_chase_days": 5}}
    assert said(rule, shipment(on=date(2023, 8, 6), profiles=sooner)) == ["flag"]
    assert [o.rule for o in rules.overdue(shipment(on=date(2023, 8, 16))).objections] == ["R079"]


def test_R080_confirmed_number_was_issued() -> None:
    rule = arrival.confirmed_number_was_issued
    assert said(rule, shipment()) == ["not asked"]
    assert said(rule, shipment(Known(in_issuer_register=False))) == ["refuse"]
    assert said(rule, shipment(Known(status=S.CONFIRMED))) == ["refuse"]
    assert said(rule, shipment(Known(status=S.DEPARTED))) == []
    never = rules.on_confirmation(shipment(Known(in_issuer_register=False), confirmation=SAID))
    assert [o.rule for o in never.objections] == ["R080"]


def test_R081_all_records_agree_without_tolerance() -> None:
    rule = arrival.all_records_agree
    assert said(rule, shipment()) == []
    assert said(rule, shipment(inspection=FOUND, confirmation=SAID, notice=NOTICE)) == []
    assert said(rule, shipment(inspection=replace(FOUND, carats=ct("14.99")))) == ["hold"]
    assert said(rule, shipment(confirmation=replace(SAID, usd=ct("4100.01")))) == ["hold"]
    assert said(rule, shipment(notice=replace(NOTICE, importer="Somebody Else"))) == ["hold"]
    assert rules.on_discrepancy(shipment(inspection=replace(FOUND, parcels=2))).stops[0].field == "parcels"


def test_differences_name_field_declared_and_found() -> None:
    paper = shipment().certificate
    lines = (Line("7102.31", ct("12.50"), None), Line("7102.21", ct("2.50"), None))
    found = rules.with_inspection(paper, replace(FOUND, lines=lines, seals=("S-9",), number="BW00412346", usd=None))
    assert found == (
        Discrepancy("number", "BW0412345", "BW0412346"), Discrepancy("seals", "S0001", "S9"),
        Discrepancy("lines/7102.10", "2.50", "0"), Discrepancy("lines/7102.21", "0", "2.50"),
    )  # fmt: skip
    told = rules.with_confirmation(paper, replace(SAID, hs_codes=("7102.31",), exporter="Other"))
    assert [one.field for one in told] == ["lines/hs", "exporter/name"]
    assert rules.with_confirmation(paper, replace(SAID, hs_codes=())) == ()
    sums = replace(paper, total_carats=None, total_usd=None)
    assert rules.with_notice(sums, replace(NOTICE, number="", carats=ct("15.01"))) == (
        Discrepancy("total_carats", "15.00", "15.01"),
    )


def test_R082_used_once_only() -> None:
    rule = arrival.used_once_only
    assert said(rule, shipment()) == ["not asked"]
    assert said(rule, shipment(Known(uses=()))) == []
    assert said(rule, shipment(Known(uses=("confirmed at EU-BE on 2023-06-19",)))) == ["refuse"]


def test_R083_issuer_stands_by_it() -> None:
    rule = arrival.issuer_stands_by_it
    assert said(rule, shipment()) == ["not asked"]
    assert said(rule, shipment(Known(issuer_answer=True))) == []
    assert said(rule, shipment(Known(issuer_answer=False))) == ["refuse"]
    assert said(rule, shipment(Known(status=S.RETURNED))) == ["refuse"]


def test_R088_number_is_not_void() -> None:
    rule = arrival.number_is_not_void
    assert said(rule, shipment()) == ["not asked"]
    assert said(rule, shipment(Known(status=S.DEPARTED))) == []
    for status in (S.VOID, S.LOST, S.REPLACED):
        assert said(rule, shipment(Known(status=status))) == ["refuse"]


def _closing(way_out: WayOut, **more: Any) -> ClosingCase:
    return ClosingCase(Closing(way_out, **more), date(2023, 7, 1), PROFILES.of("EU"))


def test_R084_released_only_with_measures_and_finding() -> None:
    rule = discrepancy.released_only_with_measures_and_finding
    innocent = {"fault": Fault.NOT_KNOWING, "measures": "weighed again before both parties"}
    assert said(rule, _closing(WayOut.REMEDIED, **innocent)) == []
    assert said(rule, _closing(WayOut.REMEDIED)) == ["refuse", "refuse"]
    assert said(rule, _closing(WayOut.REMEDIED, fault=Fault.KNOWING, measures="x")) == ["refuse"]
    assert said(rule, _closing(WayOut.CORRECTED, fault=Fault.ANOTHER_AUTHORITY)) == ["refuse"]
    assert said(rule, _closing(WayOut.CORRECTED, fault=Fault.ANOTHER_AUTHORITY, instructed=True)) == []
    assert said(rule, _closing(WayOut.CONFISCATED)) == []


def test_R085_issuer_is_told_within_a_month() -> None:
    rule, found = discrepancy.issuer_is_told_within_a_month, date(2023, 1, 31)
    assert said(rule, _closing(WayOut.REFUSED)) == []
    assert said(rule, _closing(WayOut.REFUSED, found_on=found, issuer_told_on=date(2023, 2, 28))) == []
    assert said(rule, _closing(WayOut.REFUSED, found_on=found, issuer_told_on=date(2023, 3, 1))) == ["flag"]
    assert said(rule, _closing(WayOut.REFUSED, found_on=found)) == ["flag"]
    assert facts.issuer_told_by(PROFILES.of("BW"), found=found) == date(2023, 2, 28)


def test_R089_return_has_a_technical_certificate() -> None:
    rule = discrepancy.return_has_a_technical_certificate
    linked = {"technical_number": "EU00000099", "original_number": "BW00412345"}
    assert said(rule, _closing(WayOut.RETURNED, requested_by_issuer=True, **linked)) == []
    assert said(rule, _closing(WayOut.RETURNED)) == ["refuse", "refuse"]
    assert said(rule, _closing(WayOut.REFUSED)) == []


def test_R090_opened_container_may_go_back() -> None:
    rule, broken = discrepancy.opened_container_may_go_back, {"presented": Presented(seals_intact=False)}
    assert said(rule, shipment()) == []
    assert said(rule, shipment(paper=broken)) == []
    assert said(rule, shipment(paper=broken, here="CA")) == ["flag"]


def test_R091_return_is_no_new_origin() -> None:
    rule = discrepancy.return_is_no_new_origin
    back = {"original_number": "BW00412345", "technical_number": "EU00000099", "original_origin": ("BW",)}
    assert said(rule, _closing(WayOut.RETURNED, technical_origin=("BW",), **back)) == []
    assert said(rule, _closing(WayOut.RETURNED, technical_origin=("CA",), **back)) == ["refuse"]
    assert said(rule, _closing(WayOut.ORDERED_BACK)) == ["refuse"]
    assert said(rule, _closing(WayOut.REFUSED)) == []


def test_R093_disposal_is_recorded() -> None:
    assert said(discrepancy.disposal_is_recorded, _closing(WayOut.CONFISCATED, disposal="state vault, lot 7")) == []
    assert said(discrepancy.disposal_is_recorded, _closing(WayOut.CONFISCATED)) == ["refuse"]
    closed = rules.before_closing(Closing(WayOut.CONFISCATED), on=date(2023, 7, 1), profile=PROFILES.of("ZA"))
    assert [o.rule for o in closed.objections] == ["R093"]


def _deletion(on: date, *parties: tuple[str, str]) -> Deletion:
    return Deletion(KeptOriginal("BW00412345", date(2020, 2, 29), parties), on, PROFILES)


def test_R101_original_is_kept_three_years() -> None:
    rule = records.original_is_kept_three_years
    assert said(rule, _deletion(date(2023, 2, 27))) == ["refuse"]
    assert said(rule, _deletion(date(2023, 2, 28))) == []


def test_R102_national_period_is_kept() -> None:
    rule = records.national_period_is_kept
    assert said(rule, _deletion(date(2024, 1, 1), ("US", "IMPORTER"), ("EU", "AUTHORITY"))) == ["refuse"]
    assert said(rule, _deletion(date(2025, 2, 28), ("US", "IMPORTER"))) == []
    assert said(rule, _deletion(date(2024, 1, 1), ("EU", "AUTHORITY"), ("BW", "EXPORTER"))) == []


def test_R104_longest_period_wins() -> None:
    rule = records.longest_period_wins
    assert said(rule, _deletion(date(2024, 1, 1), ("EU", "AUTHORITY"), ("US", "IMPORTER"))) == ["refuse"]
    assert said(rule, _deletion(date(2024, 1, 1), ("EU", "AUTHORITY"))) == []
    assert rules.kept_until(KeptOriginal("BW1", date(2020, 2, 29)), PROFILES) == date(2023, 2, 28)
    kept = KeptOriginal("BW1", date(2020, 2, 29), (("US", "IMPORTER"),))
    asked = rules.before_deletion(kept, on=date(2022, 1, 1), profiles=PROFILES)
    assert [o.rule for o in asked.objections] == ["R101", "R102", "R104"]


def test_presentation_and_confirmation_ask_their_rules() -> None:
    shown = rules.on_presentation(shipment(Known(uses=("x",))))
    assert [o.rule for o in shown.stops] == ["R082"]
    known = Known(uses=(), status=S.ARRIVED, steps={"approve": "a", "confirm": "a"})
    done = rules.before_confirmation(shipment(known, inspection=FOUND, confirmation=SAID, here="EU"))
    assert [o.rule for o in done.objections] == ["R063"]


@pytest.mark.parametrize(
    ("deadline", "start", "last"),
    [
        (Deadline("WORKING_DAYS", 1, "ARRIVAL"), date(2023, 6, 2), date(2023, 6, 5)),  # Friday to Monday
        (Deadline("WORKING_DAYS", 0, "ARRIVAL"), date(2023, 6, 3), date(2023, 6, 3)),
        (Deadline("CALENDAR_DAYS", 15, "ARRIVAL"), date(2023, 6, 2), date(2023, 6, 17)),
        (Deadline("MONTHS", 1, "FINDING"), date(2023, 12, 31), date(2024, 1, 31)),
        (Deadline("MONTHS", 2, "FINDING"), date(2023, 12, 31), date(2024, 2, 29)),
    ],
)
def test_deadlines(deadline: Deadline, start: date, last: date) -> None:
    assert facts.due(deadline, start) == last


def test_confirmation_is_due_by_the_importing_sides_law() -> None:
    union, states, silent = (PROFILES.of(code) for code in ("EU", "US", "BW"))
    arrived, handed = date(2023, 6, 5), date(2023, 6, 6)
    assert facts.confirmation_due(union, arrived=arrived, submitted=handed) == date(2023, 6, 20)
    assert facts.confirmation_due(union, arrived=arrived, submitted=None) == date(2023, 6, 19)
    assert facts.confirmation_due(states, arrived=arrived, submitted=handed) == date(2023, 6, 20)
    assert facts.confirmation_due(states, arrived=None, submitted=None) is None
    assert facts.confirmation_due(silent, arrived=arrived, submitted=handed) is None


def test_a_record_without_value_or_lines_is_compared_in_what_it_has() -> None:
    paper = shipment().certificate
    assert rules.with_inspection(replace(paper, lines=(), seals=()), replace(FOUND, number="")) == ()
    assert rules.with_inspection(paper, replace(FOUND, carats=None, usd=None)) == ()


def test_an_answer_follows_the_heaviest_objection() -> None:
    def asked(**paper: Any) -> tuple[str, str]:
        found = rules.answer(rules.on_presentation(shipment(paper=paper)))
        return found.verdict, found.advice

    assert asked() == ("valid", "accept")
    assert asked(issuing_authority="Bureau of Gems") == ("valid", "accept")
    assert asked(total_usd=ct("4100.01")) == ("cannot_tell", "ask_issuer")
    assert asked(total_usd=ct("4100.01"), expiry_date=date(2023, 6, 19)) == ("cannot_tell", "hold")
    assert asked(parcels=0) == ("invalid", "reject")


def test_check_answers_in_the_form_of_the_contract() -> None:
    knowledge = rules.Knowledge(shipment().case.register, PROFILES)
    answer = rules.check(shipment(paper={"parcels": 0}).certificate, knowledge, date(2023, 6, 20)).as_json()
    assert set(answer) == {"verdict", "advice", "objections", "not_checked"}
    assert [said["rule"] for said in answer["objections"]] == ["R019"]
    assert set(answer["objections"][0]) >= {"rule", "level", "severity", "source", "message", "facts"}


def test_every_state_of_a_life_has_its_row() -> None:
    for table, states in (
        (facts.SHIPMENT_TRANSITIONS, facts.ShipmentStatus), (facts.ARRIVAL_TRANSITIONS, facts.ArrivalStatus),
        (facts.CASE_TRANSITIONS, facts.CaseStatus),
    ):  # fmt: skip
        assert set(table) == set(states)
