"""Group A: number and issuer. Each rule satisfied and broken."""

from __future__ import annotations

from datetime import date

from openkimberley.certificates.facts import Validation
from openkimberley.certificates.rules import Known, Signatory, Specimen, normalised, number, serial_of
from openkimberley.certificates.tests.cases import ISSUED, case, paper, said

RANGES = {"SL": {"ranges": [{"from": 4000, "to": 4500, "year": 2014}, {"from": 4501, "to": 5200, "year": 2015}]}}


def test_R001_number_starts_with_a_participants_code() -> None:
    rule = number.number_starts_with_a_participants_code
    assert said(rule, case()) == []
    assert said(rule, case(number="EU00012345", issuer="EU")) == []
    assert said(rule, case(number="HK0012345", issuer="CN")) == []
    assert said(rule, case(number="HK0012345", issuer="HK")) == []
    assert said(rule, case(number="004911", issuer="SL")) == ["refuse"]
    assert said(rule, case(number="bw00412345")) == ["refuse"]
    assert said(rule, case(number="ZZ0012345")) == ["refuse"]


def test_R002_number_is_unique() -> None:
    rule = number.number_is_unique
    assert said(rule, case()) == ["not asked"]
    assert said(rule, case(Known(issued_numbers=frozenset({"BW00412344"})))) == []
    assert said(rule, case(Known(issued_numbers=frozenset({"BW00412345"})))) == ["refuse"]
    assert said(rule, case(Known(same_number=(paper(presented=None),)))) == []
    assert said(rule, case(Known(same_number=(paper(parcels=2),)))) == ["refuse"]


def test_R003_prefix_is_the_issuers_not_the_origins() -> None:
    rule = number.prefix_is_the_issuers
    assert said(rule, case(number="MX0012345", issuer="MX", origin=("CA",))) == []
    assert said(rule, case(number="CA0012345", issuer="MX", origin=("CA",))) == ["refuse"]
    assert said(rule, case(number="CA0012345", issuer="MX", origin=("BW",))) == ["refuse"]
    assert said(rule, case(number="12345")) == []  # R001 says that


def test_R004_number_has_the_issuers_form() -> None:
    rule = number.number_has_the_issuers_form
    assert said(rule, case()) == []
    assert said(rule, case(number="EU00012345", issuer="EU")) == []
    assert said(rule, case(number="EU0001234", issuer="EU")) == ["refuse"]
    assert said(rule, case(number="EU0001234", issuer="KE")) == []
    assert said(rule, case(number="BW12")) == ["hold"]
    assert said(rule, case(number="BW00000000412345")) == ["hold"]
    assert said(rule, case(number="BW412345/A", own=True)) == ["refuse"]
    assert said(rule, case(number="BW412345/A", profiles={"BW": {"number_pattern": "BW[0-9]+/[A-Z]"}})) == []
    assert said(rule, case(number="412345")) == []  # R001 says that
    assert said(rule, case(number="EU0001234", issuer="MX")) == []
    hidden = Known(fluorescent_number="00012345")
    assert said(rule, case(hidden, number="EU00012345", issuer="EU")) == []
    assert said(rule, case(hidden, number="EU00012346", issuer="EU")) == ["refuse"]
    assert said(rule, case(Known(fluorescent_number="EU00012345"), number="EU00012345", issuer="EU")) == []


def test_R005_old_union_prefix_only_before_the_changeover() -> None:
    rule = number.old_union_prefix_only_before_the_changeover
    old, new = date(2005, 5, 1), date(2015, 5, 1)
    assert said(rule, case()) == []
    assert said(rule, case(number="EC00012345", issuer="EU", issue_date=old)) == []
    assert said(rule, case(number="EC00012345", issuer="EC", issue_date=old)) == []
    assert said(rule, case(number="EC00012345", issuer="EU", issue_date=new)) == ["refuse"]
    assert said(rule, case(number="EC00012345", issuer="BR", issue_date=old)) == ["refuse"]
    nobody_says = case(profiles={"EU": {"ec_changeover": None}}, number="EC00012345", issuer="EU", issue_date=old)
    assert said(rule, nobody_says) == ["not asked"]


def test_R006_number_lies_in_a_range_of_its_year() -> None:
    rule = number.number_lies_in_a_range_of_its_year
    leone = {"issuer": "SL", "issue_date": date(2015, 10, 5), "profiles": RANGES}
    assert said(rule, case(number="SL004911", **leone)) == []
    assert said(rule, case(number="SL004306", **leone)) == ["refuse"]
    assert said(rule, case(number="SL009999", **leone)) == ["hold"]
    assert said(rule, case(number="SL009999", own=True, **leone)) == ["refuse"]
    assert said(rule, case(number="SL009999", **{**leone, "issue_date": date(2017, 1, 5)})) == ["not asked"]
    assert said(rule, case(number="SL???", **leone)) == ["not asked"]  # R004 says that
    assert said(rule, case()) == ["not asked"]
    assert said(rule, case(Known(ranges=()))) == ["not asked"]


def test_R007_parcel_reference_ends_with_the_number() -> None:
    rule = number.parcel_reference_ends_with_the_number
    leone = {"number": "SL004911", "issuer": "SL", "profiles": {"SL": {"parcel_reference_ends_with_number": True}}}
    assert said(rule, case(parcel_reference="X/1")) == []
    assert said(rule, case(parcel_reference="JMI/GGDO/4911", **leone)) == []
    assert said(rule, case(parcel_reference="JMI/GGDO/004911", **leone)) == []
    assert said(rule, case(parcel_reference="JMI/GGDO/4199", **leone)) == ["hold"]
    assert said(rule, case(parcel_reference="JMI/GGDO/", **leone)) == ["hold"]
    assert said(rule, case(parcel_reference="JMI/GGDO/4199", own=True, **leone)) == ["refuse"]
    assert said(rule, case(parcel_reference="", **leone)) == ["not asked"]


def test_R008_customs_number_is_the_same_when_normalised() -> None:
    rule = number.customs_number_is_the_same
    assert normalised("MX 12345") == "MX0012345"
    assert normalised("mx-12345") == "MX0012345"
    assert normalised("MX-12/A") == "MX12/A"
    mexico = {"number": "MX 12345", "issuer": "MX"}
    assert said(rule, case(**mexico)) == []
    assert said(rule, case(Known(customs_number="MX0012345"), **mexico)) == []
    assert said(rule, case(Known(customs_number="MX0012346"), **mexico)) == ["hold"]


def test_R009_number_is_of_the_authoritys_allotment() -> None:
    rule = number.number_is_of_the_authoritys_allotment
    union = {"number": "EU00000050", "issuer": "EU", "issuing_authority": "EU-BE"}
    allotted = {"EU": {"allotments": [{"authority": "EU-BE", "from": 1, "to": 100}]}}
    assert said(rule, case()) == []
    assert said(rule, case(**union)) == ["not asked"]
    assert said(rule, case(profiles=allotted, **union)) == []
    assert said(rule, case(profiles=allotted, **{**union, "number": "EU00000101"})) == ["refuse"]
    assert said(rule, case(profiles=allotted, **{**union, "issuing_authority": "EU-DE"})) == ["refuse"]


def test_R010_authority_was_notified() -> None:
    rule = number.authority_was_notified
    assert said(rule, case()) == []
    assert said(rule, case(issuing_authority="BW")) == []
    assert said(rule, case(issuer="EU", number="EU00000050", issuing_authority="Diamond Office")) == []
    assert said(rule, case(issuing_authority=" ")) == ["refuse"]
    assert said(rule, case(issuing_authority="Bureau of Gems")) == ["flag"]
    assert said(rule, case(issuing_authority="Min")) == ["flag"]
    assert said(rule, case(issuing_authority="Bureau of Gems", own=True)) == ["refuse"]
    assert said(rule, case(issuer="KE", number="KE00000050")) == ["not asked"]


def test_R011_paper_matches_the_specimen_of_its_day() -> None:
    rule = number.paper_matches_the_specimen
    now, retired = Specimen("BW", date(2020, 1, 1)), Specimen("BW", date(2010, 1, 1), date(2020, 1, 1))
    assert said(rule, case()) == ["not asked"]
    assert said(rule, case(Known(specimens=(Specimen("SL"),)))) == ["not asked"]
    assert said(rule, case(Known(specimens=(now,)))) == ["not asked"]
    assert said(rule, case(Known(specimens=(retired, now), matches_specimen=True))) == []
    assert said(rule, case(Known(specimens=(retired,), matches_specimen=True))) == ["hold"]
    assert said(rule, case(Known(specimens=(now,), matches_specimen=False))) == ["refuse"]


def test_R012_signatory_is_registered() -> None:
    rule = number.signatory_is_registered
    held = (Signatory("k.  officer", date(2020, 1, 1)), Signatory("L. Gone", None, date(2021, 1, 1)))
    assert said(rule, case()) == ["not asked"]
    assert said(rule, case(Known(signatories=held))) == []
    assert said(rule, case(Known(signatories=held), validated=None)) == []  # R028 says that
    assert said(rule, case(Known(signatories=held), validated=Validation("L. Gone", ISSUED))) == ["hold"]
    assert said(rule, case(Known(signatories=held), own=True, validated=Validation("L. Gone"))) == ["refuse"]


def test_a_number_without_digits_has_no_serial() -> None:
    assert serial_of("SL004306") == 4306
    assert serial_of("SL-X") is None
