"""Group E: what must be on file before a certificate is issued. Each rule satisfied and broken."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from openkimberley.certificates.rules import (
    HeldImport,
    HeldLicence,
    Known,
    Valuations,
    Verification,
    before_filing,
    before_issue,
    issuing,
    on_paper,
)  # fmt: skip
from openkimberley.certificates.tests.cases import ISSUED, case, ct, said
from openkimberley.kernel.rules import Severity

UNION = {"issuer": "EU", "number": "EU00012345", "destination": "IN", "destination_authority": ""}
BOOKS = {"BW1": HeldImport("BW1", ct("10.00"), ("BW",)), "BW2": HeldImport("BW2", ct("10.00"), ("BW",))}
LICENCES = (
    HeldLicence("BW-EXP-1", frozenset({"EXPORTER"}), date(2023, 1, 1), date(2024, 1, 1)), HeldLicence("BW-AG-1"),
)  # fmt: skip
YES_TRADERS = {"BW": {"registration_required": True}}


def test_R049_origin_is_proven() -> None:
    rule = issuing.origin_is_proven
    assert said(rule, case(Known(mined_here=True))) == []
    assert said(rule, case(Known(mined_here=False), draws_on=("BW1",))) == []
    assert said(rule, case(Known(mined_here=False))) == ["refuse"]
    assert said(rule, case()) == ["not asked"]


def test_R050_reexport_lists_its_imports() -> None:
    rule = issuing.reexport_lists_its_imports
    assert said(rule, case()) == []
    assert said(rule, case(**UNION)) == ["refuse"]
    assert said(rule, case(mixed=True)) == ["refuse"]
    assert said(rule, case(origin=("GL",), **UNION)) == []  # Greenland is one territory with the union
    assert said(rule, case(draws_on=("BW1",), **UNION)) == ["not asked"]
    assert said(rule, case(Known(imports=BOOKS), draws_on=("BW1",), **UNION)) == []
    assert said(rule, case(Known(imports=BOOKS), draws_on=("BW1", "BW9"), **UNION)) == ["refuse"]


def test_R051_no_more_goes_out_than_came_in() -> None:
    rule = issuing.no_more_goes_out_than_came_in

    def drawn(one: str, two: str, **more: Any) -> list[str]:
        known = Known(imports=BOOKS, draws={"BW1": ct(one), "BW2": ct(two)}, **more)
        return said(rule, case(known, draws_on=("BW1", "BW2"), **UNION))

    assert said(rule, case()) == []
    assert said(rule, case(draws_on=("BW1",), **UNION)) == ["not asked"]
    assert drawn("10.00", "5.00") == []
    assert drawn("10.01", "4.99") == ["refuse"]
    assert drawn("5.00", "5.00") == ["refuse"]
    assert drawn("5.00", "5.00", mined_here=True) == []


def test_R052_content_was_verified() -> None:
    rule = issuing.content_was_verified
    assert said(rule, case(Known(verification=Verification("OPENED")))) == []
    assert said(rule, case(Known(verification=Verification("OPENED"), sealed=False))) == ["refuse"]
    assert said(rule, case(Known(sealed=False))) == ["refuse", "refuse"]


def test_R053_method_is_recorded() -> None:
    rule = issuing.method_is_recorded
    assert said(rule, case()) == []
    assert said(rule, case(Known(verification=Verification("OPENED")))) == []
    assert said(rule, case(Known(verification=Verification("RISK_ANALYSIS", "RA 2023/7")))) == []
    assert said(rule, case(Known(verification=Verification("RISK_ANALYSIS", " ")))) == ["hold"]


def test_R054_exporter_declared() -> None:
    assert said(issuing.exporter_declared, case()) == ["not asked"]
    assert said(issuing.exporter_declared, case(Known(declared=True))) == []
    assert said(issuing.exporter_declared, case(Known(declared=False))) == ["hold"]


def test_R055_exporter_and_agents_are_licensed() -> None:
    rule = issuing.exporter_and_agents_are_licensed
    assert said(rule, case()) == ["not asked"]
    assert said(rule, case(Known(licences=LICENCES, agents=("BW-AG-1",)))) == []
    assert said(rule, case(Known(licences=LICENCES), on=date(2024, 1, 1))) == ["refuse"]
    assert said(rule, case(Known(licences=LICENCES, agents=("BW-AG-2",)))) == ["refuse"]
    assert said(rule, case(Known(licences=()))) == ["refuse"]
    assert said(rule, case(Known(licences=(HeldLicence("BW-EXP-1", frozenset({"IMPORTER"})),)))) == ["refuse"]
    assert said(rule, case(Known(licences=(), private_person=True))) == []
    assert said(rule, case(Known(licences=()), exporter=None)) == []  # R016 says that


def test_R056_trader_is_registered() -> None:
    rule = issuing.trader_is_registered
    dubai = {"destination": "AE", "destination_authority": ""}
    importer = HeldLicence("BE-IMP-1")
    assert said(rule, case(Known(licences=()))) == []
    assert said(rule, case(**dubai)) == ["not asked"]
    assert said(rule, case(Known(licences=(importer,)), **dubai)) == []
    assert said(rule, case(Known(licences=()), **dubai)) == ["refuse"]
    assert said(rule, case(Known(licences=LICENCES), own=True, profiles=YES_TRADERS)) == []
    assert said(rule, case(Known(licences=()), own=True, profiles=YES_TRADERS)) == ["refuse"]


def test_R057_private_person_trades_once() -> None:
    rule, dubai = issuing.private_person_trades_once, {"destination": "AE", "destination_authority": ""}
    assert said(rule, case(Known(private_person=True, private_trades=1))) == []
    assert said(rule, case(Known(private_person=True), **dubai)) == ["not asked"]
    assert said(rule, case(Known(private_person=True, private_trades=0), **dubai)) == []
    assert said(rule, case(Known(private_person=True, private_trades=1), **dubai)) == ["refuse"]
    assert said(rule, case(Known(private_person=False, private_trades=9), **dubai)) == []


def test_R058_stock_was_declared() -> None:
    rule, dubai = issuing.stock_was_declared, {"destination": "AE", "destination_authority": ""}
    assert said(rule, case()) == []
    assert said(rule, case(**dubai)) == ["not asked"]
    assert said(rule, case(Known(stock_declared=True), **dubai)) == []
    assert said(rule, case(Known(stock_declared=False), **dubai)) == ["hold"]


def _values(government: str, hours: int = 24, *, asked: bool = True) -> Known:
    """Three valuations, the exporter's and the independent one equal to the certificate."""
    start = datetime(2023, 5, 30, 9, tzinfo=UTC)
    return Known(
        valuations=Valuations(
            ct("4100.00"), ct(government), ct("4000.00"), requested_at=start if asked else None,
            valued_at=start.replace(day=30 + hours // 24, hour=9 + hours % 24),
        )
    )  # fmt: skip


def test_R059_valuation_was_requested_in_time() -> None:
    rule, leone = issuing.valuation_was_requested_in_time, {"issuer": "SL", "number": "SL004911"}
    assert said(rule, case()) == []
    assert said(rule, case(_values("4100.00"), **leone)) == []
    assert said(rule, case(_values("4100.00", hours=5), **leone)) == ["refuse"]
    assert said(rule, case(_values("4200.00"), **leone)) == ["refuse"]
    assert said(rule, case(_values("4100.00", asked=False), **leone)) == ["not asked"]
    assert said(rule, case(**leone)) == ["not asked", "refuse"]
    only_notice = {"SL": {"highest_of_three_valuations": None}}
    assert said(rule, case(_values("4200.00"), profiles=only_notice, **leone)) == []


def test_R060_highest_valuation_counts() -> None:
    rule, liberia = issuing.highest_valuation_counts, {"issuer": "LR", "number": "LR004911"}
    assert said(rule, case()) == []
    assert said(rule, case(_values("4100.00"), **liberia)) == []
    assert said(rule, case(_values("4200.00"), **liberia)) == ["refuse"]
    assert said(rule, case(Known(valuations=Valuations(exporter=ct("1.00"))), **liberia)) == ["refuse"]
    assert said(rule, case(_values("4200.00"), issuer="SL", number="SL004911")) == []  # R059 says that


def test_R061_goods_were_offered_at_the_exchange() -> None:
    rule, south_africa = issuing.goods_were_offered_at_the_exchange, {"issuer": "ZA", "number": "ZA004911"}
    valued = Valuations(government=ct("4100.00"))
    assert said(rule, case()) == []
    assert said(rule, case(Known(offered_working_days=4, valuations=valued), **south_africa)) == []
    assert said(rule, case(Known(offered_working_days=3, valuations=valued), **south_africa)) == ["refuse"]
    assert said(rule, case(Known(offered_working_days=4), **south_africa)) == ["refuse"]
    assert said(rule, case(Known(valuations=valued), **south_africa)) == ["not asked"]


def test_R062_frequent_exporter_stays_within_its_licence() -> None:
    rule = issuing.frequent_exporter_stays_within_its_licence
    australia = {"issuer": "AU", "number": "AU004911", "origin": ("AU",)}
    year = Known(frequent_exporter_licence=(date(2023, 1, 1), date(2023, 12, 31)))
    assert said(rule, case(year)) == []
    assert said(rule, case(**australia)) == []
    assert said(rule, case(year, **australia)) == []
    assert said(rule, case(year, **{**australia, "origin": ("BW",)})) == ["refuse"]
    assert said(rule, case(year, issue_date=date(2024, 1, 1), **australia)) == ["refuse"]


def test_R063_no_one_does_two_steps() -> None:
    rule = issuing.no_one_does_two_steps
    people = {"apply": "a", "examine": "b", "value": "c", "approve": "d", "confirm": "e"}
    assert said(rule, case()) == ["not asked"]
    assert said(rule, case(Known(steps={}))) == []
    assert said(rule, case(Known(steps=people))) == []
    assert said(rule, case(Known(steps={**people, "value": "b"}))) == []  # examiner and valuer may be one
    assert said(rule, case(Known(steps={**people, "approve": "b"}))) == ["refuse"]
    assert said(rule, case(Known(steps={**people, "confirm": "a"}))) == ["refuse"]
    assert said(rule, case(Known(steps={"apply": "a", "approve": "a", "confirm": "a"}))) == ["refuse"] * 3


def test_before_filing_says_everything_at_once() -> None:
    found = before_filing(case(exporter=None, importer=None, parcels=None, lines=(), total_carats=None, total_usd=None))
    assert {o.rule for o in found} == {"R016", "R017", "R018", "R019", "R020"}
    assert before_filing(case(Known(mined_here=True, declared=True, licences=LICENCES))) == ()


def test_before_issue_refuses_what_is_only_in_doubt_on_a_strangers_paper() -> None:
    ready = Known(
        issued_numbers=frozenset(), mined_here=True, declared=True, licences=LICENCES, alerts=(), price_bands={},
        verification=Verification("OPENED"), steps={"apply": "a", "approve": "b"},
    )  # fmt: skip
    assert before_issue(case(ready, own=True)) == ()
    wrong = before_issue(case(ready, total_usd=ct("4100.01")))
    assert [(o.rule, o.severity) for o in wrong] == [("R029", Severity.REFUSE)]
    assert [o.severity for o in on_paper(case(ready, total_usd=ct("4100.01"))).stops] == [Severity.HOLD]
    assert on_paper(case(ready, issue_date=ISSUED)).stops == ()
