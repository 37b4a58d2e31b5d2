"""Canonical JSON, base64url and JSON from outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.canonical import b64u, canonical, parse_json, unb64u

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_a_statement_has_one_spelling(value):
    assert parse_json(canonical(value)) == value
    assert canonical(parse_json(canonical(value))) == canonical(value)


@given(st.binary())
def test_base64url_has_one_spelling(data):
    assert unb64u(b64u(data)) == data


@pytest.mark.parametrize("text", ["A", "AA==", "AB", "A A", "+/", "é", "AAA\n", None, 5])
def test_another_spelling_is_refused(text):
    with pytest.raises(Untrusted, match="1 parse"):
        unb64u(text)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff",
        b'{"a":1,"a":2}',
        b"1.0",
        b"1e2",
        b"NaN",
        b"Infinity",
        b"9007199254740992",
        rb'"\ud800"',
        rb'{"\ud800":1}',
        b"[" * 18 + b"]" * 18,
        b"[" * 100_000,
        b"1" * 5000,
        b"'a'",
    ],
)
def test_json_that_could_be_read_two_ways_is_refused(data):
    with pytest.raises(Untrusted, match="9 anything"):
        parse_json(data, "9 anything")
