"""Status lists: what moves are legal, and which signed lists are believed. (Codes and bits: test_qr.py.)"""

from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import jws, statuslist
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.statuslist import LIFE, MOVES, Status, StatusList

KEY = SoftwareKey.from_secret("BW/status/2026-1", "Ed25519", bytes(range(32)))
PINNED = KEY.public(authority="BW", use="status", not_before=date(2026, 1, 1), not_after=date(2027, 6, 30))
URI = "https://kp.gov.bw/status/BW/2026-1"
IAT = 1_793_600_000
statuses = st.dictionaries(st.integers(0, 63), st.sampled_from(Status))


def of(kid, **changes):
    return replace(PINNED, **changes) if kid == KEY.kid else None


def signed(entries=None, *, uri=URI, key=KEY, typ=statuslist.TYP, **changes):
    listed = StatusList.empty(64) if entries is None else entries
    claims = statuslist.claims_of(uri, listed, iat=IAT) | changes
    return jws.sign({name: value for name, value in claims.items() if value is not None}, typ=typ, signer=key)


@given(statuses, statuses)
def test_the_moves_between_two_lists_are_told_and_only_these_are_legal(before, after):
    old, new = StatusList.empty(64).with_(before), StatusList.empty(64).with_(after)
    expected = [
        (at, before.get(at, Status.VALID), after.get(at, Status.VALID))
        for at in sorted(before | after) if before.get(at, Status.VALID) != after.get(at, Status.VALID)
    ]  # fmt: skip
    assert old.moves(new) == expected
    legal = {(0, 1), (0, 2), (0, 3), (2, 0), (2, 1), (2, 3)}
    assert old.illegal_moves(new) == [move for move in expected if (int(move[1]), int(move[2])) not in legal]
    assert {(int(a), int(b)) for a, there in MOVES.items() for b in there} == legal


def test_a_list_that_grew_shorter_hides_something():
    assert StatusList.empty(64).illegal_moves(StatusList.empty(32))
    assert not StatusList.empty(32).illegal_moves(StatusList.empty(64))


def test_a_signed_list_is_read_by_its_address():
    entries = StatusList.empty(64).with_({5: Status.USED})
    found = statuslist.verify(signed(entries), of)
    assert (found.authority, found.year, found.name, found.uri) == ("BW", 2026, "BW/2026-1", URI)
    assert (found.iat, found.exp, found.ttl) == (IAT, IAT + LIFE, 43_200)
    assert found.entries[5] is Status.USED
    assert found.evaluated() == {
        "authority": "BW", "id": 2026, "bits": 2, "lst": entries.encode(), "exp": "2026-11-09T06:13:20+00:00",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "step"),
    [
        ({"uri": "https://kp.example/status/EU-BE/2026-1"}, "2 key"),  # another authority's list under this key
        ({"typ": "kp-bundle+jwt"}, "1 parse"),
        ({"exp": IAT}, "9 status"),
        ({"exp": IAT + 400 * 86_400}, "9 status"),  # T20: nobody freezes a list for a year
        ({"iat": "2026"}, "9 status"),
        ({"iat": True}, "9 status"),
        ({"ttl": None}, "9 status"),
        ({"sub": "https://kp.example/elsewhere/1"}, "9 status"),
        ({"sub": None}, "9 status"),
        ({"status_list": {"bits": 1, "lst": "eNrbuRgAAhcBXQ"}}, "9 status"),
        ({"status_list": {"bits": 2}}, "9 status"),
        ({"status_list": []}, "9 status"),
        ({"key": SoftwareKey.from_secret("BW/status/2026-1", "Ed25519", bytes(32))}, "3 signature"),
        ({"key": SoftwareKey.from_secret("BW/sign/2026-1", "Ed25519", bytes(range(32)))}, "2 key"),
    ],
)
def test_any_other_list_is_refused(change, step):
    with pytest.raises(Untrusted) as refused:
        statuslist.verify(signed(**change), of)
    assert refused.value.step == step


@pytest.mark.parametrize(
    "pinned",
    [
        {"use": "sign"},  # a key that signs certificates signs no list
        {"authority": "EU-BE"},
        {"not_after": date(2026, 10, 1)},
        {"not_before": date(2026, 12, 1)},
        {"state": "compromised", "compromised_since": date(2026, 11, 1)},
        {"state": "compromised"},
    ],
)
def test_a_key_that_may_not_sign_it_is_refused(pinned):
    with pytest.raises(Untrusted, match="2 key"):
        statuslist.verify(signed(), lambda kid: of(kid, **pinned))


@pytest.mark.parametrize(("confirmed", "most"), [(0, 2_400), (54_000, 36_000)])
def test_sixty_thousand_certificates_weigh_a_few_kilobytes(confirmed, most):
    """One in a hundred void; then nine in ten confirmed too. Random places cost bytes: they hide how many there are."""
    random = Random(1)
    places = random.sample(range(statuslist.SIZE), 60_000)
    changes = dict.fromkeys(places[:600], Status.VOID) | dict.fromkeys(places[600 : 600 + confirmed], Status.USED)
    text = signed(StatusList.empty().with_(changes))
    print(f"600 void, {confirmed} confirmed: {len(text)} bytes signed")
    assert len(text) < most
