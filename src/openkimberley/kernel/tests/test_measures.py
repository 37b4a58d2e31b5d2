"""Amounts are exact, codes are of chapter 71, periods are half-open."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkimberley.kernel import measures
from openkimberley.kernel.measures import BadMeasure, Period, amount, from_hundredths, hs_code, hundredths


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.50", "12.50"),
        ("0", "0.00"),
        (" 7.5 ", "7.50"),
        (3, "3.00"),
        (Decimal("1.2"), "1.20"),
        ("9" * 13, "9" * 13 + ".00"),
    ],
)
def test_amounts_have_two_places(text: object, value: str) -> None:
    assert str(amount(text)) == value


@pytest.mark.parametrize(
    "text",
    ["", "12.505", "-1", "+1", "1e3", "1,000.00", "1 000", ".5", "5.", "NaN", "Infinity", "9" * 14, "١٢", 12.5, True,
     None, [], Decimal("1.001"), Decimal("NaN"), Decimal("-1")],
)  # fmt: skip
def test_what_is_no_exact_amount_is_refused(text: object) -> None:
    with pytest.raises(BadMeasure):
        amount(text)


@given(st.integers(min_value=0, max_value=10**15 - 1))
def test_hundredths_come_back_the_same(count: int) -> None:
    assert hundredths(from_hundredths(count)) == count
    assert amount(str(from_hundredths(count))) == from_hundredths(count)


def test_three_places_are_no_hundredths() -> None:
    with pytest.raises(BadMeasure):
        hundredths(Decimal("0.001"))


def test_carats_and_dollars_are_amounts() -> None:
    assert measures.carats("1.10") == measures.usd("1.10") == Decimal("1.10")


@pytest.mark.parametrize(
    ("text", "code"),
    [("7102.31", "7102.31"), ("710231", "7102.31"), ("7102.31.00.00", "7102.31"), ("71023100", "7102.31"),
     ("7104", "7104"), (" 7105.10 ", "7105.10")],
)  # fmt: skip
def test_hs_codes_to_six_digits(text: str, code: str) -> None:
    assert hs_code(text) == code


@pytest.mark.parametrize(
    "text", ["", "diamonds", "7102.3", "71023", "8102.31", "7102-31", "7102.31.00.00.00", "7102.31\n1"]
)
def test_what_is_no_hs_code_is_refused(text: str) -> None:
    with pytest.raises(BadMeasure):
        hs_code(text)


def test_a_period_holds_its_first_day_and_not_its_end() -> None:
    year = Period(date(2023, 1, 1), date(2024, 1, 1))
    assert date(2023, 1, 1) in year
    assert date(2023, 12, 31) in year
    assert date(2024, 1, 1) not in year
    assert date(2022, 12, 31) not in year
    assert date(2999, 1, 1) in Period(date(2023, 1, 1))


def test_periods_overlap_where_a_day_is_in_both() -> None:
    first, second = Period(date(2023, 1, 1), date(2024, 1, 1)), Period(date(2024, 1, 1))
    assert not first.overlaps(second)
    assert not second.overlaps(first)
    assert first.overlaps(Period(date(2023, 12, 31)))


def test_a_period_does_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        Period(date(2023, 1, 1), date(2023, 1, 1))
