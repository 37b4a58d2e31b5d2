"""The shared case files under conformance/, run against this implementation."""

import json
from datetime import datetime
from pathlib import Path

import cbor2
import pytest

from openkimberley.certificates.statements import PROFILES, present_credential
from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import qr, sdjwt
from openkimberley.trust.canonical import unb64u
from openkimberley.trust.keys import PublicKey
from openkimberley.verification import Bundle, verify

CASES = Path(__file__).parents[2] / "conformance"
QR, SDJWT, VERIFY = (json.loads((CASES / f"{name}.json").read_text("utf-8")) for name in ("qr", "sdjwt", "verify"))
BUNDLE = Bundle(VERIFY["bundle"])


def named(cases):
    return pytest.mark.parametrize("case", cases, ids=[case["name"] for case in cases])


@named(QR["good"])
def test_a_good_code_reads_as_written_and_its_signature_holds(case):
    code = qr.read(case["text"])
    key = PublicKey(kid="test", alg=case["alg"], pub=unb64u(case["pub"]))
    code.statement.verify(key)
    assert code.payload == cbor2.loads(bytes.fromhex(case["payload"]))
    assert code.kid8 == key.kid8 == bytes.fromhex(case["kid8"])


@named(QR["bad"])
def test_a_bad_code_is_refused_at_the_named_step(case):
    with pytest.raises(Untrusted) as refused:
        qr.read(case["text"])
    assert refused.value.step == case["step"]


def test_the_full_credential_is_its_issuers_and_keeps_its_identity():
    signed = sdjwt.parse(SDJWT["full"])
    signed.verify(PublicKey(kid="test", alg=SDJWT["alg"], pub=unb64u(SDJWT["pub"])))
    assert signed.cid == unb64u(SDJWT["cid"])
    assert qr.check_code(signed.cid) == SDJWT["check_code"]


@pytest.mark.parametrize("profile", PROFILES)
def test_each_profile_sees_its_part_and_no_more(profile):
    expected = SDJWT["profiles"][profile]
    shown = sdjwt.parse(expected["text"])
    assert sorted(shown.claims) == expected["claims"]
    assert shown.cid == unb64u(SDJWT["cid"])
    assert present_credential(SDJWT["full"], profile) == expected["text"]


@named(SDJWT["bad"])
def test_a_bad_credential_is_refused_at_the_named_step(case):
    with pytest.raises(Untrusted) as refused:
        sdjwt.parse(case["text"])
    assert refused.value.step == case["step"]


@named(VERIFY["cases"])
def test_the_verdict_is_the_expected_one(case):
    report = verify(
        case["artefact"],
        BUNDLE,
        now=datetime.fromisoformat(case["now"]),
        authority=case["authority"],
        transit=case["transit"],
    )
    found = {str(check.id): check.result.value for check in report.checks}
    expected = case["expect"]
    assert (report.verdict, report.advice) == (expected["verdict"], expected["advice"]), report.as_json()
    assert {number: found.get(number) for number in expected["checks"]} == expected["checks"]
    assert json.loads(json.dumps(report.as_json()))["checks"]
