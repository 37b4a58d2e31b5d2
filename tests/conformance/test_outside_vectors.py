"""Vectors of public projects and specifications. They are not shipped; without them these tests skip and say so."""

import json
import re
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import cose, httpsig, jws, merkle, notes, sdjwt, statuslist
from openkimberley.trust.canonical import canonical, unb64u
from openkimberley.trust.keys import PublicKey

VECTORS = Path(__file__).parents[3] / "shared" / "vectors"

pytestmark = pytest.mark.vectors


def files(pattern):
    found = sorted(VECTORS.glob(pattern))
    absent = pytest.mark.skip(reason=f"OUTSIDE VECTORS ABSENT: {pattern} was not run")
    return found or [pytest.param(None, marks=absent)]


def name(path):
    return path.stem if path else "absent"


@pytest.mark.parametrize("path", files("jcs/input/*.json"), ids=name)
def test_canonical_json_is_that_of_rfc_8785(path):
    expected = (path.parents[1] / "output" / path.name).read_bytes()
    assert canonical(json.loads(path.read_text("utf-8"))) == expected.rstrip(b"\n")


def cose_key(written):
    def part(name):
        return bytes.fromhex(written[name + "_hex"]) if name + "_hex" in written else unb64u(written[name])

    if written["crv"] == "Ed25519":
        return PublicKey(kid="vector", alg="Ed25519", pub=part("x"))
    if written["crv"] == "P-256":
        return PublicKey(kid="vector", alg="ES256", pub=b"\x04" + part("x") + part("y"))
    return None


# Not our algorithms, or not tagged as a COSE_Sign1: must be refused, however good the signature is.
OUT_OF_SCOPE = {"sign-pass-03", "ecdsa-sig-02", "ecdsa-sig-03", "ecdsa-sig-04", "eddsa-sig-02"}


@pytest.mark.parametrize(
    "path", [*files("cose/sign1-tests/*.json"), *files("cose/e*-examples/e*-sig-*.json")], ids=name
)
def test_cose_sign1_signatures_in_our_scope_hold_and_no_others(path):
    vector = json.loads(path.read_text("utf-8"))
    about = vector["input"]["sign0"]
    key = cose_key(about["key"]) or PublicKey(kid="vector", alg="ES256", pub=b"")

    def check():
        cose.parse(bytes.fromhex(vector["output"]["cbor"])).verify(key, bytes.fromhex(about.get("external", "")))

    if "fail" in path.stem or path.stem in OUT_OF_SCOPE:
        with pytest.raises(Untrusted):
            check()
    else:
        check()


@pytest.mark.parametrize("path", files("sd-jwt/rfc9901_examples.json"), ids=name)
def test_the_examples_of_rfc_9901_verify(path):
    vectors = json.loads(path.read_text("utf-8"))
    jwk = vectors["issuer_jwk"]
    key = PublicKey(kid="issuer", alg="ES256", pub=b"\x04" + unb64u(jwk["x"]) + unb64u(jwk["y"]))
    for token in vectors["tokens"]:
        signed = sdjwt.parse(token, typ=None)
        signed.verify(key)
        assert len(signed.disclosures) == token.count("~") - 1
        assert "_sd" not in json.dumps(signed.claims)
    assert sdjwt.parse(vectors["tokens"][0], typ=None).claims["nationalities"] == ["US", "DE"]


@pytest.mark.parametrize("path", files("status-list/examples/status_list_encoding2_json.md"), ids=name)
def test_the_two_bit_example_of_the_status_list_draft_decodes(path):
    text = path.read_text("utf-8")
    entries = statuslist.decode(re.search(r'"lst": "([^"]+)"', text)[1])
    raw = [int(byte, 16) for byte in re.findall(r"0x([0-9a-f]{2})", text)]
    assert [entries[at] for at in range(len(entries))] == [byte >> shift & 3 for byte in raw for shift in (0, 2, 4, 6)]
    assert statuslist.decode(entries.encode()).encode() == entries.encode()


@pytest.mark.parametrize("path", files("status-list/examples/status_list_encoding2_long_json.md"), ids=name)
def test_the_long_two_bit_example_decodes_to_more_than_a_million_entries(path):
    lst = re.sub(r"\s", "", re.search(r'"lst": "([^"]+)"', path.read_text("utf-8"), re.DOTALL)[1])
    entries = statuslist.decode(lst)
    assert len(entries) == 2**20
    assert entries[0] is statuslist.Status.VOID


@pytest.mark.parametrize("path", files("status-list/examples/status_list_jwt_raw.md"), ids=name)
def test_the_signed_example_of_the_status_list_draft_is_read_and_refused_for_what_it_is(path):
    """Its form is ours, its list has one bit an entry and its address names no authority: each is said."""
    text = "".join(path.read_text("utf-8").split())
    signed = jws.parse(text, statuslist.TYP)
    assert (signed.payload["sub"], signed.payload["ttl"]) == ("https://example.com/statuslists/1", 43_200)
    assert set(signed.payload) - {"iss"} == set(statuslist.claims_of(OWN, statuslist.StatusList.empty(8), iat=0))
    with pytest.raises(Untrusted, match="9 status"):
        statuslist.verify(text, lambda kid: None)


OWN = "https://kp.example/status/BW/2026-1"


@pytest.mark.parametrize("path", files("status-list/examples/status_list_encoding_json.md"), ids=name)
def test_a_list_of_one_bit_is_refused(path):
    lst = re.search(r'"lst": "([^"]+)"', path.read_text("utf-8"))[1]
    with pytest.raises(Untrusted):
        statuslist.decode(lst, bits=1)


def hashed(text):
    return b64decode(text or "")


@pytest.mark.parametrize("path", files("rfc6962-proofs/inclusion/**/*.json"), ids=name)
def test_inclusion_proofs_hold_or_fail_as_expected(path):
    vector = json.loads(path.read_text("utf-8"))
    proof = [hashed(one) for one in vector["proof"] or ()]

    def check():
        merkle.verify_inclusion(
            hashed(vector["leafHash"]), vector["leafIdx"], vector["treeSize"], proof, hashed(vector["root"])
        )

    expect(check, fails=vector["wantErr"])


@pytest.mark.parametrize("path", files("rfc6962-proofs/consistency/**/*.json"), ids=name)
def test_consistency_proofs_hold_or_fail_as_expected(path):
    vector = json.loads(path.read_text("utf-8"))
    proof = [hashed(one) for one in vector["proof"] or ()]

    def check():
        merkle.verify_consistency(
            vector["size1"], vector["size2"], proof, hashed(vector["root1"]), hashed(vector["root2"])
        )

    # A beginning of nothing shows nothing: where the vector lets it pass, we refuse and the witness asks otherwise.
    expect(check, fails=vector["wantErr"] or vector["size1"] == 0)


def expect(check, *, fails):
    if fails:
        with pytest.raises(Untrusted):
            check()
    else:
        check()


@pytest.mark.parametrize("path", files("signed-note/*.json"), ids=name)
def test_the_signed_note_of_the_specification_holds(path):
    vector = json.loads(path.read_text("utf-8"))
    key = notes.VerifierKey.parse(vector["vkey"])
    note = notes.Note.parse(vector["note"])
    assert str(note) == vector["note"]
    assert [one.key for one in note.verified([key])] == [key]
    with pytest.raises(Untrusted):
        notes.Note.parse(vector["note"].replace("example message", "altered message")).verified([key])


@pytest.mark.parametrize("path", files("http-sig/*.json"), ids=name)
def test_the_signed_request_of_rfc_9421_holds_at_its_moment(path):
    vector = json.loads(path.read_text("utf-8"))
    wanted = vector["request"]
    headers = {**wanted["headers"], "Signature-Input": vector["signature_input"], "Signature": vector["signature"]}
    public = load_pem_public_key(vector["public_key_pem"].encode()).public_bytes_raw()
    known = {"test-key-ed25519": PublicKey(kid="test-key-ed25519", alg="Ed25519", pub=public, use="transport")}
    covered = ("date", "@method", "@path", "@authority", "content-type", "content-length")
    request = httpsig.Request(wanted["method"], f"https://{wanted['headers']['Host']}{wanted['target']}", headers)

    def at(seconds, request=request, covered=covered):
        return httpsig.holds(request, key=known.get, now=datetime.fromtimestamp(seconds, UTC), covered=covered)

    assert at(1618884473).keyid == "test-key-ed25519"
    for wrong in (
        {"seconds": 1618884473 + 3600},
        {"request": replace(request, method="GET")},
        {"request": replace(request, headers={**headers, "Date": "Tue, 20 Apr 2021 02:07:56 GMT"})},
        {"covered": httpsig.COVERED},
    ):
        with pytest.raises(Untrusted):
            at(**{"seconds": 1618884473, **wrong})
