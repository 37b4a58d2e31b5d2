"""PURE. One byte string for one statement (RFC 8785), strict base64url and strict JSON."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
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
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64u(text: str, step: str = PARSE) -> bytes:
    """The bytes of a base64url text. Padding, foreign characters and stray final bits raise ``Untrusted``."""
    try:
        data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (ValueError, AttributeError) as error:
        raise Untrusted(step, "a part is not base64url") from error
    if b64u(data) != text:  # Python's decoder skips foreign characters and ignores stray bits
        raise Untrusted(step, "a part is not base64url in its one right spelling")
    return data


def parse_json(data: bytes, step: str = PARSE) -> Any:
    """The value of JSON bytes from outside.

    Refuses (``Untrusted``): bytes that are not UTF-8, a name used twice in one object, fractions and exponents,
    integers beyond 2^53 - 1, unpaired surrogates, nesting deeper than ``MAX_DEPTH``.
    """
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_once, parse_float=_no_number, parse_constant=_no_number
        )
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
    elif isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise ValueError("a number is larger than 2^53 - 1")
