"""PURE. Carats, US dollars, HS codes and periods, exact.

Carats have two places, dollars have two places, both ``Decimal`` in Python, strings in JSON and integers (hundredths,
cents) in storage. There is no float anywhere: a carat that does not add up is how a diamond disappears.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

HUNDREDTH = Decimal("0.01")

# 13 digits before the point: the world's whole trade of a year is below 10^9 carats and 10^12 dollars, and the integer
# of hundredths still fits a signed 64-bit column.
MAX_AMOUNT = Decimal("9999999999999.99")

_AMOUNT = re.compile(r"^[0-9]{1,13}(\.[0-9]{1,2})?$")
_HS = re.compile(r"^7[0-9]{3}(\.?[0-9]{2}){0,3}$")

SCHEME_HS_CODES = ("7102.10", "7102.21", "7102.31")
"""The three HS codes of rough diamonds (KPCS Core Document, Section I)."""


class BadMeasure(ValueError):
    """A text that is no exact measure. The message says what was wrong and what is asked."""


def amount(text: object) -> Decimal:
    """An exact amount with at most two decimal places, from a string, an integer or a ``Decimal``.

    Raises ``BadMeasure`` for anything else: floats, signs, exponents, thousands separators, more than two places.
    """
    if isinstance(text, bool) or not isinstance(text, (str, int, Decimal)):
        raise BadMeasure(f"{text!r} is not an amount: write it as text with at most two decimals, such as 12.50")
    written = str(text).strip()
    if not _AMOUNT.match(written):
        raise BadMeasure(f"{written[:40]!r} is not an amount: digits, a point and at most two decimals, such as 12.50")
    return Decimal(written).quantize(HUNDREDTH)


carats = amount
"""Carats (ct) from text, to 0.01 ct."""

usd = amount
"""US dollars from text, to 0.01 US$."""


def hundredths(value: Decimal) -> int:
    """The amount as an integer of hundredths (hundredths of a carat, or cents). Raises ``BadMeasure`` if not exact."""
    scaled = value * 100
    if scaled != scaled.to_integral_value():
        raise BadMeasure(f"{value} has more than two decimal places")
    return int(scaled)


def from_hundredths(value: int) -> Decimal:
    """The amount that ``hundredths`` turned into an integer."""
    return (Decimal(value) / 100).quantize(HUNDREDTH)


def hs_code(text: str) -> str:
    """An HS code as ``7102.31``: the first six digits, whatever dots or national digits follow.

    Raises ``BadMeasure`` if the text is not a heading, subheading or national code of chapter 71.
    """
    written = str(text).strip()
    if not _HS.match(written) or len(digits := written.replace(".", "")) not in (4, 6, 8, 10):
        raise BadMeasure(f"{written[:20]!r} is not an HS code: write six digits, such as 7102.31")
    return digits[:4] if len(digits) == 4 else f"{digits[:4]}.{digits[4:6]}"


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open span of days: ``start`` belongs to it, ``end`` does not; ``end`` None means still open."""

    start: date
    end: date | None = None

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"a period ends after it starts, not {self.start} to {self.end}")

    def __contains__(self, day: date) -> bool:
        return self.start <= day and (self.end is None or day < self.end)

    def overlaps(self, other: Period) -> bool:
        """True where some day belongs to both."""
        return (other.end is None or self.start < other.end) and (self.end is None or other.start < self.end)
