"""PURE. The small part of CBOR (RFC 8949) that a QR code of ours may hold, read strictly.

Accepted: whole numbers, byte and text strings, arrays, maps with whole numbers as keys, all of definite length and
shortest form. Everything else is refused before any memory is spent on it: tags, floats, simple values, indefinite
lengths, keys twice, nesting beyond 4, bytes left over.
"""

from __future__ import annotations

from typing import Any

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import PARSE

MAX_DEPTH = 4

_UINT, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP = range(6)
_SHORTEST = {24: (1, 24), 25: (2, 1 << 8), 26: (4, 1 << 16), 27: (8, 1 << 32)}


def loads(data: bytes) -> Any:
    """The value of strictly read CBOR. Raises ``Untrusted("1 parse", ...)``."""
    value, end = read(data, 0)
    if end != len(data):
        raise Untrusted(PARSE, "bytes are left over")
    return value


def read(data: bytes, at: int, depth: int = 0) -> tuple[Any, int]:
    """The value that starts at ``at``, and where it ends."""
    try:
        initial = data[at]
    except IndexError:
        raise Untrusted(PARSE, "the code ends too early") from None
    major, number = initial >> 5, initial & 31
    at += 1
    if number >= 24:
        number, at = _long(data, number, at)
    if major == _UINT:
        return number, at
    if major in (_TEXT, _BYTES):
        end = at + number
        if end > len(data):
            raise Untrusted(PARSE, "the code ends too early")
        if major == _BYTES:
            return data[at:end], end
        try:
            return data[at:end].decode("utf-8"), end
        except UnicodeDecodeError as error:
            raise Untrusted(PARSE, "a text in the code is not UTF-8") from error
    if major == _ARRAY:
        return _array(data, number, at, depth + 1)
    if major == _MAP:
        return _map(data, number, at, depth + 1)
    if major == _NEGATIVE:
        return -1 - number, at
    raise Untrusted(PARSE, "the code holds tags, fractions or other things it must not")


def _long(data: bytes, number: int, at: int) -> tuple[int, int]:
    if number not in _SHORTEST:
        raise Untrusted(PARSE, "the code holds a length that is not said beforehand")
    size, least = _SHORTEST[number]
    value = int.from_bytes(data[at : at + size], "big")
    if len(data) < at + size or value < least:
        raise Untrusted(PARSE, "a number in the code is cut off, or longer than it needs to be")
    return value, at + size


def _array(data: bytes, count: int, at: int, depth: int) -> tuple[list[Any], int]:
    _within(data, count, at, depth)
    found = []
    for _ in range(count):
        value, at = read(data, at, depth)
        found.append(value)
    return found, at


def _map(data: bytes, count: int, at: int, depth: int) -> tuple[dict[int, Any], int]:
    _within(data, 2 * count, at, depth)
    found: dict[int, Any] = {}
    for _ in range(count):
        key, at = read(data, at, depth)
        if type(key) is not int or key in found:
            raise Untrusted(PARSE, "a field of the code has no number, or one that is already there")
        found[key], at = read(data, at, depth)
    return found, at


def _within(data: bytes, items: int, at: int, depth: int) -> None:
    # Each item is one byte at least, so a count beyond what is left is a lie.
    if depth > MAX_DEPTH or items > len(data) - at:
        raise Untrusted(PARSE, "the code is nested too deep, or ends too early")
