"""The verification engine. Most verdicts are in conformance/verify.json; here is what surrounds them."""

import copy
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from openkimberley.certificates import facts
from openkimberley.certificates.statements import (
    Correction,
    ImportReceipt,
    Voiding,
    full_qr,
    full_qr_payload,
    issue_credential,
    label_qr,
    present_credential,
    sign_correction,
    sign_receipt,
    sign_void,
)
from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import jws, qr
from openkimberley.trust.canonical import b64u
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.statuslist import Status, StatusList
from openkimberley.verification import (
    Advice,
    Bundle,
    Check,
    Report,
    Result,
    SealFinding,
    SealState,
    Verdict,
    checks,
    verify,
    verify_pdf,
)
from openkimberley.verification.checks import Case
from openkimberley.verification.engine import judge
from openkimberley.verification.facts import NAMES, Claims
from openkimberley.verification.statements import plain_number

NOW = datetime(2026, 11, 9, 12, tzinfo=UTC)
KEY = SoftwareKey.from_secret("BW/sign/2026-1", "Ed25519", bytes(range(32)))
LIST = "https://kp.example/status/1"
SEAL = "ab" * 32
PAPER = facts.Certificate(
    number="BW0012345",
    issuer="BW",
    issue_date=date(2026, 11, 2),
    expiry_date=date(2027, 1, 1),
    title=facts.TITLE,
    statement=facts.STATEMENT,
    english=True,
    origin=("BW",),
    destination="EU",
    destination_authority="EU-BE",
    exporter=facts.Party("Example exporter", "Gaborone", ""),
    importer=facts.Party("Example importer", "Antwerp", ""),
    parcels=1,
    lines=(facts.Line("7102.31", Decimal("12.50"), Decimal("4000.00")),),
    total_carats=Decimal("12.50"),
    total_usd=Decimal("4000.00"),
    seals=("BW-SEAL-1",),
)
CREDENTIAL, CID = issue_credential(PAPER, signer=KEY, iat=1_793_610_000, status_uri=LIST, status_idx=0)
CODE = full_qr(PAPER, signer=KEY, cid=CID, status=(1, 0))
LABEL = label_qr(PAPER, signer=KEY, cid=CID, status=(1, 0))
HISTORY = [{"status": "PARTICIPANT", "from": "2003-01-01", "until": None, "source": "list"}]
WRITTEN = {
    "v": 1,
    "issued": "2026-11-08T00:00:00+00:00",
    "participants": {
        "BW": {"name": "Botswana", "history": HISTORY},
        "EU": {"name": "European Union", "codes": ["EC"], "history": HISTORY},
    },
    "authorities": {
        "BW": {"participant": "BW", "mode": "node", "keys": [KEY.public().as_json()], "seal_certificates": [SEAL]},
        "EU-BE": {"participant": "EU", "mode": "node"},
    },
    "status_lists": {
        LIST: {
            "bits": 2,
            "lst": StatusList.empty(16).with_({3: Status.USED}).encode(),
            "exp": 1_794_700_000,
            "authority": "BW",
            "id": 1,
        }
    },
    "expected": [b64u(CID)],
    "used": [],
    "alerts": [],
    "overlay": {},
}


def bundle(**changes):
    return Bundle(copy.deepcopy(WRITTEN) | changes)


BUNDLE = bundle()


def ask(artefact, known=BUNDLE, **about):
    return verify(artefact, known, **{"now": NOW, "authority": "EU-BE", **about})


@pytest.mark.parametrize("artefact", [CODE, LABEL, CREDENTIAL, CODE.encode(), f"\r\n{CODE}\n", f"  {CREDENTIAL}\n"])
def test_what_is_genuine_expected_and_for_me_is_accepted(artefact):
    report = ask(artefact)
    assert (report.verdict, report.advice, report.proven) == (Verdict.VALID, Advice.ACCEPT, True), report.as_json()
    assert [check.id for check in report.checks] == list(range(1, 14))


def test_a_report_says_number_issuer_seal_and_age_of_data():
    written = json.loads(json.dumps(ask(CODE).as_json()))
    assert (written["number"], written["issuer"], written["seal"]) == ("BW0012345", "BW", "BW-SEAL-1")
    assert written["data"] == {"issued": "2026-11-08", "age_days": 1}
    assert (written["issue_date"], written["expiry_date"], written["cid"]) == ("2026-11-02", "2027-01-01", b64u(CID))
    assert written["check_code"] == qr.check_code(CID)
    assert set(written["checks"][0]) == {"id", "name", "result", "detail", "facts", "counts"}


def test_the_certificate_can_be_taken_from_the_report():
    assert ask(CODE).certificate.lines == PAPER.lines
    assert ask(CREDENTIAL).certificate.total_usd == PAPER.total_usd
    assert ask("nothing").certificate is None
    bad = full_qr_payload(PAPER, cid=CID) | {1: 9}
    assert ask(qr.write(qr.FULL, bad, KEY)).certificate is None
    assert ask("nothing").check(5) is None
    assert ask("nothing").claims.number == ""


def test_physical_comparison_is_named_and_does_not_count():
    check = ask(CODE).check(13)
    assert "BW-SEAL-1" in check.detail
    assert (check.result, check.counts, check.name) == (Result.UNKNOWN, False, "physical")


def test_every_step_has_a_name_and_the_journal_keeps_its_place():
    assert list(NAMES) == list(range(1, 14))
    assert NAMES[8] == "log"


PASSED = Check(1, Result.PASS, "")


@pytest.mark.parametrize(
    ("check", "verdict", "advice"),
    [
        (Check(5, Result.FAIL, ""), "invalid", "reject"),
        (Check(5, Result.FAIL, "", counts=False), "valid", "accept"),
        (Check(2, Result.UNKNOWN, ""), "cannot_tell", "hold"),
        (Check(2, Result.UNKNOWN, "", ask=True), "cannot_tell", "ask_issuer"),
        (Check(13, Result.UNKNOWN, "", counts=False), "valid", "accept"),
        (Check(6, Result.WARN, ""), "valid", "accept"),
        (Check(12, Result.WARN, ""), "valid", "accept"),
        (Check(7, Result.WARN, ""), "cannot_tell", "hold"),
        (Check(9, Result.WARN, ""), "cannot_tell", "hold"),
        (Check(10, Result.WARN, "", ask=True), "cannot_tell", "ask_issuer"),
        (PASSED, "valid", "accept"),
    ],
)
def test_how_checks_make_a_verdict(check, verdict, advice):
    assert judge([PASSED, check]) == (verdict, advice)


def test_one_failure_outweighs_every_doubt():
    assert judge([Check(2, Result.UNKNOWN, "", ask=True), Check(9, Result.FAIL, "")])[0] is Verdict.INVALID


@pytest.mark.parametrize("beside", [CREDENTIAL, present_credential(CREDENTIAL, "public")])
def test_code_and_credential_of_one_certificate_agree(beside):
    for artefact in (CODE, LABEL):
        assert ask(artefact, beside=beside).verdict is Verdict.VALID


@pytest.mark.parametrize("beside", ["rubbish", "a.b.c~"])
def test_a_credential_of_another_certificate_beside_a_code_is_refused(beside):
    other, _ = issue_credential(PAPER, signer=KEY, iat=1_793_610_001, status_uri=LIST, status_idx=0)
    for wrong in (beside, other):
        report = ask(LABEL, beside=wrong)
        assert (report.verdict, report.check(5).result) == (Verdict.INVALID, Result.FAIL)


def page(state, sha=SEAL, known=BUNDLE, credential=CREDENTIAL, now=NOW):
    return verify_pdf(credential, SealFinding(state, sha), known, now=now, authority="EU-BE")


def test_a_sealed_page_with_its_credential_is_accepted():
    """What counts is the list, whatever store of certificates the reader of the page has."""
    report = page(SealState.INTACT, SEAL.upper())
    assert (report.verdict, report.claims.kind) == (Verdict.VALID, "pdf")
    assert page(SealState.UNKNOWN_SIGNER).verdict is Verdict.VALID


def test_a_page_altered_after_it_was_sealed_fails_step_3():
    report = page(SealState.ALTERED)
    assert (report.verdict, report.check(3).result) == (Verdict.INVALID, Result.FAIL)
    assert "altered after it was sealed" in report.check(3).detail
    assert not report.proven


def test_a_page_without_a_seal_cannot_be_told():
    report = page(SealState.UNSIGNED, "")
    assert (report.verdict, report.advice, report.check(3).result) == (Verdict.CANNOT_TELL, Advice.HOLD, Result.UNKNOWN)


def test_a_page_sealed_by_a_stranger_fails_unless_the_list_may_be_too_old():
    assert page(SealState.UNKNOWN_SIGNER, "cd" * 32).check(3).result is Result.FAIL
    late = page(SealState.INTACT, "cd" * 32, now=NOW + timedelta(days=40))
    assert (late.check(3).result, late.advice) == (Result.UNKNOWN, Advice.ASK_ISSUER)


def test_an_authority_that_lists_no_seal_leaves_the_page_open():
    authorities = copy.deepcopy(WRITTEN["authorities"])
    authorities["BW"]["seal_certificates"] = []
    assert page(SealState.INTACT, known=bundle(authorities=authorities)).check(3).result is Result.UNKNOWN


def test_a_sealed_page_around_a_forged_credential_fails():
    forged = CREDENTIAL.replace(CREDENTIAL.split(".")[2].split("~")[0], b64u(bytes(64)))
    assert page(SealState.INTACT, credential=forged).check(3).result is Result.FAIL
    assert page(SealState.INTACT, credential="rubbish").check(1).result is Result.FAIL


def test_the_bytes_of_a_pdf_are_not_judged_unopened():
    report = ask(b"%PDF-1.7 ...")
    assert (report.verdict, report.check(1).result) == (Verdict.CANNOT_TELL, Result.UNKNOWN)


def test_an_authority_under_another_participant_is_refused():
    authorities = copy.deepcopy(WRITTEN["authorities"])
    authorities["BW"]["participant"] = "EU"
    report = ask(CREDENTIAL, bundle(authorities=authorities))
    assert report.check(4).result is Result.FAIL


def test_a_key_named_by_two_authorities_counts_for_the_one_that_the_certificate_names():
    authorities = {"AA": {"participant": "EU", "keys": [KEY.public().as_json()]}, **WRITTEN["authorities"]}
    assert ask(CREDENTIAL, bundle(authorities=authorities)).verdict is Verdict.VALID


def test_a_header_with_another_algorithm_than_the_keys_fails_step_2():
    other = SoftwareKey.from_secret("BW/sign/2026-1", "ES256", bytes(range(1, 33)))
    text, _ = issue_credential(PAPER, signer=other, iat=1_793_610_000, status_uri=LIST, status_idx=0)
    report = ask(text)
    assert (report.check(2).result, report.check(3).result) == (Result.FAIL, Result.UNKNOWN)


def test_a_retired_key_without_a_last_day_leaves_the_time_open():
    authorities = copy.deepcopy(WRITTEN["authorities"])
    authorities["BW"]["keys"] = [KEY.public(state="retired").as_json()]
    report = ask(CODE, bundle(authorities=authorities))
    assert (report.check(6).result, report.advice) == (Result.UNKNOWN, Advice.ASK_ISSUER)


def test_times_beyond_the_calendar_fail_step_5():
    text, _ = issue_credential(PAPER, signer=KEY, iat=2**50, status_uri=LIST, status_idx=0)
    report = ask(text)
    assert (report.verdict, report.check(5).result) == (Verdict.INVALID, Result.FAIL)
    assert report.as_json()["issue_date"] is None


def test_without_dates_nobody_can_tell_if_a_certificate_is_in_force():
    case = Case(Claims(kind="sd-jwt"), BUNDLE, 20_000, 0, 0, None, False)
    assert checks.validity(case).result is Result.UNKNOWN


def test_a_destination_that_a_stale_list_does_not_know_is_left_to_the_age_of_the_list():
    code = full_qr(replace(PAPER, destination="XX", destination_authority="XX"), signer=KEY, cid=CID, status=(1, 0))
    assert ask(code, authority=None).check(7).result is Result.FAIL
    assert ask(code, authority=None, now=NOW + timedelta(days=40)).check(7).result is Result.WARN


def test_an_alert_on_a_number_that_is_well_signed_holds_and_asks():
    report = ask(CODE, bundle(alerts=["bw 00 12345"]))
    assert (report.check(9).result, report.advice) == (Result.WARN, Advice.ASK_ISSUER)


def test_without_notices_in_the_bundle_step_10_does_not_count():
    report = ask(CODE, bundle(expected=None))
    assert (report.verdict, report.check(10).counts) == (Verdict.VALID, False)


def test_a_number_without_letters_before_it_of_two_is_no_number():
    assert ask("12345").check(1).result is Result.FAIL
    assert ask("BW" + "1" * 70).check(1).result is Result.FAIL


def test_a_ban_has_a_first_and_a_last_day():
    def banned(start, until):
        return ask(CODE, bundle(overlay={"participants": {"BW": {"from": start, "until": until, "reason": "own"}}}))

    assert banned("2026-11-02", "2026-11-03").check(7).result is Result.FAIL
    assert banned("2026-11-03", None).check(7).result is Result.PASS
    assert banned("2026-01-01", "2026-11-02").check(7).result is Result.PASS


RECEIPT = ImportReceipt("BW", "BW", 1_793_610_000, CID, "EU0000001", "EU", date(2026, 11, 2), "match")
SIGNED = {
    "receipt": sign_receipt(RECEIPT, signer=KEY),
    "void": sign_void(Voiding("BW", "BW", 1_793_610_000, CID, "BW0012345", "VOID"), signer=KEY),
    "correction": sign_correction(
        Correction("BW", "BW", 1_793_610_000, CID, "BW0012345", "parcels", "1", "2"), signer=KEY
    ),
}


@pytest.mark.parametrize("kind", SIGNED)
def test_what_is_said_about_a_certificate_is_verified_like_one(kind):
    report = ask(SIGNED[kind])
    assert (report.verdict, report.claims.kind, report.claims.cid) == (Verdict.VALID, kind, CID)
    assert [check.id for check in report.checks] == [1, 2, 3, 4, 5, 6, 7]
    assert report.advice is Advice.NO_CERTIFICATE  # no goods travel on a receipt


@pytest.mark.parametrize("change", [{"authority": "EU-BE"}, {"participant": "EU"}])
def test_a_key_speaks_only_for_its_own_authority_and_participant(change):
    report = ask(sign_receipt(replace(RECEIPT, **change), signer=KEY))
    assert (report.verdict, report.check(4).result) == (Verdict.INVALID, Result.FAIL)


@pytest.mark.parametrize("change", [{"iat": 2**50}, {"iat": "now"}, {"more": 1}, {"authority": 7}, {"iss": None}])
def test_a_message_of_another_form_fails(change):
    payload = {**jws.parse(SIGNED["receipt"]).payload, **change}
    report = ask(jws.sign(payload, typ="kp-receipt+jwt", signer=KEY))
    assert (report.verdict, report.check(5).result) == (Verdict.INVALID, Result.FAIL)


def test_a_message_that_was_changed_or_whose_key_is_unknown_is_not_believed():
    changed = jws.parse(SIGNED["void"])
    text = jws.sign(changed.payload, typ="kp-void+jwt", signer=SoftwareKey.generate(KEY.kid))
    assert ask(text).check(3).result is Result.FAIL
    report = ask(jws.sign(changed.payload, typ="kp-void+jwt", signer=SoftwareKey.generate("other")))
    assert (report.check(2).result, report.check(4).result) == (Result.FAIL, Result.UNKNOWN)
    assert ask(jws.sign({}, typ="JWT", signer=KEY)).check(1).result is Result.FAIL


def test_a_bundle_survives_its_bytes():
    again = Bundle.from_bytes(BUNDLE.to_bytes())
    assert again.as_json() == WRITTEN
    assert again.issued == datetime(2026, 11, 8, tzinfo=UTC)
    assert Bundle(WRITTEN | {"issued": "2026-11-08T00:00:00"}).issued == again.issued


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": None},
        {"issued": "soon"},
        {"issued": 5},
        {"participants": []},
        {"participants": {"BW": {"history": [{"status": "GONE", "from": "2003-01-01"}]}}},
        {"participants": {"BW": {"history": [{"status": "REMOVED"}]}}},
        {"authorities": {"BW": {}}},
        {"authorities": {"BW": {"participant": "BW", "number_patterns": ["("]}}},
        {"used": [{"cid": "AA"}]},
        {"status_lists": {"u": {"bits": 2}}},
        {"expected": "x"},
        {"overlay": {"participants": {"BW": {}}}},
    ],
)
def test_what_is_no_bundle_is_refused(change):
    with pytest.raises(Untrusted):
        bundle(**change)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"v":1}', b"\xff", b'{"v":1,"v":1}'])
def test_what_is_no_json_of_a_bundle_is_refused(data):
    with pytest.raises(Untrusted, match="0 bundle"):
        Bundle.from_bytes(data)


def test_status_lists_may_say_their_end_as_text_with_or_without_a_zone():
    for exp, result in (("2026-11-09T11:00:00+00:00", "warn"), ("2026-11-09T13:00:00", "pass")):
        lists = {LIST: {"bits": 2, "lst": WRITTEN["status_lists"][LIST]["lst"], "exp": exp}}
        assert ask(CREDENTIAL, bundle(status_lists=lists)).check(9).result == result


def test_numbers_are_compared_without_spaces_and_signs():
    assert plain_number("sl 00/49-11") == "SL004911"


def test_participants_at_the_turn_of_a_status():
    history = [*HISTORY, {"status": "SUSPENDED", "from": "2026-11-02", "until": "2026-11-03", "source": "AD"}]
    participants = copy.deepcopy(WRITTEN["participants"])
    participants["BW"]["history"] = history
    assert ask(CODE, bundle(participants=participants)).check(7).result is Result.FAIL
    history[1]["until"], history[1]["from"] = "2026-11-02", "2026-11-01"
    assert ask(CODE, bundle(participants=participants)).check(7).result is Result.PASS


def test_a_report_may_be_made_of_checks_alone():
    assert Report(Verdict.VALID, Advice.ACCEPT, (), "2026-11-08", 0).as_json()["artefact"] == "text"


def test_an_expected_certificate_may_stand_alone_or_with_what_a_list_shows():
    about = {"cid": b64u(CID), "d": "2026-11-02", "number": PAPER.number, "issuer": "BW", "seal": "S"}
    for expected in ([b64u(CID)], [about]):
        assert bundle(expected=expected).expected == {CID[:16]}
    with pytest.raises(Untrusted, match="0 bundle"):
        bundle(expected=[{"number": "BW1"}])
