"""Signed requests: of this moment, for this address, once, by a key that is for requests."""

import contextlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import httpsig
from openkimberley.trust.httpsig import Request
from openkimberley.trust.keys import SoftwareKey

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
KEY = SoftwareKey.from_secret("BW/transport/2026-1", "Ed25519", bytes(range(32)))
PUBLIC = KEY.public(use="transport")
URL = "https://kp.example/journal/tile/entries/000?x=1"


def signed(url=URL, method="GET", now=NOW, nonce="nonce-0001", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    made = httpsig.sign(Request(method, url, headers), signer=KEY, now=now, nonce=nonce)
    return Request(method, url, {**headers, **made})


def verify(request, *, key=PUBLIC, now=NOW, first=lambda _: True):
    known = {KEY.kid: key}
    return httpsig.verify(request, key=known.get, now=now, first=first)


def test_a_request_signed_just_now_is_known_by_its_key():
    assert verify(signed()) == KEY.kid
    assert verify(signed("https://kp.example/journal/tile/entries/000")) == KEY.kid
    assert verify(signed(accept="text/plain")) == KEY.kid
    assert verify(signed(), now=NOW + timedelta(seconds=299)) == KEY.kid


@pytest.mark.parametrize(
    "other",
    [
        {"method": "POST"},
        {"url": URL.replace("x=1", "x=2")},
        {"url": URL.replace("/000", "/001")},
        {"url": URL.replace("kp.example", "kp.elsewhere")},
    ],
)
def test_a_signature_is_not_good_for_another_request(other):
    with pytest.raises(Untrusted):
        verify(replace(signed(), **other))


@pytest.mark.parametrize("seconds", [-120, 400, 86_400])
def test_an_old_or_future_signature_is_refused(seconds):
    with pytest.raises(Untrusted):
        verify(signed(), now=NOW + timedelta(seconds=seconds))


def test_a_signature_made_for_long_is_refused():
    request = signed()
    written = request.headers["Signature-Input"]
    expires = int((NOW + httpsig.LIFETIME).timestamp())
    longer = written.replace(str(expires), str(expires + 1))
    with pytest.raises(Untrusted, match="five minutes"):
        verify(replace(request, headers={**request.headers, "Signature-Input": longer}))


def test_a_request_is_good_once_and_needs_a_nonce():
    used = set()

    def first(name):
        return name not in used and not used.add(name)

    assert verify(signed(), first=first)
    with pytest.raises(Untrusted, match="before"):
        verify(signed(), first=first)
    assert verify(signed(nonce="nonce-0002"), first=first)
    with pytest.raises(Untrusted, match="nonce"):
        verify(signed(nonce="short"), first=first)


def test_a_stranger_fills_no_memory():
    asked = []
    with pytest.raises(Untrusted):
        verify(signed(), key=None, first=lambda name: asked.append(name) or True)
    assert asked == []


@pytest.mark.parametrize(
    "key",
    [
        None,
        KEY.public(use="sign"),
        replace(PUBLIC, state="compromised"),
        replace(PUBLIC, not_after=date(2026, 11, 1)),
        replace(PUBLIC, not_before=date(2026, 11, 3)),
        SoftwareKey.generate(KEY.kid).public(use="transport"),
    ],
)
def test_only_a_key_for_requests_that_is_good_today_counts(key):
    with pytest.raises(Untrusted):
        verify(signed(), key=key)


@pytest.mark.parametrize("missing", httpsig.COVERED)
def test_what_must_be_covered_must_be_covered(missing, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(httpsig, "COVERED", tuple(name for name in httpsig.COVERED if name != missing))
        request = signed()
    with pytest.raises(Untrusted):
        verify(request)


@given(st.data())
def test_damaged_headers_are_refused_and_nothing_else_happens(data):
    request = signed()
    name = data.draw(st.sampled_from(["Signature", "Signature-Input"]))
    text = request.headers[name]
    place = data.draw(st.integers(0, len(text) - 1))
    damaged = text[:place] + data.draw(st.characters()) + text[place + 1 :]
    with contextlib.suppress(Untrusted):
        verify(replace(request, headers={**request.headers, name: damaged}))


def test_an_unsigned_request_is_refused():
    for request in (Request("GET", URL), Request("GET", "nonsense", signed().headers)):
        with pytest.raises(Untrusted):
            verify(request)
