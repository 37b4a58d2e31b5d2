"""Keys, key files and where signatures come from."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import keystore
from openkimberley.trust.keys import ALGORITHMS, PublicKey, SoftwareKey, kid8

SECRET = bytes(range(1, 33))
both = pytest.mark.parametrize("alg", ALGORITHMS)


def key(alg="Ed25519", secret=SECRET):
    return SoftwareKey.from_secret("BW/sign/2026-1", alg, secret)


@both
@settings(max_examples=25, deadline=None)
@given(message=st.binary(max_size=200), at=st.integers(0, 511))
def test_a_signature_holds_for_its_message_and_no_bit_may_change(alg, message, at):
    signature = key(alg).sign(message)
    public = key(alg).public()
    public.verify(message, signature)
    changed = bytearray(signature)
    changed[at // 8] ^= 1 << at % 8
    for wrong, signed in ((bytes(changed), message), (signature, message + b"\0")):
        with pytest.raises(Untrusted, match="3 signature"):
            public.verify(signed, wrong)


@both
def test_signing_twice_gives_the_same_64_bytes(alg):
    assert len(key(alg).sign(b"a")) == 64
    assert key(alg).sign(b"a") == key(alg).sign(b"a")


@both
def test_a_key_is_its_secret_and_never_shows_it(alg):
    made = SoftwareKey.generate("k", alg, random=lambda size: SECRET[:size])
    assert made.secret == SECRET
    assert SECRET.hex() not in repr(made)
    assert repr(made) == f"SoftwareKey('k', '{alg}')"
    assert made.kid8 == kid8(made.public_key) == made.public().kid8
    assert SoftwareKey.generate("k", alg).secret != SECRET


def test_the_raw_public_key_has_the_length_of_its_algorithm():
    assert (len(key("Ed25519").public_key), len(key("ES256").public_key)) == (32, 65)


@pytest.mark.parametrize(("alg", "secret"), [("Ed25519", b"short"), ("RS256", SECRET), ("ES256", bytes(32))])
def test_what_is_no_secret_makes_no_key(alg, secret):
    with pytest.raises(ValueError):
        key(alg, secret)


@pytest.mark.parametrize("length", [0, 63, 65])
def test_a_signature_of_another_length_is_refused(length):
    with pytest.raises(Untrusted, match="64"):
        key().public().verify(b"a", bytes(length))


@both
def test_the_header_cannot_choose_the_algorithm(alg):
    public = key(alg).public()
    own = {"Ed25519": (("Ed25519", "EdDSA"), (-19, -8)), "ES256": (("ES256",), (-9, -7))}[alg]
    for name in own[0]:
        public.check_jose(name)
    for number in own[1]:
        public.check_cose(number)
    for other in ("none", "HS256", None, 7, "RS256", "ES256" if alg == "Ed25519" else "Ed25519"):
        with pytest.raises(Untrusted, match="2 key"):
            public.check_jose(other)
        with pytest.raises(Untrusted, match="2 key"):
            public.check_cose(other)


@both
def test_a_public_key_survives_its_json(alg):
    public = key(alg).public(
        not_before=date(2026, 1, 1),
        not_after=date(2027, 3, 31),
        state="compromised",
        compromised_since=date(2026, 5, 1),
        authority="BW",
    )
    assert PublicKey.from_json(public.as_json(), "BW") == public


@pytest.mark.parametrize(
    "change",
    [
        {"pub": "AA"},
        {"pub": "?"},
        {"pub": None},
        {"alg": "RS256"},
        {"kid": ""},
        {"kid": 7},
        {"nbf": "soon"},
        {"nbf": 5},
        {"alg": "ES256"},
        {"state": "lost"},
    ],
)
def test_a_key_entry_that_is_none_is_refused(change):
    with pytest.raises(Untrusted, match="2 key"):
        PublicKey.from_json(key().public().as_json() | change)
    with pytest.raises(Untrusted, match="2 key"):
        PublicKey.from_json({})


@both
def test_a_key_file_opens_with_its_passphrase_only(alg):
    sealed = keystore.seal_key(key(alg), "Café à Gaborone", m=64, t=1, p=1)
    opened = keystore.open_key(sealed, "Café à Gaborone")
    assert (opened.secret, opened.kid, opened.alg) == (SECRET, "BW/sign/2026-1", alg)
    with pytest.raises(Untrusted, match="passphrase is wrong"):
        keystore.open_key(sealed, "café à Gaborone")


def test_a_key_file_holds_neither_secret_nor_passphrase():
    sealed = str(keystore.seal_key(key(), "passphrase", m=64, random=bytes))
    assert "passphrase" not in sealed
    assert SECRET.hex() not in sealed


def changed(sealed, *path, to):
    copy = {**sealed, "kdf": {**sealed["kdf"]}, "aad": {**sealed["aad"]}}
    inner = copy
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = to
    return copy


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("v",), 2),
        (("kdf", "alg"), "pbkdf2"),
        (("aead",), "none"),
        (("aad", "kid"), "ZA/sign/2026-1"),
        (("aad", "use"), "log"),
        (("aad", "more"), "x"),
        (("kdf", "m"), 2**40),
        (("kdf", "m"), 65),
        (("kdf", "t"), 0),
        (("kdf", "t"), True),
        (("kdf", "salt"), "!"),
        (("nonce",), "AA"),
        (("ct",), "AAAA"),
        (("kdf",), None),
    ],
)
def test_a_changed_key_file_is_refused(path, to):
    sealed = keystore.seal_key(key(), "passphrase", m=64, t=1, p=1)
    with pytest.raises(Untrusted, match="0 keystore"):
        keystore.open_key(changed(sealed, *path, to=to), "passphrase")


def test_the_passphrase_may_be_typed_composed_or_not():
    sealed = keystore.seal_key(key(), "é", m=64, t=1, p=1)
    assert keystore.open_key(sealed, "e\u0301").secret == SECRET
