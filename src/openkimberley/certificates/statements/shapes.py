"""PURE. Small shapes that signed content must have. A shape looks at a value and says what is wrong, or nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

Shape = Callable[[Any], str]
"""Gives "" where the value has the shape, otherwise what was asked for."""

_SCALED = re.compile(r"^(0|[1-9][0-9]{0,12})\.[0-9]{2}$")
_DAY = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
MAX_TEXT = 1000
MAX_ITEMS = 200


def text(value: Any) -> str:
    """Text of at most 1,000 characters, perhaps empty."""
    return "" if isinstance(value, str) and len(value) <= MAX_TEXT else f"must be text of at most {MAX_TEXT} characters"


def name(value: Any) -> str:
    """Text that is not empty."""
    return text(value) or ("" if value.strip() else "must not be empty")


def scaled(value: Any) -> str:
    """An amount as text with exactly two decimals, such as "12.50"."""
    return "" if isinstance(value, str) and _SCALED.match(value) else "must be text with two decimals, such as 12.50"


def day(value: Any) -> str:
    """A date as YYYY-MM-DD."""
    try:
        if isinstance(value, str) and _DAY.match(value) and date.fromisoformat(value):
            return ""
    except ValueError:
        pass
    return "must be a date as YYYY-MM-DD"


def whole(value: Any) -> str:
    """A whole number of 0 or more."""
    return "" if type(value) is int and value >= 0 else "must be a whole number"


def truth(value: Any) -> str:
    """True or false."""
    return "" if isinstance(value, bool) else "must be true or false"


def exactly(*allowed: Any) -> Shape:
    """One of the values given."""
    listed = ", ".join(str(each) for each in allowed)
    return lambda value: "" if value in allowed and type(value) in map(type, allowed) else f"must be one of: {listed}"


def optional(shape: Shape) -> Shape:
    """The shape, or null."""
    return lambda value: "" if value is None else shape(value)


def each(shape: Shape) -> Shape:
    """A list whose elements have the shape; the answer names the first element that has not."""

    def listed(value: Any) -> str:
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            return f"must be a list of at most {MAX_ITEMS}"
        return next((f"[{at}] {wrong}" for at, element in enumerate(value) if (wrong := shape(element))), "")

    return listed


def record(needed: Mapping[str, Shape], further: Mapping[str, Shape] | None = None) -> Shape:
    """An object with the ``needed`` names, perhaps the ``further`` ones, and no others."""
    return lambda value: "; ".join(problems(value, needed, further or {}))


def problems(value: Any, needed: Mapping[str, Shape], further: Mapping[str, Shape]) -> list[str]:
    """Everything wrong with an object, each as ``name: what is asked``."""
    if not isinstance(value, dict):
        return ["must be an object"]
    found = [f"{key}: is missing" for key in needed if key not in value]
    for key, inner in value.items():
        shape = needed.get(key) or further.get(key)
        wrong = shape(inner) if shape else "is not known here"
        if wrong:
            found.append(f"{str(key)[:40]}: {wrong}")
    return found
