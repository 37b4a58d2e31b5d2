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

_NOTHING = 8
_SIZES = {24: (1, 24), 25: (2, 1 << 8), 26: (4, 1 << 16), 27: (8, 1 << 32)}


def _head(initial: int) -> tuple[int, int, int, int]:
    """What a first byte says: major type, number, bytes of a longer number, the least number that needs them."""
    major, number = initial >> 5, initial & 31
    if number < 24:
        return major, number, 0, 0
    return (major, 0, *_SIZES[number]) if number in _SIZES else (_NOTHING, 0, 0, 0)


# Major types, written out below where speed counts: 0 whole number, 1 negative, 2 bytes, 3 text, 4 array, 5 map.
_HEADS = tuple(_head(initial) for initial in range(256))


def loads(data: bytes) -> Any:
    """The value of strictly read CBOR. Raises ``Untrusted("1 parse", ...)``."""
    try:
        found, end = _items(data, 1, 0, 0)
    except (IndexError, UnicodeDecodeError) as error:
        raise Untrusted(PARSE, "the code ends too early, or a text in it is not UTF-8") from error
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
        major, number, size, least = _HEADS[data[at]]
        at += 1
        if size:
            start, at = at, at + size
            number = int.from_bytes(data[start:at], "big")
            if number < least:
                raise Untrusted(PARSE, "a number in the code is cut off, or longer than it needs to be")
        if major == 0:
            found.append(number)
        elif 1 < major < 4:
            start, at = at, at + number
            part = data[start:at]
            found.append(part if major == 2 else part.decode("utf-8"))
        else:
            value, at = _composed(data, major, number, at, depth + 1)
            found.append(value)
    if at > len(data):
        raise Untrusted(PARSE, "the code ends too early")
    return found, at


def _composed(data: bytes, major: int, number: int, at: int, depth: int) -> tuple[Any, int]:
    if major == 4:
        return _items(data, number, at, depth)
    if major == 5:
        items, at = _items(data, 2 * number, at, depth)
        keys = items[::2]
        if not {int}.issuperset(map(type, keys)) or len(set(keys)) != number:
            raise Untrusted(PARSE, "a field of the code has no number, or one that is already there")
        return dict(zip(keys, items[1::2], strict=True)), at
    if major == 1:
        return -1 - number, at
    raise Untrusted(PARSE, "the code holds tags, fractions, unsaid lengths or other things it must not")
