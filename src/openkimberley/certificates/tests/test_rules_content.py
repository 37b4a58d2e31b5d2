"""Group B: what stands on the certificate. Each rule satisfied and broken."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from openkimberley.certificates.facts import STATEMENT, Line, Party, Validation
from openkimberley.certificates.rules import HeldImport, Known, content
from openkimberley.certificates.tests.cases import PAPER, case, ct, said

CANADAS = (
    "The rough diamonds in this shipment have been handled in accordance with the provisions of the Kimberley Process "
    "international certification scheme for rough diamonds."
)
ONE = (Line("7102.31", ct("1.00"), ct("100.00")),)


def test_R013_title_is_present() -> None:
    rule = content.title_is_present
    assert said(rule, case(title="KIMBERLEY PROCESS  CERTIFICATE / Certificat")) == []
    assert said(rule, case(title="Certificate of Origin")) == ["refuse"]


def test_R014_statement_is_present_in_an_accepted_wording() -> None:
    rule = content.statement_is_present
    assert said(rule, case()) == []
    assert said(rule, case(statement=f"« {STATEMENT.upper()}. » Les diamants bruts ...")) == []
    assert said(rule, case(issuer="CA", number="CA0012345", statement=CANADAS)) == []
    assert said(rule, case(statement=CANADAS)) == ["refuse"]
    assert said(rule, case(statement="These diamonds are conflict free.")) == ["refuse"]
    assert said(rule, case(statement=" ")) == ["refuse"]


def test_R015_english_is_on_it() -> None:
    rule = content.english_is_on_it
    assert said(rule, case()) == []
    assert said(rule, case(english=None)) == []  # the English statement itself shows it
    assert said(rule, case(english=False)) == ["refuse"]
    assert said(rule, case(english=None, statement="Les diamants bruts ...")) == ["hold"]


def test_R016_parties_are_identified() -> None:
    rule = content.parties_are_identified
    same = Party("OKAVANGO ROUGH (fictional)", "Antwerp")
    assert said(rule, case()) == []
    assert said(rule, case(exporter=None, importer=Party(" "))) == ["refuse", "refuse"]
    assert said(rule, case(importer=same)) == ["hold"]
    assert said(rule, case(importer=same, own=True)) == ["refuse"]
    assert said(rule, case(importer=same, same_party_reason="its own branch in Antwerp")) == []


def test_R017_carats_are_given() -> None:
    rule = content.carats_are_given
    assert said(rule, case()) == []
    assert said(rule, case(total_carats=None)) == []
    assert said(rule, case(total_carats=None, lines=())) == ["refuse"]
    assert said(rule, case(total_carats=ct("0.00"), lines=ONE)) == ["refuse"]
    assert said(rule, case(lines=(Line("7102.31", ct("0.00"), None),))) == ["refuse"]
    assert said(rule, case(lines=(*ONE, Line("7102.31", None, None)))) == ["refuse"]


def test_R018_value_is_given() -> None:
    rule = content.value_is_given
    assert said(rule, case()) == []
    assert said(rule, case(total_usd=None, lines=())) == ["refuse"]
    assert said(rule, case(total_usd=ct("0.00"), lines=())) == ["refuse"]
    assert said(rule, case(lines=(Line("7102.31", ct("1.00"), ct("0.00")),))) == ["refuse"]


def test_R019_parcels_are_counted() -> None:
    rule = content.parcels_are_counted
    assert said(rule, case()) == []
    assert said(rule, case(parcels=None)) == ["refuse"]
    assert said(rule, case(parcels=0)) == ["refuse"]


def test_R020_codes_are_of_rough_diamonds() -> None:
    rule = content.codes_are_of_rough_diamonds
    assert said(rule, case()) == []
    assert said(rule, case(lines=(Line("7102310000", ct("1.00"), ct("1.00")),))) == []
    assert said(rule, case(lines=())) == ["refuse"]
    assert said(rule, case(lines=(*ONE, Line("7103.10", ct("1.00"), ct("1.00"))))) == ["refuse"]
    assert said(rule, case(lines=(*ONE, Line("diamonds", ct("1.00"), ct("1.00"))))) == ["refuse"]
    assert said(rule, case(lines=(Line("7102.39", ct("1.00"), ct("1.00")),))) == ["refuse"]


def test_R021_goods_are_within_the_scheme() -> None:
    rule = content.goods_are_within_the_scheme
    assert said(rule, case()) == []
    for code in ("7102.29", "7102.39.00", "7104", "7104.91", "7105.10"):
        assert said(rule, case(lines=(*ONE, Line(code, ct("1.00"), ct("1.00"))))) == ["refuse"]


def test_R022_origin_is_given() -> None:
    rule = content.origin_is_given
    assert said(rule, case()) == []
    assert said(rule, case(origin=(), mixed=True)) == []
    assert said(rule, case(origin=())) == ["refuse"]


def test_R023_mixed_origin_is_marked() -> None:
    rule = content.mixed_origin_is_marked
    assert said(rule, case()) == []
    assert said(rule, case(origin=("BW", "CA"), mixed=True)) == []
    assert said(rule, case(origin=("BW", "CA"))) == ["flag"]
    assert said(rule, case(origin=(), origin_shares={"BW": Decimal(60), "CA": Decimal(40)})) == ["flag"]
    assert said(rule, case(origin=("BW", "CA"), on=date(2025, 4, 1))) == []  # named, as the destination asks since then


def test_R024_mixed_origin_names_all_countries() -> None:
    rule = content.mixed_origin_names_all_countries
    before, after = date(2025, 2, 28), date(2025, 3, 1)
    assert said(rule, case(origin=(), mixed=True, on=before)) == []
    assert said(rule, case(origin=(), mixed=True, on=after)) == ["refuse"]
    assert said(rule, case(origin=(), mixed=True, on=after, destination="BE")) == ["refuse"]
    assert said(rule, case(origin=(), mixed=True, on=after, destination="IN", destination_authority="")) == []
    assert said(rule, case(origin=("BW", "CA"), mixed=True, on=after)) == []
    nowhere = {"destination": "", "destination_authority": "", "origin": (), "mixed": True, "on": after}
    assert said(rule, case(**nowhere)) == ["refuse"]  # shown in Antwerp
    assert said(rule, case(**nowhere, presented=None)) == []


def test_R025_single_origin_is_single() -> None:
    rule = content.single_origin_is_single
    books = {
        "EU1": HeldImport("EU1", ct("5.00"), ("BW",)), "EU2": HeldImport("EU2", ct("5.00"), ("CA",)),
        "EU3": HeldImport("EU3", ct("5.00"), (), mixed=True),
    }  # fmt: skip
    assert said(rule, case()) == []
    assert said(rule, case(draws_on=("EU1",))) == ["not asked"]
    assert said(rule, case(Known(imports=books), draws_on=("EU1",))) == []
    assert said(rule, case(Known(imports=books), draws_on=("EU1", "EU2"))) == ["refuse"]
    assert said(rule, case(Known(imports=books), draws_on=("EU1", "EU3"))) == ["refuse"]
    assert said(rule, case(Known(imports=books), draws_on=("EU1", "EU2"), mixed=True)) == []


def test_R026_origin_is_a_mining_country() -> None:
    rule = content.origin_is_a_mining_country
    assert said(rule, case()) == []
    assert said(rule, case(origin=(), mixed=True)) == []
    assert said(rule, case(origin=("EU",))) == ["hold"]
    assert said(rule, case(origin=("Africa",))) == ["hold"]
    assert said(rule, case(origin=("AE",))) == ["hold"]
    assert said(rule, case(origin=("AE",), own=True)) == ["refuse"]
    assert said(rule, case(origin=("MX",), issuer="MX", number="MX0012345")) == ["not asked"]


def test_R027_dates_are_in_order() -> None:
    rule = content.dates_are_in_order
    assert said(rule, case()) == []
    assert said(rule, case(issue_date=None, expiry_date=None)) == ["refuse", "refuse"]
    assert said(rule, case(expiry_date=PAPER.issue_date)) == ["refuse"]
    assert said(rule, case(on=date(2023, 5, 31))) == ["hold"]


def test_R028_validation_is_present() -> None:
    rule = content.validation_is_present
    assert said(rule, case()) == []
    assert said(rule, case(validated=Validation("K. Officer"))) == []
    assert said(rule, case(validated=None)) == ["refuse"]
    assert said(rule, case(validated=Validation(" ", PAPER.issue_date))) == ["refuse"]
    assert said(rule, case(validated=Validation("K. Officer", date(2023, 5, 31)))) == ["refuse"]


def test_R029_totals_add_up_to_a_hundredth() -> None:
    rule = content.totals_add_up
    assert said(rule, case()) == []
    assert said(rule, case(total_usd=ct("4100.01"))) == ["hold"]
    assert said(rule, case(total_carats=ct("14.99"), total_usd=ct("4099.99"))) == ["hold", "hold"]
    assert said(rule, case(total_usd=ct("4100.01"), own=True)) == ["refuse"]
    assert said(rule, case(lines=())) == []


def test_R030_price_is_plausible() -> None:
    rule = content.price_is_plausible
    bands = {("BW", "7102.31"): (ct("50.00"), ct("500.00")), ("BW", "7102.10"): (ct("50.00"), ct("500.00"))}
    assert said(rule, case()) == ["not asked"]
    assert said(rule, case(Known(price_bands={}))) == []
    assert said(rule, case(Known(price_bands=bands))) == ["flag"]  # US$ 40 a carat for the unsorted
    assert said(rule, case(Known(price_bands=bands), lines=PAPER.lines[:1])) == []
    assert said(rule, case(Known(price_bands=bands), mixed=True)) == []


def test_R031_destination_and_seals_are_named() -> None:
    rule = content.destination_and_seals_are_named
    canada = {"issuer": "CA", "number": "CA0012345"}
    assert said(rule, case(destination="", destination_authority="", seals=())) == []
    assert said(rule, case(**canada)) == []
    assert said(rule, case(destination="", destination_authority="", seals=(), **canada)) == ["refuse", "refuse"]
