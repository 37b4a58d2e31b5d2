"""Group D: trade among Participants only, by the status of the day. Each rule satisfied and broken."""

from __future__ import annotations

from datetime import date

from openkimberley.certificates.rules import Known, Sanction, participants
from openkimberley.certificates.tests.cases import case, said

CAR = {"issuer": "CF", "number": "CF000123", "origin": ("CF",)}


def test_R039_no_trade_with_non_participants() -> None:
    rule = participants.no_trade_with_non_participants
    assert said(rule, case()) == []
    assert said(rule, case(destination="TW", destination_authority="")) == []
    assert said(rule, case(destination="BE")) == []
    assert said(rule, case(destination="KE")) == ["refuse"]
    assert said(rule, case(provenance="KE")) == ["refuse"]
    assert said(rule, case(destination="", destination_authority="")) == ["not asked"]
    assert said(rule, case(destination="", destination_authority="", own=True)) == ["refuse"]
    assert said(rule, case(destination="BD", on=date(2005, 6, 1))) == ["hold"]  # day of admission not known


def test_R040_issuer_and_destination_are_participants() -> None:
    rule = participants.issuer_and_destination_are_participants
    assert said(rule, case()) == []
    assert said(rule, case(issuer="KE", number="KE000123")) == ["refuse", "refuse"]
    assert said(rule, case(issuer="UZ", number="UZ000123", destination="", destination_authority="")) == ["refuse"] * 2
    assert said(rule, case(issuer="UZ", number="UZ000123", issue_date=date(2025, 1, 2), on=date(2025, 2, 1))) == []
    assert said(rule, case(issuer="BE", number="BE000123")) == ["refuse", "refuse"]  # takes part as a part of the union


def test_R041_provenance_is_the_issuer() -> None:
    rule = participants.provenance_is_the_issuer
    assert said(rule, case()) == []
    assert said(rule, case(provenance="BW")) == []
    assert said(rule, case(provenance="BE", issuer="EU", number="EU00012345")) == []
    assert said(rule, case(provenance="ZA")) == ["refuse"]


def test_R042_issuer_is_not_suspended() -> None:
    rule = participants.issuer_is_not_suspended
    assert said(rule, case()) == []
    assert said(rule, case(issue_date=date(2014, 3, 1), on=date(2014, 3, 20), **CAR)) == ["refuse"]
    assert said(rule, case(issue_date=date(2013, 5, 22), on=date(2013, 6, 20), **CAR)) == []
    congo = {"issuer": "CG", "number": "CG000123"}
    assert said(rule, case(issue_date=date(2004, 8, 1), on=date(2004, 8, 9), **congo)) == ["refuse"]
    assert said(rule, case(destination="VE", issue_date=date(2014, 1, 2), on=date(2014, 2, 1))) == ["hold"]
    assert said(rule, case(destination="", destination_authority="")) == []


def test_R043_restricted_goods_come_from_compliant_zones() -> None:
    rule = participants.restricted_goods_come_from_compliant_zones
    then = {"issue_date": date(2020, 3, 1), "on": date(2020, 3, 20)}
    assert said(rule, case()) == []
    assert said(rule, case(zone="berberati", **CAR, **then)) == []
    assert said(rule, case(zone="Bria", **CAR, **then)) == ["refuse"]
    assert said(rule, case(**CAR, **then)) == ["hold"]
    assert said(rule, case(own=True, **CAR, **then)) == ["refuse"]
    assert said(rule, case(issuer="EU", number="EU00012345", origin=("CF",), **then)) == []  # came in under another
    assert said(rule, case(issuer="EU", number="EU00012345", origin=("CF",), zone="Bria", **then)) == ["refuse"]
    assert said(rule, case(issue_date=date(2025, 1, 15), on=date(2025, 2, 1), **CAR)) == []


def test_R043_monitored_exports_name_their_monitor() -> None:
    rule = participants.restricted_goods_come_from_compliant_zones
    marange = {"issuer": "ZW", "number": "ZW000123", "origin": ("ZW",), "issue_date": date(2010, 6, 1)}
    assert said(rule, case(**marange, on=date(2010, 6, 20))) == ["hold"]
    assert said(rule, case(**marange, on=date(2010, 6, 20), countersigned_by=("A. Monitor",))) == []


def test_R044_stock_of_the_suspension_is_audited() -> None:
    rule = participants.stock_of_the_suspension_is_audited
    then = {"issue_date": date(2020, 3, 1), "on": date(2020, 3, 20)}
    assert said(rule, case()) == []
    assert said(rule, case(origin=("KE",))) == []
    assert said(rule, case(**CAR, **then)) == ["not asked"]
    assert said(rule, case(Known(mined_on=date(2014, 1, 5)), **CAR, **then)) == ["hold"]
    assert said(rule, case(Known(mined_on=date(2014, 1, 5), forensic_audit=True), **CAR, **then)) == []
    assert said(rule, case(Known(mined_on=date(2019, 1, 5)), **CAR, **then)) == []


def test_R045_status_is_that_of_the_day() -> None:
    register = case().register
    assert register.status_at("CF", date(2013, 5, 22)).trades
    assert not register.status_at("CF", date(2013, 5, 23)).trades


def test_R046_no_certificate_inside_one_territory() -> None:
    rule = participants.no_certificate_inside_one_territory
    union = {"issuer": "EU", "number": "EU00012345"}
    assert said(rule, case()) == []
    assert said(rule, case(destination="BE", **union)) == ["hold"]
    assert said(rule, case(destination="GL", **union)) == ["hold"]
    assert said(rule, case(destination="EU", own=True, **union)) == ["refuse"]
    assert said(rule, case(destination="GB", **union)) == []
    assert said(rule, case(destination="GB", **union, issue_date=date(2019, 6, 1), on=date(2019, 6, 9))) == ["hold"]
    assert said(rule, case(destination="")) == []


def test_R047_separate_systems_need_their_own_documents() -> None:
    rule = participants.separate_systems_need_their_own_documents
    assert said(rule, case()) == []
    assert said(rule, case(issuer="CN", number="CN0012345", destination="HK", destination_authority="")) == ["flag"]
    assert said(rule, case(issuer="CN", number="HK0012345", destination="CN", destination_authority="")) == ["flag"]
    assert said(rule, case(issuer="CN", number="HK0012345", destination="HK", destination_authority="")) == []


def test_R048_no_import_ban_is_in_force() -> None:
    rule = participants.no_import_ban_is_in_force
    ban = Sanction("BW", "a resolution that there is not", since=date(2023, 1, 1), until=date(2024, 1, 1))
    ivory = {"issuer": "CI", "number": "CI000123", "origin": ("CI",)}
    assert said(rule, case()) == []
    assert said(rule, case(issue_date=date(2010, 3, 1), on=date(2010, 3, 20), **ivory)) == ["refuse"]
    assert said(rule, case(issue_date=date(2016, 3, 1), on=date(2016, 3, 20), **ivory)) == []
    assert said(rule, case(Known(sanctions=(ban,)))) == ["refuse"]
    assert said(rule, case(Known(sanctions=(ban,)), on=date(2024, 1, 1))) == []
    assert said(rule, case(Known(sanctions=(Sanction("BW", "x", zone="North"),)))) == []
