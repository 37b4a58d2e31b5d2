"""Groups F and I: containers, seals, transit, exemptions. Each rule satisfied and broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from openkimberley.certificates.facts import Presented
from openkimberley.certificates.rules import Known
from openkimberley.shipments import rules
from openkimberley.shipments.facts import Seal, TransitPoint
from openkimberley.shipments.rules import packing, transit
from openkimberley.shipments.tests.cases import FOUND, NOTICE, SAID, SEALING, ct, said, shipment

DUBAI = {"destination": "AE", "destination_authority": ""}
CANADA = {"issuer": "CA", "number": "CA0012345"}
INDIA = {"destination": "IN", "destination_authority": ""}


def test_R065_containers_resist_tampering() -> None:
    rule = packing.containers_resist_tampering
    assert said(rule, shipment(sealing=SEALING, own=True)) == []
    assert said(rule, shipment()) == []
    assert said(rule, shipment(sealing=replace(SEALING, tamper_resistant=False))) == ["refuse"]
    assert said(rule, shipment(inspection=replace(FOUND, tamper_resistant=False))) == ["refuse"]
    assert said(rule, shipment(own=True)) == ["refuse"]


def test_R066_seals_and_number_name_each_other() -> None:
    rule = packing.seals_and_number_name_each_other
    assert said(rule, shipment(sealing=SEALING)) == []
    assert said(rule, shipment(sealing=SEALING, paper=CANADA)) == []
    assert said(rule, shipment(sealing=replace(SEALING, seals=(Seal("S-0002"),)))) == ["refuse"]
    bare = replace(SEALING, containers=2, number_on_container=False)
    assert said(rule, shipment(sealing=bare)) == []
    assert said(rule, shipment(sealing=bare, paper=CANADA)) == ["refuse", "refuse"]


def test_R067_seals_are_unbroken() -> None:
    rule = packing.seals_are_unbroken
    assert said(rule, shipment()) == []
    assert said(rule, shipment(paper={"presented": None})) == ["not asked"]
    assert said(rule, shipment(paper={"presented": None}, seals_intact=False)) == ["refuse"]
    assert said(rule, shipment(paper={"presented": Presented(seals_intact=False)})) == ["refuse"]
    assert said(rule, shipment(inspection=replace(FOUND, seals_intact=False))) == ["refuse"]


def test_R068_rough_is_packed_alone() -> None:
    rule = packing.rough_is_packed_alone
    assert said(rule, shipment(sealing=SEALING, inspection=FOUND)) == []
    assert said(rule, shipment(sealing=replace(SEALING, packed_alone=False))) == ["refuse"]
    assert said(rule, shipment(inspection=replace(FOUND, packed_alone=False))) == ["refuse"]


def test_R069_certificate_travels_with_the_goods() -> None:
    rule = packing.certificate_travels_with_the_goods
    assert said(rule, shipment(sealing=SEALING)) == []
    assert said(rule, shipment(sealing=replace(SEALING, copy_enclosed=False))) == ["flag"]
    assert said(rule, shipment(certificate_enclosed=False)) == ["flag"]


def test_R070_seal_is_used_once() -> None:
    rule = packing.seal_is_used_once
    assert said(rule, shipment()) == ["not asked"]
    assert said(rule, shipment(seals_used={})) == []
    assert said(rule, shipment(seals_used={"S0001": "BW00400000"})) == ["hold"]
    assert said(rule, shipment(seals_used={"S 0001": "BW00400000"}, own=True)) == ["refuse"]
    twice = replace(SEALING, seals=(Seal("S-0001"), Seal("s0001")))
    assert said(rule, shipment(sealing=twice, seals_used={})) == ["hold"]
    assert said(rule, shipment(paper={"seals": ()})) == []


def test_R094_transit_leaves_untouched() -> None:
    rule, day = transit.transit_leaves_untouched, date(2023, 6, 10)
    assert said(rule, shipment(points=(TransitPoint("AE", "ENTRY", day, seals_intact=True),))) == []
    assert said(rule, shipment(points=(TransitPoint("AE", "EXIT", day, seals_intact=True, opened=True),))) == ["refuse"]
    assert said(rule, shipment(points=(TransitPoint("AE", "EXIT", day, seals_intact=False),))) == ["refuse"]


def test_R095_transit_is_attested() -> None:
    rule, day = transit.transit_is_attested, date(2023, 6, 10)
    through = (TransitPoint("BE", "ENTRY", day, seals_intact=True),)
    broken = (TransitPoint("BE", "EXIT", day, seals_intact=False),)
    assert said(rule, shipment(points=through, paper=INDIA)) == []
    assert said(rule, shipment(points=through)) == ["refuse"]
    assert said(rule, shipment(points=broken, paper=INDIA)) == ["refuse"]
    assert said(rule, shipment(points=(TransitPoint("AE", "EXIT", day, seals_intact=False),))) == []
    assert [o.rule for o in rules.on_transit(shipment(points=broken)).objections] == ["R094", "R095", "R095"]


def test_R096_transit_is_no_import() -> None:
    rule = transit.transit_is_no_import
    assert said(rule, shipment(confirmation=SAID, here="EU")) == []
    assert said(rule, shipment(confirmation=SAID, here="CA")) == ["refuse"]
    assert said(rule, shipment(confirmation=SAID, here="CA", opened_in_transit=True)) == []
    assert said(rule, shipment(here="CA")) == []


def test_R097_hand_carried_is_declared() -> None:
    rule = transit.hand_carried_is_declared
    assert said(rule, shipment(hand_carried=True, declared_on_arrival=False)) == []
    assert said(rule, shipment(hand_carried=True, paper=DUBAI)) == ["not asked"]
    assert said(rule, shipment(hand_carried=True, declared_on_arrival=True, paper=DUBAI)) == []
    assert said(rule, shipment(hand_carried=True, declared_on_arrival=False, paper=DUBAI)) == ["hold"]
    copy = {**DUBAI, "presented": Presented(original=False)}
    assert said(rule, shipment(hand_carried=True, declared_on_arrival=True, paper=copy)) == ["hold"]


def test_R098_no_exemption_for_gifts_or_small_value() -> None:
    rule = transit.no_exemption_for_gifts_or_small_value
    assert said(rule, shipment()) == []
    assert said(rule, shipment(exemption="GIFT")) == ["refuse"]
    assert said(rule, shipment(exemption="LOW_VALUE")) == ["refuse"]


def test_R099_free_zones_pass_the_authority() -> None:
    rule = transit.free_zones_pass_the_authority
    assert said(rule, shipment(free_zone=True, through_authority=True)) == []
    assert said(rule, shipment(free_zone=True)) == ["flag"]


def test_R100_exempt_stones_are_small_and_apart() -> None:
    rule = transit.exempt_stones_are_small_and_apart
    assert said(rule, shipment()) == []
    assert said(rule, shipment(exemption="SMALL_STONES")) == ["not asked"]
    assert said(rule, shipment(Known(smallest_stone_mm=ct("0.90")), exemption="SMALL_STONES")) == []
    assert said(rule, shipment(Known(smallest_stone_mm=ct("1.00")), exemption="SMALL_STONES")) == ["hold"]
    among = shipment(Known(smallest_stone_mm=ct("0.90")), exemption="SMALL_STONES", exempt_with_certified=True)
    assert said(rule, among) == ["hold"]
    finer = shipment(
        Known(smallest_stone_mm=ct("0.90")), profiles={"EU": {"minimum_size_mm": "0.80"}}, exemption="SMALL_STONES"
    )
    assert said(rule, finer) == ["hold"]


def test_sealing_release_and_departure_ask_their_rules() -> None:
    assert rules.before_sealing(shipment(sealing=SEALING, seals_used={})).objections == ()
    assert [o.rule for o in rules.before_sealing(shipment()).objections] == ["R065"]
    assert [o.rule for o in rules.before_release(shipment()).objections] == ["R052"]
    assert rules.before_departure(shipment(notice=NOTICE)).objections == ()
    late = rules.before_departure(shipment(on=date(2023, 8, 1), own=True, notice=NOTICE))
    assert [o.rule for o in late.stops] == ["R037"]
