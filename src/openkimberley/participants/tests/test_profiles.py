"""Profiles: sourced values, unknown fields, and the overlay of a file."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkimberley.kernel.errors import Untrusted
from openkimberley.participants import statements
from openkimberley.participants.data import shipped_profiles
from openkimberley.participants.facts import LABELS, Deadline, Profile, Profiles, Range, Validity
from openkimberley.participants.facts.profiles import FIELDS, read_value, write_value

PROFILES = shipped_profiles()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


def test_values_of_the_law_stand_in_the_profiles():
    assert PROFILES.of("EU").validity.value == Validity("MONTHS", 2)
    assert PROFILES.of("CA").validity.value == Validity("DAYS_2400_GMT", 60)
    assert PROFILES.of("EU").confirmation.value == Deadline("WORKING_DAYS", 10, "SUBMISSION")
    assert PROFILES.of("US").confirmation.value == Deadline("CALENDAR_DAYS", 15, "ARRIVAL")
    assert PROFILES.of("EU").mixed_origin_refused_from.value == date(2025, 3, 1)
    assert PROFILES.of("SL").parcel_reference_ends_with_number.value is True
    assert PROFILES.of("AU").retention_years.value.importer == 5
    assert "international certification scheme" in PROFILES.of("CA").statement_variants.value[0]


def test_what_nobody_knows_is_empty_and_never_no():
    kenya = PROFILES.of("KE")
    assert kenya == Profile("KE")
    assert kenya.validity is None
    assert not kenya.known()


def test_every_field_has_a_name_for_people():
    assert set(LABELS) == set(FIELDS)


def test_the_overlay_of_the_contract_is_laid_over():
    laid = PROFILES.overlaid(
        {
            "SL": {
                "number_pattern": "SL[0-9]{6}",
                "ranges": [{"from": 4000, "to": 4500, "year": 2014}],
                "parcel_reference_ends_with_number": True,
                "valuation_notice_hours": None,
            },
            "KE": {"minimum_size_mm": "1.00"},
        }
    )
    assert laid.of("SL").ranges.value == (Range(4000, 4500, 2014),)
    assert 4306 in laid.of("SL").ranges.value[0]
    assert laid.of("SL").valuation_notice_hours is None
    assert laid.of("SL").highest_of_three_valuations == PROFILES.of("SL").highest_of_three_valuations
    assert laid.of("KE").minimum_size_mm.value == Decimal("1.00")
    assert laid.of("SL").ranges.source == "the profiles file given"
    assert PROFILES.of("SL").valuation_notice_hours.value == 24


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([1], "an object of codes"),
        ({"sl": {}}, "sl: two capital letters"),
        ({"SL": 1}, "SL: an object of values"),
        ({"SL": {"validiti": 1}}, "SL.validiti: a profile has no field"),
        ({"SL": {"validity": {"kind": "WEEKS", "n": 2}}}, "SL.validity: kind: one of"),
        ({"SL": {"validity": {"kind": "DAYS"}}}, "the key n is missing"),
        ({"SL": {"validity": {"kind": "DAYS", "n": 2, "m": 1}}}, "unknown keys m"),
        ({"SL": {"number_digits": True}}, "a whole number is wanted"),
        ({"SL": {"number_digits": -1}}, "at least 0"),
        ({"SL": {"ranges": [{"from": 2, "to": 1}]}}, "[0] from lies above to"),
        ({"SL": {"allotments": [{"authority": "EU-BE", "from": 2, "to": 1}]}}, "[0] from lies above to"),
        ({"SL": {"number_pattern": "("}}, "no regular expression"),
        ({"SL": {"ec_changeover": "2010-13-01"}}, "a date YYYY-MM-DD"),
        ({"SL": {"minimum_size_mm": "one"}}, "a number as text"),
        ({"SL": {"minimum_size_mm": "NaN"}}, "at least 0"),
        ({"SL": {"languages": "en"}}, "a list of texts"),
        ({"SL": {"one_time_private": "yes"}}, "true or false"),
        ({"SL": {"nothing": None}}, "a profile has no field"),
    ],
)
def test_a_wrong_overlay_is_refused_naming_code_and_field(given, said):
    with pytest.raises(Untrusted) as refusal:
        PROFILES.overlaid(given)
    assert said in refusal.value.reason


@given(st.dictionaries(st.text(max_size=3), st.dictionaries(st.sampled_from(sorted(FIELDS)), JSON), max_size=2))
def test_hostile_overlays_are_refused_or_laid_never_worse(given):
    with suppress(Untrusted):
        laid = Profiles().overlaid(given)
        assert all(laid.of(code).code == code for code in given)


def test_every_shipped_value_survives_writing_and_reading():
    for profile in PROFILES.by_code.values():
        for name, value in profile.known().items():
            assert read_value(name, write_value(name, value.value)) == value.value
    again = {"profiles": {code: statements.write_profile(one) for code, one in PROFILES.by_code.items()}}
    assert statements.read_profiles(again) == PROFILES


def test_a_range_holds_both_its_ends():
    allotted = read_value("allotments", [{"authority": "EU-BE", "from": 1, "to": 5}])[0]
    assert 1 in allotted
    assert 5 in allotted
    assert 6 not in allotted
