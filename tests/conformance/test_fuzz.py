"""Hostile input. Whatever is thrown at the readers ends in ``Untrusted`` or a verdict, never in another exception."""

import zlib
from datetime import UTC, datetime

import base45
import cbor2
from hypothesis import given, settings
from hypothesis import strategies as st

from openkimberley.certificates.statements import certificate_from_json
from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import cbor, jws, keystore, qr, sdjwt, statuslist
from openkimberley.trust.canonical import b64u, canonical, sha256
from openkimberley.verification import Bundle, Verdict, verify
from tests.conformance.test_cases import BUNDLE, SDJWT, VERIFY

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CODE = VERIFY["cases"][0]["artefact"]
LABEL = VERIFY["cases"][1]["artefact"]
CREDENTIAL = SDJWT["full"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
cbor_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**64 - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=70),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(0, 30), inner, max_size=6),
    max_leaves=20,
)
bounded = settings(max_examples=150, deadline=None)


def refusal(read, *given):
    """The step at which something is refused; empty where it is read."""
    try:
        read(*given)
    except Untrusted as refused:
        return refused.step
    return ""


def answer(artefact):
    report = verify(artefact, BUNDLE, now=NOW, authority="EU-BE")
    assert report.as_json()["verdict"] in tuple(Verdict)
    return report


@bounded
@given(st.text(max_size=300) | st.binary(max_size=300))
def test_any_text_or_bytes_get_a_verdict_and_never_valid(artefact):
    assert answer(artefact).verdict is not Verdict.VALID


@bounded
@given(st.sampled_from(qr.PREFIXES), st.binary(max_size=400), st.booleans())
def test_any_bytes_behind_a_prefix_are_refused(prefix, data, packed):
    text = prefix + base45.b45encode(zlib.compress(data) if packed else data).decode("ascii")
    assert answer(text).verdict is Verdict.INVALID


@bounded
@given(st.binary(max_size=200))
def test_the_cbor_reader_agrees_with_a_general_one_or_refuses(data):
    try:
        value = cbor.loads(data)
    except Untrusted:
        return
    assert cbor2.loads(data) == value


@bounded
@given(cbor_values, cbor_values, cbor_values, st.binary(min_size=64, max_size=64))
def test_any_structure_inside_a_code_is_refused(protected, unprotected, payload, signature):
    raw = b"\xd2" + cbor2.dumps([cbor2.dumps(protected), unprotected, cbor2.dumps(payload), signature])
    assert answer(qr.FULL + base45.b45encode(raw).decode("ascii")).verdict is Verdict.INVALID


@bounded
@given(st.sampled_from([CODE, LABEL]), st.data())
def test_one_changed_character_of_a_code_is_never_valid(text, data):
    at = data.draw(st.integers(0, len(text) - 1))
    new = data.draw(st.characters(max_codepoint=0x17F).filter(lambda character: character != text[at]))
    report = answer(text[:at] + new + text[at + 1 :])
    if text[:at] + new + text[at + 1 :] not in (text + "\n", "\n" + text):
        assert report.verdict is not Verdict.VALID


@bounded
@given(st.data())
def test_one_changed_character_of_a_credential_is_never_valid(data):
    at = data.draw(st.integers(0, len(CREDENTIAL) - 1))
    new = data.draw(st.characters(max_codepoint=0x17F).filter(lambda character: character != CREDENTIAL[at]))
    assert answer(CREDENTIAL[:at] + new + CREDENTIAL[at + 1 :]).verdict is not Verdict.VALID


@bounded
@given(st.dictionaries(st.sampled_from(["alg", "kid", "typ", "jwk", "crit"]), json_values), json_values, st.binary())
def test_any_jwt_is_refused_or_invalid(header, payload, signature):
    def part(value):
        try:
            return b64u(canonical(value))
        except ValueError:
            return b64u(repr(value).encode("utf-8", "replace"))

    text = f"{part(header)}.{part(payload)}.{b64u(signature)}"
    assert answer(text + "~").verdict is not Verdict.VALID
    assert refusal(sdjwt.parse, text) == "1 parse"
    assert refusal(jws.parse, text) in ("", "1 parse")


@bounded
@given(json_values)
def test_any_claims_of_the_right_type_get_a_verdict(value):
    header = b64u(b'{"alg":"Ed25519","kid":"BW/sign/2026-1","typ":"dc+sd-jwt"}')
    names = ("kpc_number", "participant", "authority", "iat", "exp", "status", "lines", "destination", "_sd")
    for name in names:
        try:
            payload = b64u(canonical({"iss": "x", name: value}))
        except ValueError:
            return
        assert answer(f"{header}.{payload}.{b64u(b'0' * 64)}~").verdict is not Verdict.VALID


@bounded
@given(json_values)
def test_any_disclosure_is_refused_or_placed(value):
    try:
        disclosure = b64u(canonical(value))
    except ValueError:
        return
    payload = b64u(canonical({"_sd": [b64u(sha256(disclosure.encode()))]}))
    header = b64u(b'{"alg":"Ed25519","typ":"dc+sd-jwt"}')
    assert answer(f"{header}.{payload}.{b64u(b'0' * 64)}~{disclosure}~").verdict is not Verdict.VALID


@bounded
@given(json_values)
def test_any_json_as_a_certificate_is_read_or_refused_by_field(value):
    keys = (
        "number",
        "issuer",
        "issue_date",
        "lines",
        "origin",
        "origin_shares",
        "exporter",
        "parcels",
        "seals",
        "x",
        "presented",
        "validated",
        "total_usd",
        "english",
    )
    for written in (value, *({"number": "A1", "issuer": "BW", "issue_date": "2026-01-01", key: value} for key in keys)):
        assert refusal(certificate_from_json, written) in ("", "5 content")


@bounded
@given(json_values)
def test_any_bundle_key_file_or_status_list_is_read_or_refused(value):
    for written in (
        value,
        {"v": 1, "issued": "2026-01-01", "participants": value},
        {"v": 1, "issued": value},
        {"v": 1, "issued": "2026-01-01", "authorities": {"BW": value}},
        {"v": 1, "issued": "2026-01-01", "status_lists": {"u": value}},
        {"v": 1, "issued": "2026-01-01", "overlay": value, "used": value, "alerts": value},
    ):
        assert refusal(Bundle, written) in ("", "0 bundle", "2 key", "9 status")
    assert refusal(keystore.open_key, value, "passphrase") == "0 keystore"
    assert refusal(statuslist.decode, value) == "9 status"
