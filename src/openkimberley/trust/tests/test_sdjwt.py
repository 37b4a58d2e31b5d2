"""SD-JWT and JWS. The malformed ones are in conformance/sdjwt.json."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import jws, sdjwt
from openkimberley.trust.canonical import b64u, canonical, sha256
from openkimberley.trust.keys import ALGORITHMS, SoftwareKey

KEY = SoftwareKey.from_secret("BW/sign/2026-1", "Ed25519", bytes(range(32)))
names = st.text(min_size=1).filter(lambda name: name not in ("_sd", "...", "_sd_alg", "iss"))
simple = st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=8)
bounded = settings(max_examples=50, deadline=None)


@bounded
@given(st.dictionaries(names, simple, max_size=6), st.lists(simple, max_size=4), st.sampled_from(ALGORITHMS))
def test_what_was_issued_is_what_is_read(claims, elements, alg):
    key = SoftwareKey.from_secret("k", alg, bytes(range(1, 33)))
    claims.pop("list", None)
    text = sdjwt.issue({"iss": "BW"}, {**claims, "list": elements}, signer=key, each_element_of=("list",))
    signed = sdjwt.parse(text)
    signed.verify(key.public())
    assert signed.claims == {"iss": "BW", **claims, "list": elements}
    assert signed.cid == sdjwt.signing_input_hash(text)
    assert signed.kid == "k"


@bounded
@given(st.dictionaries(names, simple, max_size=6), st.data())
def test_what_is_withheld_is_not_shown_and_the_signature_still_holds(claims, data):
    kept = data.draw(st.sets(st.sampled_from(sorted(claims)))) if claims else set()
    whole = sdjwt.issue({"iss": "BW"}, claims, signer=KEY)
    part = sdjwt.parse(sdjwt.present(whole, kept))
    part.verify(KEY.public())
    assert part.claims == {"iss": "BW"} | {name: claims[name] for name in kept}
    assert part.cid == sdjwt.signing_input_hash(whole)


def test_nothing_that_may_be_withheld_stands_in_the_signed_part():
    text = sdjwt.issue(
        {"iss": "BW"}, {"total_usd": "48059257.78", "lines": ["secret"]}, signer=KEY, each_element_of=("lines",)
    )
    signed = sdjwt.parse(sdjwt.present(text, ()))
    assert "48059257.78" not in json.dumps(dict(signed.jwt.payload))
    assert len(signed.jwt.payload["_sd"]) == 2
    assert signed.jwt.payload["_sd"] == sorted(signed.jwt.payload["_sd"])


def test_an_element_may_be_withheld_by_itself():
    text = sdjwt.issue({}, {"lines": ["a", "b", "c"]}, signer=KEY, each_element_of=("lines",))
    first, *rest = text.split("~")
    assert sdjwt.parse("~".join([first, *rest[1:]])).claims == {"lines": ["b", "c"]}


def test_two_salts_of_the_same_claim_differ():
    one, two = (sdjwt.parse(sdjwt.issue({}, {"a": 1}, signer=KEY)).jwt.payload["_sd"] for _ in range(2))
    assert one != two


@pytest.mark.parametrize("name", ["iss", "_sd", "...", "_sd_alg"])
def test_a_claim_that_is_visible_or_reserved_cannot_be_a_disclosure(name):
    with pytest.raises(ValueError, match="cannot be a disclosure"):
        sdjwt.issue({"iss": "BW"}, {name: 1}, signer=KEY)


def chain(depth):
    """Disclosures each of which holds the digest of the next."""
    texts, digest = [], None
    for level in range(depth):
        value = {"_sd": [digest]} if digest else 1
        texts.append(b64u(canonical(["salt", f"a{level}", value])))
        digest = b64u(sha256(texts[-1].encode()))
    return "~".join([jws.sign({"_sd": [digest]}, typ=sdjwt.TYP, signer=KEY), *texts, ""])


def test_disclosures_within_disclosures_have_a_bottom():
    assert sdjwt.parse(chain(10)).disclosures[0].path == tuple(f"a{level}" for level in reversed(range(10)))
    with pytest.raises(Untrusted, match="too deep"):
        sdjwt.parse(chain(17))


def test_a_flood_of_disclosures_is_refused():
    with pytest.raises(Untrusted, match="too many"):
        sdjwt.parse(jws.sign({}, typ=sdjwt.TYP, signer=KEY) + "~" + "AA~" * 600)
    with pytest.raises(Untrusted):
        sdjwt.parse("e" * (jws.MAX_CHARS + 1))


def test_the_type_of_a_statement_is_checked():
    text = jws.sign({"a": 1}, typ="kp-void+jwt", signer=KEY)
    assert jws.verify(text, typ="kp-void+jwt", key_of=lambda kid: KEY.public()).payload == {"a": 1}
    with pytest.raises(Untrusted, match="1 parse"):
        jws.verify(text, typ="kp-receipt+jwt", key_of=lambda kid: KEY.public())


def test_a_statement_of_an_unknown_or_another_key_is_refused():
    text = jws.sign({"a": 1}, typ="t", signer=KEY)
    other = SoftwareKey.from_secret("BW/sign/2026-1", "Ed25519", bytes(32)).public()
    with pytest.raises(Untrusted, match="2 key"):
        jws.verify(text, typ="t", key_of=lambda kid: None)
    with pytest.raises(Untrusted, match="3 signature"):
        jws.verify(text, typ="t", key_of=lambda kid: other)


def part(value):
    return b64u(json.dumps(value).encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a.b",
        "a.b.c.d",
        f"{part([])}.{part({})}.AA",
        f"{part({})}.{part([])}.AA",
        f"{part({'alg': 1})}.{part({})}.AA",
        f"{part({'alg': 'Ed25519', 'crit': 'b64'})}.{part({})}.AA",
        f"{part({'jwk': {}})}.{part({})}.AA",
        f"{part({})}.{part({})}.A",
    ],
)
def test_what_is_no_jws_is_refused(text):
    with pytest.raises(Untrusted, match="1 parse"):
        jws.parse(text)


def test_a_statement_without_a_key_name_has_an_empty_one():
    assert jws.parse(f"{part({'alg': 'Ed25519'})}.{part({})}.AA").kid == ""
