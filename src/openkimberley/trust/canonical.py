"""PURE. One byte string for one statement (RFC 8785), strict base64url and strict JSON."""

from __future__ import annotations

import hashlib
import json
from binascii import a2b_base64, b2a_base64
from typing import Any

import rfc8785

from openkimberley.kernel.errors import Untrusted

PARSE = "1 parse"
"""The step of the verification that a text fails when it is not even well formed."""

MAX_DEPTH = 16
"""Nesting of JSON read from outside; the deepest of our statements has 5."""

MAX_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader holds exactly (RFC 8785, section 3.2.2.3)."""


def canonical(value: Any) -> bytes:
    """The canonical JSON bytes of ``value`` (RFC 8785). Raises ``ValueError`` for what JSON cannot say."""
    return rfc8785.dumps(value)


def sha256(data: bytes) -> bytes:
    """The SHA-256 digest, 32 bytes."""
    return hashlib.sha256(data).digest()


def b64u(data: bytes) -> str:
    """Base64url without padding (RFC 7515)."""
    return b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=").decode("ascii")


def unb64u(text: str, step: str = PARSE) -> bytes:
    """The bytes of a base64url text. Padding, foreign characters and stray final bits raise ``Untrusted``."""
    try:
        written = text.encode("ascii").translate(_FROM_URL)
        rest = len(written) % 4
        data = a2b_base64(written + b"=" * (-rest % 4), strict_mode=True)
    except (ValueError, AttributeError) as error:
        raise Untrusted(step, "a part is not base64url") from error
    if (rest and written[-1:] not in _LAST[rest]) or written[-1:] == b"=":
        raise Untrusted(step, "a part is not base64url in its one right spelling")
    return data


# "+" and "/" are of the other alphabet: they become what no alphabet has.
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"+/-_", b"!!+/")
_LAST = {
    # the last character of a text whose length leaves so many over: its unused bits are zero
    2: frozenset(bytes([code]) for code in b"AQgw"),
    3: frozenset(bytes([code]) for code in b"AEIMQUYcgkosw048"),
}


def parse_json(data: bytes, step: str = PARSE) -> Any:
    """The value of JSON bytes from outside.

    Refuses (``Untrusted``): bytes that are not UTF-8, a name used twice in one object, fractions and exponents,
    integers beyond 2^53 - 1, unpaired surrogates, nesting deeper than ``MAX_DEPTH``.
    """
    try:
        value = _DECODER.decode(data.decode("utf-8"))
        # Only escapes make unpaired surrogates, and only brackets make depth: mostly there is nothing to look for.
        if b"\\u" in data or data.count(b"[") + data.count(b"{") > MAX_DEPTH:
            _examine(value, 0)
    except (ValueError, RecursionError) as error:
        raise Untrusted(step, f"a part is not the JSON asked for: {str(error)[:80]}") from error
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_number(written: str) -> Any:
    raise ValueError(f"{written[:20]} is not a whole number; amounts are written as text")


def _whole(written: str) -> int:
    number = int(written) if len(written) < 18 else MAX_INTEGER + 1
    if abs(number) > MAX_INTEGER:
        raise ValueError("a number is larger than 2^53 - 1")
    return number


_DECODER = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=_no_number, parse_int=_whole, parse_constant=_no_number
)


def _examine(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH}")
    if isinstance(value, str):
        value.encode("utf-8")  # an unpaired surrogate has no bytes, so it could not be signed again
    elif isinstance(value, dict):
        for name, inner in value.items():
            name.encode("utf-8")
            _examine(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _examine(inner, depth + 1)
