"""PURE. The small part of CBOR (RFC 8949) that a QR code of ours may hold, read strictly.

Accepted: whole numbers, byte and text strings, arrays, maps with whole numbers as keys, all of definite length and
shortest form. Everything else is refused before any memory is spent on it: tags, floats, simple values, indefinite
lengths, keys twice, nesting beyond 4, bytes left over. Our own, because a general decoder acts on tags while it reads.
"""

from __future__ import annotations

from typing import Any

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import PARSE

MAX_DEPTH = 4

# Major types, written out below where speed counts: 0 whole number, 1 negative, 2 bytes, 3 text, 4 array, 5 map.
_LONG = {24: (1, 24), 25: (2, 1 << 8), 26: (4, 1 << 16), 27: (8, 1 << 32)}
"""Additional information: bytes of the number that follows, and the least number that needs so many."""


def loads(data: bytes) -> Any:
    """The value of strictly read CBOR. Raises ``Untrusted("1 parse", ...)``."""
    try:
        found, end = _items(data, 1, 0, 0)
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise Untrusted(PARSE, "the code ends too early, or holds what it must not") from error
    if end != len(data):
        raise Untrusted(PARSE, "bytes are left over")
    return found[0]


def _items(data: bytes, count: int, at: int, depth: int) -> tuple[list[Any], int]:
    """``count`` values from ``at`` on, and where they end. One loop for all simple values: this is the busy part."""
    # Each item is one byte at least, so a count beyond what is left is a lie.
    if depth > MAX_DEPTH or count > len(data) - at:
        raise Untrusted(PARSE, "the code is nested too deep, or ends too early")
    found: list[Any] = []
    for _ in range(count):
        initial = data[at]
        at += 1
        if initial < 24:
            found.append(initial)
            continue
        major, number = initial >> 5, initial & 31
        if number > 23:
            size, least = _LONG[number]
            number = int.from_bytes(data[at : at + size], "big")
            at += size
            if at > len(data) or number < least:
                raise Untrusted(PARSE, "a number in the code is cut off, or longer than it needs to be")
        if major == 0:
            found.append(number)
        elif 1 < major < 4:
            part = data[at : at + number]
            at += number
            if len(part) != number:
                raise Untrusted(PARSE, "the code ends too early")
            found.append(part if major == 2 else part.decode("utf-8"))
        else:
            value, at = _composed(data, major, number, at, depth + 1)
            found.append(value)
    return found, at


def _composed(data: bytes, major: int, number: int, at: int, depth: int) -> tuple[Any, int]:
    if major == 4:
        return _items(data, number, at, depth)
    if major == 5:
        items, at = _items(data, 2 * number, at, depth)
        keys = items[::2]
        if (number and set(map(type, keys)) != {int}) or len(set(keys)) != number:
            raise Untrusted(PARSE, "a field of the code has no number, or one that is already there")
        return dict(zip(keys, items[1::2], strict=True)), at
    if major == 1:
        return -1 - number, at
    raise Untrusted(PARSE, "the code holds tags, fractions or other things it must not")
