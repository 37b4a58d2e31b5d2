"""Threats of the threat model (trust.md 1.3) as a guard without a line meets them: what catches each, and what he sees.

Those that only a node meets are played where they belong; ``tests/house/test_threats.py`` finds a test for every one.
"""

from __future__ import annotations

import copy
import json
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import cbor2
import pytest
from base45 import b45encode

from openkimberley.certificates import queries as certificates
from openkimberley.certificates.statements import ImportReceipt, full_qr, issue_credential, sign_receipt
from openkimberley.kernel.errors import Conflict, Refused, Untrusted
from openkimberley.shipments.tests import steps
from openkimberley.shipments.tests.desk import node  # noqa: F401
from openkimberley.trust import cose, jws, qr
from openkimberley.trust.canonical import b64u, unb64u
from openkimberley.trust.keys import SoftwareKey
from openkimberley.verification import Advice, Bundle, Result, Verdict, verify
from openkimberley.verification.opening import open_bundle
from openkimberley.verification.tests.test_engine import CID, CODE, CREDENTIAL, KEY, LABEL, LIST, PAPER, WRITTEN
from openkimberley.verification.tests.test_journal import proof
from openkimberley.verification.tests.test_opening import bundle, made, opened, status_list  # noqa: F401
from tests.cast import BE, NOW

AT = datetime(2026, 11, 9, 12, tzinfo=UTC)
FORGER = SoftwareKey.generate("BW/sign/2026-1")


def seen(artefact, written=WRITTEN, **about):
    """What the guard sees."""
    return verify(artefact, Bundle(written), **{"now": AT, "authority": "EU-BE", **about})


def said(report, number):
    check = report.check(number)
    return check.result, check.detail


def test_t1_an_invented_certificate_of_a_digital_issuer_is_refused():
    forged, cid = issue_credential(PAPER, signer=FORGER, iat=1_793_610_000, status_uri=LIST, status_idx=0)
    code = full_qr(PAPER, signer=FORGER, cid=cid, status=(1, 0))
    assert said(seen(code), 2) == (Result.FAIL, "No authority of a Participant has this key on the list of 2026-11-08.")
    assert (seen(forged).verdict, said(seen(forged), 3)[0]) == (Verdict.INVALID, Result.FAIL)  # the name is borrowed


def test_t1_a_certificate_of_no_participant_is_a_fake_and_one_of_paper_is_asked_about():
    stranger, key = replace(PAPER, number="KE0000001", issuer="KE"), SoftwareKey.generate("KE/sign/2026-1")
    forged, _ = issue_credential(stranger, signer=key, iat=1_793_610_000, status_uri=LIST, status_idx=0)
    report = seen(forged)
    assert report.verdict is Verdict.INVALID
    assert "has never been a Participant" in said(report, 7)[1]
    written = copy.deepcopy(WRITTEN) | {"authorities": {}}
    assert (seen("BW 004711", written).verdict, seen("BW 004711", written).advice) == (
        Verdict.CANNOT_TELL, Advice.ASK_ISSUER,
    )  # fmt: skip


def test_t2_a_stolen_blank_is_known_by_the_alert_and_never_by_its_look():
    """The sheet is genuine; what is written on it nobody signed. Its printed serial is inside every true signature."""
    written = copy.deepcopy(WRITTEN) | {"alerts": ["BW-P-778813"], "authorities": {}}
    report = seen("BW P 778813", written)
    assert report.verdict is Verdict.INVALID
    assert "is on the alert list" in said(report, 9)[1]
    true = qr.read(full_qr(replace(PAPER, paper_serial="BW-P-1"), signer=KEY, cid=CID, status=(1, 0)))
    assert true.payload[16] == "BW-P-1"


def test_t4_a_photocopy_for_a_second_parcel_is_refused_once_the_first_was_used():
    used = copy.deepcopy(WRITTEN) | {"used": [{"cid": b64u(CID), "authority": "EU-DE"}]}
    for artefact in (CODE, LABEL, CREDENTIAL):
        assert seen(artefact).verdict is Verdict.VALID
        assert said(seen(artefact, used), 10) == (
            Result.FAIL, "The certificate was already confirmed by EU-DE: this is a second use."
        )  # fmt: skip


def receipt(**changes):
    about = {"participant": "EU", "authority": "EU-BE", "iat": 1_793_700_000, "cid": CID, "number": PAPER.number,
             "exporting": "BW", "received": date(2026, 11, 9), "result": "match", **changes}  # fmt: skip
    return ImportReceipt(**about)


def test_t10_a_forged_or_altered_receipt_is_nobodys_word():
    importer = SoftwareKey.generate("EU-BE/sign/2026-1")
    written = copy.deepcopy(WRITTEN)
    written["authorities"]["EU-BE"]["keys"] = [importer.public().as_json()]
    true = sign_receipt(receipt(), signer=importer)
    assert seen(true, written).verdict is Verdict.VALID
    head, body, signature = true.split(".")
    other = jws.parse(sign_receipt(receipt(result="refused"), signer=FORGER))
    for forged in (
        sign_receipt(receipt(), signer=FORGER), f"{head}.{b64u(json.dumps(dict(other.payload)).encode())}.{signature}",
        sign_receipt(receipt(authority="BW", participant="BW"), signer=importer),  # true key, another's name
        body and sign_receipt(receipt(), signer=KEY),  # the exporter confirms to itself
    ):  # fmt: skip
        assert seen(forged, written).verdict is Verdict.INVALID


def test_t10_a_replayed_receipt_changes_nothing_and_a_second_one_is_refused(node):  # noqa: F811
    one = steps.departed()
    steps.present(one)
    steps.inspect(one)
    steps.confirm(one)
    before = certificates.issued(one.number)
    with pytest.raises((Conflict, Refused)):
        steps.confirm(one, steps.ARRIVED + timedelta(days=1))
    after = certificates.issued(one.number)
    assert (after.status, after.changed_at) == ("CONFIRMED", before.changed_at)


def test_t17_a_carrier_that_alters_drops_delays_or_reorders_is_noticed(made):  # noqa: F811
    """Stick, post, hub: what they carry is signed piece by piece, dated, and never goes back."""
    whole = bundle(made)
    text = json.dumps(whole)
    with pytest.raises(Untrusted):  # altered
        opened(made, json.loads(text.replace("South Africa", "South Afrika")))
    assert opened(made, bundle(made, status_lists=[])).bundle.statuses == {}  # dropped: no status, so it is asked
    late = open_bundle(whole, made.newcomer(), now=made.at + timedelta(days=40))
    assert (made.at + timedelta(days=40) - late.bundle.issued).days == 40  # delayed: its age is shown, and holds
    newer = opened(made.later(1), {**bundle(made.later(1)), "trust": _published(made)})
    with pytest.raises(Untrusted, match="never goes back"):  # reordered
        opened(made, whole, newer.memory)


def _published(scheme):
    scheme.publish()
    return scheme.bundle


@pytest.mark.parametrize("link", ["https://kp-verify.example/?n=BW0012345", "HTTPS://KP.EXAMPLE/V/1", "WIFI:S:x;;"])
def test_t19_a_link_is_never_followed_and_our_codes_are_none(link):
    report = seen(link)
    assert (report.verdict, report.check(1).result) == (Verdict.INVALID, Result.FAIL)
    for text in (CODE, LABEL, proof().code(log="journal.bw.example/1")):
        assert text[:5] in ("KPC1:", "KPL1:", "KPP1:")
        assert "//" not in text[:8]
    shown = seen(CODE).as_json()
    assert all(shown[name] for name in ("number", "issuer", "seal", "destination"))  # what to compare, always


def test_t24_a_lost_device_tells_nobody_what_was_in_a_box(node):  # noqa: F811
    one = steps.departed()
    shown = json.dumps(certificates.local(authority=BE, at=NOW))
    says = one.content
    for secret in (
        says["exporter"]["name"], says["importer"]["name"], says["total_carats"], says["total_usd"], one.sd_jwt,
        *(line["usd"] for line in says["lines"]),
    ):  # fmt: skip
        assert secret not in shown
    assert b64u(unb64u(one.cid)) in shown  # it knows the certificate again all the same


def _code(payload, protected=None):
    return qr.FULL + b45encode(cbor2.dumps(cbor2.CBORTag(18, [
        protected or cbor2.dumps({1: -19, 4: KEY.kid8}), {}, payload, bytes(64)
    ]))).decode()  # fmt: skip


DEEP = b"\xa1\x01" + b"\x81" * 60 + b"\x00"
BOMB = qr.FULL + b45encode(zlib.compress(bytes(3_000_000))).decode()


@pytest.mark.parametrize(
    "hostile",
    [
        BOMB, _code(DEEP), _code(cbor2.dumps({1: 1.5})), _code(b"\xbf\xff"),
        _code(cbor2.dumps({1: 1}), b"\xa1\x01\x26"),
        "A" * 10_000_000, "ey" + "~" * 100_000, "ey" + "e30." * 5, "[" * 100_000, "\x00" * 9, "KPC1:" + "0" * 5_000,
        jws.sign({"a": 1}, typ="dc+sd-jwt", signer=KEY).replace("ey", "eyJhbGciOiJub25lIn0", 1) + "~",
    ],
    ids=lambda text: f"{text[:8]}-{len(text)}",
)  # fmt: skip
def test_t25_what_is_made_to_break_a_verifier_is_refused_and_breaks_nothing(hostile):
    report = seen(hostile)
    assert report.verdict is Verdict.INVALID
    assert report.checks[-1].id in (1, 2, 3, 5)


def test_t25_a_header_does_not_choose_the_algorithm():
    """A P-256 key's name over an Ed25519 signature, and the reverse: the algorithm is the key's."""
    signed = cose.sign(cbor2.dumps({1: 1}), KEY).replace(b"\xa2\x01\x32", b"\xa2\x01\x28")  # -19 to -9
    code = qr.FULL + b45encode(signed).decode()
    assert said(seen(code), 2)[0] is Result.FAIL
