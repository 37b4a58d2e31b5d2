"""Columns for exact amounts: integers of hundredths in storage, ``Decimal`` in Python, never a float on the way."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models

from openkimberley.kernel import measures

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable


class AmountField(models.BigIntegerField):  # type: ignore[type-arg]
    """An exact amount with two places, stored as an integer of hundredths."""

    if TYPE_CHECKING:  # what the type checker's Django plugin reads
        _pyi_private_set_type: Decimal | str | int | Combinable  # type: ignore[assignment]
        _pyi_private_get_type: Decimal  # type: ignore[assignment]

    def from_db_value(self, value: int | None, *_: Any) -> Decimal | None:
        """The stored integer as an amount."""
        return None if value is None else measures.from_hundredths(value)

    def to_python(self, value: Any) -> Decimal | None:
        """Text or number as an amount. Raises ``kernel.measures.BadMeasure``."""
        return None if value is None else measures.amount(value)

    def get_prep_value(self, value: Any) -> int | None:
        """The amount as the integer to store. Raises ``kernel.measures.BadMeasure``."""
        return None if value is None else measures.hundredths(measures.amount(value))


class CaratsField(AmountField):
    """Carats, stored as hundredths of a carat."""


class USDollarsField(AmountField):
    """US dollars, stored as cents."""
